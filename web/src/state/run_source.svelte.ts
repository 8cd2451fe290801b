/** Runs and tags of the log directory as the server tells them, kept fresh by the live stream. */

import { getChanges, getRuns } from "../api/client.ts";
import { type Connection, type Live, openLive } from "../api/live.ts";
import type { LiveMessage, Loading, Run, RunColumnsResult, RunsResult, TagEntry } from "../api/types.ts";
import { hparams } from "./hparams.svelte.ts";
import { changes } from "./resource.svelte.ts";
import { userState } from "./user_state.svelte.ts";

const noTags: readonly TagEntry[] = [];
const noRuns: Run[] = [];

export class RunSource {
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
  #live: Live | null = null;
  #fetching = false;
  /** Revision that the list of runs must have reached. */
  #wanted = -1;
  /** Of the first list of runs: no answer that the page has is older. */
  #firstRevision: number | null = null;
  #heard = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Runs as they are now: the list is read again only when runs or tags come or go. */
  #fresh: ReadonlyMap<string, Run> = $state.raw(new Map());
  #list: Run[] = $derived(this.#result?.runs ?? noRuns);
  #byName = $derived(new Map(this.#list.map((run) => [run.name, run])));

  /** The newest answer of /api/runs; null until the first one is there. */
  get result(): RunsResult | null {
    return this.#result;
  }

  /** Why there is no newest answer. */
  get error(): Error | null {
    return this.#error;
  }

  /** Every run, in natural order; TagEntry.runs counts in it. */
  get list(): Run[] {
    return this.#list;
  }

  get(name: string): Run | undefined {
    return this.#byName.get(name);
  }

  /** A run with its state, times and size as the server told them last. */
  fresh(run: Run): Run {
    return this.#fresh.get(run.name) ?? run;
  }

  /** Takes over what changes of runs as they are written. */
  freshen({ runs, states, modified, last_times, points }: RunColumnsResult): void {
    const fresh = new Map<string, Run>();
    runs.forEach((name, at) => {
      const run = this.get(name);
      const state = states[at];
      if (!run || !state) return;
      fresh.set(name, {
        ...run,
        state,
        modified: modified[at] ?? run.modified,
        last_time: last_times[at] ?? null,
        points: points[at] ?? run.points,
      });
    });
    this.#fresh = fresh;
  }

  /** The run in whose charts a sub-run of add_scalars is a line; the run itself if it is none. */
  host(name: string): string {
    let at = name;
    for (let run = this.get(at); run?.key != null && run.parent !== null; run = this.get(at)) at = run.parent;
    return at;
  }

  /** A run and the sub-runs that are lines of its charts. */
  withLines(name: string): string[] {
    return [name, ...this.list.filter((run) => run.key !== null && this.host(run.name) === name).map((run) => run.name)];
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

  /** Begins to follow the server; returns the way to stop. */
  start(): () => void {
    const url = new URL("./api/live", document.baseURI);
    url.protocol = url.protocol.replace("http", "ws");
    url.hash = "";
    url.search = "";
    this.#fetch();
    userState.read();
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
    userState.follow(message.state_revision);
    // The stream's first message tells what to read for a page that has read nothing; this one mostly has.
    const isKnown = !this.#heard && message.changed === null && message.revision === this.#firstRevision;
    this.#heard = true;
    if (!isKnown) changes.tell(message.changed);
  }

  #fetch(): void {
    if (this.#fetching) return; // what is missing then is asked for when the answer is there
    this.#fetching = true;
    clearTimeout(this.#timer);
    const began = performance.now();
    getRuns()
      .then((result) => {
        this.#result = result;
        this.#firstRevision ??= result.revision;
        this.#fresh = new Map();
        this.#error = null;
        this.#revision = Math.max(this.#revision, result.revision);
        this.#loading = result.loading;
        this.#points = result.points;
        this.#problems = result.problems;
        this.#lastUpdate ??= newestWrite(result.runs);
        this.#fetching = false;
        hparams.refresh();
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
function newestWrite(list: readonly { modified: number }[]): number | null {
  const newest = list.reduce((most, run) => Math.max(most, run.modified), 0);
  return newest > 0 ? Math.min(Date.now(), newest * 1000) : null;
}
