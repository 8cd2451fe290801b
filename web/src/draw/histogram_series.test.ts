import { describe, expect, it } from "vitest";
import {
  BASIS_POINTS,
  bucketAt,
  describeStep,
  drawableRange,
  type HistogramSeries,
  percentiles,
  rebin,
  totalCount,
  valueRange,
  xPositions,
} from "./histogram_series.ts";

type Bucket = readonly [left: number, right: number, count: number];

function makeSeries(steps: readonly (readonly Bucket[])[]): HistogramSeries {
  const all = steps.flat();
  const start = [0];
  for (const buckets of steps) start.push(start.at(-1)! + buckets.length);
  return {
    step: Float64Array.from(steps, (_, i) => i * 10),
    wallTime: Float64Array.from(steps, (_, i) => 1000 + i * 2),
    bucketStart: Uint32Array.from(start),
    left: Float64Array.from(all, (b) => b[0]),
    right: Float64Array.from(all, (b) => b[1]),
    count: Float64Array.from(all, (b) => b[2]),
  };
}

/** The definition, one bucket and one bin at a time: the share of the bucket's length that lies in the bin. */
function plainRebin(buckets: readonly Bucket[], low: number, high: number, bins: number): number[] {
  return Array.from({ length: bins }, (_, b) => {
    const from = low + ((high - low) * b) / bins;
    const to = low + ((high - low) * (b + 1)) / bins;
    let mass = 0;
    for (const [left, right, count] of buckets) {
      if (left === right) {
        if ((left >= from && left < to) || (b === bins - 1 && left === high)) mass += count;
      } else {
        mass += (count * Math.max(0, Math.min(to, right) - Math.max(from, left))) / (right - left);
      }
    }
    return mass;
  });
}

/** Small deterministic generator, so that a failure can be repeated. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function randomBuckets(random: () => number): Bucket[] {
  const edges = Array.from({ length: 2 + Math.floor(random() * 40) }, () => (random() - 0.5) * 10 ** (random() * 6 - 3));
  edges.sort((a, b) => a - b);
  if (random() < 0.3) edges.push(edges.at(-1)!); // TensorBoard's last bucket of no width
  return edges.slice(1).map((right, i) => [edges[i]!, right, random() < 0.3 ? 0 : Math.floor(random() * 1000)]);
}

describe("rebin", () => {
  it("spreads a bucket evenly over the bins that it covers", () => {
    const out = new Float64Array(4);
    expect(rebin(makeSeries([[[0, 2, 8]]]), 0, 0, 4, 4, out)).toBe(0);
    expect([...out]).toEqual([4, 4, 0, 0]);
  });

  it("agrees with the plain definition and loses nothing, on random histograms", () => {
    const random = makeRandom(7);
    for (let round = 0; round < 300; round++) {
      const buckets = randomBuckets(random);
      const series = makeSeries([[], buckets]);
      const [low, high] = drawableRange(valueRange(series) ?? [0, 0]);
      const bins = 1 + Math.floor(random() * 60);
      const out = new Float64Array(bins + 2).fill(-1);
      const outside = rebin(series, 1, low, high, bins, out, 1);
      const expected = plainRebin(buckets, low, high, bins);
      const total = totalCount(series, 1);
      expected.forEach((mass, b) => expect(out[b + 1]).toBeCloseTo(mass, 6));
      expect(out.subarray(1, bins + 1).reduce((a, b) => a + b, 0) + outside).toBeCloseTo(total, 6);
      expect([out[0], out[bins + 1]]).toEqual([-1, -1]); // writes nowhere else
    }
  });

  it("counts what lies outside the range", () => {
    const out = new Float64Array(2);
    const outside = rebin(makeSeries([[[0, 10, 10], [20, 20, 5]]]), 0, 2, 4, 2, out); // prettier-ignore
    expect([...out]).toEqual([1, 1]);
    expect(outside).toBeCloseTo(13);
  });

  it("puts a bucket of no width into one bin, the highest value into the last", () => {
    const out = new Float64Array(2);
    rebin(makeSeries([[[1, 1, 7], [2, 2, 3]]]), 0, 0, 2, 2, out); // prettier-ignore
    expect([...out]).toEqual([0, 10]);
  });

  it("passes over buckets that cannot be placed", () => {
    const series = makeSeries([[[-Infinity, 0, 3], [0, 1, 2], [1, 2, NaN]]]); // prettier-ignore
    const out = new Float64Array(1);
    rebin(series, 0, 0, 1, 1, out);
    expect([...out]).toEqual([2]);
    expect(totalCount(series, 0)).toBe(2);
  });
});

describe("percentiles", () => {
  it("interpolates in the bucket", () => {
    const out = new Float64Array(9);
    percentiles(makeSeries([[[0, 10, 100]]]), 0, BASIS_POINTS, out);
    expect([...out]).toEqual(BASIS_POINTS.map((p) => expect.closeTo(p / 1000, 9) as number));
  });

  it("gives what TensorBoard's compress_histogram gives", () => {
    // tensorboard.plugins.distribution.compressor.compress_histogram([[0, 1, 1], [1, 2, 2], [2, 4, 1]])
    const out = new Float64Array(9);
    percentiles(makeSeries([[[0, 1, 1], [1, 2, 2], [2, 4, 1]]]), 0, BASIS_POINTS, out); // prettier-ignore
    const expected = [0, 0.2672, 0.6348, 1.117, 1.5, 1.883, 2.7304, 3.4656, 4];
    expect([...out]).toEqual(expected.map((v) => expect.closeTo(v, 9) as number));
  });

  it("skips empty buckets at both ends and in the middle", () => {
    const out = new Float64Array(3);
    percentiles(makeSeries([[[-9, 0, 0], [0, 1, 1], [1, 5, 0], [5, 6, 1], [6, 9, 0]]]), 0, [0, 5000, 10000], out); // prettier-ignore
    expect([...out]).toEqual([0, 5, 6]);
  });

  it("is a single value where all values are the same, and NaN where there are none", () => {
    const series = makeSeries([[[3, 3, 0], [3, 3, 12]], [[0, 0, 0]], []]); // prettier-ignore
    const out = new Float64Array(3);
    percentiles(series, 0, [0, 5000, 10000], out);
    expect([...out]).toEqual([3, 3, 3]);
    percentiles(series, 1, [0, 5000, 10000], out);
    expect([...out]).toEqual([NaN, NaN, NaN]);
    expect([0, 1, 2].map((s) => describeStep(series, s))).toEqual(["single", "empty", "empty"]);
  });
});

describe("ranges and positions", () => {
  it("takes only buckets that hold something", () => {
    const series = makeSeries([[[-5, 0, 0], [0, 1, 3]], [[0.5, 2, 1]], []]); // prettier-ignore
    expect(valueRange(series)).toEqual([0, 2]);
    expect(valueRange(makeSeries([[[0, 0, 0]]]))).toBeNull();
    expect(describeStep(series, 0)).toBe("spread");
  });

  it("gives a single value room", () => {
    expect(drawableRange([0, 0])).toEqual([-0.5, 0.5]);
    expect(drawableRange([-20, -20])).toEqual([-21, -19]);
    expect(drawableRange([1, 2])).toEqual([1, 2]);
  });

  it("finds the bucket of a value: left edge in, right edge out, the very last edge in", () => {
    const series = makeSeries([[[0, 1, 3], [1, 2, 4], [5, 5, 1]]]); // prettier-ignore
    expect([-1, 0, 0.99, 1, 2, 5, 6].map((v) => bucketAt(series, 0, v))).toEqual([-1, 0, 0, 1, -1, 2, -1]);
  });

  it("places histograms by step, seconds since the first, or time", () => {
    const series = makeSeries([[], [], []]);
    expect([...xPositions(series, "step")]).toEqual([0, 10, 20]);
    expect([...xPositions(series, "relative")]).toEqual([0, 2, 4]);
    expect([...xPositions(series, "wall_time")]).toEqual([1000, 1002, 1004]);
  });
});
