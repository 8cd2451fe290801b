/**
 * project.ts' reduction for rasterisers that draw columns: of many points in a device-pixel column
 * the first, the lowest, the highest and the last, in this order whatever theirs was. Not knowing
 * which of the extremes came first saves most of the time, which for noise is wrong guesses of the processor's.
 */

import { atLeast, factors, FAR_PX, makeScratch, MARGIN_PX, projectLine, type ProjectedLine, type Projection } from "./project.ts";
import { factsOf, visibleSlice, type LineSeries, type Values } from "./series.ts";

/** Fewer points per column than this gain nothing. */
const DENSE = 2;
/** Heights are compared as whole 64ths of a pixel. */
const FIXED = 64;

let scratch = makeScratch(1024);
const NO_DOTS = makeScratch(0);

/** Vertices of one line, valid until the next call. */
export function projectDense(series: LineSeries, values: Values, projection: Projection): ProjectedLine {
  const { plot, pixelRatio } = projection;
  const [from, to] = visibleSlice(series, projection.x);
  const facts = factsOf(series);
  // gaps, and lines that turn back, are for the careful one
  const isPlain = facts.ascending && facts.nonFinite === 0 && (projection.y.kind !== "log" || facts.nonPositive === 0);
  if (!isPlain || projection.x.kind !== "linear" || to - from < DENSE * plot.width * pixelRatio) return projectLine(series, values, projection);
  const { ax, bx, ay, by, warpY } = factors(projection, series.xOffset);
  const xs = series.x;
  scratch = atLeast(scratch, Math.min(to - from, 4 * Math.ceil((plot.width + 2 * MARGIN_PX) * pixelRatio)) + 8);
  const { x: outX, y: outY } = scratch;
  const top = (plot.y - FAR_PX) * FIXED;
  const bottom = (plot.y + plot.height + FAR_PX) * FIXED;
  const left = plot.x - MARGIN_PX;
  const right = plot.x + plot.width + MARGIN_PX;
  let n = 0;
  let column = NaN;
  let points = 0;
  let low = 0;
  let high = 0;
  let last = 0;
  let lastX = 0;
  for (let i = from; i <= to; i++) {
    let px = NaN;
    let fixed = 0;
    let at = NaN;
    if (i < to) {
      px = ax * xs[i]! + bx;
      let py = ay * (warpY ? warpY(values[i]!) : values[i]!) + by;
      // the points outside of the view are moved to its margin, along the line
      if (px < left && i + 1 < to) {
        const nx = ax * xs[i + 1]! + bx;
        const ny = ay * (warpY ? warpY(values[i + 1]!) : values[i + 1]!) + by;
        if (nx > left) {
          py += ((left - px) / (nx - px)) * (ny - py);
          px = left;
        }
      } else if (px > right && i > from && lastX < right) {
        py = last / FIXED + ((right - lastX) / (px - lastX)) * (py - last / FIXED);
        px = right;
      }
      let far = py * FIXED;
      if (far < top) far = top;
      else if (far > bottom) far = bottom;
      fixed = far | 0;
      at = Math.floor(px * pixelRatio);
    }
    if (at === column) {
      points++;
      // minimum and maximum without a branch
      const below = fixed - low;
      low += below & (below >> 31);
      const above = fixed - high;
      high += above & ~(above >> 31);
    } else {
      if (points > 1) {
        outX[n] = outX[n + 1] = outX[n - 1]!;
        outX[n + 2] = lastX;
        outY[n] = low / FIXED;
        outY[n + 1] = high / FIXED;
        outY[n + 2] = last / FIXED;
        n += 3;
      }
      if (i === to) break;
      column = at;
      points = 1;
      low = high = fixed;
      outX[n] = px;
      outY[n++] = fixed / FIXED;
    }
    last = fixed;
    lastX = px;
  }
  scratch.count = n;
  return { vertices: scratch, isolated: NO_DOTS, points: to - from };
}
