/** One cursor position shared by all charts with the same x axis: point at one, read all. */

export interface CursorPlace {
  readonly x: number;
  /** The group (run) of the line that is being read. */
  readonly group: string;
}

export interface CursorLink {
  /** Null when no chart is pointed at. */
  readonly place: CursorPlace | null;
  /** Tells every other subscriber. `source` is the subscriber's own callback. */
  move(place: CursorPlace | null, source: CursorListener): void;
  /** Returns a function that unsubscribes. */
  subscribe(listener: CursorListener): () => void;
}

export type CursorListener = (place: CursorPlace | null) => void;

export function makeCursorLink(): CursorLink {
  const listeners = new Set<CursorListener>();
  let current: CursorPlace | null = null;
  return {
    get place() {
      return current;
    },
    move(place, source) {
      if (place?.x === current?.x && place?.group === current?.group) return;
      current = place;
      for (const listener of listeners) if (listener !== source) listener(place);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
