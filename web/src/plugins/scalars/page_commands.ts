/** What the scalars page puts into the command palette. */

import { prefs } from "../../state/prefs.svelte.ts";
import type { Command } from "../../state/commands.svelte.ts";
import { runs } from "../../state/runs.svelte.ts";
import { stepTables } from "./card_reading.svelte.ts";
import { dialogs } from "./dialogs.svelte.ts";
import { TOOLTIP_ORDERS } from "./reading.ts";
import { tooltipPrefs } from "./tooltip_prefs.ts";
import { SCALES, SMOOTHINGS, X_AXES } from "./option_lists.ts";
import { view } from "./view.svelte.ts";

export function pageCommands(): Command[] {
  const group = "Charts";
  const { page } = view;
  return [
    { group, label: "Download all charts…", run: () => (dialogs.open = { kind: "save", source: null }) },
    {
      group,
      label: prefs.get("scalars.table", true) ? "Hide the tables of the shared step" : "Show tables of the shared step",
      run: () => (stepTables.shown = !prefs.get("scalars.table", true)),
    },
    ...(runs.baseline === null ? [] : [{ group, label: "No baseline run", run: () => (runs.baseline = null) }]),
    ...X_AXES.filter(({ value }) => value !== "tag").map(({ value, label }) => ({
      group,
      label: `X axis: ${label.toLowerCase()}`,
      note: page.x.axis === value ? "now" : "",
      run: () => view.setPage("x", { axis: value, tag: "" }),
    })),
    ...SCALES.flatMap(({ value, label }) => [
      { group, label: `Y axes: ${label.toLowerCase()}`, note: page.yScale === value ? "now" : "", run: () => view.setPage("yScale", value) },
      { group, label: `X axes: ${label.toLowerCase()} scale`, note: page.xScale === value ? "now" : "", run: () => view.setPage("xScale", value) },
    ]),
    ...SMOOTHINGS.map(({ value, label }) => ({
      group,
      label: `Smoothing: ${label.toLowerCase()}`,
      note: page.smoothing.kind === value ? "now" : "",
      run: () => view.setPage("smoothing", { kind: value, weight: value === "none" ? 0 : value === "mean" || value === "median" ? 20 : 0.6 }),
    })),
    ...TOOLTIP_ORDERS.map(({ value, label }) => ({
      group,
      label: `Tooltip: ${label.toLowerCase()}`,
      note: tooltipPrefs.order === value ? "now" : "",
      run: () => (tooltipPrefs.order = value),
    })),
  ];
}
