/** For plugins, which may not import the chart core itself. */

export { makeCursorLink } from "../draw/cursor_link.ts";
export { countNonPositive } from "../draw/series.ts";
