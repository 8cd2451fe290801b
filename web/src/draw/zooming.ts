/** What a gesture or a key makes of a chart's view. All y axes move together; a fitted axis stays fitted. */

import type { Box } from "./gestures.ts";
import type { Projection } from "./project.ts";
import type { Range, Scale } from "./scale.ts";
import { panBy, zoomAt, zoomTo, type Viewport } from "./viewport.ts";

/** The y axes after each was changed in the same way; null if one of them would have no extent left. */
function changeY(projection: Projection, change: (scale: Scale) => Range | null): Pick<Viewport, "y" | "y2"> | null {
  const y = change(projection.y);
  const y2 = projection.y2 ? change(projection.y2) : null;
  return y && (y2 || !projection.y2) ? { y, y2 } : null;
}

/** The part that a box encloses; null if it is too small to show. */
export function zoomToBox(viewport: Viewport, projection: Projection, box: Box): Viewport | null {
  const { x, plot } = projection;
  const unitX = (px: number): number => (px - plot.x) / plot.width;
  const unitY = (px: number): number => 1 - (px - plot.y) / plot.height;
  const nextX = box.axes === "y" ? viewport.x : zoomTo(x, unitX(box.fromX), unitX(box.toX));
  if (box.axes !== "y" && !nextX) return null;
  const nextY = box.axes === "x" ? viewport : changeY(projection, (scale) => zoomTo(scale, unitY(box.fromY), unitY(box.toY)));
  return nextY && { x: nextX, y: nextY.y, y2: nextY.y2 ?? null };
}

/** Closer (factor > 1) around a position in 0..1 of both axes; null at the limit of what can be told apart. */
export function zoomAround(viewport: Viewport, projection: Projection, unitX: number, unitY: number, factor: number): Viewport | null {
  const x = zoomAt(projection.x, unitX, factor);
  // a fitted y axis stays fitted to what is in view
  const y = viewport.y ? changeY(projection, (scale) => zoomAt(scale, unitY, factor)) : viewport;
  return x && y && { x, y: y.y, y2: y.y2 ?? null };
}

/** Moved by shares of the plot: 0.5 shows what lies half a width (height) further up the axis. */
export function panView(viewport: Viewport, projection: Projection, shareX: number, shareY: number): Viewport | null {
  const x = panBy(projection.x, shareX);
  const y = viewport.y ? changeY(projection, (scale) => panBy(scale, shareY)) : viewport;
  return x && y && { x, y: y.y, y2: y.y2 ?? null };
}

/** A view that its owner gives back: without a word on the right axis, that one stays while the others do. */
export function adoptViewport(before: Viewport, next: Viewport): Viewport {
  if (next.y2 !== undefined || !before.y2) return next;
  const same = (a: Range | null, b: Range | null): boolean => a?.low === b?.low && a?.high === b?.high;
  return same(before.x, next.x) && same(before.y, next.y) ? before : next;
}
