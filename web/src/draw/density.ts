/**
 * More lines than can be read, as density: how many of them pass through each pixel. Every line counts
 * once in every column that it crosses, spread over the pixels it touches there, so that a steep or
 * noisy line weighs no more than a flat one (Moritz and Fisher, "Visualizing a Million Time Series with
 * the Density Line Chart", 2018). Where lines have the colours of groups, the density takes their hue along.
 */

import { sameView } from "./cached_layer.ts";
import { type DensityRamp, makeTintTable, TINT_REACH, tintOf, type TintTable } from "./density_ramp.ts";
import { directSpans } from "./direct_spans.ts";
import { projectionOf, projectLine, type Projection } from "./project.ts";
import type { Vertices } from "./renderer.ts";
import { leading, type LineSeries } from "./series.ts";
import { lineSpans, type Spans } from "./spans.ts";

/** The faintest colour that a line gets: a lone run must not vanish. */
const LOWEST_LEVEL = 40;
/** A line is counted in whole parts: sums of whole numbers are exact, in whatever order lines come and go. */
const PARTS = 1 << 14;
/** Parts of a tint of 1: the sums of 30,000 lines of the strongest (TINT_REACH) still fit into 32 bits. */
const TINT_SHARE = 4 / TINT_REACH;
/** Less than this of a line leaves the pixel as it is: the soft edge of an almost empty one. */
const LEAST_PARTS = 0.02 * PARTS;

/** The density of a chart's lines. It remembers them: when a few of a thousand change, only those are counted. */
export interface Density {
  /** Lines per pixel, column by column: float32[width · height], lines that a restart replaced left out. */
  count(list: readonly LineSeries[], projection: Projection, width: number, height: number): Float32Array;
  /** Writes the density as RGBA bytes, row by row, through a ramp of 256 colours; where no line is, nothing. */
  draw(list: readonly LineSeries[], projection: Projection, width: number, height: number, ramp: DensityRamp, target: Uint8ClampedArray): void;
}

/** What was counted, for which view. */
interface Counted {
  readonly lines: ReadonlySet<LineSeries>;
  /** How many there were, repeated ones too. */
  readonly listed: number;
  readonly projection: Projection;
  readonly width: number;
  readonly height: number;
  readonly tinted: boolean;
}

/**
 * By how much each pixel differs from the one above it, column by column with two more pixels at the foot of each: what
 * a line adds to a column are then a few numbers, however long its way there is.
 */
interface Steps {
  /** Of lines, in parts. */
  readonly parts: Int32Array;
  /** Of the sums of their tints, two for each pixel; null where all look the same. */
  readonly tints: Int32Array | null;
}

const makeSteps = (pixels: number, tinted: boolean): Steps => ({
  parts: new Int32Array(pixels),
  tints: tinted ? new Int32Array(2 * pixels) : null,
});

export function makeDensity(): Density {
  let counted: Counted | null = null;
  let steps = makeSteps(0, false);
  let tintTable: { readonly of: DensityRamp["colors"]; readonly color: TintTable } | null = null;

  function tintsOf(colors: DensityRamp["colors"]): TintTable {
    // a ramp comes anew with each message, with the same colours
    if (!tintTable?.of.every((byte, i) => byte === colors[i])) tintTable = { of: colors, color: makeTintTable(colors) };
    return tintTable!.color;
  }

  function update(list: readonly LineSeries[], projection: Projection, width: number, height: number, tinted: boolean): void {
    const lines = new Set(list);
    const before = counted;
    counted = { lines, listed: list.length, projection, width, height, tinted };
    // who is there several times cannot be told apart
    const comparable = lines.size === list.length && before?.lines.size === before?.listed;
    const sameSteps = before?.tinted === tinted && before.width === width && before.height === height;
    if (comparable && sameSteps && sameView(before.projection, projection)) {
      const gone = [...before.lines].filter((series) => !lines.has(series));
      const come = list.filter((series) => !before.lines.has(series));
      if (gone.length + come.length < lines.size) {
        for (const series of gone) addLine(steps, series, projection, width, height, -PARTS);
        for (const series of come) addLine(steps, series, projection, width, height, PARTS);
        return;
      }
    }
    if (sameSteps) {
      steps.parts.fill(0);
      steps.tints?.fill(0);
    } else steps = makeSteps(width * (height + 2), tinted);
    for (const series of list) addLine(steps, series, projection, width, height, PARTS);
  }

  return {
    count(list, projection, width, height) {
      update(list, projection, width, height, false);
      const density = new Float32Array(width * height);
      for (let column = 0; column < width; column++) {
        let parts = 0;
        for (let row = 0; row < height; row++) {
          parts += steps.parts[column * (height + 2) + row]!;
          density[column * height + row] = parts / PARTS;
        }
      }
      return density;
    },
    draw(list, projection, width, height, ramp, target) {
      update(list, projection, width, height, ramp.tinted);
      const pixels = new Uint32Array(target.buffer, target.byteOffset, width * height);
      const tint = ramp.tinted ? tintsOf(ramp.colors) : null;
      paint(steps, width, height, new Uint32Array(ramp.colors.slice().buffer), tint, pixels);
    },
  };
}

/** Draws the density of lines that will not be drawn again soon. */
export function drawDensity(...[list, projection, width, height, ramp, target]: Parameters<Density["draw"]>): void {
  makeDensity().draw(list, projection, width, height, ramp, target);
}

/** Adds a line that weighs `parts` (negative: takes it away). */
function addLine(steps: Steps, series: LineSeries, projection: Projection, width: number, height: number, parts: number): void {
  if (series.faint) return;
  const { plot, pixelRatio } = projection;
  const left = Math.max(0, Math.floor(plot.x * pixelRatio));
  const right = Math.min(width, Math.ceil((plot.x + plot.width) * pixelRatio));
  const above = Math.max(0, Math.floor(plot.y * pixelRatio));
  const below = Math.min(height, Math.ceil((plot.y + plot.height) * pixelRatio));
  const on = projectionOf(projection, series);
  const tint = steps.tints && tintOf(series.color);
  const direct = directSpans(series, leading(series), on, 1, 0, 0, left, right);
  if (direct) {
    addSpans(steps, height + 2, direct, above, below, parts, tint);
    return;
  }
  const { vertices, isolated } = projectLine(series, leading(series), on);
  addSpans(steps, height + 2, lineSpans(vertices, pixelRatio, 1, 0, 0, left, right), above, below, parts, tint);
  const inside = (column: number, row: number): boolean => column >= left && column < right && row >= above && row < below;
  addDots(steps, height + 2, isolated, pixelRatio, inside, parts, tint);
}

type Tint = readonly [a: number, b: number];

function addSpans(steps: Steps, stride: number, spans: Spans, above: number, below: number, parts: number, tint: Tint | null): void {
  addParts(steps.parts, stride, spans, above, below, parts, 1, 0);
  // a tint is a number of parts as well: two more planes, side by side
  if (steps.tints && tint) tint.forEach((part, plane) => addParts(steps.tints!, stride, spans, above, below, parts * part * TINT_SHARE, 2, plane));
}

function addParts(steps: Int32Array, stride: number, { count, column, top, bottom, share }: Spans, above: number, below: number, parts: number, every: number, plane: number): void {
  for (let k = 0; k < count; k++) {
    const high = top[k]! > above ? top[k]! : above;
    const low = bottom[k]! < below ? bottom[k]! : below;
    const tall = low - high;
    if (!(tall > 0)) continue;
    // spread over what it touches, at least a pixel: the larger of the two without a branch
    const weight = ((2 * parts * share[k]!) / (1 + tall + Math.abs(1 - tall))) | 0;
    const first = high | 0;
    const last = low | 0;
    // what lies above the span in its first row goes to the next row, and so it ends
    const late = (weight * (high - first)) | 0;
    const tail = (weight * (low - last)) | 0;
    const from = (column[k]! * stride + first) * every + plane;
    const to = (column[k]! * stride + last) * every + plane;
    steps[from]! += weight - late;
    steps[from + every]! += late;
    steps[to]! -= weight - tail;
    steps[to + every]! -= tail;
  }
}

function addDots(steps: Steps, stride: number, { x, y, count }: Vertices, ratio: number, inside: (column: number, row: number) => boolean, parts: number, tint: Tint | null): void {
  for (let i = 0; i < count; i++) {
    const [column, row] = [Math.floor(x[i]! * ratio), Math.floor(y[i]! * ratio)];
    if (!inside(column, row)) continue;
    const at = column * stride + row;
    steps.parts[at]! += parts;
    steps.parts[at + 1]! -= parts;
    tint?.forEach((part, plane) => {
      const tinted = (parts * part * TINT_SHARE) | 0;
      steps.tints![2 * at + plane]! += tinted;
      steps.tints![2 * (at + 1) + plane]! -= tinted;
    });
  }
}

/** How many leading bits of a number of parts choose its colour. */
const BITS = 8;

function paint({ parts: steps, tints }: Steps, width: number, height: number, colors: Uint32Array, tint: TintTable | null, pixels: Uint32Array): void {
  let highest = PARTS;
  for (let column = 0, i = 0; column < width; column++, i += 2) {
    let parts = 0;
    for (let row = 0; row < height; row++) {
      parts += steps[i++]!;
      if (parts > highest) highest = parts;
    }
  }
  const levels = levelsUpTo(highest);
  const lowestShift = leadingShift(PARTS);
  for (let column = 0, i = 0; column < width; column++, i += 2) {
    let parts = 0;
    let [a, b] = [0, 0];
    for (let row = 0; row < height; row++) {
      if (tints) {
        a += tints[2 * i]!;
        b += tints[2 * i + 1]!;
      }
      parts += steps[i++]!;
      let color = 0;
      if (parts >= LEAST_PARTS) {
        const one = parts + PARTS;
        const shift = leadingShift(one);
        const level = levels[((shift - lowestShift) << BITS) + (one >>> shift) - (1 << BITS)]!;
        color = tint ? tint(level, a / TINT_SHARE / parts, b / TINT_SHARE / parts) : colors[level]!;
        // where less than one line passes, the colour is let through by as much
        if (parts < PARTS) color = ((color & 0xffffff) | (Math.round(255 * Math.sqrt(parts / PARTS)) << 24)) >>> 0;
      }
      pixels[row * width + column] = color;
    }
  }
}

/** By how many places a number is shifted so that BITS bits follow its first. */
function leadingShift(value: number): number {
  return 31 - BITS - Math.clz32(value);
}

/** Levels of the ramp by the leading bits of one line more than there are: logarithmic, so that one run beside a thousand is still seen. */
function levelsUpTo(highest: number): Uint8Array {
  const lowestShift = leadingShift(PARTS);
  const octaves = leadingShift(highest + PARTS) - lowestShift + 1;
  const scale = (255 - LOWEST_LEVEL) / Math.log1p(highest / PARTS);
  return Uint8Array.from({ length: octaves << BITS }, (_, i) => {
    const lines = 2 ** (i >> BITS) * (1 + ((i & ((1 << BITS) - 1)) + 0.5) / (1 << BITS)) - 1;
    return Math.min(255, LOWEST_LEVEL + scale * Math.log1p(lines));
  });
}
