/** One cursor position shared by all charts with the same x axis: point at one, read all. */

export interface CursorLink {
  /** Null when no chart is pointed at. */
  readonly x: number | null;
  /** Tells every other subscriber. `source` is the subscriber's own callback. */
  move(x: number | null, source: CursorListener): void;
  /** Returns a function that unsubscribes. */
  subscribe(listener: CursorListener): () => void;
}

export type CursorListener = (x: number | null) => void;

export function makeCursorLink(): CursorLink {
  const listeners = new Set<CursorListener>();
  let current: number | null = null;
  return {
    get x() {
      return current;
    },
    move(x, source) {
      if (x === current) return;
      current = x;
      for (const listener of listeners) if (listener !== source) listener(x);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
