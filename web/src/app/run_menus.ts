/** What can be done with runs: entries of the panel's menu, and of the menu of a row. */

import type { Run } from "../api/types.ts";
import { runsBelow, type RunNode } from "../base/run_tree.ts";
import { runs } from "../state/runs.svelte.ts";
import { userState } from "../state/user_state.svelte.ts";
import { copyText } from "../widgets/copy_text.ts";
import { IconCopy, IconInfo, IconStar } from "../widgets/icons.ts";
import type { MenuEntry } from "../widgets/menu.ts";
import { toast } from "../widgets/toasts.svelte.ts";
import type { RunTable, ShownColumn } from "./run_table.svelte.ts";

/** Sheets beside the panel. */
export type RunSheet =
  | { kind: "details"; run: string; rename: boolean }
  | { kind: "color"; run: string }
  | { kind: "columns" }
  | { kind: "colors" };

async function copyNames(names: readonly string[]): Promise<void> {
  if (!(await copyText(names.join("\n")))) return;
  toast(names.length === 1 ? "Copied the name." : `Copied ${names.length} names.`, { tone: "success" });
}

/** The absolute path of a run's folder. */
export function pathOf(run: string): string {
  const logdir = runs.result?.logdir ?? "";
  return run === "." ? logdir : `${logdir.replace(/\/$/, "")}/${run}`;
}

export function hide(names: readonly string[], hidden: boolean): void {
  userState.setRuns(names, { hidden });
  const what = names.length === 1 ? runs.label(names[0]!) : `${names.length} runs`;
  if (hidden) toast(`${what} hidden.`, { action: { label: "Undo", run: () => userState.setRuns(names, { hidden: false }) } });
}

/** Entries for one row: a run, or a folder of runs. */
export function rowEntries(node: RunNode<Run>, open: (sheet: RunSheet) => void, names: readonly string[]): MenuEntry[] {
  const run = node.run;
  const solo: MenuEntry = { label: run ? "Draw only this run" : "Draw only these runs", keys: "S", run: () => runs.solo(names) };
  if (!run) {
    const own = runsBelow(node).filter((name) => runs.get(name)?.key === null);
    const allHidden = own.every((name) => runs.isHidden(name));
    return [
      solo,
      { label: "Select all", note: String(own.length), run: () => runs.setSelected(names, true) },
      { label: "Select none", run: () => runs.setSelected(names, false) },
      "line",
      { label: "Star all", icon: IconStar, run: () => userState.setRuns(own, { star: true }) },
      { label: allHidden ? "Show again" : "Hide all", run: () => hide(own, !allHidden) },
      { label: "Copy names", icon: IconCopy, run: () => void copyNames(own) },
    ];
  }
  const { name } = run;
  const marks = userState.run(name);
  const isBaseline = runs.baseline === name;
  const hidden = runs.isHidden(name);
  return [
    solo,
    { label: "Details and note", icon: IconInfo, keys: "Enter", run: () => open({ kind: "details", run: name, rename: false }) },
    { label: "Rename", keys: "F2", run: () => open({ kind: "details", run: name, rename: true }) },
    "line",
    { label: "Star", checked: marks.star, run: () => userState.setRun(name, { star: !marks.star }) },
    { label: "Baseline", checked: isBaseline, run: () => (runs.baseline = isBaseline ? null : name) },
    { label: hidden ? "Show again" : "Hide", run: () => hide([name], !hidden) },
    { label: "Colour", run: () => open({ kind: "color", run: name }) },
    ...(marks.color === null ? [] : [{ label: "Reset colour", run: () => userState.setRun(name, { color: null }) }]),
    "line",
    { label: "Copy name", icon: IconCopy, run: () => void copyNames([name]) },
    {
      label: "Copy path",
      run: () => void copyText(pathOf(name)).then((done) => done && toast("Copied the path.", { tone: "success" })),
    },
  ];
}

/** Entries for a column's heading. */
export function columnEntries(table: RunTable, { id, column, width }: ShownColumn): MenuEntry[] {
  const { by, descending } = table.order;
  const place = table.places.findIndex((each) => each.id === id);
  const isDifference = column.kind === "delta" || column.kind === "percent";
  const tag = "tag" in column ? column.tag : null;
  const lower = tag === null ? null : userState.tag(tag).lower_is_better;
  const setLower = (value: boolean): void => userState.setTag(tag!, { lower_is_better: lower === value ? null : value });
  return [
    { label: "Sort ascending", checked: by === id && !descending, run: () => (table.order = { by: id, descending: false }) },
    { label: "Sort descending", checked: by === id && descending, run: () => (table.order = { by: id, descending: true }) },
    "line",
    ...(tag === null
      ? []
      : [
          { label: "Lower is better", checked: lower === true, run: () => setLower(true) },
          { label: "Higher is better", checked: lower === false, run: () => setLower(false) },
          "line" as const,
        ]),
    ...(isDifference
      ? []
      : [
          { label: "Move left", keys: "Alt ←", disabled: place <= 0, run: () => table.shift(id, -1) },
          { label: "Move right", keys: "Alt →", disabled: place === table.places.length - 1, run: () => table.shift(id, 1) },
        ]),
    { label: "Wider", keys: "Shift →", run: () => table.resize(id, width + 16) },
    { label: "Narrower", keys: "Shift ←", run: () => table.resize(id, width - 16) },
    { label: isDifference ? "Remove these differences" : "Remove column", keys: "Del", run: () => table.remove(id) },
  ];
}

interface PanelActions {
  table: RunTable;
  open: (sheet: RunSheet) => void;
  foldAll: (expanded: boolean) => void;
  flat: boolean;
  setFlat: (flat: boolean) => void;
}

/** Entries of the panel's own menu. */
export function panelEntries({ table, open, foldAll, flat, setFlat }: PanelActions): MenuEntry[] {
  const matching = runs.filtering ? runs.matching.map(({ name }) => name) : null;
  const { by, descending } = table.order;
  const isNewest = by === "start" && descending;
  const someStarred = runs.onlyStarred || Object.values(userState.runs).some(({ star }) => star);
  return [
    ...(matching
      ? [
          { label: "Select only matching", note: String(matching.length), run: () => runs.select(new Set(matching)) },
          { label: "Add matching", run: () => runs.setSelected(matching, true) },
          { label: "Remove matching", run: () => runs.setSelected(matching, false) },
          "line" as const,
        ]
      : []),
    { label: "Select all", note: String(runs.counts.all), run: () => runs.selectAll() },
    { label: "Select none", run: () => runs.selectNone() },
    { label: "Invert selection", run: () => runs.invert() },
    {
      label: "Latest run",
      checked: runs.followsLatest,
      run: () => (runs.followsLatest ? runs.selectAll() : runs.selectLatest()),
    },
    "line",
    { heading: "List" },
    { label: "By name", checked: by === "name" && !descending, run: () => (table.order = { by: "name", descending: false }) },
    { label: "Newest first", checked: isNewest, run: () => (table.order = { by: "start", descending: true }) },
    { label: "Without folders", checked: flat, run: () => setFlat(!flat) },
    ...(someStarred
      ? [{ label: "Only starred", checked: runs.onlyStarred, run: () => (runs.onlyStarred = !runs.onlyStarred) }]
      : []),
    ...(runs.hiddenCount
      ? [
          {
            label: "Hidden ones too",
            checked: runs.showHidden,
            note: String(runs.hiddenCount),
            run: () => (runs.showHidden = !runs.showHidden),
          },
        ]
      : []),
    ...(flat
      ? []
      : [
          { label: "Fold all", run: () => foldAll(false) },
          { label: "Unfold all", run: () => foldAll(true) },
        ]),
    "line",
    { label: "Columns", run: () => open({ kind: "columns" }) },
    { label: "Colours", run: () => open({ kind: "colors" }) },
    ...(runs.baseline === null ? [] : [{ label: "No baseline", run: () => (runs.baseline = null) }]),
    {
      label: "Copy the selected names",
      run: () => void copyNames(runs.list.map(({ name }) => name).filter((name) => runs.isSelected(name))),
    },
  ];
}
