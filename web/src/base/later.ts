/** Work that nobody waits for: done when the page has come to rest, one piece at a time. */

/** Nothing begins before so long after the newest piece came. */
const REST_MS = 300;
/** Between two pieces: some frames, for whatever the page has to do. */
const BETWEEN_MS = 50;

const waiting = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** Does this work later. Returns what takes it back; that does nothing once the work is done. */
export function later(work: () => void): () => void {
  // a function may be given twice
  const piece = (): void => work();
  waiting.add(piece);
  clearTimeout(timer);
  timer = setTimeout(doNext, REST_MS);
  return () => void waiting.delete(piece);
}

function doNext(): void {
  const [next] = waiting;
  if (!next) return;
  waiting.delete(next);
  timer = setTimeout(doNext, BETWEEN_MS);
  next();
}
