/**
 * From data to pixels: a series' slice becomes at most four vertices per device-pixel column (first,
 * minimum, maximum, last), which paints the same pixels as all points would, at a cost that no
 * longer depends on how many points there are.
 */

import type { Rect, Strip, Vertices } from "./renderer.ts";
import type { Scale } from "./scale.ts";
import { isAscending, visibleSlice, type LineSeries, type Values } from "./series.ts";

export interface Projection {
  readonly x: Scale;
  readonly y: Scale;
  /** The right axis'; null or absent if there is none. */
  readonly y2?: Scale | null;
  readonly plot: Rect;
  /** Device pixels per CSS pixel. */
  readonly pixelRatio: number;
}

/** The projection with the axis of a series' values as `y`. */
export function projectionOf(projection: Projection, series: LineSeries): Projection {
  return series.yAxis === 1 && projection.y2 ? { ...projection, y: projection.y2 } : projection;
}

export function xToPx({ x, plot }: Projection, value: number): number {
  return plot.x + x.toUnit(value) * plot.width;
}

export function yToPx({ y, plot }: Projection, value: number): number {
  return plot.y + (1 - y.toUnit(value)) * plot.height;
}

/** Far outside, but where 32-bit path arithmetic is still exact to a fraction of a pixel. */
export const FAR_PX = 8192;
/** How far beyond the plot the first vertex outside is put (its y interpolated). */
export const MARGIN_PX = 64;

export interface Scratch extends Strip {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly y2: Float32Array;
}

export function makeScratch(capacity: number): Scratch {
  return { x: new Float32Array(capacity), y: new Float32Array(capacity), y2: new Float32Array(capacity), count: 0 };
}

// Drawing is synchronous and back-ends copy, so all charts share these.
let line = makeScratch(1024);
let dots = makeScratch(64);

export function atLeast(scratch: Scratch, capacity: number): Scratch {
  return scratch.x.length >= capacity ? scratch : makeScratch(2 ** Math.ceil(Math.log2(capacity)));
}

/** The same with what it holds. */
function atLeastKeeping(scratch: Scratch, capacity: number): Scratch {
  if (scratch.x.length >= capacity) return scratch;
  const larger = makeScratch(2 * capacity);
  larger.x.set(scratch.x);
  larger.y.set(scratch.y);
  return larger;
}

export interface ProjectedLine {
  readonly vertices: Vertices;
  /** Points without a finite neighbour on either side: no stroke would show them. */
  readonly isolated: Vertices;
  /** Points of the slice that were in view, before reduction. */
  readonly points: number;
}

export interface Factors {
  readonly ax: number;
  readonly bx: number;
  readonly ay: number;
  readonly by: number;
  readonly warpX: ((v: number) => number) | null;
  readonly warpY: ((v: number) => number) | null;
}

/** px = a * warp(value) + b; a null warp is the identity, so that the common case costs one multiplication. */
export function factors({ x, y, plot }: Projection, xOffset: number): Factors {
  const ax = plot.width / (x.warpedHigh - x.warpedLow);
  const ay = -plot.height / (y.warpedHigh - y.warpedLow);
  return {
    ax,
    bx: plot.x - ax * x.warpedLow - (x.kind === "linear" ? ax * xOffset : 0),
    ay,
    by: plot.y + plot.height - ay * y.warpedLow,
    warpX: x.kind === "linear" ? null : (value) => x.warp(value - xOffset),
    warpY: y.kind === "linear" ? null : y.warp,
  };
}

/**
 * Vertices of one line. NaN, ±Inf and what the scale cannot show break it. The result is valid until
 * the next call.
 */
export function projectLine(series: LineSeries, values: Values, projection: Projection): ProjectedLine {
  const { plot, pixelRatio } = projection;
  const [from, to] = visibleSlice(series, projection.x);
  const { ax, bx, ay, by, warpX, warpY } = factors(projection, series.xOffset);
  const xs = series.x;
  line = atLeast(line, to - from + 4);
  dots = atLeast(dots, 64);
  const outX = line.x;
  const outY = line.y;
  const top = plot.y - FAR_PX;
  const bottom = plot.y + plot.height + FAR_PX;
  const left = plot.x - MARGIN_PX;
  const right = plot.x + plot.width + MARGIN_PX;
  const turns = !isAscending(series);
  // No function inside this one: what two functions share lives on the heap, each number of it in a box of its own.
  let n = 0;
  let isolatedCount = 0;
  let runStart = -1; // index in the output where the current unbroken run began
  let runPoints = 0;
  let column = NaN;
  let columnPoints = 0;
  let minY = 0;
  let maxY = 0;
  let minFirst = true; // whether the minimum came before the maximum
  let minX = 0;
  let maxX = 0;
  let lastX = 0;
  let lastY = 0;
  let firstY = 0;

  for (let i = from; i <= to; i++) {
    let px = NaN;
    let py = NaN;
    if (i < to) {
      const value = values[i]!;
      px = ax * (warpX ? warpX(xs[i]!) : xs[i]!) + bx;
      py = ay * (warpY ? warpY(value) : value) + by;
    }
    // x - x is 0 for finite numbers only; behind the last point the line ends as at a break
    const isBreak = py - py !== 0 || px - px !== 0;
    if (!isBreak) {
      if (turns) {
        // such a line may come back at any point: it is left whole
        px = Math.min(Math.max(px, left - FAR_PX), right + FAR_PX);
      } else if (px < left && i + 1 < to) {
        const nx = ax * (warpX ? warpX(xs[i + 1]!) : xs[i + 1]!) + bx;
        const ny = ay * (warpY ? warpY(values[i + 1]!) : values[i + 1]!) + by;
        if (nx > left && ny - ny === 0) {
          py += ((left - px) / (nx - px)) * (ny - py);
          px = left;
        }
      } else if (px > right && runPoints > 0 && lastX < right) {
        py = lastY + ((right - lastX) / (px - lastX)) * (py - lastY);
        px = right;
      }
      if (py < top) py = top;
      else if (py > bottom) py = bottom;
      if (Math.floor(px * pixelRatio) === column) {
        columnPoints++;
        runPoints++;
        if (py < minY) {
          minY = py;
          minX = px;
          minFirst = false;
        } else if (py > maxY) {
          maxY = py;
          maxX = px;
          minFirst = true;
        }
        lastX = px;
        lastY = py;
        continue;
      }
    }
    // the column is left: its extremes in their order, and its last point
    if (columnPoints > 1) {
      const aY = minFirst ? minY : maxY;
      const bY = minFirst ? maxY : minY;
      if (aY !== firstY && aY !== lastY) {
        outX[n] = minFirst ? minX : maxX;
        outY[n++] = aY;
      }
      if (bY !== aY && bY !== firstY && bY !== lastY) {
        outX[n] = minFirst ? maxX : minX;
        outY[n++] = bY;
      }
      outX[n] = lastX;
      outY[n++] = lastY;
    }
    if (isBreak) {
      if (runPoints === 1) {
        dots = atLeastKeeping(dots, isolatedCount + 1);
        dots.x[isolatedCount] = outX[runStart]!;
        dots.y[isolatedCount++] = outY[runStart]!;
      }
      if (runPoints > 0 && i < to) {
        outX[n] = px;
        outY[n++] = NaN;
      }
      runPoints = columnPoints = 0;
      column = NaN;
      continue;
    }
    if (runPoints === 0) runStart = n;
    column = Math.floor(px * pixelRatio);
    columnPoints = 1;
    firstY = minY = maxY = lastY = py;
    minX = maxX = lastX = px;
    minFirst = true;
    outX[n] = px;
    outY[n++] = py;
    runPoints++;
  }
  line.count = n;
  dots.count = isolatedCount;
  return { vertices: line, isolated: dots, points: to - from };
}
