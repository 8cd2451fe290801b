/**
 * The extent of many lines' values in a window of x, in a time that does not depend on how many they are:
 * an axis that is fitted to what is in view asks for it in every frame of a zoom, and looking into each line
 * would cost more than everything else in that frame. All points of a list, in order of narrow bins of x.
 */

import type { Range } from "./scale.ts";
import { columnsOf, xExtent, yExtent, type LineSeries } from "./series.ts";

/** Up to so many lines are asked one by one. */
const FEW_LINES = 8;
/** Points per bin, about, and the most bins. */
const BIN_POINTS = 32;
const MOST_BINS = 4096;

/** What is found out about a list once: of a thousand lines even that takes as long as drawing their chart's axes. */
interface Whole {
  x?: Range | null;
  positiveX?: Range | null;
  y?: Range | null;
  positiveY?: Range | null;
}

interface XIndex {
  readonly low: number;
  /** Bins per unit of x. */
  readonly perUnit: number;
  readonly bins: number;
  /** Points [starts[k], starts[k + 1]) of `line` and `point` lie in bin k. */
  readonly starts: Uint32Array;
  /** Position in the list of the line that a point belongs to, and its index in the line's columns. */
  readonly line: Uint32Array;
  readonly point: Uint32Array;
  /** Lowest and highest value of each bin, then the same of values above zero: float64[4 · bins]. */
  readonly extents: Float64Array;
}

const wholes = new WeakMap<readonly LineSeries[], Whole>();
const indexes = new WeakMap<readonly LineSeries[], XIndex>();

function wholeOf(list: readonly LineSeries[]): Whole {
  let whole = wholes.get(list);
  if (!whole) wholes.set(list, (whole = {}));
  return whole;
}

/** xExtent of a list that never changes. */
export function wholeX(list: readonly LineSeries[], positive: boolean): Range | null {
  const whole = wholeOf(list);
  const name = positive ? "positiveX" : "x";
  return whole[name] === undefined ? (whole[name] = xExtent(list, positive)) : whole[name];
}

function wholeY(list: readonly LineSeries[], positive: boolean): Range | null {
  const whole = wholeOf(list);
  const name = positive ? "positiveY" : "y";
  return whole[name] === undefined ? (whole[name] = yExtent(list, null, positive)) : whole[name];
}

/** As yExtent: finite values of all columns whose x is within the window (null: anywhere), with `positive` those above 0. */
export function windowExtent(list: readonly LineSeries[], within: Range | null, positive: boolean): Range | null {
  if (list.length <= FEW_LINES) return yExtent(list, within, positive);
  const x = wholeX(list, false);
  if (!within || !x || (within.low <= x.low && within.high >= x.high)) return wholeY(list, positive);
  if (x.low === x.high) return null;
  let index = indexes.get(list);
  if (!index) indexes.set(list, (index = makeIndex(list, x)));
  return extentWithin(list, index, within, positive);
}

function makeIndex(list: readonly LineSeries[], { low, high }: Range): XIndex {
  const total = list.reduce((sum, series) => sum + series.count, 0);
  const bins = Math.max(1, Math.min(MOST_BINS, Math.ceil(total / BIN_POINTS)));
  // the highest x belongs into the last bin
  const perUnit = (bins * (1 - 1e-9)) / (high - low);
  const starts = new Uint32Array(bins + 1);
  const line = new Uint32Array(total);
  const point = new Uint32Array(total);
  const extents = new Float64Array(4 * bins);
  for (let k = 0; k < extents.length; k += 2) {
    extents[k] = Infinity;
    extents[k + 1] = -Infinity;
  }
  for (const series of list) {
    const { x, start, count, xOffset } = series;
    const columns = columnsOf(series);
    for (let i = start; i < start + count; i++) {
      const bin = Math.floor((x[i]! - xOffset - low) * perUnit);
      if (!(bin >= 0 && bin < bins)) continue;
      starts[bin + 1]!++;
      for (const values of columns) {
        const value = values[i]!;
        if (value - value !== 0) continue;
        if (value < extents[2 * bin]!) extents[2 * bin] = value;
        if (value > extents[2 * bin + 1]!) extents[2 * bin + 1] = value;
        if (value <= 0) continue;
        if (value < extents[2 * (bins + bin)]!) extents[2 * (bins + bin)] = value;
        if (value > extents[2 * (bins + bin) + 1]!) extents[2 * (bins + bin) + 1] = value;
      }
    }
  }
  for (let k = 0; k < bins; k++) starts[k + 1]! += starts[k]!;
  const next = starts.slice();
  for (let k = 0; k < list.length; k++) {
    const { x, start, count, xOffset } = list[k]!;
    for (let i = start; i < start + count; i++) {
      const bin = Math.floor((x[i]! - xOffset - low) * perUnit);
      if (!(bin >= 0 && bin < bins)) continue;
      const at = next[bin]!++;
      line[at] = k;
      point[at] = i;
    }
  }
  return { low, perUnit, bins, starts, line, point, extents };
}

function extentWithin(list: readonly LineSeries[], index: XIndex, within: Range, positive: boolean): Range | null {
  const { bins, starts, line, point, extents } = index;
  const first = Math.max(0, Math.floor((within.low - index.low) * index.perUnit));
  const last = Math.min(bins - 1, Math.floor((within.high - index.low) * index.perUnit));
  let low = Infinity;
  let high = -Infinity;
  // bins between the outer two lie inside as a whole
  const shift = positive ? bins : 0;
  for (let k = 2 * (shift + first + 1); k < 2 * (shift + last); k += 2) {
    if (extents[k]! < low) low = extents[k]!;
    if (extents[k + 1]! > high) high = extents[k + 1]!;
  }
  const floor = positive ? 0 : -Infinity;
  for (let bin = first; bin <= last; bin += Math.max(1, last - first)) {
    // nothing in it would widen what is known
    const at = 2 * (shift + bin);
    if (extents[at]! >= low && extents[at + 1]! <= high) continue;
    for (let k = starts[bin]!; k < starts[bin + 1]!; k++) {
      const { x, y, smoothed, band, xOffset } = list[line[k]!]!;
      const i = point[k]!;
      const place = x[i]! - xOffset;
      if (place < within.low || place > within.high) continue;
      for (let column = 0; column < 4; column++) {
        const values = column === 0 ? y : column === 1 ? smoothed : column === 2 ? band?.low : band?.high;
        const value = values ? values[i]! : NaN;
        if (value > floor && value < low) low = value;
        if (value > high && value < Infinity && value > floor) high = value;
      }
    }
  }
  return low <= high ? { low, high } : null;
}
