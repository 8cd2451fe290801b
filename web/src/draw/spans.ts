/**
 * Thin lines as vertical spans: in each device-pixel column, what lies between a line's lowest and
 * highest place there. A thousand noisy lines are then little more than one loop over the pixels that
 * they touch. A line that only passes through a column is as long there as it is tall, which keeps a
 * slope's weight; its ends are softened over as many rows as the slope is steep, so that it is smooth.
 *
 * Everything is kept in typed arrays: numbers that go from function to function one by one are boxed.
 */

import type { Strip, Vertices } from "./renderer.ts";

export interface Spans {
  count: number;
  column: Int32Array;
  /** Rows, with fractions. */
  top: Float32Array;
  bottom: Float32Array;
  /** Over how many rows an end goes from nothing to all, ≥ 1: 1 is a pixel's own softness. */
  ramp: Float32Array;
  /** Share of the column's width that is covered, 0..1. */
  share: Float32Array;
}

/** A line that is by less than this taller in a column than it climbs there only passes through. */
const PASSING = 0.01;
/** Makes whole numbers of heights, of which the sign is a bit. */
const FIXED = 4096;
/** Steeper ends are not softened further: they would be seen beside the line where it turns. */
const LONGEST_RAMP = 3;

let spans: Spans = makeSpans(1024);

export function makeSpans(capacity: number): Spans {
  const floats = (): Float32Array => new Float32Array(capacity);
  return { count: 0, column: new Int32Array(capacity), top: floats(), bottom: floats(), ramp: floats(), share: floats() };
}

function grow(): Spans {
  const larger = makeSpans(2 * spans.column.length);
  larger.column.set(spans.column);
  for (const name of ["top", "bottom", "ramp", "share"] as const) larger[name].set(spans[name]);
  return larger;
}

/**
 * Makes spans of the extents that a line has in its columns: `ramp` holds how far it climbs from one side of the column
 * to the other (NaN where it begins or ends), `share` how much of the column's width it goes along.
 */
export function finishSpans({ count, top, bottom, ramp, share }: Spans, thickness: number): void {
  for (let k = 0; k < count; k++) {
    const high = top[k]!;
    const low = bottom[k]!;
    const extent = low - high;
    // -1 where it is taller than 1 and climbs all of that, else 0; without branches, as below: what noise does next cannot be guessed
    const passes = (((extent - ramp[k]! - PASSING) * FIXED) >> 31) & ~(((extent - 1) * FIXED) >> 31);
    const longest = (extent + LONGEST_RAMP - Math.abs(extent - LONGEST_RAMP)) / 2;
    ramp[k] = 1 - passes * (longest - 1);
    // thicker by what the larger of 1 and the extent is
    const tall = thickness - 1 + (1 + extent + Math.abs(1 - extent)) / 2;
    const middle = (high + low) / 2;
    top[k] = middle - tall / 2;
    bottom[k] = middle + tall / 2;
    const width = share[k]!;
    if (width !== 1) share[k] = width < 1 ? (width + extent) / (1 + extent) : 1;
  }
}

/**
 * The spans of a line of `thickness` device pixels (1 to 2) in the columns [left, right), from vertices in CSS px of
 * which a NaN in y breaks it. `shiftX`, `shiftY` (device pixels) move it. The result is valid until the next call.
 */
export function lineSpans(
  { x, y, count }: Vertices,
  ratio: number,
  thickness: number,
  shiftX: number,
  shiftY: number,
  left: number,
  right: number,
): Spans {
  let { column: columns, top: tops, bottom: bottoms, ramp: climbs, share: widths } = spans;
  let n = 0;
  let x0 = NaN;
  let y0 = NaN;
  // of the column at hand: lowest and highest place, width covered so far, where the line came in (NaN: it began there)
  let column = 0;
  let low = 0;
  let high = 0;
  let width = 0;
  let entered = NaN;
  for (let i = 0; i <= count; i++) {
    const x1 = i < count ? x[i]! * ratio + shiftX : NaN;
    const y1 = i < count ? y[i]! * ratio + shiftY : NaN;
    const isBreak = y1 !== y1 || x1 !== x1;
    if (x0 !== x0) {
      if (!isBreak) {
        column = Math.floor(x1);
        low = high = y1;
        width = 0;
        entered = NaN;
        x0 = x1;
        y0 = y1;
      }
      continue;
    }
    const to = isBreak ? column + 1 : Math.floor(x1);
    if (to === column && !isBreak) {
      if (y1 < low) low = y1;
      else if (y1 > high) high = y1;
      width += Math.abs(x1 - x0);
      x0 = x1;
      y0 = y1;
      continue;
    }
    // the line ends in this column, or leaves it and those between
    const step = to > column ? 1 : -1;
    const slope = isBreak ? 0 : (y1 - y0) / (x1 - x0);
    let leaving = NaN;
    if (!isBreak) {
      const edge = step > 0 ? column + 1 : column;
      leaving = y0 + slope * (edge - x0);
      width += Math.abs(edge - x0);
      if (leaving < low) low = leaving;
      else if (leaving > high) high = leaving;
    }
    while (column !== to) {
      if (column >= left && column < right) {
        if (n === columns.length) {
          spans = grow();
          ({ column: columns, top: tops, bottom: bottoms, ramp: climbs, share: widths } = spans);
        }
        columns[n] = column;
        tops[n] = low;
        bottoms[n] = high;
        climbs[n] = Math.abs(leaving - entered);
        widths[n++] = width;
      }
      column += step;
      // far outside nothing is to be done for each column
      const idle = step > 0 ? (column < left ? left : column >= right ? to : column) : column >= right ? right - 1 : column < left ? to : column;
      if (idle !== column && column !== to) {
        const next = step > 0 ? Math.min(idle, to) : Math.max(idle, to);
        leaving += slope * (next - column);
        column = next;
      }
      entered = leaving;
      if (column === to) break;
      leaving += slope * step;
      low = entered < leaving ? entered : leaving;
      high = entered < leaving ? leaving : entered;
      width = 1;
    }
    if (isBreak) {
      x0 = NaN;
      continue;
    }
    low = entered < y1 ? entered : y1;
    high = entered < y1 ? y1 : entered;
    width = Math.abs(x1 - (step > 0 ? column : column + 1));
    x0 = x1;
    y0 = y1;
  }
  spans.count = n;
  finishSpans(spans, thickness);
  return spans;
}

// of a strip: sums over the pieces that cross a column of its top, its bottom and its share of the column
let sums = { top: new Float64Array(0), bottom: new Float64Array(0), share: new Float64Array(0) };

/** The spans of a filled strip in the columns [left, right), from vertices in CSS px of which a NaN in y breaks it. */
export function stripSpans({ x, y, y2, count }: Strip, ratio: number, left: number, right: number): Spans {
  const size = Math.max(0, right - left);
  if (sums.share.length < size) sums = { top: new Float64Array(size), bottom: new Float64Array(size), share: new Float64Array(size) };
  while (spans.column.length < size) spans = grow();
  const { top: topSums, bottom: bottomSums, share: shareSums } = sums;
  for (let i = 1; i < count; i++) {
    const before = x[i - 1]! <= x[i]! ? i - 1 : i;
    const after = 2 * i - 1 - before;
    const x0 = x[before]! * ratio - left;
    const x1 = x[after]! * ratio - left;
    const perPixel = 1 / (x1 - x0);
    const top0 = y[before]! * ratio;
    const bottom0 = y2[before]! * ratio;
    const topRise = (y[after]! * ratio - top0) * perPixel;
    const bottomRise = (y2[after]! * ratio - bottom0) * perPixel;
    const stop = x1 < size ? x1 : size;
    let at = x0 > 0 ? x0 : 0;
    if (!(at < stop) || topRise + bottomRise !== topRise + bottomRise) continue;
    let column = at | 0;
    while (at < stop) {
      const next = column + 1 < stop ? column + 1 : stop;
      const along = (at + next) / 2 - x0;
      const share = next - at;
      topSums[column]! += share * (top0 + topRise * along);
      bottomSums[column]! += share * (bottom0 + bottomRise * along);
      shareSums[column]! += share;
      at = next;
      column++;
    }
  }
  let n = 0;
  for (let column = 0; column < size; column++) {
    const share = shareSums[column]!;
    if (share === 0) continue;
    const one = topSums[column]! / share;
    const other = bottomSums[column]! / share;
    spans.column[n] = left + column;
    spans.top[n] = one < other ? one : other;
    spans.bottom[n] = one < other ? other : one;
    spans.ramp[n] = 1;
    spans.share[n++] = share < 1 ? share : 1;
    topSums[column] = bottomSums[column] = shareSums[column] = 0;
  }
  spans.count = n;
  return spans;
}
