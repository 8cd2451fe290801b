/** One x window shared by charts with the same x axis: zoom one, and all follow in the same frame. */

import type { Range } from "./scale.ts";

/** Null is everything; `settled` once the gesture has come to rest. */
export type ViewportListener = (x: Range | null, settled: boolean) => void;

export interface ViewportLink {
  /** Tells every other subscriber. `source` is the subscriber's own callback. */
  move(x: Range | null, settled: boolean, source: ViewportListener): void;
  /** Returns a function that unsubscribes. */
  subscribe(listener: ViewportListener): () => void;
}

export function makeViewportLink(): ViewportLink {
  const listeners = new Set<ViewportListener>();
  return {
    move(x, settled, source) {
      for (const listener of listeners) if (listener !== source) listener(x, settled);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
