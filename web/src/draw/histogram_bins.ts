/** The buckets of one histogram as they were logged: bars as wide as the bucket whose area is the count. */

import type { HistogramSeries } from "./histogram_series";
import type { Renderer } from "./renderer";
import type { Scale } from "./scale";

export interface BinsStyle {
  readonly color: string;
  readonly alpha: number;
  /** Of the bucket under the pointer. */
  readonly highlight: string;
}

/**
 * Draws the buckets of step `s` standing on `baseY`. `toPx` places a value; a bar's height is count / width of the
 * bucket × `pxPerDensity`, at most `maxPx`. A bucket of no width is a line of `maxPx`.
 */
export function drawBins(
  renderer: Renderer,
  series: HistogramSeries,
  s: number,
  toPx: (value: number) => number,
  baseY: number,
  pxPerDensity: number,
  maxPx: number,
  highlighted: number,
  style: BinsStyle,
): void {
  for (let i = series.bucketStart[s]!; i < series.bucketStart[s + 1]!; i++) {
    const count = series.count[i]!;
    if (!(count > 0)) continue;
    const left = series.left[i]!;
    const right = series.right[i]!;
    const x1 = toPx(left);
    const x2 = toPx(right);
    const height = right > left ? Math.min(maxPx, (count / (right - left)) * pxPerDensity) : maxPx;
    const lit = i === highlighted;
    // bars of neighbouring buckets keep a gap where they are wide enough to have one
    const gap = x2 - x1 > 4 ? 0.5 : 0;
    const rect = { x: x1 + gap, y: baseY - height, width: Math.max(1, x2 - x1 - 2 * gap), height };
    renderer.rect(rect, { color: lit ? style.highlight : style.color, alpha: lit ? 0.9 : style.alpha }, null);
  }
}

/** The highest density (count per unit of value) among the buckets of step `s`; 0 if none has a width. */
export function highestDensity(series: HistogramSeries, s: number): number {
  let highest = 0;
  for (let i = series.bucketStart[s]!; i < series.bucketStart[s + 1]!; i++) {
    const width = series.right[i]! - series.left[i]!;
    if (width > 0 && series.count[i]! / width > highest) highest = series.count[i]! / width;
  }
  return highest;
}

/** One histogram alone in a box of `widthPx` × `heightPx`, over [low, high]: the small picture of a tooltip. */
export function drawHistogram(
  renderer: Renderer,
  series: HistogramSeries,
  s: number,
  scale: Scale,
  box: { widthPx: number; heightPx: number },
  highlighted: number,
  style: BinsStyle,
): void {
  const baseY = box.heightPx - 1;
  const highest = highestDensity(series, s);
  const toPx = (value: number): number => scale.toUnit(value) * box.widthPx;
  drawBins(renderer, series, s, toPx, baseY, highest > 0 ? (baseY - 2) / highest : 0, baseY - 2, highlighted, style);
}
