/**
 * From a series' points straight to its spans, one loop and no vertices in between: what the worker does for
 * nearly every line. Lines that need more care (gaps, x that turns back, a logarithmic x axis, a lone point)
 * get null, and go through project.ts and spans.ts, which say the same more slowly.
 *
 * Heights are compared as whole fractions of a pixel: minimum and maximum are then taken without a branch,
 * and wrong guesses of the processor's are most of the time that noise costs.
 */

import { factors, FAR_PX, MARGIN_PX, type Projection } from "./project.ts";
import { factsOf, visibleSlice, type LineSeries, type Values } from "./series.ts";
import { finishSpans, makeSpans, type Spans } from "./spans.ts";

/** Fractions of a device pixel. */
const FINENESS = 4096;
const UNIT = 1 / FINENESS;
/** So far, in pixels, everything is moved right: points of even steps that fall on columns' borders all fall on one side. */
const NUDGE = 2 ** -16;

let spans = makeSpans(1024);
// of an envelope: its columns and their extents in fractions of a pixel
let extents = makeExtents(1024);

function makeExtents(capacity: number): { column: Int32Array; high: Int32Array; low: Int32Array } {
  return { column: new Int32Array(capacity), high: new Int32Array(capacity), low: new Int32Array(capacity) };
}

/** Of whole numbers less than 2³⁰ apart. */
function lesser(a: number, b: number): number {
  const difference = a - b;
  return b + (difference & (difference >> 31));
}

function greater(a: number, b: number): number {
  const difference = a - b;
  return b + (difference & ~(difference >> 31));
}

/** Whether every point can be drawn, in ascending order; the values may still hold what the raw ones do not. */
function isPlain(series: LineSeries, from: number, to: number, { x, y }: Projection): boolean {
  const facts = factsOf(series);
  const hasGaps = facts.nonFinite > 0 || (y.kind === "log" && facts.nonPositive > 0);
  // of numbers in order only the ends can be infinite
  return facts.ascending && !hasGaps && x.kind === "linear" && to - from > 1 && Number.isFinite(series.x[from]! - series.x[to - 1]!);
}

/**
 * The spans of a line `thickness` device pixels thick (1 to 2), moved by `shiftX` and `shiftY` device pixels, in the
 * columns [left, right); null if the line is not for this way. The result is valid until the next call.
 */
export function directSpans(
  series: LineSeries,
  values: Values,
  projection: Projection,
  thickness: number,
  shiftX: number,
  shiftY: number,
  left: number,
  right: number,
): Spans | null {
  const { plot, pixelRatio } = projection;
  const [from, to] = visibleSlice(series, projection.x);
  if (!isPlain(series, from, to, projection)) return null;
  const { ax, bx, ay, by, warpY } = factors(projection, series.xOffset);
  // columns are counted from beyond the margin: none is negative, and cutting off a fraction rounds down
  const origin = Math.floor((plot.x - MARGIN_PX) * pixelRatio) - 1;
  const scaleX = ax * pixelRatio;
  const originX = bx * pixelRatio + shiftX - origin + NUDGE;
  const scaleY = ay * pixelRatio * FINENESS;
  const originY = (by * pixelRatio + shiftY) * FINENESS;
  const nearest = (plot.x - MARGIN_PX) * pixelRatio + shiftX - origin;
  const farthest = (plot.x + plot.width + MARGIN_PX) * pixelRatio + shiftX - origin;
  const top = (plot.y - FAR_PX) * pixelRatio * FINENESS;
  const bottom = (plot.y + plot.height + FAR_PX) * pixelRatio * FINENESS;
  const begin = left - origin;
  const end = right - origin;
  if (spans.column.length < right - left) spans = makeSpans(right - left);
  const { column: columns, top: tops, bottom: bottoms, ramp: climbs, share: widths } = spans;
  const xs = series.x;

  let x0 = scaleX * xs[from]! + originX;
  let y0 = scaleY * (warpY ? warpY(values[from]!) : values[from]!) + originY;
  // only the first and the last point lie outside: they are moved to the margin, along the line
  if (x0 < nearest) {
    const nextX = scaleX * xs[from + 1]! + originX;
    const nextY = scaleY * (warpY ? warpY(values[from + 1]!) : values[from + 1]!) + originY;
    y0 += ((nearest - x0) / (nextX - x0)) * (nextY - y0);
    x0 = nearest;
  }
  if (y0 - y0 !== 0) return null;
  let last = Math.min(Math.max(y0, top), bottom) | 0;
  // of the column at hand: lowest and highest point, where the line came in, and from which x on
  let column = x0 | 0;
  let low = last;
  let high = last;
  const firstColumn = column + origin;
  let entered = last;
  let since = x0;
  let n = 0;
  for (let i = from + 1; i < to; i++) {
    let x1 = scaleX * xs[i]! + originX;
    let y1 = scaleY * (warpY ? warpY(values[i]!) : values[i]!) + originY;
    if (x1 > farthest) {
      y1 = last + ((farthest - x0) / (x1 - x0)) * (y1 - last);
      x1 = farthest;
    }
    if (!(y1 >= top && y1 <= bottom)) {
      if (y1 - y1 !== 0) return null;
      y1 = y1 < top ? top : bottom;
    }
    const fixed = y1 | 0;
    const at = x1 | 0;
    if (at === column) {
      low = lesser(fixed, low);
      high = greater(fixed, high);
    } else {
      const slope = (fixed - last) / (x1 - x0);
      const leaving = last + slope * (column + 1 - x0);
      if (column >= begin && column < end) {
        // where it comes in and where it leaves are extremes too
        low = lesser(lesser(entered | 0, leaving | 0), low);
        high = greater(greater(entered | 0, leaving | 0), high);
        columns[n] = column + origin;
        tops[n] = low * UNIT;
        bottoms[n] = high * UNIT;
        climbs[n] = Math.abs(leaving - entered) * UNIT;
        widths[n++] = column + 1 - since;
      }
      entered = leaving;
      // the columns that it only passes through
      if (++column < at) {
        if (column < begin) {
          const next = begin < at ? begin : at;
          entered += slope * (next - column);
          column = next;
        }
        const rise = slope < 0 ? slope : 0;
        for (const stop = at < end ? at : end; column < stop; column++) {
          columns[n] = column + origin;
          tops[n] = (entered + rise) * UNIT;
          bottoms[n] = (entered + slope - rise) * UNIT;
          climbs[n] = Math.abs(slope) * UNIT;
          widths[n++] = 1;
          entered += slope;
        }
        entered += slope * (at - column);
        column = at;
      }
      since = at;
      low = high = fixed;
    }
    last = fixed;
    x0 = x1;
  }
  if (column >= begin && column < end) {
    columns[n] = column + origin;
    tops[n] = (entered < low ? entered : low) * UNIT;
    bottoms[n] = (entered > high ? entered : high) * UNIT;
    climbs[n] = NaN;
    widths[n++] = x0 - since;
  }
  // where it begins it does not pass through, nor where it ends
  if (columns[0] === firstColumn) climbs[0] = NaN;
  spans.count = n;
  finishSpans(spans, thickness);
  return spans;
}

/**
 * The spans of project_strips.ts' envelope of the raw values in the columns [left, right); null if the series is not
 * for this way. The result is valid until the next call.
 */
export function directEnvelope(series: LineSeries, projection: Projection, left: number, right: number): Spans | null {
  const { plot, pixelRatio } = projection;
  const [from, to] = visibleSlice(series, projection.x);
  if (!isPlain(series, from, to, projection)) return null;
  const { ax, bx, ay, by, warpY } = factors(projection, series.xOffset);
  const origin = Math.floor((plot.x - MARGIN_PX) * pixelRatio);
  const count = Math.ceil((plot.x + plot.width + MARGIN_PX) * pixelRatio) - origin;
  if (extents.column.length <= count) extents = makeExtents(count + 1);
  const { column: columns, high: highs, low: lows } = extents;
  const scaleX = ax * pixelRatio;
  const originX = bx * pixelRatio - origin + NUDGE;
  const scaleY = ay * pixelRatio * FINENESS;
  const originY = by * pixelRatio * FINENESS;
  const top = (plot.y - FAR_PX) * pixelRatio * FINENESS;
  const bottom = (plot.y + plot.height + FAR_PX) * pixelRatio * FINENESS;
  const { x: xs, y: values } = series;
  let n = 0;
  let column = -1;
  let low = 0;
  let high = 0;
  for (let i = from; i < to; i++) {
    let x = scaleX * xs[i]! + originX;
    let y = scaleY * (warpY ? warpY(values[i]!) : values[i]!) + originY;
    if (!(x >= 0 && x <= count)) x = x < 0 ? 0 : count;
    if (!(y >= top && y <= bottom)) {
      if (y - y !== 0) return null;
      y = y < top ? top : bottom;
    }
    const fixed = y | 0;
    const at = x | 0;
    if (at === column) {
      low = lesser(fixed, low);
      high = greater(fixed, high);
      continue;
    }
    if (column >= 0) {
      columns[n] = column;
      highs[n] = low;
      lows[n++] = high;
    }
    column = at;
    low = high = fixed;
  }
  columns[n] = column;
  highs[n] = low;
  lows[n++] = high;
  return joinExtents(n, origin, left, right);
}

/** A strip from column to column through their extents, half a pixel more on both sides; straight where there are none. */
function joinExtents(count: number, origin: number, left: number, right: number): Spans {
  const { column: at, high: highs, low: lows } = extents;
  if (spans.column.length < right - left) spans = makeSpans(right - left);
  const { column: columns, top: tops, bottom: bottoms, ramp: ramps, share: shares } = spans;
  const half = FINENESS / 2;
  let n = 0;
  let highBefore = 0;
  let lowBefore = 0;
  for (let k = 0; k < count; k++) {
    const isLast = k + 1 === count;
    const column = at[k]! + origin;
    const gap = isLast ? 1 : at[k + 1]! - at[k]!;
    const highRise = isLast ? 0 : (highs[k + 1]! - highs[k]!) / gap;
    const lowRise = isLast ? 0 : (lows[k + 1]! - lows[k]!) / gap;
    if (column >= left && column < right && count > 1) {
      // what is seen of a column is the mean over it: a quarter of a column away from its middle, on either side
      const isEnd = k === 0 || isLast;
      const weight = isEnd ? 1 / 4 : 1 / 8;
      columns[n] = column;
      tops[n] = (highs[k]! - half + weight * (highRise - highBefore)) * UNIT;
      bottoms[n] = (lows[k]! + half + weight * (lowRise - lowBefore)) * UNIT;
      ramps[n] = 1;
      shares[n++] = isEnd ? 0.5 : 1;
    }
    if (gap > 1) {
      const stop = Math.min(column + gap, right);
      for (let c = Math.max(column + 1, left); c < stop; c++) {
        columns[n] = c;
        tops[n] = (highs[k]! - half + (c - column) * highRise) * UNIT;
        bottoms[n] = (lows[k]! + half + (c - column) * lowRise) * UNIT;
        ramps[n] = 1;
        shares[n++] = 1;
      }
    }
    highBefore = highRise;
    lowBefore = lowRise;
  }
  spans.count = n;
  return spans;
}
