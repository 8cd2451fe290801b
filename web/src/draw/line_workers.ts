/**
 * The threads that draw charts of many lines, shared by all charts of the page. A chart shows its lines
 * for a view and gets a bitmap; while one is being drawn only the newest wish is kept. Where there are
 * no workers, or they fail, `open` gives null and charts draw on their canvas.
 */

import { sameView } from "./cached_layer.ts";
import { columnsUsed, encodeLines, encodeView, type FromWorker, type LayerView, type ToWorker } from "./line_wire.ts";
import type { LineSeries, Values } from "./series.ts";

export interface RemoteHandlers {
  /** The picture of these lines for this view. The receiver closes it. */
  onBitmap(bitmap: ImageBitmap, view: LayerView, list: readonly LineSeries[]): void;
  /** No picture will come any more. */
  onLost(): void;
}

export interface RemoteLayer {
  /** Wants a picture. Of wishes that come while one is drawn only the last is heard. */
  show(list: readonly LineSeries[], view: LayerView): void;
  /** Takes back what has been wished for and is not being drawn. */
  withdraw(): void;
  /** Lets go of the lines. */
  free(): void;
}

export interface LineWorkers {
  /** Null where charts have to draw themselves. */
  open(handlers: RemoteHandlers): RemoteLayer | null;
  /** True once a worker has said that it runs. */
  readonly ready: boolean;
}

/** What is needed of a Worker; tests make up their own. */
export interface WorkerLike {
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  postMessage(message: ToWorker, transfer: Transferable[]): void;
  terminate(): void;
}

interface Wish {
  readonly list: readonly LineSeries[];
  readonly view: LayerView;
}

function sameWish(a: Wish, b: Wish): boolean {
  const [from, to] = [a.view, b.view];
  const sameSize = from.widthPx === to.widthPx && from.heightPx === to.heightPx;
  return a.list === b.list && from.ramp === to.ramp && sameSize && sameView(from.projection, to.projection);
}

interface Layer {
  readonly handlers: RemoteHandlers;
  /** What the worker is drawing, and what it should draw then. */
  drawing: Wish | null;
  wanted: Wish | null;
  /** What it has drawn that is not handed over yet. */
  held: Wish | null;
  /** The lines that the worker has, and their columns. */
  sent: readonly LineSeries[] | null;
  columns: ReadonlySet<Values>;
}

interface Thread {
  readonly worker: WorkerLike;
  readonly layers: Map<number, Layer>;
  /** Layers with a wish, in the order in which they began to wait. */
  readonly waiting: Set<number>;
  /** How many pictures it has been sent wishes for and has not answered. */
  owed: number;
  readonly columns: Map<Values, { readonly number: number; uses: number }>;
}

/** One picture that is being drawn and the next: a thread never waits for the page to hear that it is done. */
const MOST_OWED = 2;

/**
 * The charts of a page are shown anew together, or after so long: each frame in which only some of them change takes
 * the browser as much time as one in which all do, on processors that the threads could use.
 */
const HOLD_MS = 50;

/** `start` makes a worker and throws where there are none; `most` is how many there may be. */
export function makeLineWorkers(start: () => WorkerLike, most: number): LineWorkers {
  const threads: Thread[] = [];
  let ready = false;
  let lost = false;
  let layers = 0;
  let columns = 0;
  /** Pictures that wait for those that come at about the same time. */
  const held: (() => void)[] = [];
  let holding: ReturnType<typeof setTimeout> | undefined;

  function lose(reason: string): void {
    if (lost) return;
    lost = true;
    // charts go on without; why belongs into the console
    reportError(new Error(`Drawing in a worker failed: ${reason}`));
    handOver();
    for (const thread of threads.splice(0)) {
      thread.worker.terminate();
      for (const layer of thread.layers.values()) layer.handlers.onLost();
    }
  }

  function startThread(): Thread {
    const thread: Thread = { worker: start(), layers: new Map(), waiting: new Set(), owed: 0, columns: new Map() };
    thread.worker.onmessage = ({ data }) => {
      if (data.do === "ready") ready = true;
      else if (data.do === "failed") lose(data.reason);
      else receive(thread, data.layer, data.bitmap);
    };
    thread.worker.onerror = (event) => lose(event.message || "it could not be started");
    threads.push(thread);
    return thread;
  }

  /** The idlest thread; a new one while there may be more. */
  function chooseThread(): Thread {
    const idlest = threads.reduce<Thread | null>((best, each) => (best && best.layers.size <= each.layers.size ? best : each), null);
    return idlest && (idlest.layers.size === 0 || threads.length >= most) ? idlest : startThread();
  }

  function receive(thread: Thread, number: number, bitmap: ImageBitmap | null): void {
    thread.owed--;
    const layer = thread.layers.get(number);
    const done = layer?.drawing;
    if (layer) {
      layer.drawing = null;
      layer.held = bitmap ? (done ?? null) : null;
    }
    sendWaiting(thread);
    if (!layer || !done || !bitmap) {
      bitmap?.close();
      return;
    }
    held.push(() => {
      if (layer.held === done) layer.held = null;
      if (thread.layers.get(number) === layer) layer.handlers.onBitmap(bitmap, done.view, done.list);
      else bitmap.close();
    });
    if (threads.every(({ owed, waiting }) => owed === 0 && waiting.size === 0)) handOver();
    else holding ??= setTimeout(handOver, HOLD_MS);
  }

  function handOver(): void {
    clearTimeout(holding);
    holding = undefined;
    for (const give of held.splice(0)) give();
  }

  /** Keeps the thread busy, and no more than that: what it has been sent it draws, even if nobody wants it any more. */
  function sendWaiting(thread: Thread): void {
    for (const number of thread.waiting) {
      if (thread.owed >= MOST_OWED) return;
      const layer = thread.layers.get(number);
      if (layer?.drawing) continue;
      thread.waiting.delete(number);
      if (!layer?.wanted) continue;
      send(thread, number, layer, layer.wanted);
      layer.wanted = null;
    }
  }

  function send(thread: Thread, number: number, layer: Layer, wish: Wish): void {
    if (wish.list !== layer.sent) sendLines(thread, number, layer, wish.list);
    layer.drawing = wish;
    thread.owed++;
    thread.worker.postMessage({ do: "draw", layer: number, view: encodeView(wish.view) }, []);
  }

  function sendLines(thread: Thread, number: number, layer: Layer, list: readonly LineSeries[]): void {
    const needed = columnsUsed(list);
    const add: [number, Values][] = [];
    for (const column of needed) {
      if (layer.columns.has(column)) continue;
      let known = thread.columns.get(column);
      if (!known) {
        known = { number: columns++, uses: 0 };
        thread.columns.set(column, known);
        // a copy: the page goes on reading its own
        add.push([known.number, column.slice()]);
      }
      known.uses++;
    }
    const drop = release(thread, [...layer.columns].filter((column) => !needed.has(column)));
    if (add.length > 0 || drop.length > 0) {
      thread.worker.postMessage({ do: "columns", add, drop }, add.map(([, column]) => column.buffer as ArrayBuffer));
    }
    const lines = encodeLines(list, (column) => thread.columns.get(column)!.number);
    thread.worker.postMessage({ do: "lines", layer: number, lines }, [lines.table.buffer as ArrayBuffer]);
    layer.sent = list;
    layer.columns = needed;
  }

  /** Numbers of the columns that no layer needs any more. */
  function release(thread: Thread, given: Iterable<Values>): number[] {
    const drop: number[] = [];
    for (const column of given) {
      const known = thread.columns.get(column);
      if (!known || --known.uses > 0) continue;
      thread.columns.delete(column);
      drop.push(known.number);
    }
    return drop;
  }

  return {
    get ready() {
      return ready && !lost;
    },
    open(handlers) {
      if (lost) return null;
      let thread: Thread;
      try {
        thread = chooseThread();
      } catch {
        lost = true; // no workers here: nothing has failed
        return null;
      }
      const number = layers++;
      const layer: Layer = { handlers, drawing: null, wanted: null, held: null, sent: null, columns: new Set() };
      thread.layers.set(number, layer);
      return {
        show(list, view) {
          const wish = { list, view };
          const coming = layer.drawing ?? layer.held;
          layer.wanted = coming && sameWish(coming, wish) ? null : wish;
          if (!layer.wanted) return;
          thread.waiting.add(number);
          sendWaiting(thread);
        },
        withdraw() {
          layer.wanted = null;
          thread.waiting.delete(number);
        },
        free() {
          if (!thread.layers.delete(number)) return;
          thread.waiting.delete(number);
          const drop = release(thread, layer.columns);
          thread.worker.postMessage({ do: "free", layer: number }, []);
          if (drop.length > 0) thread.worker.postMessage({ do: "columns", add: [], drop }, []);
        },
      };
    },
  };
}

/** They draw while the page rests, when its processor and the compositor's have little to do. */
const THREADS = Math.min(4, Math.max(1, globalThis.navigator?.hardwareConcurrency ?? 1));

/** The page's workers; none runs before the first chart of many lines. */
export const lineWorkers: LineWorkers = makeLineWorkers(
  () => new Worker(new URL("./line_worker.ts", import.meta.url), { type: "module", name: "lines" }),
  THREADS,
);
