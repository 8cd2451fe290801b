/** Runs and tags of the log directory, which of them are listed and drawn, and in which colour. */

import type { Run } from "../api/types.ts";
import { parseRunFilter, type RunFilter } from "../base/run_filter.ts";
import { everything, formatSelection, isSelected, latest, makeSelection, parseSelection } from "../base/run_selection.ts";
import type { Selection } from "../base/run_selection.ts";
import { clock } from "./clock.svelte.ts";
import { hparams } from "./hparams.svelte.ts";
import { prefs } from "./prefs.svelte.ts";
import { route } from "./route.svelte.ts";
import { factsOf } from "./run_facts.ts";
import { RunLook } from "./run_look.svelte.ts";
import { userState } from "./user_state.svelte.ts";

/** With more runs than this only the newest few are drawn at first: a browser could draw all, a person read none. */
const manyRuns = 5000;
const newestFew = 10;
/** A selection longer than this stays out of the address, and in this window's storage. */
const longSelection = 1500;
const longKey = `epochal.runs:${typeof location === "undefined" ? "" : location.pathname}`;

class Runs extends RunLook {
  #highlighted: string | null = $state(null);
  /** A selection too long for the address; null follows the address. */
  #long: Selection | null = $state.raw(readLong());
  #beforeSolo: Selection | null = null;
  #showHidden = $state(false);
  #lastGood: RunFilter | null = null;

  #parsed = $derived(parseRunFilter(this.filterText));
  #filter = $derived.by(() => {
    // What cannot be understood keeps the last good result: half of a word is not a wish for nothing.
    if (this.#parsed.filter) this.#lastGood = this.#parsed.filter;
    return this.#lastGood;
  });
  #matching: Run[] = $derived.by(() => {
    const filter = this.#filter;
    const asked = this.onlyStarred;
    // Hidden runs are listed when they are asked for, by the switch or by `is:hidden`.
    const list = this.#showHidden || /\bis:hidden\b/.test(this.filterText) ? this.list : this.visibleList;
    if (!asked && (!filter || filter.empty)) return list;
    if (filter?.usesHparams) hparams.want();
    const now = clock.every(10);
    return list.filter((run) => {
      const marks = userState.run(run.name);
      if (asked && !userState.run(this.host(run.name)).star) return false;
      if (!filter || filter.empty) return true;
      return filter.test(factsOf(this.fresh(run), this.label(run.name), marks, (name) => this.hparam(run.name, name), now));
    });
  });

  #limited = $derived(this.list.length > manyRuns && route.get("runs") === null && !this.#long);
  /** By itself, so that a change of anything else in the address leaves the selection the same object. */
  #selectionText = $derived(route.get("runs"));
  #selection = $derived(this.#long ?? parseSelection(this.#selectionText));
  /** What is checked in the list, hidden or not. */
  #checked: ReadonlySet<string> = $derived.by(() => {
    if (this.#limited) return new Set(newest(this.list, newestFew));
    if (this.#selection.latest) return new Set(this.#latestNames());
    return new Set(this.list.filter((run) => isSelected(this.#selection, run.name)).map((run) => run.name));
  });
  #selected: ReadonlySet<string> = $derived.by(() => {
    if (this.filtersCharts && this.filtering) {
      const drawn = this.#matching.filter((run) => this.#checked.has(run.name) && !this.isHidden(run.name));
      return new Set(drawn.map((run) => run.name));
    }
    if (this.visibleList === this.list) return this.#checked;
    return new Set([...this.#checked].filter((name) => !this.isHidden(name)));
  });
  #counts = $derived.by(() => {
    const own = this.visibleList.filter((run) => run.key === null);
    return { all: own.length, selected: own.filter((run) => this.#selected.has(run.name)).length };
  });

  /** Names of the runs that are drawn: checked, not hidden, and matching where the filter is for the charts too. */
  get selected(): ReadonlySet<string> {
    return this.#selected;
  }

  /** How many runs there are and are drawn; a sub-run that is a line of another run's chart is no run of its own. */
  get counts(): { readonly all: number; readonly selected: number } {
    return this.#counts;
  }

  isSelected(name: string): boolean {
    return this.#selected.has(name);
  }

  /** Whether it is checked in the list; it may yet be left out of the charts by the filter. */
  isChecked(name: string): boolean {
    return this.#checked.has(name);
  }

  /** True while only the newest few of very many runs are drawn because nobody chose yet. */
  get limited(): boolean {
    return this.#limited;
  }

  /** The run under the pointer or the keyboard focus, or the group of runs as charts call it; charts raise it. */
  get highlighted(): string | null {
    return this.#highlighted;
  }
  set highlighted(name: string | null) {
    this.#highlighted = name;
  }

  /** Text of the run filter; in the address. */
  get filterText(): string {
    return route.get("find") ?? "";
  }
  set filterText(text: string) {
    route.set("find", text);
  }

  /** Why the filter's text cannot be used; null while it can. */
  get filterError(): string | null {
    return this.#parsed.error;
  }

  /** Whether anything narrows the list. */
  get filtering(): boolean {
    return this.onlyStarred || (this.#filter !== null && !this.#filter.empty);
  }

  /** Whether what narrows the list narrows the charts as well; in the address, and remembered on this machine. */
  get filtersCharts(): boolean {
    return route.get("narrow") === "1" || (route.get("narrow") === null && prefs.get("runs.filterCharts", false));
  }
  set filtersCharts(value: boolean) {
    prefs.set("runs.filterCharts", value);
    route.set("narrow", value ? "1" : null);
  }

  /** Only runs with a star are listed. */
  get onlyStarred(): boolean {
    return route.get("starred") === "1";
  }
  set onlyStarred(value: boolean) {
    route.set("starred", value ? "1" : null);
  }

  /** Hidden runs are listed too, for taking that back; they are never drawn. */
  get showHidden(): boolean {
    return this.#showHidden;
  }
  set showHidden(value: boolean) {
    this.#showHidden = value;
  }

  /** The runs to list: those that match, in natural order. */
  get matching(): Run[] {
    return this.#matching;
  }

  /** Draws exactly these runs. */
  select(names: ReadonlySet<string>): void {
    this.#beforeSolo = null;
    this.#write(makeSelection(names, this.#names(), this.#selection.all));
  }

  setSelected(names: Iterable<string>, selected: boolean): void {
    const next = new Set(this.#checked);
    for (const name of names) {
      if (selected) next.add(name);
      else next.delete(name);
    }
    this.select(next);
  }

  selectAll(): void {
    this.#beforeSolo = null;
    // Words in the address even for "all" once the newest few were the default.
    this.#write(everything, this.list.length > manyRuns);
  }

  selectNone(): void {
    this.#beforeSolo = null;
    this.#write({ all: false, except: new Set() });
  }

  /** The newest run only, and the next one when that begins. */
  selectLatest(): void {
    this.#beforeSolo = null;
    this.#write(latest);
  }

  /** Whether the newest run is followed. */
  get followsLatest(): boolean {
    return this.#selection.latest === true;
  }

  invert(): void {
    this.select(new Set(this.#names().filter((name) => !this.#checked.has(name))));
  }

  /** Draws only these runs; the same again brings back what was drawn before. */
  solo(names: Iterable<string>): void {
    const wanted = new Set(names);
    const isAlone = wanted.size === this.#checked.size && [...wanted].every((name) => this.#checked.has(name));
    if (isAlone) {
      const before = this.#beforeSolo ?? everything;
      this.#beforeSolo = null;
      this.#write(before);
    } else {
      const before = this.#beforeSolo ?? this.#selection;
      this.#write(makeSelection(wanted, this.#names(), false));
      this.#beforeSolo = before;
    }
  }

  #names(): string[] {
    return this.list.map((run) => run.name);
  }

  /** The newest run that is not hidden and all below it. */
  #latestNames(): string[] {
    const top = (run: Run): Run => (run.parent === null ? run : top(this.get(run.parent) ?? { ...run, parent: null }));
    const [first] = newest(this.visibleList, 1);
    const run = first === undefined ? undefined : this.get(first);
    if (!run) return [];
    const { name } = top(run);
    return this.list.filter((each) => top(each).name === name).map((each) => each.name);
  }

  /** What is drawn as the address's `runs=` would say it, where that is too long for it; else null. */
  get outsideAddress(): string | null {
    return this.#long && formatSelection(this.#long);
  }

  /** Draws what the address says, whatever was too long for it before. */
  followAddress(): void {
    this.#long = null;
    storeLong(null);
  }

  #write(selection: Selection, explicit = false): void {
    const text = formatSelection(selection) ?? (explicit ? "-" : null);
    const long = text !== null && text.length > longSelection;
    this.#long = long ? selection : null;
    route.set("runs", long ? null : text);
    storeLong(long ? text : null);
  }
}

function readLong(): Selection | null {
  try {
    const text = route.get("runs") === null ? sessionStorage.getItem(longKey) : null;
    return text === null ? null : parseSelection(text);
  } catch {
    return null; // no storage here
  }
}

function storeLong(text: string | null): void {
  try {
    if (text === null) sessionStorage.removeItem(longKey);
    else sessionStorage.setItem(longKey, text);
  } catch {
    // No storage here: the selection holds until the page is loaded again.
  }
}

/** The runs that began last; of those that began together the ones written to last. */
function newest(list: readonly Run[], count: number): string[] {
  const began = (run: Run): number => run.start_time ?? run.modified ?? 0;
  return [...list]
    .sort((a, b) => began(b) - began(a) || (b.modified ?? 0) - (a.modified ?? 0))
    .slice(0, count)
    .map((run) => run.name);
}

export const runs = new Runs();
