/** Which lines are near a point of the plot, by pixels: one binary search per series. */

import { projectionOf, xToPx, yToPx, type Projection } from "./project.ts";
import type { Rect } from "./renderer.ts";
import { isAscending, leading, lowerBound, nearestIndex, visibleSlice, type LineSeries } from "./series.ts";

/** One series at the cursor. */
export interface Hit {
  /** Position in the chart's list of series. */
  readonly series: number;
  /** Index into the series' columns of the logged point nearest to the cursor in x. */
  readonly index: number;
  /** That point in data units (x after the offset), and on the surface. */
  readonly x: number;
  readonly value: number;
  readonly smoothed: number | null;
  readonly xPx: number;
  readonly yPx: number;
  /** Distance from the pointer to the line, CSS px. */
  readonly distancePx: number;
}

/** A line that ends further from the cursor than this is not at the cursor. */
const REACH_PX = 24;

/** The line's height at `xPx`, interpolated between the two points around it; NaN outside its ends or in a gap. */
function lineHeightAt(series: LineSeries, projection: Projection, x: number, xPx: number): number {
  if (!isAscending(series)) return NaN;
  const after = lowerBound(series, x);
  const values = leading(series);
  const end = series.start + series.count;
  if (after >= end) return NaN;
  if (series.x[after]! - series.xOffset === x) return yToPx(projection, values[after]!);
  if (after === series.start) return NaN;
  const x0 = xToPx(projection, series.x[after - 1]! - series.xOffset);
  const x1 = xToPx(projection, series.x[after]! - series.xOffset);
  const y0 = yToPx(projection, values[after - 1]!);
  const y1 = yToPx(projection, values[after]!);
  return x1 > x0 ? y0 + ((xPx - x0) / (x1 - x0)) * (y1 - y0) : y1;
}

/** The point nearest to a pixel, for lines that turn back in x; -1 without any that can be seen. */
function nearestByPixel(series: LineSeries, projection: Projection, xPx: number, yPx: number): number {
  const values = leading(series);
  let best = -1;
  let least = Infinity;
  for (let i = series.start; i < series.start + series.count; i++) {
    const dx = xToPx(projection, series.x[i]! - series.xOffset) - xPx;
    const dy = yToPx(projection, values[i]!) - yPx;
    const distance = dx * dx + dy * dy;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

/** Whether a position lies between the first and the last point of a series. */
function runsUnder(series: LineSeries, projection: Projection, xPx: number): boolean {
  const first = xToPx(projection, series.x[series.start]! - series.xOffset);
  const last = xToPx(projection, series.x[series.start + series.count - 1]! - series.xOffset);
  return xPx >= Math.min(first, last) && xPx <= Math.max(first, last);
}

/**
 * Every series that the cursor meets, nearest line first: lines that have not begun or have ended
 * there are left out, unless no line is there; superseded stretches come last. `yPx` null (a cursor that another chart moved) keeps
 * the order of the list.
 */
export function hitTest(list: readonly LineSeries[], projection: Projection, xPx: number, yPx: number | null): Hit[] {
  const { plot } = projection;
  const x = projection.x.fromUnit((xPx - plot.x) / plot.width);
  const hits: Hit[] = [];
  const beyond: Hit[] = [];
  for (let s = 0; s < list.length; s++) {
    const series = list[s]!;
    const on = projectionOf(projection, series);
    const index = yPx === null || isAscending(series) ? nearestIndex(series, x) : nearestByPixel(series, on, xPx, yPx);
    if (index < 0) continue;
    const pointX = series.x[index]! - series.xOffset;
    const value = series.y[index]!;
    const smoothed = series.smoothed ? series.smoothed[index]! : null;
    const pointXPx = xToPx(projection, pointX);
    const pointYPx = yToPx(on, smoothed ?? value);
    let distancePx = 0;
    if (yPx !== null) {
      const height = lineHeightAt(series, on, x, xPx);
      distancePx = Number.isFinite(height)
        ? Math.abs(height - yPx)
        : Math.hypot(pointXPx - xPx, Number.isFinite(pointYPx) ? pointYPx - yPx : plot.height);
    }
    const isEnd = index === series.start || index === series.start + series.count - 1;
    const isOut = isEnd && isAscending(series) && Math.abs(pointXPx - xPx) > REACH_PX && !runsUnder(series, projection, xPx);
    const hit = { series: s, index, x: pointX, value, smoothed, xPx: pointXPx, yPx: pointYPx, distancePx };
    (isOut ? beyond : hits).push(hit);
  }
  const met = hits.length > 0 ? hits : beyond;
  // what a restart replaced is met only where nothing else is
  const isFaint = (hit: Hit): number => Number(list[hit.series]!.faint ?? false);
  met.sort((a, b) => isFaint(a) - isFaint(b) || a.distancePx - b.distancePx);
  return met;
}

/** The groups (runs) of lines that pass through a rectangle of the surface, in the order of the list. */
export function groupsThrough(list: readonly LineSeries[], projection: Projection, rect: Rect): string[] {
  const found = new Set<string>();
  for (const series of list) {
    if (!found.has(series.group) && passesThrough(series, projection, rect)) found.add(series.group);
  }
  return [...found];
}

function passesThrough(series: LineSeries, projection: Projection, { x, y, width, height }: Rect): boolean {
  const on = projectionOf(projection, series);
  const unit = (px: number): number => projection.x.fromUnit((px - projection.plot.x) / projection.plot.width);
  const [from, to] = visibleSlice(series, { low: unit(x), high: unit(x + width) });
  const values = leading(series);
  let [x0, y0] = [NaN, NaN];
  for (let i = from; i < to; i++) {
    const x1 = xToPx(on, series.x[i]! - series.xOffset);
    const y1 = yToPx(on, values[i]!);
    if (x1 >= x && x1 <= x + width && y1 >= y && y1 <= y + height) return true;
    // the stretch between two points, cut at the sides of the rectangle
    if (x1 > x0 && x1 >= x && x0 <= x + width) {
      const at = (px: number): number => y0 + ((Math.min(Math.max(px, x0), x1) - x0) / (x1 - x0)) * (y1 - y0);
      const [a, b] = [at(x), at(x + width)];
      if (Math.min(a, b) <= y + height && Math.max(a, b) >= y) return true;
    }
    [x0, y0] = [x1, y1];
  }
  return false;
}
