/**
 * The histograms of one (run, tag) over its steps, as columns, and the plain mathematics on them.
 *
 * A histogram says how many values lie in each of its buckets and nothing about where inside. Everything here
 * takes the mass of a bucket as spread evenly over it (a piecewise linear cumulative count), moves mass between
 * bins and never loses or invents any. A bucket of no width holds its mass at one value.
 */

export interface HistogramSeries {
  /** int64 values as float64[n], in the order of drawing. */
  readonly step: Float64Array;
  /** Seconds since the epoch, float64[n]. */
  readonly wallTime: Float64Array;
  /** Bucket i of step s is at index bucketStart[s] + i; uint32[n + 1]. */
  readonly bucketStart: Uint32Array;
  /** Edges and counts of all buckets of all steps; counts may be fractional (weights). */
  readonly left: Float64Array;
  readonly right: Float64Array;
  readonly count: Float64Array;
}

/** TensorBoard's percentiles in basis points: the extremes, the median and 0.5, 1, 1.5 standard deviations of a normal. */
export const BASIS_POINTS: readonly number[] = [0, 668, 1587, 3085, 5000, 6915, 8413, 9332, 10000];

export type HistogramKind =
  /** No buckets, or no value was counted in any. */
  | "empty"
  /** All values are the same number. */
  | "single"
  | "spread";

/** Sum of the counts of step `s`. */
export function totalCount(series: HistogramSeries, s: number): number {
  let total = 0;
  for (let i = series.bucketStart[s]!; i < series.bucketStart[s + 1]!; i++) total += usable(series, i);
  return total;
}

/** The count of a bucket, 0 where it cannot be placed (not finite edges) or counted. */
function usable(series: HistogramSeries, i: number): number {
  const count = series.count[i]!;
  return count > 0 && Number.isFinite(count) && Number.isFinite(series.left[i]!) && Number.isFinite(series.right[i]!)
    ? count
    : 0;
}

/** [lowest, highest] edge of the buckets of step `s` that hold anything; null if none does. */
export function stepRange(series: HistogramSeries, s: number): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (let i = series.bucketStart[s]!; i < series.bucketStart[s + 1]!; i++) {
    if (usable(series, i) === 0) continue;
    if (series.left[i]! < low) low = series.left[i]!;
    if (series.right[i]! > high) high = series.right[i]!;
  }
  return low <= high ? [low, high] : null;
}

export function describeStep(series: HistogramSeries, s: number): HistogramKind {
  const range = stepRange(series, s);
  if (!range) return "empty";
  return range[0] === range[1] ? "single" : "spread";
}

/** Union of the ranges of all steps; null if no step holds anything. */
export function valueRange(series: HistogramSeries): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (let s = 0; s < series.step.length; s++) {
    const range = stepRange(series, s);
    if (!range) continue;
    low = Math.min(low, range[0]);
    high = Math.max(high, range[1]);
  }
  return low <= high ? [low, high] : null;
}

/**
 * A range to draw: a single value gets room around it (5 % of its size, 0.5 around zero), so that it is a line
 * in the middle rather than an axis of no length.
 */
export function drawableRange(range: readonly [number, number]): [number, number] {
  const [low, high] = range;
  if (high > low) return [low, high];
  const room = low === 0 ? 0.5 : Math.abs(low) * 0.05;
  return [low - room, high + room];
}

/**
 * Mass of step `s` in `bins` equal bins over [low, high], written to `out[at … at + bins)`; returns the mass that
 * lies outside. Inside plus outside is the step's total. The last bin is closed, as in NumPy's `histogram`.
 */
export function rebin(
  series: HistogramSeries,
  s: number,
  low: number,
  high: number,
  bins: number,
  out: Float64Array,
  at = 0,
): number {
  out.fill(0, at, at + bins);
  const perUnit = bins / (high - low);
  let outside = 0;
  for (let i = series.bucketStart[s]!; i < series.bucketStart[s + 1]!; i++) {
    const count = usable(series, i);
    if (count === 0) continue;
    const left = series.left[i]!;
    const right = series.right[i]!;
    if (!(right > left)) {
      if (left < low || left > high) outside += count;
      else out[at + Math.min(bins - 1, Math.floor((left - low) * perUnit))]! += count;
      continue;
    }
    const from = Math.max(left, low);
    const to = Math.min(right, high);
    if (!(to > from)) {
      outside += count;
      continue;
    }
    const density = count / (right - left);
    const first = Math.min(bins - 1, Math.max(0, Math.floor((from - low) * perUnit)));
    const last = Math.min(bins - 1, Math.max(first, Math.ceil((to - low) * perUnit) - 1));
    let placed = 0;
    for (let b = first; b < last; b++) {
      const edge = low + (b + 1) / perUnit;
      const part = density * (Math.min(edge, to) - Math.max(from, low + b / perUnit));
      out[at + b]! += part;
      placed += part;
    }
    const inside = from === left && to === right ? count : density * (to - from);
    out[at + last]! += Math.max(0, inside - placed); // the rest, so that rounding loses nothing
    outside += count - inside;
  }
  return outside;
}

/**
 * Values below which the given parts (basis points, ascending) of step `s` lie, by linear interpolation in the
 * bucket, as TensorBoard's `compress_histogram` does; 0 is the lowest value counted and 10000 the highest.
 * NaN for an empty step. Written to `out[at …]`.
 */
export function percentiles(
  series: HistogramSeries,
  s: number,
  basisPoints: readonly number[],
  out: Float64Array,
  at = 0,
): void {
  const total = totalCount(series, s);
  if (total === 0) {
    out.fill(NaN, at, at + basisPoints.length);
    return;
  }
  let k = 0;
  let below = 0;
  let lastRight = NaN;
  for (let i = series.bucketStart[s]!; i < series.bucketStart[s + 1]! && k < basisPoints.length; i++) {
    const count = usable(series, i);
    if (count === 0) continue;
    const left = series.left[i]!;
    const right = series.right[i]!;
    while (k < basisPoints.length) {
      const wanted = (basisPoints[k]! / 10000) * total;
      if (wanted >= below + count) break;
      out[at + k++] = left + (right - left) * ((wanted - below) / count);
    }
    below += count;
    lastRight = right;
  }
  while (k < basisPoints.length) out[at + k++] = lastRight;
}

/** Index (into the columns) of the bucket of step `s` that holds `value`; −1 outside all. Buckets are [left, right). */
export function bucketAt(series: HistogramSeries, s: number, value: number): number {
  const from = series.bucketStart[s]!;
  const to = series.bucketStart[s + 1]!;
  for (let i = from; i < to; i++) {
    const left = series.left[i]!;
    const right = series.right[i]!;
    if (value >= left && value < right) return i;
    if (value === right && (i === to - 1 || left === right)) return i;
  }
  return -1;
}

export type HistogramXAxis = "step" | "relative" | "wall_time";

/** Position of each histogram on the axis of steps or times, float64[n]; relative counts seconds from the first. */
export function xPositions(series: HistogramSeries, axis: HistogramXAxis): Float64Array {
  if (axis === "step") return series.step;
  if (axis === "wall_time") return series.wallTime;
  let first = Infinity;
  for (const t of series.wallTime) if (t < first) first = t;
  return series.wallTime.map((t) => t - first);
}
