/**
 * More lines than can be read, as density: how many of them pass through each pixel. Every line counts
 * once in every column that it crosses, spread over the pixels it touches there, so that a steep or
 * noisy line weighs no more than a flat one (Moritz and Fisher, "Visualizing a Million Time Series with
 * the Density Line Chart", 2018).
 */

import { projectionOf, type Projection } from "./project.ts";
import { projectDense } from "./project_dense.ts";
import { leading, type LineSeries } from "./series.ts";
import { lineSpans } from "./spans.ts";

/** The faintest colour that a line gets: a lone run must not vanish. */
const LOWEST_LEVEL = 40;
/** Less than this share of a line leaves the pixel as it is: the soft edge of an almost empty one. */
const LEAST = 0.02;

/** Lines per pixel, column by column: float32[width · height], lines that a restart replaced left out. */
export function lineDensity(list: readonly LineSeries[], projection: Projection, width: number, height: number): Float32Array {
  const { plot, pixelRatio } = projection;
  const density = new Float32Array(width * height);
  const left = Math.max(0, Math.floor(plot.x * pixelRatio));
  const right = Math.min(width, Math.ceil((plot.x + plot.width) * pixelRatio));
  const above = Math.max(0, Math.floor(plot.y * pixelRatio));
  const below = Math.min(height, Math.ceil((plot.y + plot.height) * pixelRatio));
  for (const series of list) {
    if (series.faint) continue;
    const { vertices, isolated } = projectDense(series, leading(series), projectionOf(projection, series));
    const { count, column, top, bottom, share } = lineSpans(vertices, pixelRatio, 1, 0, 0, left, right);
    for (let k = 0; k < count; k++) {
      const from = Math.max(above, top[k]!);
      const to = Math.min(below, bottom[k]!);
      if (!(to > from)) continue;
      const base = column[k]! * height;
      const weight = share[k]! / Math.max(1, to - from);
      for (let row = Math.floor(from); row < to; row++) density[base + row]! += weight * (Math.min(to, row + 1) - Math.max(from, row));
    }
    for (let i = 0; i < isolated.count; i++) {
      const [at, row] = [Math.floor(isolated.x[i]! * pixelRatio), Math.floor(isolated.y[i]! * pixelRatio)];
      if (at >= left && at < right && row >= above && row < below) density[at * height + row]! += 1;
    }
  }
  return density;
}

/** Writes the density as RGBA bytes, row by row, through a ramp of 256 colours; where no line is, nothing. */
export function drawDensity(
  list: readonly LineSeries[],
  projection: Projection,
  width: number,
  height: number,
  ramp: Uint8ClampedArray,
  target: Uint8ClampedArray,
): void {
  const density = lineDensity(list, projection, width, height);
  const colors = new Uint32Array(ramp.slice().buffer);
  const pixels = new Uint32Array(target.buffer, target.byteOffset, width * height);
  let highest = 1;
  for (let i = 0; i < density.length; i++) if (density[i]! > highest) highest = density[i]!;
  // logarithmic: one run beside a thousand is still seen
  const scale = (255 - LOWEST_LEVEL) / Math.log1p(highest);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const lines = density[column * height + row]!;
      const level = (LOWEST_LEVEL + scale * Math.log1p(lines)) | 0;
      pixels[row * width + column] = lines < LEAST ? 0 : soften(colors[level]!, lines);
    }
  }
}

/** Where less than one line passes, the colour is let through by as much. */
function soften(color: number, lines: number): number {
  return lines >= 1 ? color : ((color & 0xffffff) | (Math.round(255 * Math.sqrt(lines)) << 24)) >>> 0;
}
