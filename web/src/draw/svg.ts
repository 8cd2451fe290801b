/**
 * The SVG back-end of renderer.ts: the same calls as on a canvas, as elements that Inkscape, browsers and LaTeX's
 * converters agree on (presentation attributes only, no style sheets, no dominant-baseline).
 */

import { FINE, HAIRLINE, type Fill, type MarkShape, type Rect, type Renderer, type Stroke, type Strip, type Vertices } from "./renderer.ts";

export interface SvgRenderer extends Renderer {
  /** What was drawn so far, without the <svg> around it. */
  body(): string;
  /** A picture, stretched to a rectangle. */
  image(href: string, to: Rect): void;
}

/** What one device pixel is on paper, and what stands for about one and a half. */
const HAIRLINE_PX = 1;
const FINE_PX = 1.4;

/** Texts are given by their middle or top; SVG places their baseline. Shares of the font's size, for Inter. */
const MIDDLE_TO_BASELINE = 0.36;
const TOP_TO_BASELINE = 0.97;
const BOTTOM_TO_BASELINE = -0.24;

export function escapeXml(text: string): string {
  return (
    text
      // XML 1.0 has no place for control characters and lone surrogates, not even as references
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd")
      .replace(/&/g, "&amp;")
      .replace(/</g, "&lt;")
      .replace(/>/g, "&gt;")
      .replace(/"/g, "&quot;")
  );
}

/** Hundredths of a pixel are finer than any screen. */
function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function strokeAttributes({ color, width, alpha, dash }: Stroke): string {
  const px = width === HAIRLINE ? HAIRLINE_PX : width === FINE ? FINE_PX : width;
  const opacity = alpha < 1 ? ` stroke-opacity="${short(alpha)}"` : "";
  const dashes = dash.length > 0 ? ` stroke-dasharray="${dash.map(short).join(" ")}"` : "";
  return `stroke="${color}" stroke-width="${short(px)}"${opacity}${dashes}`;
}

function fillAttributes({ color, alpha }: Fill): string {
  return `fill="${color}"${alpha < 1 ? ` fill-opacity="${short(alpha)}"` : ""}`;
}

/** The path of an unbroken or broken line; points nearer to the one before than what `short` tells apart are left out. */
function linePath({ x, y, count }: Vertices): string {
  let path = "";
  let pen = false;
  let before = "";
  for (let i = 0; i < count; i++) {
    const yi = y[i]!;
    if (yi !== yi) {
      pen = false;
      continue;
    }
    const point = `${short(x[i]!)} ${short(yi)}`;
    if (pen && point === before) continue;
    path += `${pen ? "L" : "M"}${point}`;
    before = point;
    pen = true;
  }
  return path;
}

function stripPath({ x, y, y2, count }: Strip): string {
  let path = "";
  let i = 0;
  while (i < count) {
    while (i < count && Number.isNaN(y[i]!)) i++;
    const first = i;
    while (i < count && !Number.isNaN(y[i]!)) i++;
    if (i === first) break;
    for (let k = first; k < i; k++) path += `${k === first ? "M" : "L"}${short(x[k]!)} ${short(y[k]!)}`;
    for (let k = i - 1; k >= first; k--) path += `L${short(x[k]!)} ${short(y2[k]!)}`;
    path += "Z";
  }
  return path;
}

function markElement(shape: MarkShape, x: number, y: number, r: number, attributes: string): string {
  if (shape === "dot" || shape === "ring") return `<circle cx="${short(x)}" cy="${short(y)}" r="${short(r)}" ${attributes}/>`;
  if (shape === "cross") {
    const d = r * 0.8;
    const [left, right, top, bottom] = [short(x - d), short(x + d), short(y - d), short(y + d)];
    return `<path d="M${left} ${top}L${right} ${bottom}M${right} ${top}L${left} ${bottom}" ${attributes}/>`;
  }
  const tip = shape === "up" ? -r : r;
  return `<path d="M${short(x - r)} ${short(y - tip)}L${short(x + r)} ${short(y - tip)}L${short(x)} ${short(y + tip)}Z" ${attributes}/>`;
}

/** `measure` gives a text's width in CSS px: nobody but a canvas knows it. */
export function makeSvgRenderer(measure: (text: string, font: string) => number): SvgRenderer {
  const parts: string[] = [];
  let clips = 0;

  return {
    body: () => parts.join("\n"),
    image(href, { x, y, width, height }) {
      const place = `x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"`;
      parts.push(`<image ${place} preserveAspectRatio="none" href="${escapeXml(href)}"/>`);
    },
    measure,
    clip({ x, y, width, height }: Rect) {
      const id = `clip${++clips}`;
      const rect = `<rect x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"/>`;
      parts.push(`<clipPath id="${id}">${rect}</clipPath><g clip-path="url(#${id})">`);
    },
    unclip: () => void parts.push("</g>"),
    polyline(vertices, stroke) {
      const path = linePath(vertices);
      if (path) parts.push(`<path d="${path}" fill="none" stroke-linejoin="bevel" ${strokeAttributes(stroke)}/>`);
    },
    strip(strip, fill) {
      const path = stripPath(strip);
      if (path) parts.push(`<path d="${path}" ${fillAttributes(fill)}/>`);
    },
    marks(shape, { x, y, count }, radius, fill, halo) {
      const opacity = fill.alpha < 1 ? ` stroke-opacity="${short(fill.alpha)}"` : "";
      const isOutline = shape === "ring" || shape === "cross";
      const outline = `fill="${shape === "ring" && halo !== undefined ? halo : "none"}" stroke="${fill.color}" stroke-width="1.75"${opacity}`;
      for (let i = 0; i < count; i++) {
        const [px, py] = [x[i]!, y[i]!];
        if (halo !== undefined) {
          parts.push(markElement(shape, px, py, radius, `fill="none" stroke="${halo}" stroke-width="${shape === "cross" ? 4 : 3}"`));
        }
        parts.push(markElement(shape, px, py, radius, isOutline ? outline : fillAttributes(fill)));
      }
    },
    rule(x1, y1, x2, y2, stroke) {
      // as on the canvas: a one-pixel rule fills one row
      const dx = x1 === x2 ? Math.round(x1) + 0.5 - x1 : 0;
      const dy = y1 === y2 ? Math.round(y1) + 0.5 - y1 : 0;
      const ends = `x1="${short(x1 + dx)}" y1="${short(y1 + dy)}" x2="${short(x2 + dx)}" y2="${short(y2 + dy)}"`;
      parts.push(`<line ${ends} ${strokeAttributes(stroke)}/>`);
    },
    rect({ x, y, width, height }, fill, stroke) {
      const place = `x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"`;
      parts.push(`<rect ${place} ${fill ? fillAttributes(fill) : 'fill="none"'}${stroke ? ` ${strokeAttributes(stroke)}` : ""}/>`);
    },
    text(text, x, y, { color, font, align, baseline }) {
      const { weight, sizePx, family } = parseFont(font);
      const share = baseline === "top" ? TOP_TO_BASELINE : baseline === "middle" ? MIDDLE_TO_BASELINE : BOTTOM_TO_BASELINE;
      const anchor = align === "left" ? "" : ` text-anchor="${align === "center" ? "middle" : "end"}"`;
      const face = `font-family="${escapeXml(family)}" font-size="${short(sizePx)}"${weight === "400" ? "" : ` font-weight="${weight}"`}`;
      parts.push(`<text x="${short(x)}" y="${short(y + share * sizePx)}" fill="${color}"${anchor} ${face}>${escapeXml(text)}</text>`);
    },
  };
}

/** Weight, size and families of a font shorthand as ChartTheme has it: `400 11px "Inter Variable", …`. */
export function parseFont(font: string): { weight: string; sizePx: number; family: string } {
  const [, weight = "400", size = "11", family = "sans-serif"] = /^(\d+)\s+([\d.]+)px\s+(.+)$/.exec(font) ?? [];
  return { weight, sizePx: Number(size), family: family.replace(/"/g, "'") };
}
