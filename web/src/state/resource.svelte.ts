/** Data of the server by key: abortable, the old stays while the new loads, tried again when the server was away. */

import { untrack } from "svelte";
import { ApiError } from "../api/client.ts";
import type { Changed } from "../api/types.ts";

export interface Resource<T> {
  /** The newest answer, possibly of an earlier key while `loading`. */
  readonly data: T | undefined;
  /** Why the newest request failed; the old data stay. */
  readonly error: Error | null;
  readonly loading: boolean;
  /** Asks again now. */
  reload(): void;
}

const retrySecs = [1, 2, 4, 8];

/**
 * Call it while a component initialises: its requests end with the component. `load` runs whenever `key()` changes
 * (null: nothing to load) and must be a function of what the key says; state that it reads is not tracked.
 */
export function makeResource<T>(key: () => string | null, load: (signal: AbortSignal) => Promise<T>): Resource<T> {
  let data = $state.raw<T>();
  let error = $state.raw<Error | null>(null);
  let loading = $state(false);
  let reload: () => void = () => undefined;

  $effect(() => {
    const wanted = key();
    if (wanted === null) {
      untrack(() => {
        data = undefined;
        error = null;
        loading = false;
      });
      return;
    }
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    let running = false;
    let stale = false; // asked again while a request was under way: it must be finished, or live data would starve it

    const run = async (): Promise<void> => {
      clearTimeout(timer);
      running = loading = true;
      stale = false;
      try {
        const answer = await load(abort.signal);
        if (abort.signal.aborted) return;
        data = answer;
        error = null;
        failures = 0;
      } catch (reason) {
        if (abort.signal.aborted) return;
        error = reason instanceof Error ? reason : new Error(String(reason));
        if (reason instanceof ApiError && reason.temporary) {
          const pause = retrySecs[Math.min(failures, retrySecs.length - 1)]!;
          failures += 1;
          timer = setTimeout(() => void run(), pause * 1000);
        }
      }
      running = loading = false;
      if (stale) void run();
    };
    reload = () => {
      if (running) stale = true;
      else void run();
    };
    untrack(() => void run());
    return () => {
      abort.abort();
      clearTimeout(timer);
      reload = () => undefined;
    };
  });

  return {
    get data() {
      return data;
    },
    get error() {
      return error;
    },
    get loading() {
      return loading;
    },
    reload() {
      reload();
    },
  };
}

type Names = ReadonlySet<string> | readonly string[] | null;

interface Watcher {
  runs: Names;
  tags: Names;
  callback: () => void;
}

const watchers = new Set<Watcher>();

function has(names: Names, name: string): boolean {
  if (names === null) return true;
  return names instanceof Set ? names.has(name) : (names as readonly string[]).includes(name);
}

export const changes = {
  /** Calls back when one of `tags` of one of `runs` became newer (null: any). Returns the way to stop. */
  watch(runs: Names, tags: Names, callback: () => void): () => void {
    const watcher = { runs, tags, callback };
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  },

  /** What the live stream tells; null means that everything may be newer. */
  tell(changed: Changed): void {
    for (const watcher of [...watchers]) {
      if (changed === null || concerns(watcher, changed)) watcher.callback();
    }
  },
};

function concerns(watcher: Watcher, changed: Record<string, string[]>): boolean {
  for (const [run, tags] of Object.entries(changed)) {
    if (has(watcher.runs, run) && tags.some((tag) => has(watcher.tags, tag))) return true;
  }
  return false;
}
