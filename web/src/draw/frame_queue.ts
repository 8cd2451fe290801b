/**
 * One queue of drawing work for all charts of the page, emptied once per animation frame.
 *
 * A chart may ask as often as it likes: it draws at most once per frame. Urgent work (crosshairs,
 * gestures under the pointer) always runs; the rest shares a time budget, so that a live update of
 * many charts is spread over frames rather than felt as a hitch.
 */

export interface FrameQueue {
  /** Calls `draw` in a coming frame; a later request of the same owner replaces an earlier one. */
  request(owner: object, draw: () => void, urgent?: boolean): void;
  /** Forgets what this owner asked for. */
  cancel(owner: object): void;
}

export interface FrameQueueOptions {
  /** Time for work that is not urgent, in ms per frame. */
  readonly budgetMs?: number;
  readonly schedule?: (callback: () => void) => void;
  readonly now?: () => number;
}

export function makeFrameQueue(options: FrameQueueOptions = {}): FrameQueue {
  const budgetMs = options.budgetMs ?? 10;
  const schedule = options.schedule ?? ((callback) => void requestAnimationFrame(callback));
  const now = options.now ?? (() => performance.now());
  const urgent = new Map<object, () => void>();
  const patient = new Map<object, () => void>();
  let scheduled = false;

  function wake(): void {
    if (scheduled) return;
    scheduled = true;
    schedule(run);
  }

  function run(): void {
    scheduled = false;
    const started = now();
    for (const [owner, draw] of [...urgent]) {
      urgent.delete(owner);
      draw();
    }
    for (const [owner, draw] of [...patient]) {
      // a draw may have cancelled another owner's
      if (patient.get(owner) !== draw) continue;
      patient.delete(owner);
      draw();
      if (now() - started > budgetMs) break;
    }
    if (urgent.size > 0 || patient.size > 0) wake();
  }

  return {
    request(owner, draw, isUrgent = false) {
      if (isUrgent || urgent.has(owner)) {
        patient.delete(owner);
        urgent.set(owner, draw);
      } else patient.set(owner, draw);
      wake();
    },
    cancel(owner) {
      urgent.delete(owner);
      patient.delete(owner);
    },
  };
}

/** The page's queue. */
export const frames: FrameQueue = makeFrameQueue();
