import { describe, expect, it } from "vitest";
import { CHART_THEMES } from "./chart_theme.ts";
import type { LineChartData } from "./line_chart_data.ts";
import { drawForeground, layoutFrame } from "./line_chart_frame.ts";
import { robustExtent } from "./outliers.ts";
import { makeRecording } from "./recording.ts";
import type { LineSeries } from "./series.ts";
import { makeSeries } from "./testing.ts";
import { FITTED } from "./viewport.ts";

const wave = (spikes: Record<number, number> = {}, n = 200): LineSeries => makeSeries(Array.from({ length: n }, (_, i) => spikes[i] ?? Math.sin(i / 7)));
const frameOf = (series: LineSeries[], change: Partial<LineChartData> = {}) => {
  const data: LineChartData = { series, xUnit: "step", xKind: "linear", yKind: "linear", viewport: FITTED, highlighted: null, theme: CHART_THEMES.light, ...change };
  const frame = layoutFrame(data, { widthPx: 400, heightPx: 200, pixelRatio: 1 }, (text) => text.length * 6);
  const recording = makeRecording();
  drawForeground(recording, frame, data, 400, false);
  return { frame, marks: recording.all("marks") };
};

describe("robustExtent", () => {
  it("leaves out spikes and keeps all of what has none", () => {
    expect(robustExtent([wave({ 50: 1000, 60: -400 })], null, false)!.high).toBeLessThanOrEqual(1);
    const plain = robustExtent([wave()], null, false)!;
    expect(plain.high).toBeCloseTo(Math.max(...wave().y), 12);
    expect(plain.low).toBeCloseTo(Math.min(...wave().y), 12);
  });

  it("measures in decades on a log axis", () => {
    const decay = makeSeries(Array.from({ length: 100 }, (_, i) => 10 ** (-i / 10)));
    expect(robustExtent([decay], null, true)).toEqual({ low: decay.y[99], high: 1 });
  });

  it("looks only at what is in view, and not at infinities", () => {
    const line = wave({ 10: 1e9, 150: Infinity });
    expect(robustExtent([line], { low: 100, high: 199 }, false)!.high).toBeLessThanOrEqual(1);
  });

  it("finds none among few values", () => {
    expect(robustExtent([makeSeries([1, 2, 900])], null, false)).toEqual({ low: 1, high: 900 });
    expect(robustExtent([makeSeries([NaN])], null, false)).toBeNull();
  });

  it("samples a million points evenly", () => {
    const y = new Float64Array(1_000_000).fill(1).map((_, i) => (i % 4 === 1 ? -1 : i % 4 === 2 ? 2 : 0));
    y[500_000] = 1e6;
    const series = { ...makeSeries([]), y, x: y.map((_, i) => i), count: y.length };
    expect(robustExtent([series], null, false)).toEqual({ low: -1, high: 2 });
  });
});

describe("ignored outliers", () => {
  it("are marked at the edge that they lie beyond, and counted", () => {
    const { frame, marks } = frameOf([wave({ 50: 1000, 51: 900, 52: 800, 53: 700, 54: 600, 55: 500, 120: -400 })], { outliers: "ignore" });
    expect(frame.projection.y.high).toBeLessThan(2);
    expect(frame.clipped).toBe(7);
    const [up, down] = [marks.find((m) => m.shape === "up")!, marks.find((m) => m.shape === "down")!];
    expect(up.x).toHaveLength(1); // one stretch outside, one mark, at its peak
    expect(up.x[0]).toBeCloseTo(frame.layout.plot.x + (50 / 199) * frame.layout.plot.width, -0.5);
    expect(down.x).toHaveLength(1);
    expect(up.y[0]).toBeLessThan(down.y[0]!);
  });

  it("count where a smoothing hides them", () => {
    const raw = wave({ 50: 1000 });
    const { frame } = frameOf([{ ...raw, smoothed: wave().y }], { outliers: "ignore" });
    expect(frame.clipped).toBe(1);
  });

  it("are shown without being asked to leave, and by zooming", () => {
    expect(frameOf([wave({ 50: 1000 })]).frame.clipped).toBe(0);
    const viewport = { x: null, y: { low: 0, high: 0.5 } };
    expect(frameOf([wave({ 50: 1000 })], { outliers: "ignore", viewport }).frame.clipped).toBe(0);
  });

  it("are counted beyond typed limits too", () => {
    expect(frameOf([makeSeries([1, 2, 3, 4])], { limits: { y: { low: null, high: 2.5 } } }).frame.clipped).toBe(2);
  });
});
