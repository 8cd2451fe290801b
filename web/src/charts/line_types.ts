/** The chart core's types that plugins speak: they may not import the core itself. */

export type { CursorLink } from "../draw/cursor_link.ts";
export type { Hit } from "../draw/hit_test.ts";
export type { Reading } from "../draw/line_chart.ts";
export type { LineSeries } from "../draw/series.ts";
export type { Viewport } from "../draw/viewport.ts";
