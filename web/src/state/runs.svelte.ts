/** Runs and tags of the log directory, which of them are drawn, and in which colour. Kept fresh by the live stream. */

import { getChanges, getRuns } from "../api/client.ts";
import { type Connection, type Live, openLive } from "../api/live.ts";
import type { LiveMessage, Loading, Run, RunsResult, TagEntry } from "../api/types.ts";
import { runColor, runDash } from "../base/color.ts";
import { everything, formatSelection, isSelected, makeSelection, parseSelection } from "../base/run_selection.ts";
import type { Selection } from "../base/run_selection.ts";
import { changes } from "./resource.svelte.ts";
import { route } from "./route.svelte.ts";
import { theme } from "./theme.svelte.ts";

/** With more runs than this only the newest few are drawn at first: a browser could draw all, a person read none. */
const manyRuns = 5000;
const newestFew = 10;
/** A selection longer than this stays out of the address, and in this window's storage. */
const longSelection = 1500;
const longKey = `epochal.runs:${typeof location === "undefined" ? "" : location.pathname}`;

const noTags: readonly TagEntry[] = [];
const noRuns: Run[] = [];

class Runs {
  #result: RunsResult | null = $state.raw(null);
  #error: Error | null = $state.raw(null);
  #connection: Connection = $state("offline");
  #retryAt: number | null = $state(null);
  #revision = $state(0);
  #loading: Loading | null = $state.raw(null);
  #points = $state(0);
  #problems = $state(0);
  #lastUpdate: number | null = $state(null);
  #connected = $state(false);
  #paused = $state(false);
  #highlighted: string | null = $state(null);
  /** A selection too long for the address; null follows the address. */
  #long: Selection | null = $state.raw(readLong());
  #beforeSolo: Selection | null = null;
  #live: Live | null = null;
  #fetching = false;
  /** Revision that the list of runs must have reached. */
  #wanted = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  #byName = $derived(new Map((this.#result?.runs ?? noRuns).map((run) => [run.name, run])));
  #limited = $derived((this.#result?.runs.length ?? 0) > manyRuns && route.get("runs") === null && !this.#long);
  #selection = $derived(this.#long ?? parseSelection(route.get("runs")));
  #selected: ReadonlySet<string> = $derived.by(() => {
    const list = this.#result?.runs ?? noRuns;
    if (this.#limited) return new Set(newest(list, newestFew));
    return new Set(list.filter((run) => isSelected(this.#selection, run.name)).map((run) => run.name));
  });

  #counts = $derived.by(() => {
    const own = (this.#result?.runs ?? noRuns).filter((run) => run.key === null);
    return { all: own.length, selected: own.filter((run) => this.#selected.has(run.name)).length };
  });

  /** The newest answer of /api/runs; null until the first one is there. */
  get result(): RunsResult | null {
    return this.#result;
  }

  /** Why there is no newest answer. */
  get error(): Error | null {
    return this.#error;
  }

  /** Every run, in natural order. */
  get list(): Run[] {
    return this.#result?.runs ?? noRuns;
  }

  get(name: string): Run | undefined {
    return this.#byName.get(name);
  }

  /** Names of the runs that are drawn. */
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

  /** True while only the newest few of very many runs are drawn because nobody chose yet. */
  get limited(): boolean {
    return this.#limited;
  }

  /** CSS hex colour of a run in the theme in force. */
  color(name: string): string {
    return runColor(this.#byName.get(name)?.color_index ?? 0, theme.mode);
  }

  /** Dash pattern in CSS pixels, empty for solid. */
  dash(name: string): number[] {
    return runDash(this.#byName.get(name)?.color_index ?? 0);
  }

  /** What to show for a run: its label, the name for a run that is gone. */
  label(name: string): string {
    return this.#byName.get(name)?.label ?? name;
  }

  /** The run in whose charts a sub-run of add_scalars is a line; the run itself if it is none. */
  host(name: string): string {
    let at = name;
    for (let run = this.#byName.get(at); run?.key != null && run.parent !== null; run = this.#byName.get(at)) at = run.parent;
    return at;
  }

  /** A run and the sub-runs that are lines of its charts. */
  withLines(name: string): string[] {
    return [name, ...this.list.filter((run) => run.key !== null && this.host(run.name) === name).map((run) => run.name)];
  }

  /** The run under the pointer or the keyboard focus; charts raise it. */
  get highlighted(): string | null {
    return this.#highlighted;
  }
  set highlighted(name: string | null) {
    this.#highlighted = name;
  }

  tags(stem: string): readonly TagEntry[] {
    return this.#result?.tags[stem] ?? noTags;
  }

  /** Runs that have a tag, by index of TagEntry.runs. */
  runsOf(entry: TagEntry): Run[] {
    return entry.runs.map((index) => this.list[index]).filter((run) => run !== undefined);
  }

  get revision(): number {
    return this.#revision;
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** When the next attempt to connect is due, milliseconds since the epoch. */
  get retryAt(): number | null {
    return this.#retryAt;
  }

  /** False until the first connection or its failure: nothing is known yet. */
  get connectionKnown(): boolean {
    return this.#connected;
  }

  /** When something newer came, at first when the files were last written to; milliseconds since the epoch. */
  get lastUpdate(): number | null {
    return this.#lastUpdate;
  }

  get loading(): Loading | null {
    return this.#loading;
  }

  get points(): number {
    return this.#points;
  }

  get problems(): number {
    return this.#problems;
  }

  get paused(): boolean {
    return this.#paused;
  }
  set paused(value: boolean) {
    this.#paused = value;
    this.#holdOrDeliver();
  }

  /** Draws exactly these runs. */
  select(names: ReadonlySet<string>): void {
    this.#beforeSolo = null;
    this.#write(makeSelection(names, this.#names(), this.#selection.all));
  }

  setSelected(names: Iterable<string>, selected: boolean): void {
    const next = new Set(this.#selected);
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

  invert(): void {
    this.select(new Set(this.#names().filter((name) => !this.#selected.has(name))));
  }

  /** Draws only these runs; the same again brings back what was drawn before. */
  solo(names: Iterable<string>): void {
    const wanted = new Set(names);
    const isAlone = wanted.size === this.#selected.size && [...wanted].every((name) => this.#selected.has(name));
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

  #write(selection: Selection, explicit = false): void {
    const text = formatSelection(selection) ?? (explicit ? "-" : null);
    const long = text !== null && text.length > longSelection;
    this.#long = long ? selection : null;
    route.set("runs", long ? null : text);
    storeLong(long ? text : null);
  }

  /** Begins to follow the server; returns the way to stop. */
  start(): () => void {
    const url = new URL("./api/live", document.baseURI);
    url.protocol = url.protocol.replace("http", "ws");
    url.hash = "";
    url.search = "";
    this.#fetch();
    this.#live = openLive({
      url: url.href,
      poll: (since) => getChanges(since),
      onMessage: (message) => this.#receive(message),
      onConnection: (connection, retryAt) => {
        this.#connection = connection;
        this.#retryAt = retryAt;
        this.#connected = true;
      },
    });
    const onVisible = (): void => this.#holdOrDeliver();
    const onOnline = (): void => this.retry();
    document.addEventListener("visibilitychange", onVisible);
    window.addEventListener("online", onOnline);
    return () => {
      document.removeEventListener("visibilitychange", onVisible);
      window.removeEventListener("online", onOnline);
      clearTimeout(this.#timer);
      this.#live?.close();
      this.#live = null;
    };
  }

  retry(): void {
    this.#live?.retry();
    if (!this.#result) this.#fetch();
  }

  /** Asks for runs and tags now. */
  refresh(): void {
    this.#fetch();
  }

  #holdOrDeliver(): void {
    this.#live?.setPaused(this.#paused || document.hidden); // a hidden page asks for nothing
  }

  #receive(message: LiveMessage): void {
    if (this.#result && message.revision > this.#revision) this.#lastUpdate = Date.now();
    this.#revision = message.revision;
    this.#loading = message.loading;
    this.#points = message.points;
    this.#problems = message.problems;
    if ((message.structure || message.changed === null) && message.revision !== this.#result?.revision) {
      this.#wanted = message.revision;
      this.#fetch();
    }
    changes.tell(message.changed);
  }

  #fetch(): void {
    if (this.#fetching) return; // what is missing then is asked for when the answer is there
    this.#fetching = true;
    clearTimeout(this.#timer);
    const began = performance.now();
    getRuns()
      .then((result) => {
        this.#result = result;
        this.#error = null;
        this.#revision = Math.max(this.#revision, result.revision);
        this.#loading = result.loading;
        this.#points = result.points;
        this.#problems = result.problems;
        this.#lastUpdate ??= newestWrite(result.runs);
        this.#fetching = false;
        // While a large directory loads every answer is already old: leave the browser time for other things.
        const pause = Math.max(250, 3 * (performance.now() - began));
        if (result.revision < this.#wanted) this.#timer = setTimeout(() => this.#fetch(), pause);
      })
      .catch((reason: unknown) => {
        this.#error = reason instanceof Error ? reason : new Error(String(reason));
        this.#fetching = false;
        this.#timer = setTimeout(() => this.#fetch(), 2000);
      });
  }
}

/** When any run was last written to, milliseconds since the epoch; null without runs. */
function newestWrite(list: readonly Run[]): number | null {
  const newest = list.reduce((most, run) => Math.max(most, run.modified), 0);
  return newest > 0 ? Math.min(Date.now(), newest * 1000) : null;
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

function newest(list: readonly Run[], count: number): string[] {
  return [...list]
    .sort((a, b) => (b.modified ?? b.last_time ?? 0) - (a.modified ?? a.last_time ?? 0))
    .slice(0, count)
    .map((run) => run.name);
}

export const runs = new Runs();
