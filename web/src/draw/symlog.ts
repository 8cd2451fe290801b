/**
 * Where a symlog scale is linear. With a fixed ±1 small data (a loss of 0.001) would see no logarithm at all, and
 * large data would spend half the axis on magnitudes that do not occur; so the part follows the data, in decades.
 */

import { columnsOf, firstPositive, isAscending, lowerBound, type LineSeries } from "./series.ts";

/** Decades shown at most, so that one tiny value does not stretch the axis. */
const MOST_DECADES = 9;
/** This share of the values may lie in the linear part. */
const SHARE_BELOW = 0.1;

const LEAST_EXPONENT = -324;

/** How many magnitudes lie in each decade: index = floor(log10) - LEAST_EXPONENT. */
const decades = new WeakMap<LineSeries, Uint32Array>();

function decadesOf(series: LineSeries): Uint32Array {
  let counts = decades.get(series);
  if (!counts) {
    counts = new Uint32Array(633);
    const { start, count } = series;
    for (const values of columnsOf(series)) {
      for (let i = start; i < start + count; i++) {
        const exponent = Math.floor(Math.log10(Math.abs(values[i]!)));
        if (exponent - exponent === 0) counts[exponent - LEAST_EXPONENT]!++;
      }
    }
    decades.set(series, counts);
  }
  return counts;
}

function between(lowDecade: number, highDecade: number): number {
  // at least one decade is left to be logarithmic
  const decade = Math.max(highDecade - MOST_DECADES, Math.min(lowDecade, highDecade - 1));
  return Number(`1e${Math.min(300, Math.max(-300, decade))}`);
}

/** A power of ten below which a tenth of the values' magnitudes lie; 1 without values. */
export function linearOfY(list: readonly LineSeries[]): number {
  const sum = new Float64Array(633);
  let total = 0;
  for (const series of list) {
    decadesOf(series).forEach((count, i) => {
      sum[i]! += count;
      total += count;
    });
  }
  if (total === 0) return 1;
  let low = 0;
  for (let below = sum[0]!; below < total * SHARE_BELOW; below += sum[low]!) low++;
  const high = sum.findLastIndex((count) => count > 0);
  return between(low + LEAST_EXPONENT, high + LEAST_EXPONENT);
}

/** A power of ten not above the smallest x that is not zero: the first steps are what a log axis is for. */
export function linearOfX(list: readonly LineSeries[]): number {
  let low = Infinity;
  let high = 0;
  const take = (x: number): void => {
    const size = Math.abs(x);
    if (size > 0 && size < low) low = size;
    if (size > high && size < Infinity) high = size;
  };
  for (const series of list) {
    const { x, xOffset, start, count } = series;
    const end = start + count;
    if (!isAscending(series)) for (let i = start; i < end; i++) take(x[i]! - xOffset);
    else if (count > 0) {
      const zero = lowerBound(series, 0);
      for (const i of [start, zero - 1, zero, end - 1]) if (i >= start && i < end) take(x[i]! - xOffset);
      // the first one above zero, behind any that stand on it
      const above = firstPositive(series);
      if (above < end) take(x[above]! - xOffset);
    }
  }
  return low <= high ? between(Math.floor(Math.log10(low)), Math.floor(Math.log10(high))) : 1;
}
