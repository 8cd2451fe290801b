/**
 * Which share of each device pixel a mark covers: lines, strips and dots, scan-converted into columns
 * of float32. A mark is laid down piece by piece, then taken as a whole, so that pieces that meet or
 * overlap within a pixel count once. Only the rows that a column's mark touches are ever looked at,
 * which is what makes a thousand lines cheap.
 *
 * Thickness is measured along the minor axis (vertically for flat pieces, horizontally for steep
 * ones) and sampled in the middle of each column or row, as Skia's hairlines are.
 */

import type { Strip, Vertices } from "./renderer.ts";

/** How a line is laid down, in device pixels. */
export interface Pen {
  /** Thickness of flat and of steep pieces. */
  readonly flat: number;
  readonly steep: number;
  /** Where the middle lies off the vertices. */
  readonly shiftX: number;
  readonly shiftY: number;
  /** True for a stroke of constant width: slanted pieces are thicker along the minor axis. */
  readonly round: boolean;
}

export interface Coverage {
  readonly width: number;
  readonly height: number;
  /** Share of pixel (column, row) at column · height + row, 1 and more is all of it. */
  readonly values: Float32Array;
  /** Nothing outside of these device pixels is covered from now on. */
  setClip(left: number, top: number, right: number, bottom: number): void;
  /** A polyline whose vertices are in CSS px; NaN in y breaks it. */
  addLine(vertices: Vertices, ratio: number, pen: Pen): void;
  /** A filled strip, in CSS px. */
  addStrip(strip: Strip, ratio: number): void;
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
  // of a strip: mean top and bottom of each column, weighted by how much of the column it crosses
  const tops = new Float64Array(width);
  const bottoms = new Float64Array(width);
  const shares = new Float64Array(width);
  let firstColumn = width;
  let endColumn = 0;
  let [clipLeft, clipTop, clipRight, clipBottom] = [0, 0, width, height];

  /** Rows y0..y1 of a column, `share` of its width. */
  function addSpan(column: number, y0: number, y1: number, share: number): void {
    const top = y0 > clipTop ? y0 : clipTop;
    const bottom = y1 < clipBottom ? y1 : clipBottom;
    if (!(bottom > top)) return;
    const base = column * height;
    const from = Math.floor(top);
    const to = Math.ceil(bottom);
    if (to - from === 1) values[base + from]! += (bottom - top) * share;
    else {
      values[base + from]! += (from + 1 - top) * share;
      for (let row = from + 1; row < to - 1; row++) values[base + row]! += share;
      values[base + to - 1]! += (bottom - to + 1) * share;
    }
    if (from < first[column]!) first[column] = from;
    if (to > end[column]!) end[column] = to;
  }

  /** A piece no steeper than 1, x0 < x1. */
  function addFlat(x0: number, y0: number, x1: number, y1: number, half: number): void {
    const slope = (y1 - y0) / (x1 - x0);
    const stop = x1 < clipRight ? x1 : clipRight;
    let at = x0 > clipLeft ? x0 : clipLeft;
    if (!(at < stop)) return;
    let column = Math.floor(at);
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
    const slope = (x1 - x0) / (y1 - y0);
    const stop = y1 < clipBottom ? y1 : clipBottom;
    let at = y0 > clipTop ? y0 : clipTop;
    if (!(at < stop)) return;
    let row = Math.floor(at);
    while (at < stop) {
      const next = row + 1 < stop ? row + 1 : stop;
      const middle = x0 + slope * ((at + next) / 2 - y0);
      const left = middle - half > clipLeft ? middle - half : clipLeft;
      const right = middle + half < clipRight ? middle + half : clipRight;
      if (right > left) {
        const share = next - at;
        const from = Math.floor(left);
        const to = Math.ceil(right);
        for (let column = from; column < to; column++) {
          const inside = (column + 1 < right ? column + 1 : right) - (column > left ? column : left);
          values[column * height + row]! += inside * share;
          if (row < first[column]!) first[column] = row;
          if (row >= end[column]!) end[column] = row + 1;
        }
        if (from < firstColumn) firstColumn = from;
        if (to > endColumn) endColumn = to;
      }
      at = next;
      row++;
    }
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
    addLine({ x, y, count }, ratio, pen) {
      const { shiftX, shiftY, round } = pen;
      const flat = pen.flat / 2;
      const steep = pen.steep / 2;
      let x0 = NaN;
      let y0 = NaN;
      for (let i = 0; i < count; i++) {
        const x1 = x[i]! * ratio + shiftX;
        const y1 = y[i]! * ratio + shiftY;
        const dx = Math.abs(x1 - x0);
        const dy = Math.abs(y1 - y0);
        // a comparison with NaN is false: nothing is drawn from or to a break
        if (dx >= dy) {
          if (dx > 0) {
            const half = round ? flat * Math.sqrt(1 + (dy / dx) ** 2) : flat;
            if (x0 < x1) addFlat(x0, y0, x1, y1, half);
            else addFlat(x1, y1, x0, y0, half);
          }
        } else if (dy > dx) {
          const half = round ? steep * Math.sqrt(1 + (dx / dy) ** 2) : steep;
          if (y0 < y1) addSteep(x0, y0, x1, y1, half);
          else addSteep(x1, y1, x0, y0, half);
        }
        x0 = x1;
        y0 = y1;
      }
    },
    addStrip({ x, y, y2, count }, ratio) {
      let [low, high] = [width, 0];
      for (let i = 1; i < count; i++) {
        const forward = x[i - 1]! <= x[i]!;
        const [a, b] = forward ? [i - 1, i] : [i, i - 1];
        const x0 = x[a]! * ratio;
        const x1 = x[b]! * ratio;
        const [high0, high1, low0, low1] = [y[a]! * ratio, y[b]! * ratio, y2[a]! * ratio, y2[b]! * ratio];
        const stop = Math.min(x1, clipRight);
        let at = Math.max(x0, clipLeft);
        if (!(at < stop) || Number.isNaN(high0 + high1 + low0 + low1)) continue;
        let column = Math.floor(at);
        low = Math.min(low, column);
        while (at < stop) {
          const next = Math.min(column + 1, stop);
          const along = ((at + next) / 2 - x0) / (x1 - x0);
          const share = next - at;
          tops[column]! += share * (high0 + along * (high1 - high0));
          bottoms[column]! += share * (low0 + along * (low1 - low0));
          shares[column]! += share;
          at = next;
          column++;
        }
        high = Math.max(high, column);
      }
      for (let column = low; column < high; column++) {
        const share = shares[column]!;
        if (share > 0) {
          const top = tops[column]! / share;
          const bottom = bottoms[column]! / share;
          addSpan(column, Math.min(top, bottom), Math.max(top, bottom), Math.min(1, share));
        }
        tops[column] = bottoms[column] = shares[column] = 0;
      }
      if (low < firstColumn) firstColumn = low;
      if (high > endColumn) endColumn = high;
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
        values.fill(0, column * height + from, column * height + to);
        first[column] = height;
        end[column] = 0;
      }
      firstColumn = width;
      endColumn = 0;
    },
  };
}
