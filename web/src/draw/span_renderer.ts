/**
 * The back-end of renderer.ts for many lines: a software rasteriser (spans.ts, coverage.ts) that needs
 * no canvas, so that it runs in a worker. Its strokes look like canvas2d.ts's: hairlines of one device
 * pixel, fine lines as two of them side by side, anything wider anti-aliased to its width.
 */

import { parseHex } from "../base/color.ts";
import { FINE_X, FINE_Y } from "./canvas2d.ts";
import { makeCoverage } from "./coverage.ts";
import { FINE, type LineRenderer, type Vertices } from "./renderer.ts";
import { lineSpans, type Spans, stripSpans } from "./spans.ts";

export interface SpanRenderer extends LineRenderer {
  readonly width: number;
  readonly height: number;
  /** Forgets the picture and draws at another pixel ratio. */
  clear(pixelRatio: number): void;
  /** The picture as RGBA bytes (not premultiplied), row by row: uint8[4 · width · height]. */
  writeTo(target: Uint8ClampedArray): void;
}

/** Thickness of the lines that are drawn as spans: two hairlines side by side are one, wider by what lies between. */
const THICKNESS = { hairline: 1, fine: 1 + FINE_Y };

/** A colour as two numbers of two channels each: red and blue, green and alpha. */
function packColor(color: string): [redBlue: number, greenAlpha: number] {
  const [red, green, blue] = parseHex(color);
  return [red | (blue << 16), green | (255 << 16)];
}

/** Lays a colour over one premultiplied pixel, `source` 256ths of it; two channels are multiplied at a time. */
function over(pixels: Uint32Array, i: number, source: number, redBlue: number, greenAlpha: number): void {
  if (source >= 256) {
    pixels[i] = redBlue | (greenAlpha << 8);
    return;
  }
  const rest = 256 - source;
  const under = pixels[i]!;
  // both rounded to nearest, or many pale layers would never become opaque; one half down, or they would overflow
  const rb =
    (((Math.imul(redBlue, source) + 0x7f007f) >>> 8) & 0xff00ff) +
    (((Math.imul(under & 0xff00ff, rest) + 0x800080) >>> 8) & 0xff00ff);
  const ga =
    (((Math.imul(greenAlpha, source) + 0x7f007f) >>> 8) & 0xff00ff) +
    (((Math.imul((under >>> 8) & 0xff00ff, rest) + 0x800080) >>> 8) & 0xff00ff);
  pixels[i] = rb | (ga << 8);
}

/** A renderer of `width` × `height` device pixels. */
export function makeSpanRenderer(width: number, height: number): SpanRenderer {
  const coverage = makeCoverage(width, height);
  /** Premultiplied pixels, column by column as the coverage is; red in the lowest byte. */
  const pixels = new Uint32Array(width * height);
  const clips: [number, number, number, number][] = [];
  let ratio = 1;

  function applyClip(): void {
    const [left, top, right, bottom] = clips.at(-1) ?? [0, 0, width, height];
    coverage.setClip(left, top, right, bottom);
  }

  /** Lays what is covered over the picture. */
  function paint(color: string, alpha: number): void {
    const { values } = coverage;
    const [redBlue, greenAlpha] = packColor(color);
    const scale = 256 * Math.min(1, Math.max(0, alpha));
    coverage.take((column, from, to) => {
      const stop = column * height + to;
      for (let i = column * height + from; i < stop; i++) {
        const covered = values[i]!;
        if (covered > 0) over(pixels, i, ((covered < 1 ? covered : 1) * scale + 0.5) | 0, redBlue, greenAlpha);
      }
    });
  }

  /** Lays spans over the picture. */
  function paintSpans({ count, column, top, bottom, ramp, share }: Spans, color: string, alpha: number): void {
    const [redBlue, greenAlpha] = packColor(color);
    const full = 256 * Math.min(1, Math.max(0, alpha));
    const target = pixels;
    const [, clipTop, , clipBottom] = clips.at(-1) ?? [0, 0, width, height];
    for (let k = 0; k < count; k++) {
      const base = column[k]! * height;
      const scale = full * share[k]!;
      const long = ramp[k]!;
      const high = top[k]!;
      const low = bottom[k]!;
      if (long === 1) {
        const y0 = high > clipTop ? high : clipTop;
        const y1 = low < clipBottom ? low : clipBottom;
        if (!(y1 > y0)) continue;
        const first = y0 | 0;
        const last = Math.ceil(y1) - 1;
        if (first === last) over(target, base + first, ((y1 - y0) * scale + 0.5) | 0, redBlue, greenAlpha);
        else {
          over(target, base + first, ((first + 1 - y0) * scale + 0.5) | 0, redBlue, greenAlpha);
          const solid = (scale + 0.5) | 0;
          for (let i = base + first + 1; i < base + last; i++) over(target, i, solid, redBlue, greenAlpha);
          over(target, base + last, ((y1 - last) * scale + 0.5) | 0, redBlue, greenAlpha);
        }
        continue;
      }
      const begin = high - long / 2;
      const end = low + long / 2;
      const from = begin > clipTop ? begin | 0 : clipTop;
      const to = end < clipBottom ? Math.ceil(end) : clipBottom;
      for (let row = from; row < to; row++) {
        const down = (row + 0.5 - begin) / long;
        const up = (end - row - 0.5) / long;
        const covered = down < up ? down : up;
        if (covered > 0) over(target, base + row, ((covered < 1 ? covered : 1) * scale + 0.5) | 0, redBlue, greenAlpha);
      }
    }
  }

  return {
    width,
    height,
    clear(pixelRatio) {
      ratio = pixelRatio;
      pixels.fill(0);
      clips.length = 0;
      applyClip();
    },
    clip({ x, y, width: w, height: h }) {
      const [left, top, right, bottom] = clips.at(-1) ?? [0, 0, width, height];
      clips.push([
        Math.max(left, Math.floor(x * ratio)),
        Math.max(top, Math.floor(y * ratio)),
        Math.min(right, Math.ceil((x + w) * ratio)),
        Math.min(bottom, Math.ceil((y + h) * ratio)),
      ]);
      applyClip();
    },
    unclip() {
      clips.pop();
      applyClip();
    },
    polyline(vertices, stroke) {
      const { color, alpha, dash, width: cssWidth } = stroke;
      const line = dash.length > 0 ? dashed(vertices, dash) : vertices;
      const [left, , right] = clips.at(-1) ?? [0, 0, width];
      if (cssWidth === FINE) paintSpans(lineSpans(line, ratio, THICKNESS.fine, FINE_X / 2, FINE_Y / 2, left, right), color, alpha);
      else if (cssWidth * ratio <= 1) paintSpans(lineSpans(line, ratio, THICKNESS.hairline, 0, 0, left, right), color, alpha);
      else {
        coverage.addLine(line, ratio, cssWidth * ratio);
        paint(color, alpha);
      }
    },
    strip(strip, fill) {
      const [left, , right] = clips.at(-1) ?? [0, 0, width];
      paintSpans(stripSpans(strip, ratio, left, right), fill.color, fill.alpha);
    },
    marks(_shape, { x, y, count }, radius, fill) {
      for (let i = 0; i < count; i++) {
        if (!Number.isNaN(y[i]!)) coverage.addDot(x[i]! * ratio, y[i]! * ratio, radius * ratio);
      }
      paint(fill.color, fill.alpha);
    },
    writeTo(target) {
      writeRows(pixels, width, height, new Uint32Array(target.buffer, target.byteOffset, width * height));
    },
  };
}

/** What brings a premultiplied channel back, by alpha. */
const RESTORE = Float64Array.from({ length: 256 }, (_, alpha) => (alpha > 0 ? 255 / alpha : 0));

/** From premultiplied columns to plain rows. */
function writeRows(columns: Uint32Array, width: number, height: number, rows: Uint32Array): void {
  // squares of pixels, so that both sides stay in the processor's cache
  const SIDE = 32;
  for (let left = 0; left < width; left += SIDE) {
    const right = Math.min(width, left + SIDE);
    for (let top = 0; top < height; top += SIDE) {
      const bottom = Math.min(height, top + SIDE);
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          const pixel = columns[column * height + row]!;
          const alpha = pixel >>> 24;
          if (alpha === 0 || alpha === 255) {
            rows[row * width + column] = pixel;
            continue;
          }
          const by = RESTORE[alpha]!;
          const red = ((pixel & 255) * by + 0.5) | 0;
          const green = (((pixel >>> 8) & 255) * by + 0.5) | 0;
          const blue = (((pixel >>> 16) & 255) * by + 0.5) | 0;
          rows[row * width + column] =
            ((red > 255 ? 255 : red) | ((green > 255 ? 255 : green) << 8) | ((blue > 255 ? 255 : blue) << 16) | (alpha << 24)) >>> 0;
        }
      }
    }
  }
}

let dashX = new Float32Array(1024);
let dashY = new Float32Array(1024);

/** The strokes of a dashed line as a line with breaks; the pattern begins anew after each break, as on a canvas. */
export function dashed({ x, y, count }: Vertices, pattern: readonly number[]): Vertices {
  const total = pattern.reduce((sum, length) => sum + length, 0);
  if (!(total > 0)) return { x, y, count };
  let n = 0;
  const put = (px: number, py: number): void => {
    if (n === dashX.length) {
      const [largerX, largerY] = [new Float32Array(2 * n), new Float32Array(2 * n)];
      largerX.set(dashX);
      largerY.set(dashY);
      [dashX, dashY] = [largerX, largerY];
    }
    dashX[n] = px;
    dashY[n++] = py;
  };
  let part = 0;
  let left = pattern[0]!;
  let pen = false;
  for (let i = 0; i < count; i++) {
    const [x1, y1] = [x[i]!, y[i]!];
    if (Number.isNaN(y1)) {
      if (pen) put(x1, NaN);
      pen = false;
      continue;
    }
    if (!pen) {
      [part, left, pen] = [0, pattern[0]!, true];
      put(x1, y1);
      continue;
    }
    const [x0, y0] = [x[i - 1]!, y[i - 1]!];
    const length = Math.hypot(x1 - x0, y1 - y0);
    let done = 0;
    while (length - done > left) {
      done += left;
      const along = done / length;
      const [px, py] = [x0 + along * (x1 - x0), y0 + along * (y1 - y0)];
      if (part % 2 === 0) {
        put(px, py);
        put(px, NaN);
      } else put(px, py);
      // an odd number of parts swaps strokes and gaps at each repetition, as on a canvas
      part++;
      left = pattern[part % pattern.length]!;
    }
    left -= length - done;
    if (part % 2 === 0) put(x1, y1);
  }
  return { x: dashX, y: dashY, count: n };
}
