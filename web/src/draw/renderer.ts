/**
 * What a drawing says to whatever puts it on a surface: polylines, bands, marks, rules and text in
 * CSS pixels, from typed arrays. Canvas2D is one back-end (canvas2d.ts); a rasteriser in a worker
 * and an SVG writer are others over the same calls. A back-end copies what it keeps: callers reuse
 * their arrays.
 */

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Stroke {
  readonly color: string;
  /** CSS px, or HAIRLINE or FINE, many times faster without a GPU. */
  readonly width: number;
  /** 0..1. */
  readonly alpha: number;
  readonly dash: readonly number[];
}

export interface Fill {
  readonly color: string;
  readonly alpha: number;
}

/** One device pixel. */
export const HAIRLINE = 0;

/**
 * About one and a half device pixels, as two hairlines side by side where that is faster: a software
 * rasteriser draws it five times as fast as a stroke of that width.
 */
export const FINE = -1;

export type MarkShape = "dot" | "ring" | "up" | "down" | "cross";

export interface TextStyle {
  readonly color: string;
  /** CSS font shorthand. */
  readonly font: string;
  readonly align: "left" | "center" | "right";
  readonly baseline: "top" | "middle" | "bottom";
}

/** Vertices in CSS px; a NaN in y breaks the line. Only the first `count` entries count. */
export interface Vertices {
  readonly x: Float32Array;
  readonly y: Float32Array;
  count: number;
}

/** A filled strip between y and y2 over x; a NaN in y breaks it. */
export interface Strip extends Vertices {
  readonly y2: Float32Array;
}

/** The part of a renderer that lines need: what the rasteriser in a worker offers (span_renderer.ts). */
export interface LineRenderer {
  /** Everything until the matching `unclip` shows only inside the rectangle. */
  clip(rect: Rect): void;
  unclip(): void;
  polyline(vertices: Vertices, stroke: Stroke): void;
  strip(strip: Strip, fill: Fill): void;
  marks(shape: "dot", vertices: Vertices, radius: number, fill: Fill): void;
}

export interface Renderer extends LineRenderer {
  /** The same mark at each vertex. `radius` in CSS px; `halo` is a colour that sets it off from lines below. */
  marks(shape: MarkShape, vertices: Vertices, radius: number, fill: Fill, halo?: string): void;
  /** A straight line along device pixels, so that grid lines are crisp. */
  rule(x1: number, y1: number, x2: number, y2: number, stroke: Stroke): void;
  rect(rect: Rect, fill: Fill | null, stroke: Stroke | null): void;
  text(text: string, x: number, y: number, style: TextStyle): void;
  /** Width of a text in CSS px. */
  measure(text: string, font: string): number;
}
