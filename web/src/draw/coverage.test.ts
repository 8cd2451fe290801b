import { describe, expect, it } from "vitest";
import { type Coverage, makeCoverage } from "./coverage.ts";
import type { Vertices } from "./renderer.ts";

const HAIR = 1;
const WIDE = 2;

function vertices(...points: [number, number][]): Vertices {
  return { x: Float32Array.from(points, (p) => p[0]), y: Float32Array.from(points, (p) => p[1]), count: points.length };
}

/** What is covered, as rows of text-like numbers, and how much in all. */
function taken(coverage: Coverage): { at: (column: number, row: number) => number; sum: number; touched: number } {
  const cells = new Map<string, number>();
  coverage.take((column, from, to) => {
    for (let row = from; row < to; row++) cells.set(`${column},${row}`, coverage.values[column * coverage.height + row]!);
  });
  const sum = [...cells.values()].reduce((total, value) => total + Math.min(1, value), 0);
  return { at: (column, row) => cells.get(`${column},${row}`) ?? 0, sum, touched: cells.size };
}

describe("makeCoverage", () => {
  it("splits a flat hairline between the rows that it lies on", () => {
    const coverage = makeCoverage(10, 10);
    coverage.addLine(vertices([1, 3.25], [9, 3.25]), 1, HAIR);
    const { at, sum } = taken(coverage);
    expect(at(4, 2)).toBeCloseTo(0.25);
    expect(at(4, 3)).toBeCloseTo(0.75);
    expect(at(0, 3)).toBe(0);
    expect(at(9, 3)).toBe(0);
    expect(sum).toBeCloseTo(8);
  });

  it("splits a vertical hairline between columns, and ends it in the middle of a pixel", () => {
    const coverage = makeCoverage(10, 10);
    coverage.addLine(vertices([5, 1], [5, 6.5]), 1, HAIR);
    const { at, sum } = taken(coverage);
    expect(at(4, 3)).toBeCloseTo(0.5);
    expect(at(5, 3)).toBeCloseTo(0.5);
    expect(at(5, 6)).toBeCloseTo(0.25);
    expect(sum).toBeCloseTo(5.5);
  });

  it("draws the same line from either end, at any pixel ratio", () => {
    const one = makeCoverage(40, 40);
    one.addLine(vertices([2.5, 3], [14, 9.5], [18, 2]), 2, HAIR);
    const there = taken(one);
    one.addLine(vertices([18, 2], [14, 9.5], [2.5, 3]), 2, HAIR);
    const back = taken(one);
    expect(back.sum).toBeCloseTo(there.sum, 4);
    for (let column = 0; column < 40; column++) for (let row = 0; row < 40; row++) expect(back.at(column, row)).toBeCloseTo(there.at(column, row), 4);
  });

  it("keeps a wide stroke as thick as it is whatever its slope", () => {
    for (const [dx, dy] of [[20, 0], [20, 7], [14, 14], [3, 20], [0, 20]] as const) {
      const coverage = makeCoverage(40, 40);
      coverage.addLine(vertices([8, 8], [8 + dx, 8 + dy]), 1, WIDE);
      expect(taken(coverage).sum / (2 * Math.hypot(dx, dy)), `${dx}, ${dy}`).toBeCloseTo(1, 1);
    }
  });

  it("counts pieces that meet or overlap in a pixel once", () => {
    const coverage = makeCoverage(20, 20);
    // there and back on itself, in pieces that end inside of pixels
    coverage.addLine(vertices([2, 5.5], [7.3, 5.5], [12.6, 5.5], [4.1, 5.5]), 1, HAIR);
    const { at, sum } = taken(coverage);
    expect(at(7, 5)).toBeGreaterThanOrEqual(0.999);
    // 10.6 columns; the last is crossed twice, by 0.6 each time
    expect(sum).toBeCloseTo(11, 3);
  });

  it("breaks at NaN and draws nothing for a single vertex", () => {
    const coverage = makeCoverage(20, 20);
    coverage.addLine(vertices([1, 4.5], [5, 4.5], [8, NaN], [10, 4.5], [12, 4.5], [13, NaN], [15, 4.5]), 1, HAIR);
    expect(taken(coverage).sum).toBeCloseTo(6);
  });

  it("covers nothing outside of its clip, however far a line runs", () => {
    const coverage = makeCoverage(20, 20);
    coverage.setClip(5, 5, 15, 15);
    coverage.addLine(vertices([-5000, -8000], [5000, 8000], [-64, 9], [90, 9.5], [7, -8192], [7, 8192]), 1, HAIR);
    for (let row = 5; row < 15; row++) coverage.addLine(vertices([-30, row + 0.5], [60, row + 0.5]), 1, HAIR);
    coverage.addDot(5, 5, 3);
    const { at, sum } = taken(coverage);
    expect(sum).toBeCloseTo(100);
    expect(at(4, 10)).toBe(0);
    expect(at(15, 10)).toBe(0);
    expect(at(10, 4)).toBe(0);
  });

  it("draws a dot with the area of a disc", () => {
    const coverage = makeCoverage(20, 20);
    coverage.addDot(9.7, 10.2, 2.5);
    expect(taken(coverage).sum / (Math.PI * 2.5 ** 2)).toBeCloseTo(1, 1);
    coverage.addDot(9.5, 9.5, 0.75);
    expect(taken(coverage).sum).toBeGreaterThan(0.75);
  });

  it("hands a mark over once and only its rows", () => {
    const coverage = makeCoverage(30, 30);
    coverage.addLine(vertices([1, 20.5], [29, 20.5]), 1, HAIR);
    expect(taken(coverage).touched).toBe(28);
    expect(taken(coverage).touched).toBe(0);
    expect(coverage.values.every((value) => value === 0)).toBe(true);
  });
});
