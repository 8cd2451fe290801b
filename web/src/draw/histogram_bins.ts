/** The buckets of one histogram as they were logged: bars as wide as the bucket, whose area is the count. */

import type { HistogramSeries } from "./histogram_series";
import type { Renderer } from "./renderer";
import type { Scale } from "./scale";

export interface BinsStyle {
  readonly color: string;
  readonly alpha: number;
  /** Of the bar under the pointer. */
  readonly highlight: string;
}

/** One bucket, or several that share a pixel. Edges in CSS px. */
export interface Bar {
  x1: number;
  x2: number;
  count: number;
  /** Buckets [from, to) of the columns. */
  from: number;
  to: number;
}

/** Bars at least a pixel wide: buckets that are narrower are joined with the next, their counts added. */
export function makeBars(series: HistogramSeries, s: number, toPx: (value: number) => number): Bar[] {
  const bars: Bar[] = [];
  let bar: Bar | null = null;
  for (let i = series.bucketStart[s]!; i < series.bucketStart[s + 1]!; i++) {
    const x1 = toPx(series.left[i]!);
    const x2 = toPx(series.right[i]!);
    const count = Math.max(0, series.count[i]!);
    if (bar && bar.x2 - bar.x1 < 1 && x2 - bar.x1 < 2) {
      bar.x2 = Math.max(bar.x2, x2);
      bar.count += count;
      bar.to = i + 1;
    } else {
      bar = { x1, x2, count, from: i, to: i + 1 };
      bars.push(bar);
    }
  }
  for (const each of bars) each.x2 = Math.max(each.x2, each.x1 + 1);
  return bars;
}

/**
 * Draws bars standing on `baseY`; a bar's height is its count per CSS px of width × `pxPerDensity`, at most `maxPx`.
 * `highlighted` is a bucket's index.
 */
export function drawBars(
  renderer: Renderer,
  bars: readonly Bar[],
  baseY: number,
  pxPerDensity: number,
  maxPx: number,
  highlighted: number,
  style: BinsStyle,
): void {
  for (const { x1, x2, count, from, to } of bars) {
    if (!(count > 0)) continue;
    const height = Math.min(maxPx, (count / (x2 - x1)) * pxPerDensity);
    const lit = highlighted >= from && highlighted < to;
    // bars keep a gap where they are wide enough to have one
    const gap = x2 - x1 > 4 ? 0.5 : 0;
    const rect = { x: x1 + gap, y: baseY - height, width: x2 - x1 - 2 * gap, height };
    renderer.rect(rect, { color: lit ? style.highlight : style.color, alpha: lit ? 0.9 : style.alpha }, null);
  }
}

/** One histogram alone in a box of `widthPx` × `heightPx`, over the scale: the small picture of a tooltip. */
export function drawHistogram(
  renderer: Renderer,
  series: HistogramSeries,
  s: number,
  scale: Scale,
  box: { widthPx: number; heightPx: number },
  highlighted: number,
  style: BinsStyle,
): void {
  const bars = makeBars(series, s, (value) => scale.toUnit(value) * box.widthPx);
  const highest = bars.reduce((most, { x1, x2, count }) => Math.max(most, count / (x2 - x1)), 0);
  const room = box.heightPx - 3;
  drawBars(renderer, bars, box.heightPx - 1, highest > 0 ? room / highest : 0, room, highlighted, style);
}
