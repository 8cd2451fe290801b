/**
 * Outliers: an extent that a few far values do not stretch, and what is then outside, marked and counted. Values far
 * away count as outliers if they are further from the middle 90 % than half that range's width: noise and slow courses
 * lose nothing, spikes and the first steps of a loss do.
 */

import { thinMarks } from "./edge_marks.ts";
import { projectionOf, xToPx, type Projection } from "./project.ts";
import type { Vertices } from "./renderer.ts";
import type { Range } from "./scale.ts";
import { factsOf, indicesWithin, leading, type LineSeries, type Values } from "./series.ts";

const LOW_SHARE = 0.05;
const HIGH_SHARE = 0.95;
const FENCE = 0.5;
/** Fewer values have no outliers. */
const FEWEST = 10;
/** Quantiles of so many values, picked evenly, are as good as those of all. */
const SAMPLE = 2048;

const sample = new Float64Array(SAMPLE + 1);

interface Slice {
  readonly values: Values;
  readonly from: number;
  readonly to: number;
}

/** The extent of the values of some columns that are no outliers among them; null if none is finite. */
function extentWithinFence(slices: readonly Slice[], positive: boolean): Range | null {
  const total = slices.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0);
  // odd: reduced series come as first, minimum, maximum, last again and again, and an even stride would pick one kind
  const stride = Math.ceil(total / SAMPLE) | 1;
  let n = 0;
  let skip = 0;
  for (const { values, from, to } of slices) {
    let i = from + skip;
    for (; i < to && n < SAMPLE; i += stride) {
      const value = values[i]!;
      if (value - value === 0 && !(positive && value <= 0)) sample[n++] = positive ? Math.log10(value) : value;
    }
    skip = Math.max(0, i - to);
  }
  // excludes what is not finite, and what a log axis cannot show
  let fence: Range = { low: positive ? Number.MIN_VALUE : -Number.MAX_VALUE, high: Number.MAX_VALUE };
  if (n >= FEWEST) {
    const sorted = sample.subarray(0, n).sort();
    const low = sorted[Math.ceil((n - 1) * LOW_SHARE)]!;
    const high = sorted[Math.floor((n - 1) * HIGH_SHARE)]!;
    const margin = FENCE * (high - low);
    // a hair wider: 10 ** log10(x) is not always x
    const outer = positive ? { low: 10 ** (low - margin) * (1 - 1e-12), high: 10 ** (high + margin) * (1 + 1e-12) } : { low: low - margin, high: high + margin };
    fence = { low: Math.max(fence.low, outer.low), high: Math.min(fence.high, outer.high) };
  }
  const { low: floor, high: ceiling } = fence;
  let [low, high] = [Infinity, -Infinity];
  for (const { values, from, to } of slices) {
    for (let i = from; i < to; i++) {
      const value = values[i]!;
      if (!(value >= floor && value <= ceiling)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? { low, high } : null;
}

function union(a: Range | null, b: Range | null): Range | null {
  return a && b ? { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) } : (a ?? b);
}

/**
 * As yExtent, without outliers: of what the eye follows and, apart from it, of the raw values behind a smoothed line, so
 * that neither's noise counts as the other's outliers.
 */
export function robustExtent(list: readonly LineSeries[], within: Range | null, positive: boolean): Range | null {
  const followed: Slice[] = [];
  const behind: Slice[] = [];
  for (const series of list) {
    const [from, to] = indicesWithin(series, within);
    followed.push({ values: leading(series), from, to });
    if (series.smoothed) behind.push({ values: series.y, from, to });
    for (const values of series.band ? [series.band.low, series.band.high] : []) behind.push({ values, from, to });
  }
  return union(extentWithinFence(followed, positive), behind.length > 0 ? extentWithinFence(behind, positive) : null);
}

export interface Clipped {
  /** Points above or below the plot. */
  readonly count: number;
  /** One mark for each stretch outside, at its extreme. */
  readonly up: Vertices;
  readonly down: Vertices;
}

/** What of some series lies above or below the plot, within the view of x. */
export function findClipped(list: readonly LineSeries[], projection: Projection): Clipped {
  const { plot } = projection;
  const up = new Set<number>();
  const down = new Set<number>();
  let count = 0;
  for (const series of list) {
    const { low, high, kind } = projectionOf(projection, series).y;
    const facts = factsOf(series);
    if ((kind === "log" ? facts.lowPositive : facts.low) >= low && (kind === "log" ? facts.highPositive : facts.high) <= high) continue;
    const [from, to] = indicesWithin(series, projection.x);
    const { y, smoothed, x, xOffset } = series;
    let side = 0;
    let extreme = 0;
    let place = from;
    const close = (): void => {
      if (side !== 0) (side > 0 ? up : down).add(Math.round(xToPx(projection, x[place]! - xOffset)));
    };
    for (let i = from; i < to; i++) {
      const raw = y[i]!;
      const smooth = smoothed ? smoothed[i]! : raw;
      // nearly all points
      if (side === 0 && raw >= low && raw <= high && smooth >= low && smooth <= high) continue;
      // whichever of the two is further out; infinite ones have marks of their own
      const [a, b] = [outside(raw, low, high, kind === "log"), outside(smooth, low, high, kind === "log")];
      const by = Math.abs(b) > Math.abs(a) ? b : a;
      if (by !== 0) count++;
      if (Math.sign(by) !== side) {
        close();
        side = Math.sign(by);
        extreme = 0;
      }
      if (Math.abs(by) > extreme) [extreme, place] = [Math.abs(by), i];
    }
    close();
  }
  return { count, up: thinMarks(up, plot, plot.y + 5), down: thinMarks(down, plot, plot.y + plot.height - 5) };
}

/** How far a value is above (positive) or below the range; 0 inside and for what is not finite or has no place. */
function outside(value: number, low: number, high: number, positive: boolean): number {
  if (value - value !== 0 || (positive && value <= 0)) return 0;
  return value > high ? value - high : value < low ? value - low : 0;
}
