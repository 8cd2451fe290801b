import { describe, expect, it } from "vitest";
import { CHART_THEMES } from "./chart_theme.ts";
import { drawForeground, layoutFrame } from "./line_chart_frame.ts";
import type { LineChartData } from "./line_chart_data.ts";
import { makeRecording } from "./recording.ts";
import { makeSeries } from "./testing.ts";
import { placeLabels } from "./value_labels.ts";
import { FITTED } from "./viewport.ts";

describe("placeLabels", () => {
  it("leaves alone what does not touch", () => {
    expect(placeLabels([50, 10, 90], 0, 100)).toEqual([50, 10, 90]);
  });

  it("moves neighbours apart, in the order of their lines", () => {
    const wanted = [52, 50, 51, 90];
    const places = placeLabels(wanted, 0, 200);
    const sorted = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]!);
    for (let k = 1; k < sorted.length; k++) expect(places[sorted[k]!]! - places[sorted[k - 1]!]!).toBeGreaterThanOrEqual(12.99);
    expect(places[3]).toBe(90);
  });

  it("stays inside", () => {
    for (const place of placeLabels([99, 100, 100], 0, 100)) {
      expect(place).toBeLessThanOrEqual(100);
      expect(place).toBeGreaterThanOrEqual(0);
    }
  });

  it("leaves out what there is no room for, and keeps the first and the outermost", () => {
    const wanted = Array.from({ length: 40 }, (_, i) => 60 + ((i * 7) % 40));
    const places = placeLabels(wanted, 0, 130);
    const shown = places.flatMap((place, i) => (Number.isNaN(place) ? [] : [i]));
    expect(shown.length).toBeGreaterThan(4);
    expect(shown.length).toBeLessThan(12);
    expect(shown).toContain(0);
    expect(shown).toContain(wanted.indexOf(Math.min(...wanted)));
    expect(shown).toContain(wanted.indexOf(Math.max(...wanted)));
    const heights = shown.map((i) => places[i]!).sort((a, b) => a - b);
    for (let k = 1; k < heights.length; k++) expect(heights[k]! - heights[k - 1]!).toBeGreaterThanOrEqual(12.99);
  });

  it("ends with a plot of no height", () => {
    expect(placeLabels([1, 1, 1], 0, 1).filter((place) => place === place)).toHaveLength(1);
  });
});

describe("last values", () => {
  const draw = (change: Partial<LineChartData>) => {
    const data: LineChartData = { series: [], xUnit: "step", xKind: "linear", yKind: "linear", viewport: FITTED, highlighted: null, theme: CHART_THEMES.light, labels: "last", ...change };
    const frame = layoutFrame(data, { widthPx: 400, heightPx: 200, pixelRatio: 1 }, (text) => text.length * 6);
    const recording = makeRecording();
    drawForeground(recording, frame, data, 400, false);
    return { plot: frame.layout.plot, texts: recording.all("text") };
  };

  it("are written right of the plot, in the line's colour, smoothed where the line is", () => {
    const { plot, texts } = draw({ series: [makeSeries([1, 2, 3], { smoothed: Float64Array.of(1, 1.5, 2.25), color: "#123456" })] });
    const label = texts.find((call) => call.text === "2.250")!;
    expect(label.style.color).toBe("#123456");
    expect(label.x).toBeGreaterThan(plot.x + plot.width);
    expect(label.x + 5 * 6).toBeLessThanOrEqual(400);
  });

  it("skip what is not finite, faint or out of view", () => {
    const labels = (change: Partial<LineChartData>): string[] => draw(change).texts.filter((call) => call.style.font.startsWith("600")).map((call) => call.text);
    expect(labels({ series: [makeSeries([1, 2.5, NaN])] })).toEqual(["2.500"]);
    expect(labels({ series: [makeSeries([1, 2.5], { faint: true })] })).toEqual([]);
    expect(labels({ series: [makeSeries([1, 2, 3])], viewport: { x: { low: 0, high: 1 }, y: null } })).toEqual([]);
    expect(labels({ series: [makeSeries([1, 2.5])], labels: "none" })).toEqual([]);
  });

  it("are one for lines that end in the same place", () => {
    const same = ["a", "b", "c"].map((key) => makeSeries([1, 2, 7.71e-7], { key }));
    const { texts } = draw({ series: [...same, makeSeries([1, 2, 1.25], { key: "d" })] });
    const labels = texts.filter((call) => call.style.font.startsWith("600")).map((call) => call.text);
    expect(labels.sort()).toEqual(["1.250", "7.71e\u22127 \u00d73"]);
  });

  it("make room only where there are any", () => {
    const width = (values: number[], labels: "last" | "none"): number => draw({ series: [makeSeries(values)], labels }).plot.width;
    expect(width([1, 2.123], "last")).toBeLessThan(width([1, 2.123], "none"));
    expect(width([NaN], "last")).toBe(width([NaN], "none"));
  });
});
