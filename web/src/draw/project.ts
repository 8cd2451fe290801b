/**
 * From data to pixels: a series' slice becomes at most four vertices per device-pixel column (first,
 * minimum, maximum, last), which paints the same pixels as all points would, at a cost that no
 * longer depends on how many points there are.
 */

import type { Rect, Strip, Vertices } from "./renderer.ts";
import type { Scale } from "./scale.ts";
import { factsOf, visibleSlice, type Band, type LineSeries, type Values } from "./series.ts";

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
const FAR_PX = 8192;
/** How far beyond the plot the first vertex outside is put (its y interpolated). */
const MARGIN_PX = 64;

interface Scratch extends Strip {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly y2: Float32Array;
}

function makeScratch(capacity: number): Scratch {
  return { x: new Float32Array(capacity), y: new Float32Array(capacity), y2: new Float32Array(capacity), count: 0 };
}

// Drawing is synchronous and back-ends copy, so all charts share these.
let line = makeScratch(1024);
let dots = makeScratch(64);

function atLeast(scratch: Scratch, capacity: number): Scratch {
  return scratch.x.length >= capacity ? scratch : makeScratch(2 ** Math.ceil(Math.log2(capacity)));
}

export interface ProjectedLine {
  readonly vertices: Vertices;
  /** Points without a finite neighbour on either side: no stroke would show them. */
  readonly isolated: Vertices;
  /** Points of the slice that were in view, before reduction. */
  readonly points: number;
}

interface Factors {
  readonly ax: number;
  readonly bx: number;
  readonly ay: number;
  readonly by: number;
  readonly warpX: ((v: number) => number) | null;
  readonly warpY: ((v: number) => number) | null;
}

/** px = a * warp(value) + b; a null warp is the identity, so that the common case costs one multiplication. */
function factors({ x, y, plot }: Projection, xOffset: number): Factors {
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
  let n = 0;
  let isolatedCount = 0;
  let runStart = -1; // index in the output where the current unbroken run began
  let runPoints = 0;
  let column = NaN;
  let minY = 0;
  let maxY = 0;
  let minFirst = true; // whether the minimum came before the maximum
  let minX = 0;
  let maxX = 0;
  let lastX = 0;
  let lastY = 0;
  let firstY = 0;
  let columnPoints = 0;

  const flush = (): void => {
    if (columnPoints < 2) return;
    const aX = minFirst ? minX : maxX;
    const aY = minFirst ? minY : maxY;
    const bX = minFirst ? maxX : minX;
    const bY = minFirst ? maxY : minY;
    if (aY !== firstY && aY !== lastY) {
      outX[n] = aX;
      outY[n++] = aY;
    }
    if (bY !== aY && bY !== firstY && bY !== lastY) {
      outX[n] = bX;
      outY[n++] = bY;
    }
    outX[n] = lastX;
    outY[n++] = lastY;
  };

  const breakLine = (): void => {
    flush();
    if (runPoints === 1) {
      if (isolatedCount === dots.x.length) {
        const larger = makeScratch(isolatedCount * 2);
        larger.x.set(dots.x);
        larger.y.set(dots.y);
        dots = larger;
      }
      dots.x[isolatedCount] = outX[runStart]!;
      dots.y[isolatedCount++] = outY[runStart]!;
    }
    runStart = -1;
    runPoints = 0;
    columnPoints = 0;
    column = NaN;
  };

  for (let i = from; i < to; i++) {
    const value = values[i]!;
    let px = ax * (warpX ? warpX(xs[i]!) : xs[i]!) + bx;
    let py = ay * (warpY ? warpY(value) : value) + by;
    // x - x is 0 for finite numbers only
    if (py - py !== 0 || px - px !== 0) {
      if (runPoints > 0) {
        breakLine();
        outX[n] = px;
        outY[n++] = NaN;
      }
      continue;
    }
    if (px < left && i + 1 < to) {
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
    const c = Math.floor(px * pixelRatio);
    if (c !== column) {
      flush();
      column = c;
      columnPoints = 1;
      firstY = minY = maxY = py;
      minX = maxX = px;
      minFirst = true;
      if (runPoints === 0) runStart = n;
      outX[n] = px;
      outY[n++] = py;
    } else {
      columnPoints++;
      if (py < minY) {
        minY = py;
        minX = px;
        minFirst = false;
      } else if (py > maxY) {
        maxY = py;
        maxX = px;
        minFirst = true;
      }
    }
    runPoints++;
    lastX = px;
    lastY = py;
  }
  breakLine();
  line.count = n;
  dots.count = isolatedCount;
  return { vertices: line, isolated: dots, points: to - from };
}

/**
 * The strip between minimum and maximum of each device-pixel column, at least one device pixel
 * high. The result is valid until the next call.
 */
export function projectEnvelope(series: LineSeries, values: Values, projection: Projection): Strip {
  const { plot, pixelRatio } = projection;
  const [from, to] = visibleSlice(series, projection.x);
  const { ax, bx, ay, by, warpX, warpY } = factors(projection, series.xOffset);
  const xs = series.x;
  line = atLeast(line, 2 * (to - from) + 4);
  const { x: outX, y: outHigh, y2: outLow } = line;
  const top = plot.y - FAR_PX;
  const bottom = plot.y + plot.height + FAR_PX;
  const leftColumn = Math.floor((plot.x - MARGIN_PX) * pixelRatio);
  const rightColumn = Math.ceil((plot.x + plot.width + MARGIN_PX) * pixelRatio);
  const half = 0.5 / pixelRatio;
  let n = -1;
  let column = NaN;
  for (let i = from; i < to; i++) {
    const px = ax * (warpX ? warpX(xs[i]!) : xs[i]!) + bx;
    let py = ay * (warpY ? warpY(values[i]!) : values[i]!) + by;
    if (py - py !== 0 || px - px !== 0) {
      if (n >= 0 && !Number.isNaN(outHigh[n]!)) {
        n++;
        outX[n] = px;
        outHigh[n] = outLow[n] = NaN;
      }
      column = NaN;
      continue;
    }
    if (py < top) py = top;
    else if (py > bottom) py = bottom;
    const c = Math.min(rightColumn, Math.max(leftColumn, Math.floor(px * pixelRatio)));
    if (c !== column) {
      column = c;
      n++;
      outX[n] = (c + 0.5) / pixelRatio;
      outHigh[n] = py - half;
      outLow[n] = py + half;
    } else {
      if (py - half < outHigh[n]!) outHigh[n] = py - half;
      if (py + half > outLow[n]!) outLow[n] = py + half;
    }
  }
  line.count = n + 1;
  return line;
}

/**
 * The band around a line: its edges at each point, or the outermost of a device-pixel column where those are many. A
 * lower edge that a log axis cannot show lies at the plot's bottom. The result is valid until the next call.
 */
export function projectBand(series: LineSeries, band: Band, projection: Projection): Strip {
  const { plot, pixelRatio } = projection;
  const [from, to] = visibleSlice(series, projection.x);
  const { ax, bx, ay, by, warpX, warpY } = factors(projection, series.xOffset);
  const xs = series.x;
  line = atLeast(line, 2 * (to - from) + 4);
  const { x: outX, y: outHigh, y2: outLow } = line;
  const top = plot.y - FAR_PX;
  const bottom = plot.y + plot.height + FAR_PX;
  const left = plot.x - MARGIN_PX;
  const right = plot.x + plot.width + MARGIN_PX;
  const xAt = (i: number): number => ax * (warpX ? warpX(xs[i]!) : xs[i]!) + bx;
  const yAt = (value: number): number => Math.min(bottom, Math.max(top, ay * (warpY ? warpY(value) : value) + by));
  let n = 0;
  let column = NaN;
  let [lastX, lastHigh, lastLow] = [NaN, NaN, NaN];
  for (let i = from; i < to; i++) {
    let px = xAt(i);
    let high = yAt(band.high[i]!);
    let low = yAt(band.low[i]!);
    if (px - px !== 0 || high !== high || low !== low) {
      if (n > 0 && lastX === lastX) {
        outX[n] = lastX;
        outHigh[n] = outLow[n] = NaN;
        n++;
      }
      lastX = column = NaN;
      continue;
    }
    // where a long stretch leaves the plot, both edges are cut
    if (px < left && i + 1 < to && xAt(i + 1) > left) {
      const share = (left - px) / (xAt(i + 1) - px);
      const [nextHigh, nextLow] = [yAt(band.high[i + 1]!), yAt(band.low[i + 1]!)];
      if (nextHigh === nextHigh && nextLow === nextLow) [px, high, low] = [left, high + share * (nextHigh - high), low + share * (nextLow - low)];
    } else if (px > right && lastX < right) {
      const share = (right - lastX) / (px - lastX);
      [px, high, low] = [right, lastHigh + share * (high - lastHigh), lastLow + share * (low - lastLow)];
    }
    const c = Math.floor(px * pixelRatio);
    if (c === column) {
      outHigh[n - 1] = Math.min(outHigh[n - 1]!, high);
      outLow[n - 1] = Math.max(outLow[n - 1]!, low);
    } else {
      column = c;
      outX[n] = px;
      outHigh[n] = high;
      outLow[n] = low;
      n++;
    }
    [lastX, lastHigh, lastLow] = [px, high, low];
  }
  line.count = n;
  return line;
}

export interface NonFinite {
  readonly nan: Vertices;
  readonly posInf: Vertices;
  readonly negInf: Vertices;
  /** Values that the y scale cannot show (≤ 0 on a log axis). */
  readonly unshown: Vertices;
}

/** Marks nearer than this to their left neighbour are left out: they would only blot. */
const MARK_SPACING_PX = 8;
/** From this many on, marks stand on a grid: a regular row reads as "everywhere". */
const MANY_MARKS = 16;

/** Marks at some columns of pixels, at one height, thinned so that they do not blot. */
export function thinMarks(columns: ReadonlySet<number>, plot: Rect, y: number): Vertices {
  const kept: number[] = [];
  const cell = MARK_SPACING_PX * 1.5;
  const places = columns.size >= MANY_MARKS ? new Set([...columns].map((px) => Math.round((px - plot.x) / cell) * cell + plot.x)) : columns;
  for (const px of [...places].sort((a, b) => a - b)) {
    const previous = kept.at(-1);
    if (previous === undefined || px - previous >= MARK_SPACING_PX) kept.push(px);
  }
  return { x: Float32Array.from(kept), y: new Float32Array(kept.length).fill(y), count: kept.length };
}

/** Where the non-finite values in view stand: crosses and triangles at the plot's edges, thinned by pixels. */
export function projectNonFinite(list: readonly LineSeries[], projection: Projection): NonFinite {
  const { plot } = projection;
  const kinds = { nan: new Set<number>(), posInf: new Set<number>(), negInf: new Set<number>(), unshown: new Set<number>() };
  for (const series of list) {
    const isLog = projectionOf(projection, series).y.kind === "log";
    const facts = factsOf(series);
    if (facts.nonFinite === 0 && !(isLog && facts.nonPositive > 0)) continue;
    const { y, x, xOffset } = series;
    const [from, to] = visibleSlice(series, projection.x);
    for (let i = from; i < to; i++) {
      const value = y[i]!;
      if (value - value === 0 && !(isLog && value <= 0)) continue;
      const px = xToPx(projection, x[i]! - xOffset);
      if (!(px >= plot.x - 0.5 && px <= plot.x + plot.width + 0.5)) continue;
      const kind = value !== value ? "nan" : value === Infinity ? "posInf" : value === -Infinity ? "negInf" : "unshown";
      kinds[kind].add(Math.round(px));
    }
  }
  const top = plot.y + 5;
  const bottom = plot.y + plot.height - 5;
  return {
    nan: thinMarks(kinds.nan, plot, bottom),
    posInf: thinMarks(kinds.posInf, plot, top),
    negInf: thinMarks(kinds.negInf, plot, bottom),
    unshown: thinMarks(kinds.unshown, plot, bottom),
  };
}
