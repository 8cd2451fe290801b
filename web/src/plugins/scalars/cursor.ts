/** One cursor, and while zoom is linked one window, for all charts with the same x axis. */

import type { XAxis } from "../../api/types.ts";
import { makeCursorLink, makeViewportLink } from "../../charts/core.ts";
import type { CursorLink, ViewportLink } from "../../charts/line_types.ts";

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

const windows = new Map<XAxis, ViewportLink>();

export function viewLinkOf(axis: XAxis): ViewportLink {
  let link = windows.get(axis);
  if (!link) windows.set(axis, (link = makeViewportLink()));
  return link;
}
