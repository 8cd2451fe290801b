import { describe, expect, it } from "vitest";
import { CHART_THEMES } from "./chart_theme.ts";
import { drawLines, FINE_LINES, styleFor, WIDE_LINES } from "./line_layer.ts";
import type { LineChartData } from "./line_chart_data.ts";
import { drawCursor, drawForeground, layoutFrame } from "./line_chart_frame.ts";
import { hitTest } from "./hit_test.ts";
import { makeRecording } from "./recording.ts";
import { FINE, HAIRLINE } from "./renderer.ts";
import type { LineSeries } from "./series.ts";
import { makeSeries } from "./testing.ts";
import { FITTED } from "./viewport.ts";

const size = { widthPx: 360, heightPx: 200, pixelRatio: 1 };
const measure = (text: string): number => text.length * 6;
const dataOf = (series: LineSeries[], change: Partial<LineChartData> = {}): LineChartData => ({
  series,
  xUnit: "step",
  xKind: "linear",
  yKind: "linear",
  viewport: FITTED,
  highlighted: null,
  theme: CHART_THEMES.light,
  ...change,
});

const noisy = (group: string, color: string, n = 50): LineSeries => {
  const y = Array.from({ length: n }, (_, i) => 1 + Math.sin(i) + i / n);
  return makeSeries(y, { key: group, group, color, smoothed: Float64Array.from(y, (v) => v / 2 + 0.5) });
};

describe("layoutFrame", () => {
  it("fits both axes to the data", () => {
    const { projection } = layoutFrame(dataOf([makeSeries([1, 5, 3])]), size, measure);
    expect(projection.x).toMatchObject({ low: 0, high: 2 });
    expect(projection.y.low).toBeLessThan(1);
    expect(projection.y.high).toBeGreaterThan(5);
  });

  it("says nothing of an axis before there is a point on it", () => {
    const empty = layoutFrame(dataOf([]), size, measure).layout;
    expect([empty.xTicks, empty.yTicks]).toEqual([[], []]);
    const viewport = { x: { low: 10, high: 20 }, y: null };
    expect(layoutFrame(dataOf([], { viewport }), size, measure).layout.xTicks.length).toBeGreaterThan(0);
    expect(layoutFrame(dataOf([makeSeries([1, 5, 3])]), size, measure).layout.xTicks.length).toBeGreaterThan(0);
  });

  it("leaves a set axis where it is, whatever the data do", () => {
    const viewport = { x: { low: 10, high: 20 }, y: null };
    const { projection } = layoutFrame(dataOf([makeSeries([1, 5, 3])], { viewport }), size, measure);
    expect(projection.x).toMatchObject({ low: 10, high: 20 });
  });

  it("fits y to what is in view of x", () => {
    const viewport = { x: { low: 2, high: 3 }, y: null };
    const { projection } = layoutFrame(dataOf([makeSeries([1000, 500, 1, 2, 700])], { viewport }), size, measure);
    expect(projection.y.high).toBeLessThan(10);
  });

  it.each([
    ["no series", []],
    ["no points", [makeSeries([])]],
    ["one point", [makeSeries([4], { xs: [123] })]],
    ["a constant", [makeSeries([2, 2, 2])]],
    ["only NaN", [makeSeries([NaN, NaN])]],
    ["steps of 2^53", [makeSeries([1, 2], { xs: [2 ** 53, 2 ** 53] })]],
    ["all of float64", [makeSeries([-1.7e308, 1.7e308])]],
  ])("stands with %s", (_, series) => {
    for (const yKind of ["linear", "log", "symlog"] as const) {
      const data = dataOf(series, { yKind });
      const frame = layoutFrame(data, size, measure);
      expect(frame.layout.plot.width).toBeGreaterThan(100);
      const recording = makeRecording();
      drawLines(recording, series, frame.projection, styleFor(series.length));
      drawForeground(recording, frame, data, size.widthPx, true);
      for (const call of recording.all("text")) expect(call.text).not.toMatch(/NaN|undefined/);
    }
  });

  it("names at least three values in a low plot", () => {
    for (const high of [3.0e-4, 0.9, 47, 6200]) {
      const { layout } = layoutFrame(dataOf([makeSeries([0, high])]), { ...size, heightPx: 135 }, measure);
      const named = layout.yTicks.filter((tick) => tick.label !== "");
      expect(named.length).toBeGreaterThanOrEqual(3);
      expect(named.length).toBeLessThanOrEqual(6);
    }
  });

  it("never lets labels of the x axis touch", () => {
    for (const high of [3, 999, 16_800, 1e6, 2 ** 53]) {
      const { layout, projection } = layoutFrame(dataOf([makeSeries([1, 2], { xs: [0, high] })]), size, measure);
      const named = layout.xTicks.filter((tick) => tick.label !== "");
      expect(named.length).toBeGreaterThanOrEqual(2);
      for (let i = 1; i < named.length; i++) {
        const gap = (projection.x.toUnit(named[i]!.value) - projection.x.toUnit(named[i - 1]!.value)) * layout.plot.width;
        expect(gap).toBeGreaterThan((measure(named[i]!.label) + measure(named[i - 1]!.label)) / 2);
      }
    }
  });
});

describe("drawLines", () => {
  it("draws all raw lines before any smoothed one", () => {
    const list = [noisy("a", "#111111"), noisy("b", "#222222")];
    const recording = makeRecording();
    drawLines(recording, list, layoutFrame(dataOf(list), size, measure).projection, styleFor(2));
    const lines = recording.all("polyline");
    expect(lines.map((line) => [line.stroke.color, line.stroke.alpha < 1])).toEqual([
      ["#111111", true],
      ["#222222", true],
      ["#111111", false],
      ["#222222", false],
    ]);
    expect(recording.calls[0]!.op).toBe("clip");
    expect(recording.calls.at(-1)!.op).toBe("unclip");
    expect(recording.all("unclip")).toHaveLength(recording.all("clip").length);
  });

  it("draws one line per series without smoothing", () => {
    const list = [makeSeries([1, 2, 3])];
    const recording = makeRecording();
    drawLines(recording, list, layoutFrame(dataOf(list), size, measure).projection, styleFor(1));
    expect(recording.all("polyline")).toHaveLength(1);
    expect(recording.all("polyline")[0]!.stroke.alpha).toBe(1);
  });

  it("fills the envelope of dense raw values", () => {
    const list = [noisy("a", "#111111", 20_000)];
    const recording = makeRecording();
    drawLines(recording, list, layoutFrame(dataOf(list), size, measure).projection, styleFor(1));
    expect(recording.all("strip")).toHaveLength(1);
    expect(recording.all("polyline")).toHaveLength(1);
  });

  it("goes down to hairlines when there are many, and lighter when there are very many", () => {
    expect(styleFor(WIDE_LINES).width).toBeGreaterThan(1);
    expect(styleFor(WIDE_LINES + 1).width).toBe(FINE);
    expect(styleFor(FINE_LINES + 1).width).toBe(HAIRLINE);
    expect(styleFor(60).alpha).toBe(1);
    expect(styleFor(100).alpha).toBeCloseTo(0.8, 6);
    expect(styleFor(10_000).alpha).toBe(0.35);
  });

  it("shows a single point as a dot", () => {
    const list = [makeSeries([4], { xs: [123] })];
    const recording = makeRecording();
    drawLines(recording, list, layoutFrame(dataOf(list), size, measure).projection, styleFor(1));
    expect(recording.all("marks").map((call) => call.shape)).toEqual(["dot"]);
  });
});

describe("drawForeground", () => {
  it("draws the raised run again on top", () => {
    const list = [noisy("a", "#111111"), noisy("b", "#222222")];
    const data = dataOf(list, { highlighted: "a" });
    const recording = makeRecording();
    drawForeground(recording, layoutFrame(data, size, measure), data, size.widthPx, true);
    expect(new Set(recording.all("polyline").map((line) => line.stroke.color))).toEqual(new Set(["#111111"]));
  });

  it("ignores a raised run that this chart does not have", () => {
    const list = [noisy("a", "#111111")];
    const data = dataOf(list, { highlighted: "elsewhere" });
    const recording = makeRecording();
    drawForeground(recording, layoutFrame(data, size, measure), data, size.widthPx, true);
    expect(recording.all("polyline")).toHaveLength(0);
  });

  it("marks NaN, infinities and what a log axis cannot show", () => {
    const list = [makeSeries([1, NaN, 2, Infinity, 3, -Infinity, 4, 0, 5])];
    const data = dataOf(list, { yKind: "log" });
    const recording = makeRecording();
    drawForeground(recording, layoutFrame(data, size, measure), data, size.widthPx, false);
    expect(recording.all("marks").map((call) => call.shape)).toEqual(["down", "up", "down", "cross"]);
  });

  it("puts a dot on the last finite value of each line in view", () => {
    const list = [makeSeries([1, 2, 3, NaN]), makeSeries([5], { xs: [9] })];
    const data = dataOf(list, { viewport: { x: { low: 0, high: 4 }, y: null } });
    const recording = makeRecording();
    const frame = layoutFrame(data, size, measure);
    drawForeground(recording, frame, data, size.widthPx, true);
    const dots = recording.all("marks").filter((call) => call.shape === "dot");
    expect(dots).toHaveLength(1);
    expect(dots[0]!.x[0]).toBeCloseTo(frame.layout.plot.x + frame.layout.plot.width / 2, 3);
  });

  it("labels both axes", () => {
    const data = dataOf([makeSeries([0, 3], { xs: [0, 16_800] })]);
    const recording = makeRecording();
    drawForeground(recording, layoutFrame(data, size, measure), data, size.widthPx, false);
    const texts = recording.all("text").map((call) => call.text);
    expect(texts).toEqual(expect.arrayContaining(["0", "5k", "10k", "1", "2", "3"]));
  });
});

describe("drawCursor", () => {
  it("draws a rule and one ring per line, the nearest last and largest", () => {
    const list = [noisy("a", "#111111"), noisy("b", "#222222"), noisy("c", "#333333")];
    const data = dataOf(list);
    const frame = layoutFrame(data, size, measure);
    const hits = hitTest(list, frame.projection, 200, 40);
    const recording = makeRecording();
    drawCursor(recording, frame, data, 200, hits, true);
    expect(recording.all("rule")).toHaveLength(1);
    const rings = recording.all("marks");
    expect(rings).toHaveLength(3);
    expect(rings.at(-1)!.fill.color).toBe(list[hits[0]!.series]!.color);
    expect(rings.at(-1)!.radius).toBeGreaterThan(rings[0]!.radius);
  });

  it("draws nothing outside the plot", () => {
    const data = dataOf([makeSeries([1, 2])]);
    const recording = makeRecording();
    drawCursor(recording, layoutFrame(data, size, measure), data, -20, [], true);
    expect(recording.calls).toEqual([]);
  });
});
