/** The chart core's types that plugins speak: they may not import the core itself. */

export type { CursorLink } from "../draw/cursor_link.ts";
export type { Hit } from "../draw/hit_test.ts";
export type { AxisLimits, Limits, Outliers, ReferenceLine, StepCursor } from "../draw/line_chart_data.ts";
export type { Reading } from "../draw/line_chart.ts";
export type { ScaleKind } from "../draw/scale.ts";
export type { LineSeries } from "../draw/series.ts";
export type { Viewport } from "../draw/viewport.ts";
export type { ViewportLink } from "../draw/viewport_link.ts";
