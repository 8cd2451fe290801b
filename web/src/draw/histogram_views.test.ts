import { describe, expect, it } from "vitest";
import { CHART_THEMES } from "./chart_theme.ts";
import { makeBands, makeDistribution } from "./distribution.ts";
import { columnEdges, heatShares, makeHeatmap, makeRamp } from "./heatmap.ts";
import { drawHistogram, makeBars } from "./histogram_bins.ts";
import { nearestPosition, type PlotInput, spreadIndices } from "./histogram_plot.ts";
import { binCount, makeOverlay, makeRidgeline, robustPeak } from "./histogram_ridges.ts";
import type { HistogramSeries } from "./histogram_series.ts";
import { makeRecording } from "./recording.ts";
import { makeScale } from "./scale.ts";

type Bucket = readonly [left: number, right: number, count: number];

function makeSeries(steps: readonly (readonly Bucket[])[]): HistogramSeries {
  const all = steps.flat();
  const start = [0];
  for (const buckets of steps) start.push(start.at(-1)! + buckets.length);
  return {
    step: Float64Array.from(steps, (_, i) => i * 100),
    wallTime: Float64Array.from(steps, (_, i) => 5000 + i * 60),
    bucketStart: Uint32Array.from(start),
    left: Float64Array.from(all, (b) => b[0]),
    right: Float64Array.from(all, (b) => b[1]),
    count: Float64Array.from(all, (b) => b[2]),
  };
}

function inputOf(series: HistogramSeries, more: Partial<PlotInput> = {}): PlotInput {
  return {
    series,
    size: { widthPx: 360, heightPx: 220 },
    pixelRatio: 1,
    xAxis: "step",
    color: "#2668D5",
    theme: CHART_THEMES.light,
    measure: (text) => text.length * 6,
    ...more,
  };
}

const bell: readonly Bucket[] = [[-2, -1, 100], [-1, 0, 400], [0, 1, 400], [1, 2, 100]]; // prettier-ignore
const wide: readonly Bucket[] = [[-4, 0, 500], [0, 4, 500]]; // prettier-ignore
const zero: readonly Bucket[] = [[0, 0, 50]];
const nothing: readonly Bucket[] = [[0, 1, 0]];

describe("ridgeline", () => {
  it("draws the oldest first and highest, the newest last, at the bottom", () => {
    const recording = makeRecording();
    const plot = makeRidgeline(inputOf(makeSeries([bell, bell, wide])));
    plot.draw(recording, null);
    const ridges = recording.all("strip");
    expect(plot.drawn).toBe(3);
    expect(ridges).toHaveLength(3);
    const bases = ridges.map((ridge) => ridge.y2[0]!);
    expect(bases).toEqual([...bases].sort((a, b) => a - b));
    expect(new Set(ridges.map((ridge) => ridge.fill.color)).size).toBe(3);
  });

  it("makes areas in proportion to counts", () => {
    const recording = makeRecording();
    makeRidgeline(inputOf(makeSeries([bell, bell.map(([l, r, c]) => [l, r, c / 2] as const)]))).draw(recording, null);
    const areas = recording.all("strip").map(({ x, y, y2 }) => {
      let area = 0;
      for (let i = 1; i < x.length; i++) {
        const height = (y2[i]! - y[i]! + y2[i - 1]! - y[i - 1]!) / 2;
        if (!Number.isNaN(height)) area += height * (x[i]! - x[i - 1]!);
      }
      return area;
    });
    expect(areas[0]! / areas[1]!).toBeCloseTo(2, 1);
  });

  it("draws a single value as a stem, and nothing where nothing is", () => {
    const recording = makeRecording();
    makeRidgeline(inputOf(makeSeries([zero, bell]))).draw(recording, null);
    expect(recording.all("rect").map(({ rect }) => rect.width)).toEqual([3]);
    expect(makeRidgeline(inputOf(makeSeries([nothing]))).drawn).toBe(0);
    expect(makeRidgeline(inputOf(makeSeries([]))).pick(100, 100)).toBeNull();
  });

  it("finds the ridge under the pointer and the value", () => {
    const plot = makeRidgeline(inputOf(makeSeries([bell, bell, bell])));
    const recording = makeRecording();
    plot.draw(recording, null);
    const last = recording.all("strip")[2]!;
    const middle = Math.floor(last.x.length / 2);
    const pick = plot.pick(last.x[middle]!, last.y2[middle]! - 2);
    expect(pick?.index).toBe(2);
    expect(pick?.value).toBeCloseTo(0, 0);
    expect(plot.pick(10, -5)).toBeNull();
    plot.drawCursor(recording, pick!); // the buckets themselves
    expect(recording.all("rect").length).toBeGreaterThanOrEqual(4);
  });

  it("cuts peaks that tower above everything else, and says so", () => {
    const flat: Bucket[] = Array.from({ length: 60 }, (_, i) => [i, i + 1, 10]);
    const spiked: Bucket[] = [...flat, [60, 61, 5000]];
    expect(makeRidgeline(inputOf(makeSeries([flat, spiked, flat]))).cut).toBe(1);
    expect(makeRidgeline(inputOf(makeSeries([flat, flat]))).cut).toBe(0);
    expect(makeRidgeline(inputOf(makeSeries([bell, wide, zero]))).cut).toBe(0);
    expect(robustPeak(Float64Array.from([0, 0, 7]))).toBe(7);
    expect(robustPeak(new Float64Array(3))).toBe(1);
  });

  it("thins out steps that would lie on each other, and says so", () => {
    const plot = makeRidgeline(inputOf(makeSeries(Array.from({ length: 500 }, () => bell))));
    expect(plot.drawn).toBeLessThan(60);
    expect(plot.drawn).toBeGreaterThan(20);
  });
});

describe("overlay", () => {
  it("draws one line per histogram, the newest widest", () => {
    const recording = makeRecording();
    makeOverlay(inputOf(makeSeries([bell, wide]))).draw(recording, null);
    const lines = recording.all("polyline");
    expect(lines).toHaveLength(2);
    expect(lines[1]!.stroke.width).toBeGreaterThan(lines[0]!.stroke.width);
  });

  it("uses wide bins for few values", () => {
    expect(binCount(20, 400)).toBe(16);
    expect(binCount(2000, 400)).toBe(38);
    expect(binCount(1e9, 400)).toBe(80);
    expect(binCount(1e9, 40)).toBe(16);
  });
});

describe("heatmap", () => {
  it("gives every histogram a column between its neighbours", () => {
    expect([...columnEdges(Float64Array.from([0, 10, 40]))]).toEqual([-5, 5, 25, 55]);
    expect([...columnEdges(Float64Array.from([7]))]).toEqual([6.5, 7.5]);
  });

  it("keeps the mass of every column", () => {
    const { shares, highest } = heatShares(inputOf(makeSeries([bell, wide, zero, nothing])), makeScale("linear", -4, 4), 8);
    const sums = [0, 1, 2, 3].map((s) => shares.subarray(s * 8, s * 8 + 8).reduce((a, b) => a + b, 0));
    expect(sums).toEqual([1, 1, 1, 0].map((sum) => expect.closeTo(sum, 9) as number));
    expect([...shares.subarray(0, 8)]).toEqual([0, 0, 0.1, 0.4, 0.4, 0.1, 0, 0].map((v) => expect.closeTo(v, 9) as number));
    expect(highest).toBeCloseTo(0.4); // the single value does not count
  });

  it("begins at the surface and reaches the run's colour", () => {
    const ramp = makeRamp("#ffffff", "#2668D5", "#000000");
    expect([...ramp.subarray(0, 4)]).toEqual([255, 255, 255, 255]);
    expect([...ramp.subarray(191 * 4, 191 * 4 + 3)].map((c) => Math.round(c / 16))).toEqual([2, 7, 13]);
  });

  it("picks the column and the value", () => {
    const plot = makeHeatmap(inputOf(makeSeries([bell, bell, bell])));
    const recording = makeRecording();
    plot.draw(recording, null);
    expect(recording.all("polyline").filter(({ stroke }) => stroke.dash.length > 0)).toHaveLength(2);
    const { rect } = recording.all("clip")[0]!;
    expect(plot.pick(rect.x + 2, rect.y + rect.height / 2)).toEqual({ index: 0, value: expect.closeTo(0, 5) as number });
    expect(plot.pick(rect.x + rect.width - 2, rect.y)?.index).toBe(2);
  });
});

describe("distribution", () => {
  it("nests four bands around the median", () => {
    const recording = makeRecording();
    makeDistribution(inputOf(makeSeries([bell, wide]))).draw(recording, null);
    const bands = recording.all("strip");
    expect(bands).toHaveLength(4);
    for (let i = 1; i < 4; i++) {
      expect(bands[i]!.y[0]).toBeGreaterThan(bands[i - 1]!.y[0]!); // downwards is greater
      expect(bands[i]!.y2[0]).toBeLessThan(bands[i - 1]!.y2[0]!);
    }
    expect(recording.all("polyline").at(-1)!.stroke.width).toBe(2);
  });

  it("shows a lone histogram as a box, breaks at empty ones", () => {
    const recording = makeRecording();
    makeDistribution(inputOf(makeSeries([bell]))).draw(recording, null);
    expect(recording.all("strip")[0]!.x).toHaveLength(2);
    const made = makeBands(inputOf(makeSeries([bell, nothing])));
    expect([made?.low, made?.high]).toEqual([-2, 2]);
    expect(made?.bands.slice(9).every(Number.isNaN)).toBe(true);
    expect(makeBands(inputOf(makeSeries([nothing])))).toBeNull();
  });

  it("marks all nine percentiles under the pointer", () => {
    const recording = makeRecording();
    makeDistribution(inputOf(makeSeries([bell, wide]))).drawCursor(recording, { index: 1, value: 0 });
    expect(recording.all("marks")[0]!.y).toHaveLength(9);
  });
});

describe("bars", () => {
  it("join buckets narrower than a pixel and lose no count", () => {
    const narrow: Bucket[] = Array.from({ length: 1000 }, (_, i) => [i / 1000, (i + 1) / 1000, 3]);
    const bars = makeBars(makeSeries([narrow]), 0, (value) => value * 50);
    expect(bars.length).toBeLessThan(60);
    expect(bars.reduce((sum, bar) => sum + bar.count, 0)).toBe(3000);
    expect(bars.every((bar) => bar.x2 - bar.x1 >= 1)).toBe(true);
    const wideBars = makeBars(makeSeries([bell]), 0, (value) => value * 50);
    expect(wideBars.map((bar) => [bar.from, bar.to])).toEqual([[0, 1], [1, 2], [2, 3], [3, 4]]); // prettier-ignore
  });

  it("are as high as they are dense, and light up under the pointer", () => {
    const recording = makeRecording();
    const style = { color: "#123456", alpha: 0.5, highlight: "#000000" };
    const series = makeSeries([[[0, 1, 10], [1, 3, 10], [3, 4, 0]]]); // prettier-ignore
    drawHistogram(recording, series, 0, makeScale("linear", 0, 4), { widthPx: 200, heightPx: 53 }, 1, style);
    const rects = recording.all("rect").map(({ rect }) => rect);
    expect(rects).toHaveLength(2);
    expect(rects[0]!.height).toBeCloseTo(50);
    expect(rects[1]!.height).toBeCloseTo(25);
  });
});

it("spreads what is drawn over what there is, both ends included", () => {
  expect(spreadIndices(3, 10)).toEqual([0, 1, 2]);
  expect(spreadIndices(101, 5)).toEqual([0, 25, 50, 75, 100]);
  expect(spreadIndices(5, 1)).toEqual([4]);
  expect(spreadIndices(0, 1)).toEqual([]);
  expect(nearestPosition(Float64Array.from([0, 10, 20]), 14)).toBe(1);
  expect(nearestPosition(new Float64Array(), 14)).toBe(-1);
});
