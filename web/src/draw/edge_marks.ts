/** Marks at the plot's edges for what has no place in it. */

import { projectionOf, xToPx, type Projection } from "./project.ts";
import type { Rect, Vertices } from "./renderer.ts";
import { factsOf, visibleSlice, type LineSeries } from "./series.ts";

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
