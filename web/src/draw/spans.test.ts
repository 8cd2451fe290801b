import { describe, expect, it } from "vitest";
import type { Vertices } from "./renderer.ts";
import { lineSpans, type Spans, stripSpans } from "./spans.ts";

function vertices(...points: [number, number][]): Vertices {
  return { x: Float32Array.from(points, (p) => p[0]), y: Float32Array.from(points, (p) => p[1]), count: points.length };
}

interface Span {
  column: number;
  top: number;
  bottom: number;
  ramp: number;
  share: number;
}
const list = ({ count, column, top, bottom, ramp, share }: Spans): Span[] =>
  Array.from({ length: count }, (_, k) => ({ column: column[k]!, top: top[k]!, bottom: bottom[k]!, ramp: ramp[k]!, share: share[k]! }));
const spansOf = (line: Vertices, ratio = 1, left = 0, right = 100): Span[] => list(lineSpans(line, ratio, 1, 0, 0, left, right));
const area = (spans: Span[]): number => spans.reduce((sum, { top, bottom, share }) => sum + (bottom - top) * share, 0);

describe("lineSpans", () => {
  it("is one row in each column of a flat line, and ends where the line ends", () => {
    const spans = spansOf(vertices([1.25, 5], [4.5, 5]));
    expect(spans.map((span) => span.column)).toEqual([1, 2, 3, 4]);
    expect(spans.map((span) => span.share)).toEqual([0.75, 1, 1, 0.5]);
    expect(spans.every((span) => span.top === 4.5 && span.bottom === 5.5 && span.ramp === 1)).toBe(true);
  });

  it("is as tall as the line climbs within a column, and softer at the ends where it only passes", () => {
    const spans = spansOf(vertices([0, 0], [9.9, 24.75]));
    expect(spans).toHaveLength(10);
    const middle = spans[5]!;
    expect(middle.bottom - middle.top).toBeCloseTo(2.5);
    expect(middle.top).toBeCloseTo(12.5);
    expect(middle.ramp).toBeCloseTo(2.5);
  });

  it("covers what a line's length is for any slope, from either end", () => {
    for (const [dx, dy] of [[30, 0], [30, 12], [30, 30], [30, 90]] as const) {
      const there = spansOf(vertices([20, 50 - dy / 2], [20 + dx, 50 + dy / 2]));
      const back = spansOf(vertices([20 + dx, 50 + dy / 2], [20, 50 - dy / 2]));
      expect(area(there), `${dx}, ${dy}`).toBeCloseTo(Math.max(dx, dy), 3);
      expect(area(back)).toBeCloseTo(area(there), 3);
    }
  });

  it("reaches from the lowest to the highest place of many vertices in one column, hard at the ends", () => {
    const spans = spansOf(vertices([5.1, 10], [5.3, 40], [5.5, 22], [5.9, 12], [6.5, 11]));
    const [first] = spans;
    expect(first).toMatchObject({ column: 5, top: 10, bottom: 40, ramp: 1 });
    expect(first!.share).toBeGreaterThan(0.95);
  });

  it("breaks at NaN and gives a lone vertex nothing", () => {
    const spans = spansOf(vertices([1, 4], [3, 4], [3.5, NaN], [7.5, 4], [8, NaN], [12, 4], [13, 4]));
    expect(spans.filter((span) => span.share > 0).map((span) => span.column)).toEqual([1, 2, 12]);
  });

  it("leaves out columns outside of its limits in no time, and what comes back in is in its place", () => {
    const started = performance.now();
    const spans = spansOf(vertices([-1e9, -1e9], [1e9, 1e9], [-1e9, -1e9], [50.5, 50.5]), 1, 40, 60);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(Math.min(...spans.map((span) => span.column))).toBe(40);
    expect(Math.max(...spans.map((span) => span.column))).toBe(59);
    for (const { column, top, bottom } of spans.slice(0, 20)) expect(Math.abs((top + bottom) / 2 - (column + 0.5))).toBeLessThan(20);
    const inside = spansOf(vertices([-50, 25], [150, 75]), 1, 40, 60);
    expect(inside).toHaveLength(20);
    expect((inside[0]!.top + inside[0]!.bottom) / 2).toBeCloseTo(25 + 90.5 / 4, 3);
  });

  it("thickens and shifts fine lines", () => {
    const [span] = list(lineSpans(vertices([3, 10], [8, 10]), 2, 1.5, 0, 0.25, 0, 100)).slice(2);
    expect(span).toMatchObject({ top: 19.5, bottom: 21 });
  });
});

describe("stripSpans", () => {
  it("fills to the fraction of a pixel, from either side, and breaks at NaN", () => {
    const strip = { x: Float32Array.of(2, 6, 8, 10, 14), y: Float32Array.of(3, 3, NaN, 9, 12), y2: Float32Array.of(7.5, 7.5, NaN, 4.5, 4.5), count: 5 };
    const spans = list(stripSpans(strip, 1, 0, 20));
    expect(spans.map((span) => span.column)).toEqual([2, 3, 4, 5, 10, 11, 12, 13]);
    expect(spans[1]).toMatchObject({ top: 3, bottom: 7.5, share: 1 });
    expect(area(spans)).toBeCloseTo(4 * 4.5 + 4 * (4.5 + 1.5));
  });

  it("shares a column between the pieces that meet in it, and forgets them", () => {
    const strip = { x: Float32Array.of(1.5, 2.5, 3.5), y: Float32Array.of(4, 4, 4), y2: Float32Array.of(6, 6, 6), count: 3 };
    for (let turn = 0; turn < 2; turn++) expect(list(stripSpans(strip, 1, 0, 20)).map((span) => span.share)).toEqual([0.5, 1, 0.5]);
  });
});
