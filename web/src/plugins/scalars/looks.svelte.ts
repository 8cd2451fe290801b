/** The looks of the page's runs, as the charts of scalars draw them. */

import { runs } from "../../state/runs.svelte.ts";
import { theme } from "../../state/theme.svelte.ts";
import { gatherLooks, type RunLook, type RunLooks } from "./run_looks.ts";

/** Colour of the baseline run: that of text, which no run of the palette has. */
const BASELINE = { light: "#171A21", dark: "#E9EBEF" } as const;

function lookOf(name: string): RunLook {
  const host = runs.host(name);
  return {
    color: runs.color(name),
    dash: runs.dash(name),
    label: runs.label(host),
    host,
    key: runs.get(name)?.key ?? null,
    isBaseline: runs.baseline === host,
  };
}

class PageLooks {
  #known: ReadonlyMap<string, RunLook> = new Map();

  /** Apart from what is shown: that changes with each click in the list of runs. */
  #gathered = $derived.by(() => (this.#known = gatherLooks(runs.list.map(({ name }) => name), lookOf, this.#known)));
  #now: RunLooks = $derived.by(() => {
    const [gathered, selected, baselineColor] = [this.#gathered, runs.selected, BASELINE[theme.mode]];
    return {
      isShown: (run) => selected.has(run),
      of: (run) => gathered.get(run) ?? lookOf(run),
      baselineColor,
      groupColor: (group) => runs.groupColor(group),
      groupLabel: (group) => runs.groupLabel(group),
    };
  });

  /** As they are at this moment. What it says of runs does not change any more. */
  get now(): RunLooks {
    return this.#now;
  }
}

export const looks = new PageLooks();
