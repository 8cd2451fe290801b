import { describe, expect, it } from "vitest";
import { projectNonFinite } from "./edge_marks.ts";
import { projectionOf, projectLine, type Projection } from "./project.ts";
import { projectBand, projectEnvelope } from "./project_strips.ts";
import type { Vertices } from "./renderer.ts";
import { makeScale } from "./scale.ts";
import { makeSeries } from "./testing.ts";

const plot = { x: 0, y: 0, width: 100, height: 100 };
const view = (xLow: number, xHigh: number, yLow: number, yHigh: number, kind: "linear" | "log" = "linear"): Projection => ({
  x: makeScale("linear", xLow, xHigh),
  y: makeScale(kind, yLow, yHigh),
  plot,
  pixelRatio: 1,
});
const points = (v: Vertices): [number, number][] => Array.from({ length: v.count }, (_, i) => [v.x[i]!, v.y[i]!]);

describe("projectLine", () => {
  it("keeps every point of a sparse line", () => {
    const { vertices } = projectLine(makeSeries([0, 10, 5]), Float64Array.of(0, 10, 5), view(0, 2, 0, 10));
    expect(points(vertices)).toEqual([[0, 100], [50, 0], [100, 50]]);
  });

  it("keeps first, extremes and last of every pixel column, in order", () => {
    const n = 100_000;
    const y = Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898) * 0.1);
    y[54_321] = 7; // a spike of one point
    y[54_322] = -7;
    const series = makeSeries(y);
    const { vertices } = projectLine(series, series.y, view(0, n - 1, -10, 10));
    expect(vertices.count).toBeLessThanOrEqual(4 * 102);
    const ys = points(vertices).map(([, py]) => py);
    expect(Math.min(...ys)).toBeCloseTo(15, 3); // 7 of -10..10 from above
    expect(Math.max(...ys)).toBeCloseTo(85, 3);
    const xs = points(vertices).map(([px]) => px);
    expect(xs).toEqual([...xs].sort((a, b) => a - b));
    expect(xs[0]).toBe(0);
    expect(xs.at(-1)).toBeCloseTo(100, 3);
  });

  it("paints the same extent per column as all points", () => {
    const n = 5000;
    const y = Array.from({ length: n }, (_, i) => Math.sin(i / 7) + ((i * 7919) % 13) / 13);
    const series = makeSeries(y);
    const projection = view(0, n - 1, -2, 3);
    const { vertices } = projectLine(series, series.y, projection);
    const reduced = new Map<number, [number, number]>();
    for (const [px, py] of points(vertices)) {
      const c = Math.floor(px);
      const [low, high] = reduced.get(c) ?? [Infinity, -Infinity];
      reduced.set(c, [Math.min(low, py), Math.max(high, py)]);
    }
    const exact = new Map<number, [number, number]>();
    for (let i = 0; i < n; i++) {
      const px = (i / (n - 1)) * 100;
      const py = 100 - ((y[i]! + 2) / 5) * 100;
      const c = Math.floor(px + 1e-9);
      const [low, high] = exact.get(c) ?? [Infinity, -Infinity];
      exact.set(c, [Math.min(low, py), Math.max(high, py)]);
    }
    for (const [c, [low, high]] of exact) {
      expect(reduced.get(c)?.[0], `column ${c}`).toBeCloseTo(low, 3);
      expect(reduced.get(c)?.[1], `column ${c}`).toBeCloseTo(high, 3);
    }
  });

  it("breaks at NaN and infinities, and reports points that stand alone", () => {
    const series = makeSeries([1, 2, NaN, 3, Infinity, 4, 5]);
    const { vertices, isolated } = projectLine(series, series.y, view(0, 6, 0, 10));
    expect(points(vertices).filter(([, y]) => Number.isNaN(y))).toHaveLength(2);
    expect(points(isolated)).toEqual([[50, 70]]);
  });

  it("reports a single point", () => {
    const series = makeSeries([3], { xs: [7] });
    expect(projectLine(series, series.y, view(6, 8, 0, 6)).isolated.count).toBe(1);
  });

  it("draws nothing for zero and below on a log axis", () => {
    const series = makeSeries([10, 0, -5, 100]);
    const { vertices, isolated } = projectLine(series, series.y, view(0, 3, 1, 1000, "log"));
    expect(isolated.count).toBe(2);
    expect(points(vertices).filter(([, y]) => !Number.isNaN(y)).map(([, y]) => Math.round(y))).toEqual([67, 33]);
  });

  it("crosses the plot's edge at the right height, however far the neighbour is", () => {
    const series = makeSeries([0, 10], { xs: [-1e9, 1e9] });
    const { vertices } = projectLine(series, series.y, view(0, 100, 0, 10));
    for (const [px, py] of points(vertices)) {
      expect(Math.abs(px)).toBeLessThan(1000);
      expect(py).toBeCloseTo(50, 1);
    }
  });

  it("keeps coordinates within what 32-bit paths can hold", () => {
    const series = makeSeries([-1e300, 0.5, 1e300]);
    const { vertices } = projectLine(series, series.y, view(0, 2, 0, 1));
    for (const [, py] of points(vertices)) expect(Math.abs(py)).toBeLessThan(10_000);
  });

  it("does not mix up slices of shared columns", () => {
    const series = makeSeries([9, 1, 2, 9], { start: 1, count: 2, xs: [50, 0, 1, 50] });
    expect(points(projectLine(series, series.y, view(0, 1, 0, 4)).vertices)).toEqual([[0, 75], [100, 50]]);
  });
});

describe("projectEnvelope", () => {
  it("spans minimum and maximum of each column, at least a pixel", () => {
    const y = Array.from({ length: 1000 }, (_, i) => (i % 2 ? 2 : 8));
    const series = makeSeries(y);
    const strip = projectEnvelope(series, series.y, view(0, 999, 0, 10));
    expect(strip.count).toBeGreaterThanOrEqual(100);
    expect(strip.count).toBeLessThanOrEqual(102);
    expect(strip.y[50]).toBeCloseTo(20 - 0.5, 3);
    expect(strip.y2[50]).toBeCloseTo(80 + 0.5, 3);
    const flat = makeSeries(new Array<number>(1000).fill(5));
    const thin = projectEnvelope(flat, flat.y, view(0, 999, 0, 10));
    expect(thin.y2[10]! - thin.y[10]!).toBeCloseTo(1, 4);
  });

  it("has a gap where values are missing", () => {
    const series = makeSeries([1, 1, NaN, NaN, 1, 1]);
    const strip = projectEnvelope(series, series.y, view(0, 5, 0, 2));
    const gaps = Array.from(strip.y.subarray(0, strip.count)).filter(Number.isNaN);
    expect(gaps).toHaveLength(1);
  });
});

describe("projectNonFinite", () => {
  it("puts marks at the plot's edges, thinned by pixels", () => {
    const series = makeSeries([1, NaN, Infinity, -Infinity, 2], { xs: [0, 25, 50, 75, 100] });
    const crowd = makeSeries(new Array<number>(500).fill(NaN), { xs: Array.from({ length: 500 }, (_, i) => 20 + i / 500) });
    const marks = projectNonFinite([series, crowd], view(0, 100, 0, 3));
    expect(Array.from(marks.posInf.x)).toEqual([50]);
    expect(marks.posInf.y[0]).toBeLessThan(10);
    expect(Array.from(marks.negInf.x)).toEqual([75]);
    expect(marks.negInf.y[0]).toBeGreaterThan(90);
    expect(Array.from(marks.nan.x)).toEqual([20]);
  });

  it("marks what a log axis cannot show", () => {
    const marks = projectNonFinite([makeSeries([1, 0, -1])], view(0, 2, 0.1, 10, "log"));
    expect(Array.from(marks.unshown.x)).toEqual([50, 100]);
    expect(projectNonFinite([makeSeries([1, 0, -1])], view(0, 2, -2, 2)).unshown.count).toBe(0);
  });

  it("shows only what is in view", () => {
    const marks = projectNonFinite([makeSeries([NaN, 1, 1, 1, NaN])], view(1, 3, 0, 2));
    expect(marks.nan.count).toBe(0);
  });
});

describe("a line that turns back in x", () => {
  it("leaves the view and comes back along its own way", () => {
    const loop = makeSeries([0, 10, 0], { xs: [1, 1e6, 1] });
    const { vertices } = projectLine(loop, loop.y, view(0, 2, 0, 10));
    const [first, out, last] = points(vertices);
    expect([first, last]).toEqual([[50, 100], [50, 100]]);
    expect(out![0]).toBeGreaterThan(1000); // not cut at the margin: the way back would be another
    expect(out![1]).toBeCloseTo(0, 6);
  });
});

describe("projectBand", () => {
  const band = (low: number[], high: number[]) => ({ low: Float64Array.from(low), high: Float64Array.from(high) });
  const edges = (strip: ReturnType<typeof projectBand>): number[][] => Array.from({ length: strip.count }, (_, i) => [strip.x[i]!, strip.y[i]!, strip.y2[i]!]);

  it("has its edges at the points", () => {
    const strip = projectBand(makeSeries([5, 5, 5]), band([0, 2, 4], [10, 8, 6]), view(0, 2, 0, 10));
    expect(edges(strip)).toEqual([[0, 0, 100], [50, 20, 80], [100, 40, 60]]);
  });

  it("keeps the outermost edges of a pixel column", () => {
    const n = 10_000;
    const low = Array.from({ length: n }, (_, i) => (i === 777 ? -9 : -1));
    const high = Array.from({ length: n }, (_, i) => (i === 5555 ? 9 : 1));
    const strip = projectBand(makeSeries(new Array<number>(n).fill(0)), band(low, high), view(0, n - 1, -10, 10));
    expect(strip.count).toBeLessThanOrEqual(102);
    expect(Math.min(...strip.y.subarray(0, strip.count))).toBeCloseTo(5, 3);
    expect(Math.max(...strip.y2.subarray(0, strip.count))).toBeCloseTo(95, 3);
  });

  it("breaks at NaN and is cut where it leaves the plot", () => {
    expect(edges(projectBand(makeSeries([1, 1, 1]), band([0, NaN, 0], [1, 1, 1]), view(0, 2, 0, 1)))[1]![1]).toBeNaN();
    const strip = projectBand(makeSeries([0, 0], { xs: [-1e9, 1e9] }), band([0, 0], [10, 10]), view(0, 1, 0, 10));
    for (const [x, high, low] of edges(strip)) {
      expect(Math.abs(x!)).toBeLessThan(200);
      expect([high, low]).toEqual([0, 100]);
    }
  });

  it("reaches the bottom where a log axis has no place for its lower edge", () => {
    const [first] = edges(projectBand(makeSeries([5, 5]), band([-1, 0], [10, 10]), view(0, 1, 1, 10, "log")));
    expect(first![1]).toBeCloseTo(0, 6);
    expect(first![2]).toBeGreaterThan(100);
  });
});

describe("the right axis", () => {
  const both = { ...view(0, 1, 0, 1), y2: makeScale("linear", 0, 1000) };

  it("is where a series that asks for it is projected to", () => {
    expect(projectionOf(both, makeSeries([1], { yAxis: 1 })).y.high).toBe(1000);
    expect(projectionOf(both, makeSeries([1])).y.high).toBe(1);
    expect(projectionOf(view(0, 1, 0, 1), makeSeries([1], { yAxis: 1 })).y.high).toBe(1);
  });
});
