/** One cursor for all charts with the same x axis. */

import type { XAxis } from "../../api/types.ts";
import { makeCursorLink } from "../../charts/cursor.ts";
import type { CursorLink } from "../../charts/line_types.ts";

const links: Readonly<Record<XAxis, CursorLink>> = {
  step: makeCursorLink(),
  relative: makeCursorLink(),
  wall_time: makeCursorLink(),
  active: makeCursorLink(),
  relative_step: makeCursorLink(),
  tag: makeCursorLink(),
};

export function cursorOf(axis: XAxis): CursorLink {
  return links[axis];
}
