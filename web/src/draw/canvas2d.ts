/** The Canvas2D back-end of renderer.ts. */

import { FINE, HAIRLINE, type Fill, type MarkShape, type Rect, type Renderer, type Stroke, type Strip, type TextStyle, type Vertices } from "./renderer.ts";
import { textWidth } from "./text_width.ts";

/**
 * A hair under one device pixel: Skia's fast hairline path ends at exactly one, and a pixel ratio of
 * 1.1 times its reciprocal may round to just above it.
 */
const HAIRLINE_DEVICE_PX = 0.999;

/** Where the second hairline of a fine line lies, in device pixels: more down than right, since most lines are flat. */
export const FINE_X = 0.35;
export const FINE_Y = 0.5;

/** `context` must be scaled so that one unit is a CSS pixel; `pixelRatio` is that scale. */
export function makeCanvas2dRenderer(context: CanvasRenderingContext2D, pixelRatio: number): Renderer {
  const half = 0.5 / pixelRatio;
  const snap = (px: number): number => Math.round(px * pixelRatio) / pixelRatio;

  function applyStroke(stroke: Stroke): void {
    context.globalAlpha = stroke.alpha;
    context.strokeStyle = stroke.color;
    context.lineWidth = stroke.width <= HAIRLINE ? HAIRLINE_DEVICE_PX / pixelRatio : stroke.width;
    // mitres shoot past the extremes of noisy lines, round joins cost a third more
    context.lineJoin = "bevel";
    context.lineCap = "butt";
    context.setLineDash(stroke.dash as number[]);
  }

  function trace({ x, y, count }: Vertices): void {
    let pen = false;
    for (let i = 0; i < count; i++) {
      const yi = y[i]!;
      if (yi !== yi) {
        pen = false;
      } else if (pen) context.lineTo(x[i]!, yi);
      else {
        context.moveTo(x[i]!, yi);
        pen = true;
      }
    }
  }

  function traceStrip({ x, y, y2, count }: Strip): void {
    let i = 0;
    while (i < count) {
      while (i < count && Number.isNaN(y[i]!)) i++;
      const first = i;
      while (i < count && !Number.isNaN(y[i]!)) i++;
      if (i === first) break;
      context.moveTo(x[first]!, y[first]!);
      for (let k = first + 1; k < i; k++) context.lineTo(x[k]!, y[k]!);
      for (let k = i - 1; k >= first; k--) context.lineTo(x[k]!, y2[k]!);
      context.closePath();
    }
  }

  function traceMark(shape: MarkShape, x: number, y: number, r: number): void {
    if (shape === "dot" || shape === "ring") {
      context.moveTo(x + r, y);
      context.arc(x, y, r, 0, 2 * Math.PI);
    } else if (shape === "cross") {
      const d = r * 0.8;
      context.moveTo(x - d, y - d);
      context.lineTo(x + d, y + d);
      context.moveTo(x + d, y - d);
      context.lineTo(x - d, y + d);
    } else {
      const tip = shape === "up" ? -r : r;
      context.moveTo(x - r, y - tip);
      context.lineTo(x + r, y - tip);
      context.lineTo(x, y + tip);
      context.closePath();
    }
  }

  return {
    clip(rect) {
      context.save();
      context.beginPath();
      context.rect(rect.x, rect.y, rect.width, rect.height);
      context.clip();
    },
    unclip() {
      context.restore();
    },
    polyline(vertices, stroke) {
      applyStroke(stroke);
      context.beginPath();
      trace(vertices);
      context.stroke();
      if (stroke.width !== FINE) return;
      context.translate(FINE_X / pixelRatio, FINE_Y / pixelRatio);
      context.beginPath();
      trace(vertices);
      context.stroke();
      context.translate(-FINE_X / pixelRatio, -FINE_Y / pixelRatio);
    },
    strip(strip, fill) {
      context.globalAlpha = fill.alpha;
      context.fillStyle = fill.color;
      context.beginPath();
      traceStrip(strip);
      context.fill();
    },
    marks(shape, { x, y, count }, radius, fill, halo) {
      context.beginPath();
      for (let i = 0; i < count; i++) if (!Number.isNaN(y[i]!)) traceMark(shape, x[i]!, y[i]!, radius);
      context.setLineDash([]);
      context.lineJoin = "round";
      context.lineCap = "round";
      context.globalAlpha = 1;
      if (halo !== undefined) {
        context.strokeStyle = halo;
        context.lineWidth = shape === "cross" ? 4 : 3;
        context.stroke();
      }
      context.globalAlpha = fill.alpha;
      if (shape === "cross" || shape === "ring") {
        context.strokeStyle = fill.color;
        context.lineWidth = 1.75;
        if (shape === "ring" && halo !== undefined) {
          context.fillStyle = halo;
          context.fill();
        }
        context.stroke();
      } else {
        context.fillStyle = fill.color;
        context.fill();
      }
    },
    rule(x1, y1, x2, y2, stroke) {
      applyStroke(stroke);
      // half a device pixel in, so that a one-pixel rule fills one row and not two half-lit ones
      const dx = x1 === x2 ? half : 0;
      const dy = y1 === y2 ? half : 0;
      context.beginPath();
      context.moveTo(snap(x1) + dx, snap(y1) + dy);
      context.lineTo(snap(x2) + dx, snap(y2) + dy);
      context.stroke();
    },
    rect(rect: Rect, fill: Fill | null, stroke: Stroke | null) {
      if (fill) {
        context.globalAlpha = fill.alpha;
        context.fillStyle = fill.color;
        context.fillRect(rect.x, rect.y, rect.width, rect.height);
      }
      if (stroke) {
        applyStroke(stroke);
        context.strokeRect(snap(rect.x) + half, snap(rect.y) + half, snap(rect.width), snap(rect.height));
      }
    },
    text(text: string, x: number, y: number, style: TextStyle) {
      context.globalAlpha = 1;
      context.fillStyle = style.color;
      context.font = style.font;
      context.textAlign = style.align;
      context.textBaseline = style.baseline;
      context.fillText(text, x, y);
    },
    measure: (text, font) =>
      textWidth(text, font, () => {
        context.font = font;
        return context.measureText(text).width;
      }),
  };
}
