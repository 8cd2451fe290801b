import { afterEach, describe, expect, it, vi } from "vitest";
import { makeLinePainter } from "./line_painter.ts";
import { encodeView, type FromWorker, type LayerView, type ToWorker } from "./line_wire.ts";
import { type LineWorkers, makeLineWorkers, type WorkerLike } from "./line_workers.ts";
import { makeScale } from "./scale.ts";
import type { LineSeries } from "./series.ts";
import { makeSeries } from "./testing.ts";

function view(high: number): LayerView {
  const projection = { x: makeScale("linear", 0, high), y: makeScale("linear", 0, 1), y2: null, plot: { x: 4, y: 4, width: 90, height: 50 }, pixelRatio: 1 };
  return { projection, widthPx: 100, heightPx: 60, ramp: null };
}

/** A worker that is told what to answer and that keeps what it was told, as a real one does. */
class FakeWorker implements WorkerLike {
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  readonly painter = makeLinePainter();
  readonly draws: Extract<ToWorker, { do: "draw" }>[] = [];
  sentBytes = 0;
  ended = false;
  postMessage(message: ToWorker): void {
    if (message.do === "columns") for (const [, column] of message.add) this.sentBytes += column.byteLength;
    if (message.do === "draw") this.draws.push(message);
    else this.painter.tell(message);
  }
  terminate(): void {
    this.ended = true;
  }
  answer(data: FromWorker): void {
    this.onmessage?.({ data } as MessageEvent<FromWorker>);
  }
  /** Draws the oldest job that is waiting, if there is one. */
  drawOne(): FakeBitmap | null {
    const job = this.draws.shift();
    if (!job) return null;
    expect(this.painter.paint(job.layer, job.view)).not.toBeNull();
    const bitmap = new FakeBitmap();
    this.answer({ do: "drawn", layer: job.layer, bitmap: bitmap as unknown as ImageBitmap });
    return bitmap;
  }
}
class FakeBitmap {
  closed = false;
  close(): void {
    this.closed = true;
  }
}

function setUp(most = 1): { workers: LineWorkers; made: FakeWorker[] } {
  const made: FakeWorker[] = [];
  const workers = makeLineWorkers(() => {
    const worker = new FakeWorker();
    made.push(worker);
    return worker;
  }, most);
  return { workers, made };
}

const lines = (count = 3): LineSeries[] => {
  const [x, y] = [Float64Array.from({ length: 100 }, (_, i) => i), Float32Array.from({ length: 100 }, (_, i) => i / 100)];
  return Array.from({ length: count }, (_, i) => ({ ...makeSeries([]), key: String(i), x, y, start: 10 * i, count: 10 }));
};
const handlers = { onBitmap: () => undefined, onLost: () => undefined };

afterEach(() => vi.unstubAllGlobals());

describe("makeLineWorkers", () => {
  it("hears only the newest of the wishes that come while it draws", () => {
    const { workers, made } = setUp();
    const seen: number[] = [];
    const layer = workers.open({ ...handlers, onBitmap: (_, { projection }) => void seen.push(projection.x.high) })!;
    const list = lines();
    for (const high of [100, 90, 80, 70]) layer.show(list, view(high));
    const worker = made[0]!;
    expect(worker.draws).toHaveLength(1);
    worker.drawOne();
    expect(worker.draws.map((job) => job.view.x.high)).toEqual([70]);
    worker.drawOne();
    expect(worker.drawOne()).toBeNull();
    expect(seen).toEqual([100, 70]);
  });

  it("does not draw again what it is drawing", () => {
    const { workers, made } = setUp();
    const layer = workers.open(handlers)!;
    const list = lines();
    layer.show(list, view(100));
    layer.show(list, view(50));
    layer.show(list, view(100));
    made[0]!.drawOne();
    expect(made[0]!.draws).toHaveLength(0);
  });

  it("sends each column once, whatever is shown of it, and lets go of it with the last layer", () => {
    const { workers, made } = setUp();
    const [one, two] = [workers.open(handlers)!, workers.open(handlers)!];
    const list = lines(5);
    one.show(list, view(100));
    const worker = made[0]!;
    expect(worker.sentBytes).toBe(100 * (8 + 4));
    worker.drawOne();
    one.show(list.slice(1), view(100));
    two.show(list.slice(2), view(100));
    worker.drawOne();
    worker.drawOne();
    expect(worker.sentBytes).toBe(100 * (8 + 4));
    one.free();
    expect(worker.painter.kept).toEqual({ columns: 2, layers: 1 });
    two.free();
    two.free();
    expect(worker.painter.kept).toEqual({ columns: 0, layers: 0 });
  });

  it("lets go of old columns when new points come", () => {
    const { workers, made } = setUp();
    const layer = workers.open(handlers)!;
    for (let turn = 0; turn < 20; turn++) {
      layer.show(lines(), view(100));
      made[0]!.drawOne();
    }
    expect(made[0]!.painter.kept).toEqual({ columns: 2, layers: 1 });
  });

  it("closes pictures that nobody waits for any more", () => {
    const { workers, made } = setUp();
    const layer = workers.open(handlers)!;
    layer.show(lines(), view(100));
    const [job] = made[0]!.draws;
    layer.free();
    const bitmap = new FakeBitmap();
    made[0]!.answer({ do: "drawn", layer: job!.layer, bitmap: bitmap as unknown as ImageBitmap });
    expect(bitmap.closed).toBe(true);
  });

  it("shares its threads among all charts", () => {
    const { workers, made } = setUp(2);
    const list = lines();
    for (let chart = 0; chart < 10; chart++) workers.open(handlers)!.show(list, view(100));
    expect(made).toHaveLength(2);
    for (const worker of made) {
      let drawn = 0;
      // never more than the one that it draws and the next
      for (; worker.draws.length > 0; drawn++) {
        expect(worker.draws.length).toBeLessThanOrEqual(2);
        worker.drawOne();
      }
      expect(drawn).toBe(5);
    }
  });

  it("hands pictures over together, or after a moment, and draws none twice that waits for that", () => {
    vi.useFakeTimers();
    const { workers, made } = setUp();
    const seen: number[] = [];
    const layers = [0, 1, 2].map((chart) => workers.open({ ...handlers, onBitmap: () => void seen.push(chart) })!);
    const list = lines();
    for (const layer of layers) layer.show(list, view(100));
    made[0]!.drawOne();
    layers[0]!.show(list, view(100));
    made[0]!.drawOne();
    expect(seen).toEqual([]);
    made[0]!.drawOne();
    expect(seen).toEqual([0, 1, 2]);
    expect(made[0]!.drawOne()).toBeNull();
    for (const layer of layers) layer.show(list, view(90));
    const bitmap = made[0]!.drawOne()!;
    made[0]!.drawOne();
    layers[0]!.free();
    vi.advanceTimersByTime(100);
    expect(seen).toEqual([0, 1, 2, 1]);
    expect(bitmap.closed).toBe(true);
    vi.useRealTimers();
  });

  it("takes back a wish that has not been sent", () => {
    const { workers, made } = setUp();
    const seen: number[] = [];
    const layers = [0, 1, 2].map((chart) => workers.open({ ...handlers, onBitmap: () => void seen.push(chart) })!);
    const list = lines();
    for (const layer of layers) layer.show(list, view(100));
    for (const layer of layers) layer.withdraw();
    while (made[0]!.drawOne());
    expect(seen).toEqual([0, 1]);
    layers[2]!.show(list, view(90));
    made[0]!.drawOne();
    expect(seen).toEqual([0, 1, 2]);
  });

  it("is ready once a worker says so", () => {
    const { workers, made } = setUp();
    workers.open(handlers);
    expect(workers.ready).toBe(false);
    made[0]!.answer({ do: "ready" });
    expect(workers.ready).toBe(true);
  });

  it("gives up, audibly, when a worker breaks", () => {
    const report = vi.fn();
    vi.stubGlobal("reportError", report);
    const { workers, made } = setUp();
    let lost = 0;
    const layer = workers.open({ ...handlers, onLost: () => void lost++ })!;
    layer.show(lines(), view(100));
    made[0]!.answer({ do: "failed", reason: "out of memory" });
    expect(lost).toBe(1);
    expect(made[0]!.ended).toBe(true);
    expect(report).toHaveBeenCalledOnce();
    expect(workers.open(handlers)).toBeNull();
    expect(workers.ready).toBe(false);
  });

  it("is silent where there are no workers at all", () => {
    const report = vi.fn();
    vi.stubGlobal("reportError", report);
    const workers = makeLineWorkers(() => {
      throw new ReferenceError("Worker is not defined");
    }, 1);
    expect(workers.open(handlers)).toBeNull();
    expect(report).not.toHaveBeenCalled();
  });
});

describe("makeLinePainter", () => {
  it("draws bands, dashes, faint stretches and the right axis as they were sent", () => {
    const { workers, made } = setUp();
    const x = Float64Array.of(0, 50, 100);
    const y = Float64Array.of(0.5, 0.5, 0.5);
    const series: LineSeries = {
      ...makeSeries([]),
      x,
      y,
      count: 3,
      color: "#FF0000",
      dash: [6, 3],
      band: { low: Float64Array.of(0.2, 0.2, 0.2), high: Float64Array.of(0.8, 0.8, 0.8) },
    };
    const high: LineSeries = { ...series, color: "#0000FF", dash: [], yAxis: 1, y: Float64Array.of(9, 9, 9), band: undefined };
    const wanted = { ...view(100), projection: { ...view(100).projection, y2: makeScale("linear", 0, 10) } };
    workers.open(handlers)!.show([series, high], wanted);
    const painted = made[0]!.painter.paint(0, encodeView(wanted))!;
    const at = (px: number, py: number): number[] => [...painted.data.subarray(4 * (py * 100 + px), 4 * (py * 100 + px) + 4)];
    const rows = (color: number): number[] =>
      Array.from({ length: 60 }, (_, row) => row).filter((row) => at(40, row)[color]! > 200 && at(40, row)[3]! > 20);
    // 9 of 10 on the right axis is 5 px under the top of the plot
    expect(rows(2).every((row) => row >= 7 && row <= 10)).toBe(true);
    expect(rows(2).length).toBeGreaterThan(0);
    // from 0.8 to 0.2 on the left one: 30 rows of band
    expect(rows(0).length).toBeGreaterThanOrEqual(28);
    const dashes = Array.from({ length: 90 }, (_, column) => (at(4 + column, 29)[3]! > 128 ? "#" : " ")).join("");
    expect(dashes).toMatch(/^#{5,7} {2,4}#{5,7} /);
  });

  it("knows no layer that was not sent", () => {
    expect(makeLinePainter().paint(7, encodeView(view(100)))).toBeNull();
  });
});
