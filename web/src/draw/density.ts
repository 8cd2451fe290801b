/**
 * More lines than can be read, as density: how many of them pass through each pixel. Every line counts
 * once in every column that it crosses, spread over the pixels it touches there, so that a steep or
 * noisy line weighs no more than a flat one (Moritz and Fisher, "Visualizing a Million Time Series with
 * the Density Line Chart", 2018).
 */

import { makeCoverage, type Coverage } from "./coverage.ts";
import { projectionOf, projectLine, type Projection } from "./project.ts";
import { leading, type LineSeries } from "./series.ts";

/** The faintest colour that a line gets: a lone run must not vanish. */
const LOWEST_LEVEL = 40;
/** Less than this share of a line leaves the pixel as it is: the soft edge of an almost empty one. */
const LEAST = 0.02;

let grid: Coverage | null = null;

/** Lines per pixel, column by column: float32[width · height], lines that a restart replaced left out. */
export function lineDensity(list: readonly LineSeries[], projection: Projection, width: number, height: number): Float32Array {
  if (grid?.width !== width || grid.height !== height) grid = makeCoverage(width, height);
  const { plot, pixelRatio } = projection;
  const { values } = grid;
  const density = new Float32Array(width * height);
  grid.setClip(
    Math.floor(plot.x * pixelRatio),
    Math.floor(plot.y * pixelRatio),
    Math.ceil((plot.x + plot.width) * pixelRatio),
    Math.ceil((plot.y + plot.height) * pixelRatio),
  );
  const pen = { flat: 1, steep: 1, shiftX: 0, shiftY: 0, round: false };
  for (const series of list) {
    if (series.faint) continue;
    const { vertices, isolated } = projectLine(series, leading(series), projectionOf(projection, series));
    grid.addLine(vertices, pixelRatio, pen);
    for (let i = 0; i < isolated.count; i++) grid.addDot(isolated.x[i]! * pixelRatio, isolated.y[i]! * pixelRatio, 0.75 * pixelRatio);
    grid.take((column, from, to) => {
      const base = column * height;
      let sum = 0;
      for (let i = base + from; i < base + to; i++) sum += values[i]! < 1 ? values[i]! : 1;
      const share = sum > 1 ? 1 / sum : 1;
      for (let i = base + from; i < base + to; i++) density[i]! += share * (values[i]! < 1 ? values[i]! : 1);
    });
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
