/** For plugins, which may not import the chart core itself. */

export { makeCursorLink } from "../draw/cursor_link.ts";
export { DENSITY_LINES } from "../draw/line_picture.ts";
export { countNonPositive, countNonPositiveX, isSameDash } from "../draw/series.ts";
export { watchSight } from "../draw/sight.ts";
export { makeViewportLink } from "../draw/viewport_link.ts";
