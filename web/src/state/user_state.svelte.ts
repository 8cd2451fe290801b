/**
 * What the user says of runs, tags and views: names, notes, stars, colours. The server keeps it in the user's state
 * directory, per log directory; pages show a change at once and tell the server after a moment.
 */

import { ApiError, changeUserState, getUserState } from "../api/client.ts";
import type { RunMarks, StateChange, TagMarks, UserStateResult, View } from "../api/types.ts";
import { applyChanges, emptyRun, emptyTag, mergeChanges } from "../base/user_changes.ts";

/** Changes of this long are one request: somebody is typing. */
const gatherMs = 300;
const retryMs = 3000;

const nothing: UserStateResult = { revision: 0, persistent: false, notice: "", runs: {}, tags: {}, views: {}, prefs: {} };

class UserState {
  /** The server's newest answer with every change since. */
  #state: UserStateResult = $state.raw(nothing);
  #error: Error | null = $state.raw(null);
  #loaded = $state(false);
  /** What the server has not been told. */
  #waiting: readonly StateChange[] = [];
  /** What it is being told. */
  #sending: readonly StateChange[] = [];
  #reading = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Whether an answer of the server is there. */
  get loaded(): boolean {
    return this.#loaded;
  }

  /** Why the newest changes are not kept yet; null while all is well. */
  get error(): Error | null {
    return this.#error;
  }

  /** False where the server has nowhere to keep it: it is gone when the server ends. */
  get persistent(): boolean {
    return this.#state.persistent;
  }

  /** One sentence of the server's about where it keeps it; empty while all is well. */
  get notice(): string {
    return this.#state.notice;
  }

  run(name: string): RunMarks {
    return Object.hasOwn(this.#state.runs, name) ? this.#state.runs[name]! : emptyRun;
  }

  /** Every run that anything was said of. */
  get runs(): Readonly<Record<string, RunMarks>> {
    return this.#state.runs;
  }

  setRun(name: string, patch: Partial<RunMarks>): void {
    this.setRuns([name], patch);
  }

  /** The same for several runs, in one request. */
  setRuns(names: Iterable<string>, patch: Partial<RunMarks>): void {
    this.#change([...names].map((key) => ({ section: "runs", key, value: patch })));
  }

  tag(tag: string): TagMarks {
    return Object.hasOwn(this.#state.tags, tag) ? this.#state.tags[tag]! : emptyTag;
  }

  setTag(tag: string, patch: Partial<TagMarks>): void {
    this.#change([{ section: "tags", key: tag, value: patch }]);
  }

  /** Named views by name. */
  get views(): Readonly<Record<string, View>> {
    return this.#state.views;
  }

  /** Keeps an address under a name. */
  setView(name: string, view: View): void {
    this.#change([{ section: "views", key: name, value: view }]);
  }

  removeView(name: string): void {
    this.#change([{ section: "views", key: name, value: null }]);
  }

  /** A preference of this log directory; what is stored is any JSON, so whoever reads it checks its shape. */
  pref<T>(key: string, fallback: T): T {
    return Object.hasOwn(this.#state.prefs, key) ? (this.#state.prefs[key] as T) : fallback;
  }

  /** Null takes it away. */
  setPref(key: string, value: unknown): void {
    this.#change([{ section: "prefs", key, value }]);
  }

  /** The live stream tells the newest revision: another page or server changed something. */
  follow(revision: number): void {
    if (revision !== this.#state.revision) this.read();
  }

  /** Asks the server; does nothing while changes are on their way, whose answer says as much. */
  read(): void {
    if (this.#reading || this.#sending.length) return;
    this.#reading = true;
    getUserState()
      .then((state) => this.#take(state))
      .catch((reason: unknown) => this.#fail(reason))
      .finally(() => {
        this.#reading = false;
      });
  }

  #change(changes: readonly StateChange[]): void {
    this.#waiting = mergeChanges([...this.#waiting, ...changes]);
    this.#state = applyChanges(this.#state, changes);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), gatherMs);
  }

  /** The page goes: tells the server what is left. What is under way now would be aborted, so it is told again. */
  leave(): void {
    const changes = mergeChanges([...this.#sending, ...this.#waiting]);
    if (changes.length) changeUserState(changes, true).catch(() => undefined); // nobody is left to hear of it
  }

  #send(): void {
    clearTimeout(this.#timer);
    if (this.#sending.length || this.#waiting.length === 0) return;
    this.#sending = this.#waiting;
    this.#waiting = [];
    changeUserState(this.#sending)
      .then((state) => {
        this.#sending = [];
        this.#take(state);
        this.#send();
      })
      .catch((reason: unknown) => {
        // What cannot be kept is not asked again; a server that is away is.
        const again = !(reason instanceof ApiError) || reason.temporary;
        if (again) this.#waiting = mergeChanges([...this.#sending, ...this.#waiting]);
        this.#sending = [];
        this.#fail(reason);
      });
  }

  #take(state: UserStateResult): void {
    // Asked before a change and answered after it. Revisions follow the clock; 0: nothing was ever said.
    if (state.revision > 0 && state.revision < this.#state.revision) return;
    this.#state = applyChanges(applyChanges(state, this.#sending), this.#waiting);
    this.#error = null;
    this.#loaded = true;
  }

  #fail(reason: unknown): void {
    this.#error = reason instanceof Error ? reason : new Error(String(reason));
    if (reason instanceof ApiError && !reason.temporary) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.#waiting.length ? this.#send() : this.read()), retryMs);
  }
}

export const userState = new UserState();

if (typeof window !== "undefined") window.addEventListener("pagehide", () => userState.leave());
