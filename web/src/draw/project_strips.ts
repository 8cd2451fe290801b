/** Filled strips in pixels: the extent of dense raw values, and the bands around the lines of groups. */

import { atLeast, factors, FAR_PX, makeScratch, MARGIN_PX, type Projection } from "./project.ts";
import type { Strip } from "./renderer.ts";
import { visibleSlice, type Band, type LineSeries, type Values } from "./series.ts";

// Drawing is synchronous and back-ends copy, so all charts share it.
let strip = makeScratch(1024);

/**
 * The strip between minimum and maximum of each device-pixel column, at least one device pixel
 * high. The result is valid until the next call.
 */
export function projectEnvelope(series: LineSeries, values: Values, projection: Projection): Strip {
  const { plot, pixelRatio } = projection;
  const [from, to] = visibleSlice(series, projection.x);
  const { ax, bx, ay, by, warpX, warpY } = factors(projection, series.xOffset);
  const xs = series.x;
  strip = atLeast(strip, 2 * (to - from) + 4);
  const { x: outX, y: outHigh, y2: outLow } = strip;
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
  strip.count = n + 1;
  return strip;
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
  strip = atLeast(strip, 2 * (to - from) + 4);
  const { x: outX, y: outHigh, y2: outLow } = strip;
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
  strip.count = n;
  return strip;
}
