/**
 * The back-end of renderer.ts for many lines: a software rasteriser (spans.ts, coverage.ts) that needs
 * no canvas, so that it runs in a worker. Its strokes look like canvas2d.ts's: hairlines of one device
 * pixel, fine lines as two of them side by side, anything wider anti-aliased to its width.
 */

import { parseHex } from "../base/color.ts";
import { FINE_X, FINE_Y } from "./canvas2d.ts";
import { makeCoverage } from "./coverage.ts";
import { directEnvelope, directSpans } from "./direct_spans.ts";
import type { DirectLines } from "./line_layer.ts";
import { FINE, type LineRenderer, type Vertices } from "./renderer.ts";
import { lineSpans, type Spans, stripSpans } from "./spans.ts";

export interface SpanRenderer extends LineRenderer, DirectLines {
  readonly width: number;
  readonly height: number;
  /** Forgets the picture and draws at another pixel ratio. */
  clear(pixelRatio: number): void;
  /** The picture as RGBA bytes (not premultiplied), row by row: uint8[4 · width · height]. */
  writeTo(target: Uint8ClampedArray): void;
}

/** How a line that is drawn as spans is moved and how thick it is, in device pixels. */
interface ThinStroke {
  readonly thickness: number;
  readonly shiftX: number;
  readonly shiftY: number;
}

const HAIR: ThinStroke = { thickness: 1, shiftX: 0, shiftY: 0 };
/** Two hairlines side by side are one, wider by what lies between. */
const TWO_HAIRS: ThinStroke = { thickness: 1 + FINE_Y, shiftX: FINE_X / 2, shiftY: FINE_Y / 2 };

/** Null for what is wider than spans can be. */
function thinStroke(cssWidth: number, ratio: number): ThinStroke | null {
  if (cssWidth === FINE) return TWO_HAIRS;
  return cssWidth * ratio <= 1 ? HAIR : null;
}

/** Device pixels, right and bottom excluded. */
interface Clip {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Two of a pixel's channels: red and blue, or, a byte down, green and alpha. */
const PAIR = 0xff00ff;

/** A colour at `source` 256ths, premultiplied; two channels are multiplied at a time. */
function premultiply(redBlue: number, greenAlpha: number, source: number): number {
  // one half is rounded down, and that of what lies under it up: neither overflows, and many pale layers become opaque
  const rb = ((Math.imul(redBlue, source) + 0x7f007f) >>> 8) & PAIR;
  const ga = (Math.imul(greenAlpha, source) + 0x7f007f) & ~PAIR;
  return rb | ga;
}

/** What is left of a premultiplied pixel when a layer of 256 - `rest` 256ths lies over it. */
function through(pixel: number, rest: number): number {
  const rb = ((Math.imul(pixel & PAIR, rest) + 0x800080) >>> 8) & PAIR;
  const ga = (Math.imul((pixel >>> 8) & PAIR, rest) + 0x800080) & ~PAIR;
  return rb | ga;
}

/** A renderer of `width` × `height` device pixels. */
export function makeSpanRenderer(width: number, height: number): SpanRenderer {
  const coverage = makeCoverage(width, height);
  /** Premultiplied pixels, column by column as the coverage is; red in the lowest byte. */
  const pixels = new Uint32Array(width * height);
  const everything: Clip = { left: 0, top: 0, right: width, bottom: height };
  const outer: Clip[] = [];
  let clip = everything;
  let ratio = 1;

  function setClip(next: Clip): void {
    clip = next;
    coverage.setClip(next.left, next.top, next.right, next.bottom);
  }

  /** Lays what is covered over the picture. */
  function paint(color: string, alpha: number): void {
    const { values } = coverage;
    const [red, green, blue] = parseHex(color);
    const redBlue = red | (blue << 16);
    const greenAlpha = green | (255 << 16);
    const scale = 256 * Math.min(1, Math.max(0, alpha));
    coverage.take((column, from, to) => {
      const stop = column * height + to;
      for (let i = column * height + from; i < stop; i++) {
        const covered = values[i]!;
        if (!(covered > 0)) continue;
        const source = ((covered < 1 ? covered : 1) * scale + 0.5) | 0;
        pixels[i] = premultiply(redBlue, greenAlpha, source) + through(pixels[i]!, 256 - source);
      }
    });
  }

  /** Lays spans over the picture. */
  function paintSpans({ count, column, top, bottom, ramp, share }: Spans, color: string, alpha: number): void {
    const [red, green, blue] = parseHex(color);
    const redBlue = red | (blue << 16);
    const greenAlpha = green | (255 << 16);
    const full = 256 * Math.min(1, Math.max(0, alpha));
    const target = pixels;
    const [above, below] = [clip.top, clip.bottom];
    for (let k = 0; k < count; k++) {
      const base = column[k]! * height;
      const scale = full * share[k]!;
      const long = ramp[k]!;
      const high = top[k]!;
      const low = bottom[k]!;
      if (long === 1) {
        const y0 = high > above ? high : above;
        const y1 = low < below ? low : below;
        if (!(y1 > y0)) continue;
        let i = base + (y0 | 0);
        const stop = base + (y1 | 0);
        // the part of a pixel at the top, whole ones, and the part of one at the bottom
        let from = y0;
        if (i < stop) {
          const source = ((i + 1 - base - y0) * scale + 0.5) | 0;
          target[i] = premultiply(redBlue, greenAlpha, source) + through(target[i]!, 256 - source);
          const whole = (scale + 0.5) | 0;
          const solid = premultiply(redBlue, greenAlpha, whole);
          const rest = 256 - whole;
          for (i++; i < stop; i++) target[i] = solid + through(target[i]!, rest);
          from = stop - base;
        }
        if (y1 > from) {
          const source = ((y1 - from) * scale + 0.5) | 0;
          target[stop] = premultiply(redBlue, greenAlpha, source) + through(target[stop]!, 256 - source);
        }
        continue;
      }
      // soft ends: more and more of each row until all of it, or until the other end begins
      const reach = (low - high + long) / 2;
      const middle = (low + high) / 2 - 0.5;
      const from = middle + 0.5 - reach > above ? (middle + 0.5 - reach) | 0 : above;
      const to = middle + 0.5 + reach < below ? Math.ceil(middle + 0.5 + reach) : below;
      const perRow = scale / long;
      for (let row = from; row < to; row++) {
        const covered = (reach - Math.abs(row - middle)) * perRow;
        if (!(covered > 0)) continue;
        const source = ((covered < scale ? covered : scale) + 0.5) | 0;
        target[base + row] = premultiply(redBlue, greenAlpha, source) + through(target[base + row]!, 256 - source);
      }
    }
  }

  return {
    width,
    height,
    clear(pixelRatio) {
      ratio = pixelRatio;
      pixels.fill(0);
      outer.length = 0;
      setClip(everything);
    },
    clip({ x, y, width: w, height: h }) {
      outer.push(clip);
      setClip({
        left: Math.max(clip.left, Math.floor(x * ratio)),
        top: Math.max(clip.top, Math.floor(y * ratio)),
        right: Math.min(clip.right, Math.ceil((x + w) * ratio)),
        bottom: Math.min(clip.bottom, Math.ceil((y + h) * ratio)),
      });
    },
    unclip() {
      setClip(outer.pop() ?? everything);
    },
    polyline(vertices, stroke) {
      const { color, alpha, dash, width: cssWidth } = stroke;
      const line = dash.length > 0 ? dashed(vertices, dash) : vertices;
      const thin = thinStroke(cssWidth, ratio);
      if (thin) paintSpans(lineSpans(line, ratio, thin.thickness, thin.shiftX, thin.shiftY, clip.left, clip.right), color, alpha);
      else {
        coverage.addLine(line, ratio, cssWidth * ratio);
        paint(color, alpha);
      }
    },
    strip(strip, fill) {
      paintSpans(stripSpans(strip, ratio, clip.left, clip.right), fill.color, fill.alpha);
    },
    line(series, values, projection, { color, alpha, dash, width: cssWidth }) {
      const thin = dash.length === 0 ? thinStroke(cssWidth, ratio) : null;
      const spans = thin && directSpans(series, values, projection, thin.thickness, thin.shiftX, thin.shiftY, clip.left, clip.right);
      if (spans) paintSpans(spans, color, alpha);
      return spans !== null;
    },
    envelope(series, projection, { color, alpha }) {
      const spans = directEnvelope(series, projection, clip.left, clip.right);
      if (spans) paintSpans(spans, color, alpha);
      return spans !== null;
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
