/** How runs look on every page: names, colours, dashes, groups, which is the baseline, which are hidden. */

import type { Run } from "../api/types.ts";
import { neutralColor, pickedColor, runColor, runDash, sequentialColor } from "../base/color.ts";
import { explainGroupSpec, groupLabel, groupOf, type GroupSpec, type HparamValue, indexGroups, makeScale, parseGroupSpec } from "../base/run_groups.ts";
import { hparams } from "./hparams.svelte.ts";
import { route } from "./route.svelte.ts";
import { RunSource } from "./run_source.svelte.ts";
import { theme } from "./theme.svelte.ts";
import { userState } from "./user_state.svelte.ts";

/** A group of runs that share a colour. */
export interface ColorGroup {
  /** Null for the runs that are in none. */
  group: string | null;
  label: string;
  color: string;
  runs: number;
}

interface Coloring {
  spec: GroupSpec;
  groups: ReadonlyMap<string, string | null>;
  color: (group: string | null) => string;
  dash: (group: string | null) => number[];
  /** Every group in the order in which its first run began, those without one last. */
  order: readonly (string | null)[];
}

export class RunLook extends RunSource {
  constructor() {
    super();
    // what lines wait for is asked for beside the list of runs, not after it
    if (parseGroupSpec(route.get("group"))?.by === "hparam") hparams.want();
  }

  #colorBy = $derived(route.get("color") ?? storedText("color_by") ?? "run");
  #groupSpec = $derived(parseGroupSpec(route.get("group")));
  #groups = $derived(this.#groupSpec ? this.groupsBy(this.#groupSpec) : null);

  /** By the beginning of runs: what comes later changes nothing before it. */
  #byStart = $derived(this.list.filter((run) => run.key === null).sort((a, b) => a.color_index - b.color_index));
  /** Every group in the order in which its first run began: its colour does not depend on what is checked. */
  #groupIndices = $derived(indexGroups(this.#groups ? this.#byStart.map(({ name }) => this.groupOf(name)) : []));
  /** Hyperparameters of a run that logged none: those of its only sub-run that did (torch's add_hparams). */
  #sessionOf = $derived.by(() => {
    const found = new Map<string, string | null>();
    if (!hparams.loaded) return found;
    for (const { name, parent } of this.list) {
      if (parent !== null && hparams.of(name)) found.set(parent, found.has(parent) ? null : name);
    }
    return found;
  });

  #coloring: Coloring | null = $derived.by(() => {
    const spec = parseGroupSpec(this.#colorBy);
    if (!spec) return null;
    const groups = this.groupsBy(spec);
    const present = this.#byStart.map((run) => groups.get(run.name) ?? null);
    const indices = indexGroups(present);
    const scale = spec.by === "hparam" && this.#isNumber(spec.name) ? makeScale([...indices.keys()].map(Number)) : null;
    const order = [...indices.keys()].sort((a, b) => (scale ? Number(a) - Number(b) : 0));
    return {
      spec,
      groups,
      order: present.includes(null) ? [...order, null] : order,
      color: (group) => {
        if (group === null) return neutralColor(theme.mode);
        return scale ? sequentialColor(scale(Number(group)), theme.mode) : runColor(indices.get(group) ?? 0, theme.mode);
      },
      dash: (group) => (group === null || scale ? [] : runDash(indices.get(group) ?? 0)),
    };
  });

  #hidden: ReadonlySet<string> = $derived.by(() => {
    const marked = Object.entries(userState.runs).filter(([, marks]) => marks.hidden);
    const names = new Set(marked.map(([name]) => name));
    if (names.size === 0) return names;
    return new Set(this.list.filter((run) => names.has(this.host(run.name))).map((run) => run.name));
  });
  #visibleList = $derived(this.#hidden.size ? this.list.filter((run) => !this.#hidden.has(run.name)) : this.list);
  #baseline = $derived.by(() => {
    const name = storedText("baseline");
    return name !== null && this.get(name) ? name : null;
  });

  /** What to show for a run: the user's name for it, its own, that of a run that is gone. */
  label(name: string): string {
    return userState.run(name).label ?? this.get(name)?.label ?? name;
  }

  /** CSS hex colour of a run in the theme in force. */
  color(name: string): string {
    const host = this.host(name);
    const pick = userState.run(host).color;
    const picked = pick === null ? null : pickedColor(pick, theme.mode);
    if (picked !== null) return picked;
    const coloring = this.#coloring;
    if (coloring) return coloring.color(coloring.groups.get(host) ?? null);
    return runColor(this.get(name)?.color_index ?? 0, theme.mode);
  }

  /** Dash pattern in CSS pixels, empty for solid. */
  dash(name: string): number[] {
    const host = this.host(name);
    if (userState.run(host).color !== null) return [];
    const coloring = this.#coloring;
    if (coloring) return coloring.dash(coloring.groups.get(host) ?? null);
    return runDash(this.get(name)?.color_index ?? 0);
  }

  /** What the runs are coloured by: `run`, or as parseGroupSpec reads it. In the address, and kept for the directory. */
  get colorBy(): string {
    return this.#colorBy;
  }
  set colorBy(text: string) {
    userState.setPref("color_by", text === "run" ? null : text);
    route.set("color", text === "run" ? null : text);
  }

  /** The groups that colours stand for; empty while each run has its own. */
  get colorGroups(): ColorGroup[] {
    const coloring = this.#coloring;
    if (!coloring) return [];
    return this.countGroups(coloring.groups, coloring.order).map(({ group, runs }) => ({
      group,
      runs,
      label: groupLabel(coloring.spec, group),
      color: coloring.color(group),
    }));
  }

  /** Runs have the colour of their group, and there are several. */
  get colorsStandForGroups(): boolean {
    return (this.#coloring?.order.length ?? 0) > 1;
  }

  /** How many runs (sub-runs not counted) each group has. */
  countGroups(groups: ReadonlyMap<string, string | null>, order: readonly (string | null)[]): { group: string | null; runs: number }[] {
    const counts = new Map<string | null, number>();
    for (const { name } of this.#byStart) {
      const group = groups.get(name) ?? null;
      counts.set(group, (counts.get(group) ?? 0) + 1);
    }
    return order.map((group) => ({ group, runs: counts.get(group) ?? 0 }));
  }

  /** Run → group for every run, null where it is in none. A sub-run of add_scalars is in its run's group. */
  groupsBy(spec: GroupSpec): ReadonlyMap<string, string | null> {
    if (spec.by === "hparam") hparams.want();
    return new Map(
      this.list.map(({ name }) => {
        const host = this.host(name);
        return [name, groupOf(spec, { name: host, hparam: (key) => this.hparam(host, key) })];
      }),
    );
  }

  /** The group of a run as the address groups them (`group=`); empty for a run in none, and without grouping. */
  groupOf(name: string): string {
    return this.#groups?.get(name) ?? "";
  }

  /** The runs are in groups (`group=`), each of which a chart may draw as one line. */
  get isGrouped(): boolean {
    return this.#groupSpec !== null;
  }

  /** Whether it is known which run is in which group: hyperparameters have to be read first. */
  get knowsGroups(): boolean {
    if (this.#groupSpec?.by !== "hparam") return true;
    hparams.want();
    return hparams.settled;
  }

  /** Why the address's `group=` groups nothing; null if it does, or is not there. */
  get groupError(): string | null {
    return explainGroupSpec(route.get("group"));
  }

  /** CSS hex colour of a group (as groupOf names it) in the theme in force. */
  groupColor(group: string): string {
    return runColor(this.#groupIndices.get(group) ?? 0, theme.mode);
  }

  /** What a person reads for a group (as groupOf names it). */
  groupLabel(group: string): string {
    return this.#groupSpec ? groupLabel(this.#groupSpec, group || null) : group;
  }

  /** A hyperparameter of a run, or of its only session below it; undefined until hparams are read, and without one. */
  hparam(run: string, name: string): HparamValue | undefined {
    return (hparams.of(run) ?? hparams.of(this.#sessionOf.get(run) ?? ""))?.get(name);
  }

  /** Every hyperparameter of a run, by name. */
  hparamsOf(run: string): ReadonlyMap<string, HparamValue> | undefined {
    return hparams.of(run) ?? hparams.of(this.#sessionOf.get(run) ?? "");
  }

  /** Names of all hyperparameters; reading them begins now if nobody asked before. */
  get hparamNames(): readonly string[] {
    hparams.want();
    return hparams.names.map(({ name }) => name);
  }

  #isNumber(name: string): boolean {
    return hparams.names.some((each) => each.name === name && each.isNumber);
  }

  isHidden(name: string): boolean {
    return this.#hidden.has(name);
  }

  /** Every run that is not hidden, in natural order. */
  get visibleList(): Run[] {
    return this.#visibleList;
  }

  /** How many runs are hidden, sub-runs not counted. */
  get hiddenCount(): number {
    let count = 0;
    for (const name of this.#hidden) if (this.get(name)?.key === null) count += 1;
    return count;
  }

  /** The run that others are compared with; null for none. */
  get baseline(): string | null {
    return this.#baseline;
  }
  set baseline(name: string | null) {
    userState.setPref("baseline", name);
  }
}

function storedText(key: string): string | null {
  const stored = userState.pref<unknown>(key, null);
  return typeof stored === "string" && stored ? stored : null;
}
