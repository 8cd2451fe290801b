/**
 * Scales: data values to 0..1 and back. A scale is a warp (identity, logarithm, symmetric
 * logarithm) followed by a linear map, so an inner loop can keep the two factors in registers, and a
 * bitmap drawn for one domain can be re-projected to another by scaling it.
 */

export type ScaleKind = "linear" | "log" | "symlog";

export interface Scale {
  readonly kind: ScaleKind;
  /** Domain ends in data units, low < high; low > 0 on a log scale. */
  readonly low: number;
  readonly high: number;
  /** Up to this magnitude a symlog scale is about linear, and [-linear, linear] has less than a decade's room; 1 on others. */
  readonly linear: number;
  /** Data value to the space in which the scale is linear; -Infinity or NaN where it has no place. */
  readonly warp: (value: number) => number;
  readonly unwarp: (warped: number) => number;
  /** warp(low) and warp(high). */
  readonly warpedLow: number;
  readonly warpedHigh: number;
  /** Data value to 0 (low) .. 1 (high), beyond for values outside. */
  toUnit(value: number): number;
  fromUnit(unit: number): number;
}

interface Warp {
  readonly warp: (value: number) => number;
  readonly unwarp: (warped: number) => number;
}

const identity = (value: number): number => value;
const LINEAR: Warp = { warp: identity, unwarp: identity };
const LOG: Warp = { warp: (value) => (value > 0 ? Math.log10(value) : -Infinity), unwarp: (warped) => 10 ** warped };

/** sign(v) · log10(1 + |v| / linear), also where the quotient overflows. */
function symlog(linear: number): Warp {
  const shift = Math.log10(linear);
  return {
    warp(value) {
      const size = Math.abs(value);
      const ratio = size / linear;
      return Math.sign(value) * (ratio < 1e300 ? Math.log1p(ratio) * Math.LOG10E : Math.log10(size) - shift);
    },
    unwarp: (warped) => Math.sign(warped) * linear * Math.expm1(Math.abs(warped) * Math.LN10),
  };
}

/** Throws RangeError for a domain that has no extent or, on a log scale, is not positive. `linear` is for symlog only. */
export function makeScale(kind: ScaleKind, low: number, high: number, linear = 1): Scale {
  if (!(low < high) || !Number.isFinite(low) || !Number.isFinite(high) || (kind === "log" && low <= 0)) {
    throw new RangeError(`no ${kind} scale from ${low} to ${high}`);
  }
  const { warp, unwarp } = kind === "linear" ? LINEAR : kind === "log" ? LOG : symlog(linear);
  const warpedLow = warp(low);
  const warpedHigh = warp(high);
  const extent = warpedHigh - warpedLow;
  return {
    kind,
    low,
    high,
    linear: kind === "symlog" ? linear : 1,
    warp,
    unwarp,
    warpedLow,
    warpedHigh,
    toUnit: (value) => (warp(value) - warpedLow) / extent,
    fromUnit: (unit) => unwarp(warpedLow + unit * extent),
  };
}

/** Ends of a domain, low < high. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/**
 * A domain that shows values from `low` to `high` with a margin (a share of the extent) on both
 * sides. A single value gets ±5 % of itself, or ±1 around zero; a margin alone never crosses zero,
 * so that a loss does not seem to go negative. NaN ends (no data) give 0..1.
 */
export function padDomain(kind: ScaleKind, low: number, high: number, margin: number): Range {
  if (!(low <= high) || !Number.isFinite(low) || !Number.isFinite(high)) return kind === "log" ? { low: 0.1, high: 1 } : { low: 0, high: 1 };
  if (kind === "log") {
    if (low === high) return { low: Math.max(low / 2, Number.MIN_VALUE), high: Math.min(high * 2, Number.MAX_VALUE) };
    const share = (high / low) ** margin;
    const padded = { low: low / share, high: high * share };
    return padded.low > 0 && Number.isFinite(padded.high) ? padded : { low, high };
  }
  if (low === high) {
    const half = low === 0 ? 1 : Math.abs(low) * 0.05;
    // at 1e300 ± 5 % is fine, at 5e-324 it is nothing
    return half > 0 && low - half < low + half ? { low: low - half, high: low + half } : { low: low - 1, high: low + 1 };
  }
  // an extent that overflows float64 could not be computed with: show its middle half
  if (!Number.isFinite((high - low) * (1 + 2 * margin))) return { low: Math.max(low, -4e307), high: Math.min(high, 4e307) };
  const pad = (high - low) * margin;
  const below = low - pad;
  const above = high + pad;
  return { low: low >= 0 && below < 0 ? 0 : below, high: high <= 0 && above > 0 ? 0 : above };
}
