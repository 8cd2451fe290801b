/**
 * A line as the chart core sees it: slices of typed arrays that all lines of an answer share. No
 * object exists per point.
 */

import type { Range } from "./scale.ts";

export type Values = Float32Array | Float64Array;

export interface LineSeries {
  /** Identity across updates, unique within a chart. */
  readonly key: string;
  /** What highlights together: the run. */
  readonly group: string;
  readonly label: string;
  /** Hex colour. */
  readonly color: string;
  /** Dash pattern in CSS px; empty is solid. */
  readonly dash: readonly number[];
  /** Positions, ascending within the slice (a slice that is not is drawn all the same, see isAscending). */
  readonly x: Float64Array;
  readonly y: Values;
  /** The line that is drawn over the raw one; null if there is none. */
  readonly smoothed: Values | null;
  readonly start: number;
  readonly count: number;
  /** Subtracted from every x: relative time is wall time minus the first wall time. */
  readonly xOffset: number;
  /** Filled between the two, under the line; columns like `y`. NaN in either breaks it. */
  readonly band?: Band;
  /** A stretch that a restart replaced: drawn faintly and under the others, never raised, met last. */
  readonly faint?: boolean;
  /** The axis of its values: 0 (the default) left, 1 right. */
  readonly yAxis?: 0 | 1;
}

export interface Band {
  readonly low: Values;
  readonly high: Values;
}

/** The values whose course the eye follows: smoothed if there are any. */
export function leading(series: LineSeries): Values {
  return series.smoothed ?? series.y;
}

/** Whether two dash patterns are drawn alike. */
export function isSameDash(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((length, k) => length === b[k]));
}

/** All columns of values that a series draws. */
export function columnsOf({ y, smoothed, band }: LineSeries): Values[] {
  const columns = smoothed ? [y, smoothed] : [y];
  return band ? [...columns, band.low, band.high] : columns;
}

/** What is asked of a series in every frame, found out once. */
interface Facts {
  /** x never decreases and is a number everywhere. */
  readonly ascending: boolean;
  /** Finite extents of all values together; low > high if there is none. */
  readonly low: number;
  readonly high: number;
  /** The same over values > 0. */
  readonly lowPositive: number;
  readonly highPositive: number;
  /** Raw values that are NaN or infinite, and raw values that are 0 or less. */
  readonly nonFinite: number;
  readonly nonPositive: number;
}

const known = new WeakMap<LineSeries, Facts>();

/** Facts of a series, computed at the first question: a series never changes. */
export function factsOf(series: LineSeries): Facts {
  let facts = known.get(series);
  if (!facts) {
    facts = gather(series);
    known.set(series, facts);
  }
  return facts;
}

function gather(series: LineSeries): Facts {
  const { x, y, start, count } = series;
  const end = start + count;
  let ascending = !(count > 0 && Number.isNaN(x[start]!));
  let [low, high, lowPositive, highPositive] = [Infinity, -Infinity, Infinity, -Infinity];
  let [nonFinite, nonPositive] = [0, 0];
  for (let i = start; i < end; i++) {
    // false for NaN too: a bad wall_time breaks a binary search
    if (i > start && !(x[i]! >= x[i - 1]!)) ascending = false;
    const value = y[i]!;
    if (value - value !== 0) nonFinite++;
    if (value <= 0) nonPositive++;
  }
  for (const values of columnsOf(series)) {
    for (let i = start; i < end; i++) {
      const value = values[i]!;
      if (value - value !== 0) continue;
      if (value < low) low = value;
      if (value > high) high = value;
      if (value > 0 && value < lowPositive) lowPositive = value;
      if (value > 0 && value > highPositive) highPositive = value;
    }
  }
  return { ascending, low, high, lowPositive, highPositive, nonFinite, nonPositive };
}

/** Whether x never decreases within the slice. */
export function isAscending(series: LineSeries): boolean {
  return factsOf(series).ascending;
}

/** First index in the slice whose x (offset applied) is ≥ value; start + count if there is none. Needs ascending x. */
export function lowerBound(series: LineSeries, value: number): number {
  const target = value + series.xOffset;
  const { x } = series;
  let low = series.start;
  let high = series.start + series.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (x[middle]! < target) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** First index in the slice whose x is above zero; start + count if there is none. Needs ascending x. */
export function firstPositive(series: LineSeries): number {
  const end = series.start + series.count;
  let first = lowerBound(series, 0);
  // several points may stand on zero, the offset's own among them
  while (first < end && series.x[first]! - series.xOffset <= 0) first++;
  return first;
}

/** Index of the point nearest to `value` in x; -1 for an empty slice. */
export function nearestIndex(series: LineSeries, value: number): number {
  const { x, start, count, xOffset } = series;
  if (count === 0) return -1;
  const target = value + xOffset;
  if (!isAscending(series)) {
    let best = -1;
    let bestDistance = Infinity;
    for (let i = start; i < start + count; i++) {
      const distance = Math.abs(x[i]! - target);
      if (distance < bestDistance) {
        bestDistance = distance;
        best = i;
      }
    }
    return best;
  }
  const after = lowerBound(series, value);
  if (after === start) return start;
  if (after === start + count) return start + count - 1;
  return target - x[after - 1]! <= x[after]! - target ? after - 1 : after;
}

/** Slice indices [from, to) to draw for a range: the points inside and one on each side of it. */
export function visibleSlice(series: LineSeries, range: Range): [from: number, to: number] {
  const end = series.start + series.count;
  if (!isAscending(series)) return [series.start, end];
  const first = lowerBound(series, range.low);
  let last = lowerBound(series, range.high);
  // points that stand exactly on the right edge belong inside
  const edge = range.high + series.xOffset;
  while (last < end && series.x[last]! <= edge) last++;
  return [Math.max(series.start, first - 1), Math.min(end, last + 1)];
}

/** Slice indices [from, to) of the points inside a range of x, both ends included; all of them if x does not ascend. */
export function indicesWithin(series: LineSeries, within: Range | null): [from: number, to: number] {
  const end = series.start + series.count;
  if (!within || !isAscending(series)) return [series.start, end];
  const edge = within.high + series.xOffset;
  let to = lowerBound(series, within.high);
  while (to < end && series.x[to]! <= edge) to++;
  return [lowerBound(series, within.low), to];
}

/** Finite x extent over all series; null without a finite x. With `positive` only x > 0 counts (log axis). */
export function xExtent(list: readonly LineSeries[], positive = false): Range | null {
  let low = Infinity;
  let high = -Infinity;
  const floor = positive ? 0 : -Infinity;
  for (const series of list) {
    const { x, start, count, xOffset } = series;
    if (count === 0) continue;
    if (isAscending(series)) {
      const first = positive ? firstPositive(series) : start;
      if (first === start + count) continue;
      low = Math.min(low, x[first]! - xOffset);
      high = Math.max(high, x[start + count - 1]! - xOffset);
      continue;
    }
    for (let i = start; i < start + count; i++) {
      const value = x[i]! - xOffset;
      if (value < low && value > floor) low = value;
      if (value > high && value < Infinity && value > floor) high = value;
    }
  }
  return low <= high && Number.isFinite(low) && Number.isFinite(high) ? { low, high } : null;
}

/**
 * Finite extent of all drawn values over the points inside a range of x, over all series.
 * With `positive` only values > 0 count (log axis). Null if there is none.
 */
export function yExtent(list: readonly LineSeries[], within: Range | null, positive: boolean): Range | null {
  let low = Infinity;
  let high = -Infinity;
  const floor = positive ? 0 : -Infinity;
  for (const series of list) {
    const facts = factsOf(series);
    if (!within || !facts.ascending || isAllWithin(series, within)) {
      low = Math.min(low, positive ? facts.lowPositive : facts.low);
      high = Math.max(high, positive ? facts.highPositive : facts.high);
      continue;
    }
    const [from, to] = indicesWithin(series, within);
    for (const values of columnsOf(series)) {
      for (let i = from; i < to; i++) {
        const value = values[i]!;
        if (value > floor && value < low) low = value;
        if (value > high && value < Infinity && value > floor) high = value;
      }
    }
  }
  return low <= high ? { low, high } : null;
}

function isAllWithin({ x, start, count, xOffset }: LineSeries, range: Range): boolean {
  return count === 0 || (x[start]! - xOffset >= range.low && x[start + count - 1]! - xOffset <= range.high);
}

/** How many raw values of all series a log axis cannot show. */
export function countNonPositive(list: readonly LineSeries[]): number {
  return list.reduce((sum, series) => sum + factsOf(series).nonPositive, 0);
}

/** How many points of all series a log x axis has no place for: step 0, mostly. */
export function countNonPositiveX(list: readonly LineSeries[]): number {
  let sum = 0;
  for (const series of list) {
    const { x, start, count, xOffset } = series;
    if (isAscending(series)) sum += firstPositive(series) - start;
    else for (let i = start; i < start + count; i++) if (x[i]! - xOffset <= 0) sum++;
  }
  return sum;
}
