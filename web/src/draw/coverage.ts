/**
 * Which share of each device pixel a mark covers: wide lines and dots, scan-converted into columns
 * of float32. A mark is laid down piece by piece, then taken as a whole, so that pieces that
 * meet or overlap within a pixel count once. (Thin lines and strips, of which there are many, go through spans.ts.)
 */

import type { Vertices } from "./renderer.ts";

export interface Coverage {
  readonly width: number;
  readonly height: number;
  /** Share of pixel (column, row) at column · height + row, 1 and more is all of it. */
  readonly values: Float32Array;
  /** Nothing outside of these device pixels is covered from now on. */
  setClip(left: number, top: number, right: number, bottom: number): void;
  /** A polyline `thickness` device pixels wide whose vertices are in CSS px; NaN in y breaks it. */
  addLine(vertices: Vertices, ratio: number, thickness: number): void;
  /** A disc, in device pixels. */
  addDot(x: number, y: number, radius: number): void;
  /** Hands over every touched column with its touched rows [from, to) and clears it. */
  take(paint: (column: number, from: number, to: number) => void): void;
}

export function makeCoverage(width: number, height: number): Coverage {
  const values = new Float32Array(width * height);
  // touched rows per column; first ≥ end where nothing is
  const first = new Int32Array(width).fill(height);
  const end = new Int32Array(width);
  let firstColumn = width;
  let endColumn = 0;
  let [clipLeft, clipTop, clipRight, clipBottom] = [0, 0, width, height];

  /** Rows y0..y1 of a column, `share` of its width. */
  function addSpan(column: number, y0: number, y1: number, share: number): void {
    const top = y0 > clipTop ? y0 : clipTop;
    const bottom = y1 < clipBottom ? y1 : clipBottom;
    if (!(bottom > top)) return;
    const cells = values;
    const from = top | 0;
    const last = Math.ceil(bottom) - 1;
    const base = column * height;
    if (last === from) cells[base + from]! += (bottom - top) * share;
    else {
      cells[base + from]! += (from + 1 - top) * share;
      for (let i = base + from + 1; i < base + last; i++) cells[i]! += share;
      cells[base + last]! += (bottom - last) * share;
    }
    if (from < first[column]!) first[column] = from;
    if (last >= end[column]!) end[column] = last + 1;
  }

  /** A piece no steeper than 1, x0 < x1. */
  function addFlat(x0: number, y0: number, x1: number, y1: number, half: number): void {
    const slope = (y1 - y0) / (x1 - x0);
    const stop = x1 < clipRight ? x1 : clipRight;
    let at = x0 > clipLeft ? x0 : clipLeft;
    if (!(at < stop)) return;
    let column = at | 0;
    if (column < firstColumn) firstColumn = column;
    while (at < stop) {
      const next = column + 1 < stop ? column + 1 : stop;
      const middle = y0 + slope * ((at + next) / 2 - x0);
      addSpan(column, middle - half, middle + half, next - at);
      at = next;
      column++;
    }
    if (column > endColumn) endColumn = column;
  }

  /** A piece steeper than 1, y0 < y1. */
  function addSteep(x0: number, y0: number, x1: number, y1: number, half: number): void {
    const cells = values;
    const [firsts, ends] = [first, end];
    const [leftEdge, rightEdge] = [clipLeft, clipRight];
    const slope = (x1 - x0) / (y1 - y0);
    const stop = y1 < clipBottom ? y1 : clipBottom;
    let at = y0 > clipTop ? y0 : clipTop;
    if (!(at < stop)) return;
    let row = at | 0;
    let [lowest, highest] = [width, 0];
    while (at < stop) {
      const next = row + 1 < stop ? row + 1 : stop;
      const middle = x0 + slope * ((at + next) / 2 - y0);
      const left = middle - half > leftEdge ? middle - half : leftEdge;
      const right = middle + half < rightEdge ? middle + half : rightEdge;
      if (right > left) {
        const share = next - at;
        let column = left | 0;
        if (column < lowest) lowest = column;
        let reached = left;
        for (let i = column * height + row; reached < right; i += height) {
          const until = column + 1 < right ? column + 1 : right;
          cells[i]! += (until - reached) * share;
          if (row < firsts[column]!) firsts[column] = row;
          if (row >= ends[column]!) ends[column] = row + 1;
          reached = until;
          column++;
        }
        if (column > highest) highest = column;
      }
      at = next;
      row++;
    }
    if (lowest < firstColumn) firstColumn = lowest;
    if (highest > endColumn) endColumn = highest;
  }

  return {
    width,
    height,
    values,
    setClip(left, top, right, bottom) {
      clipLeft = Math.min(Math.max(0, left), width);
      clipTop = Math.min(Math.max(0, top), height);
      clipRight = Math.min(Math.max(0, right), width);
      clipBottom = Math.min(Math.max(0, bottom), height);
    },
    addLine({ x, y, count }, ratio, thickness) {
      let x0 = NaN;
      let y0 = NaN;
      for (let i = 0; i < count; i++) {
        const x1 = x[i]! * ratio;
        const y1 = y[i]! * ratio;
        const dx = Math.abs(x1 - x0);
        const dy = Math.abs(y1 - y0);
        // a comparison with NaN is false: nothing is drawn from or to a break
        if (dx >= dy) {
          if (dx > 0) {
            const half = (thickness * Math.sqrt(1 + (dy / dx) ** 2)) / 2;
            if (x0 < x1) addFlat(x0, y0, x1, y1, half);
            else addFlat(x1, y1, x0, y0, half);
          }
        } else if (dy > dx) {
          const half = (thickness * Math.sqrt(1 + (dx / dy) ** 2)) / 2;
          if (y0 < y1) addSteep(x0, y0, x1, y1, half);
          else addSteep(x1, y1, x0, y0, half);
        }
        x0 = x1;
        y0 = y1;
      }
    },
    addDot(x, y, radius) {
      const from = Math.max(Math.floor(x - radius), Math.floor(clipLeft));
      const to = Math.min(Math.ceil(x + radius), Math.ceil(clipRight));
      for (let column = from; column < to; column++) {
        // the chord in the middle of the column
        const reach = radius ** 2 - (Math.min(Math.max(column + 0.5, x - radius), x + radius) - x) ** 2;
        const inside = Math.min(column + 1, x + radius) - Math.max(column, x - radius);
        if (reach > 0 && inside > 0) addSpan(column, y - Math.sqrt(reach), y + Math.sqrt(reach), inside);
      }
      if (from < firstColumn) firstColumn = Math.max(0, from);
      if (to > endColumn) endColumn = to;
    },
    take(paint) {
      for (let column = firstColumn; column < endColumn; column++) {
        const from = first[column]!;
        const to = end[column]!;
        if (from >= to) continue;
        paint(column, from, to);
        // a call of fill would take longer than most columns do
        for (let i = column * height + from; i < column * height + to; i++) values[i] = 0;
        first[column] = height;
        end[column] = 0;
      }
      firstColumn = width;
      endColumn = 0;
    },
  };
}
