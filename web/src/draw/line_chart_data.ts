/** What a line chart is given to draw. Everything optional is off when it is left out. */

import type { AxisUnit } from "./axis.ts";
import type { ChartTheme } from "./chart_theme.ts";
import type { ScaleKind } from "./scale.ts";
import type { LineSeries } from "./series.ts";
import type { Viewport } from "./viewport.ts";

/** Typed limits of an axis; a null end follows the data. */
export interface AxisLimits {
  readonly low: number | null;
  readonly high: number | null;
}

/** A zoomed viewport goes over these, and these over what the data would fit to. */
export interface Limits {
  readonly x?: AxisLimits | null;
  readonly y?: AxisLimits | null;
  readonly y2?: AxisLimits | null;
}

/** A rule across the plot: a target (axis y) or an event (axis x). */
export interface ReferenceLine {
  readonly axis: "x" | "y" | "y2";
  /** Data units of the axis; of x as drawn, after any series' offset. */
  readonly at: number;
  readonly label: string;
  /** Hex colour; without one that of quiet text. */
  readonly color?: string;
}

/** One chosen x, or the two ends of a chosen range (in any order), in units of the x axis. */
export interface StepCursor {
  readonly at: number;
  readonly to: number | null;
}

/**
 * "show" fits the y axes to all values in view. "ignore" leaves out what lies far from the middle 90 % of them;
 * what is then outside is marked at the plot's edge and counted (`Frame.clipped`).
 */
export type Outliers = "show" | "ignore";

export interface LineChartData {
  readonly series: readonly LineSeries[];
  readonly xUnit: AxisUnit;
  readonly xKind: ScaleKind;
  readonly yKind: ScaleKind;
  /** The right axis', linear if left out. There is one when a series asks for it (`yAxis: 1`). */
  readonly y2Kind?: ScaleKind;
  readonly viewport: Viewport;
  readonly limits?: Limits;
  /** Fitted y axes reach to zero (not on a log scale). */
  readonly includeZero?: boolean;
  readonly outliers?: Outliers;
  readonly lines?: readonly ReferenceLine[];
  /** "last" writes each line's last value beside its end. */
  readonly labels?: "last" | "none";
  readonly stepCursor?: StepCursor | null;
  /** Names of the y axes, written above them; of use where there are two. */
  readonly axisNames?: { readonly y: string; readonly y2: string };
  /** Counts per pixel instead of lines; tinted with the mean hue of the lines there, where their colours stand for groups. */
  readonly density?: boolean | "tinted";
  /** The group (run) to raise over all others; null for none. */
  readonly highlighted: string | null;
  readonly theme: ChartTheme;
}
