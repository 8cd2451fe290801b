/**
 * What part of the data a chart shows, and the arithmetic of zooming and panning. A null axis is
 * fitted to the data, and stays fitted while data arrive; a set one never moves by itself.
 */

import { makeScale, type Range, type Scale } from "./scale.ts";

export interface Viewport {
  readonly x: Range | null;
  readonly y: Range | null;
  /** The right y axis, where there is one. */
  readonly y2?: Range | null;
}

/** Everything fitted. */
export const FITTED: Viewport = { x: null, y: null };

export function isFitted(viewport: Viewport): boolean {
  return viewport.x === null && viewport.y === null && !viewport.y2;
}

/** The smallest extent worth showing relative to the values' size: below it float64 has no more digits. */
const SMALLEST_SHARE = 1e-12;

function usable(scale: Scale, range: Range): Range | null {
  const { low, high } = range;
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (!Number.isFinite(low) || !Number.isFinite(high) || !(high - low > size * SMALLEST_SHARE)) return null;
  if (scale.kind === "log" && low <= 0) return null;
  return range;
}

/** The part of `scale` between two positions in 0..1; null if that is too narrow to show. */
export function zoomTo(scale: Scale, fromUnit: number, toUnit: number): Range | null {
  const low = scale.fromUnit(Math.min(fromUnit, toUnit));
  const high = scale.fromUnit(Math.max(fromUnit, toUnit));
  return usable(scale, { low, high });
}

/** Zooms by `factor` (> 1 is closer) around a position in 0..1, which keeps its place. */
export function zoomAt(scale: Scale, unit: number, factor: number): Range | null {
  return zoomTo(scale, unit - unit / factor, unit + (1 - unit) / factor);
}

/** Moves the view by a share of its width: 0.5 shows what lies half a width further up the axis. */
export function panBy(scale: Scale, share: number): Range | null {
  return zoomTo(scale, share, 1 + share);
}

/** The two ends as a scale of the same kind. */
export function rescale(scale: Scale, range: Range): Scale {
  return makeScale(scale.kind, range.low, range.high, scale.linear);
}

/** True if `outer` shows all of `inner`. */
export function covers(outer: Range, inner: Range): boolean {
  return outer.low <= inner.low && outer.high >= inner.high;
}

/** The range widened by a share of its extent on both sides (linear: used for what to ask the server). */
export function widen(range: Range, share: number): Range {
  const extra = (range.high - range.low) * share;
  return { low: range.low - extra, high: range.high + extra };
}
