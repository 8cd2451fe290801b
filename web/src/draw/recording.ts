/** A renderer that writes down what it is told: for tests, and wherever a drawing is needed as data. */

import type { Fill, MarkShape, Rect, Renderer, Stroke, Strip, TextStyle, Vertices } from "./renderer.ts";

export type DrawCall =
  | { op: "clip"; rect: Rect }
  | { op: "unclip" }
  | { op: "polyline"; x: number[]; y: number[]; stroke: Stroke }
  | { op: "strip"; x: number[]; y: number[]; y2: number[]; fill: Fill }
  | { op: "marks"; shape: MarkShape; x: number[]; y: number[]; radius: number; fill: Fill }
  | { op: "rule"; x1: number; y1: number; x2: number; y2: number; stroke: Stroke }
  | { op: "rect"; rect: Rect }
  | { op: "text"; text: string; x: number; y: number; style: TextStyle };

export interface Recording extends Renderer {
  readonly calls: DrawCall[];
  /** The calls of one kind, in order. */
  all<Op extends DrawCall["op"]>(op: Op): Extract<DrawCall, { op: Op }>[];
}

/** Every character counts as 6 px wide. */
const CHARACTER_PX = 6;

export function makeRecording(): Recording {
  const calls: DrawCall[] = [];
  const head = (values: Float32Array, { count }: Vertices): number[] => Array.from(values.subarray(0, count));
  return {
    calls,
    all<Op extends DrawCall["op"]>(op: Op) {
      return calls.filter((call): call is Extract<DrawCall, { op: Op }> => call.op === op);
    },
    clip: (rect) => void calls.push({ op: "clip", rect }),
    unclip: () => void calls.push({ op: "unclip" }),
    polyline: (v, stroke) => void calls.push({ op: "polyline", x: head(v.x, v), y: head(v.y, v), stroke }),
    strip: (s: Strip, fill) =>
      void calls.push({ op: "strip", x: head(s.x, s), y: head(s.y, s), y2: head(s.y2, s), fill }),
    marks: (shape, v, radius, fill) =>
      void calls.push({ op: "marks", shape, x: head(v.x, v), y: head(v.y, v), radius, fill }),
    rule: (x1, y1, x2, y2, stroke) => void calls.push({ op: "rule", x1, y1, x2, y2, stroke }),
    rect: (rect) => void calls.push({ op: "rect", rect }),
    text: (text, x, y, style) => void calls.push({ op: "text", text, x, y, style }),
    measure: (text) => text.length * CHARACTER_PX,
  };
}
