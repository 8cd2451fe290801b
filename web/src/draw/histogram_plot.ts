/** What every view of histograms has in common: its input, its output, and how the axis of steps or times is made. */

import type { AxisLayout, AxisUnit } from "./axis";
import type { ChartTheme } from "./chart_theme";
import { type HistogramSeries, type HistogramXAxis, xPositions } from "./histogram_series";
import type { Renderer } from "./renderer";
import { makeScale, padDomain, type Scale } from "./scale";

export interface PlotInput {
  readonly series: HistogramSeries;
  readonly size: { readonly widthPx: number; readonly heightPx: number };
  readonly pixelRatio: number;
  readonly xAxis: HistogramXAxis;
  /** The run's colour, `#rrggbb`. */
  readonly color: string;
  readonly theme: ChartTheme;
  /** Width of a tick label in CSS px. */
  readonly measure: (text: string) => number;
}

/** What lies under the pointer. */
export interface HistogramPick {
  /** Index of the histogram in the series. */
  readonly index: number;
  /** Value at the pointer, in data units. */
  readonly value: number;
}

/** One view of one series at one size, ready to be drawn and asked. */
export interface HistogramPlot {
  /** `context` takes what a renderer cannot say (pixels); null where there is none, as in tests. */
  draw(renderer: Renderer, context: CanvasRenderingContext2D | null): void;
  /** Position in CSS px; null outside the plot and where there is nothing. */
  pick(x: number, y: number): HistogramPick | null;
  /** What follows the pointer or the keyboard. */
  drawCursor(renderer: Renderer, pick: HistogramPick): void;
  /** How many of the histograms are drawn. */
  readonly drawn: number;
  /** How many of them have peaks that are cut because they tower above everything else. */
  readonly cut: number;
}

export const AXIS_UNITS: Readonly<Record<HistogramXAxis, AxisUnit>> = {
  step: "step",
  relative: "duration",
  wall_time: "time",
};

/** Positions of the histograms and a scale that holds them all. */
export function makePositions(series: HistogramSeries, axis: HistogramXAxis): { positions: Float64Array; scale: Scale } {
  const positions = xPositions(series, axis);
  let low = Infinity;
  let high = -Infinity;
  for (const at of positions) {
    if (at < low) low = at;
    if (at > high) high = at;
  }
  const domain = padDomain("linear", low <= high ? low : NaN, high, 0);
  return { positions, scale: makeScale("linear", domain.low, domain.high) };
}

/** The layout of a lone histogram: ticks beside its own would only be about the room around it. */
export function withOwnTick(layout: AxisLayout, positions: Float64Array): AxisLayout {
  if (positions.length !== 1) return layout;
  return { ...layout, xTicks: layout.xTicks.filter((tick) => tick.value === positions[0]) };
}

/** Index of the position nearest to `at`; the later of two equally near ones. −1 for none. */
export function nearestPosition(positions: Float64Array, at: number): number {
  let best = -1;
  let distance = Infinity;
  for (let i = 0; i < positions.length; i++) {
    const apart = Math.abs(positions[i]! - at);
    if (apart <= distance) {
      distance = apart;
      best = i;
    }
  }
  return best;
}

/** At most `most` of `count` indices, evenly spread, the first and the last included. */
export function spreadIndices(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  if (most < 2) return count > 0 ? [count - 1] : [];
  return Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / (most - 1)));
}
