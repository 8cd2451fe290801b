import { describe, expect, it } from "vitest";
import { makeScale } from "./scale.ts";
import { covers, panBy, widen, zoomAt, zoomTo } from "./viewport.ts";

const linear = makeScale("linear", 0, 100);
const log = makeScale("log", 1, 10_000);

describe("zooming", () => {
  it("keeps the point under the pointer in place", () => {
    const next = zoomAt(linear, 0.25, 2)!;
    expect(next).toEqual({ low: 12.5, high: 62.5 });
    expect(makeScale("linear", next.low, next.high).toUnit(25)).toBeCloseTo(0.25, 12);
    const logNext = zoomAt(log, 0.5, 2)!;
    expect(logNext.low).toBeCloseTo(10, 9);
    expect(logNext.high).toBeCloseTo(1000, 9);
  });

  it("takes a box in either direction", () => {
    expect(zoomTo(linear, 0.8, 0.2)).toEqual({ low: 20, high: 80 });
  });

  it("stops where float64 has no more digits, and at infinity", () => {
    const narrow = makeScale("linear", 2 ** 53 - 64, 2 ** 53);
    expect(zoomAt(narrow, 0.5, 1e9)).toBeNull();
    expect(zoomTo(linear, 0.4, 0.4)).toBeNull();
    expect(zoomAt(log, 0.5, 1e-6)).toBeNull();
  });
});

describe("panning", () => {
  it("moves by shares of the view", () => {
    expect(panBy(linear, 0.25)).toEqual({ low: 25, high: 125 });
    const next = panBy(log, 0.25)!;
    expect(next.low).toBeCloseTo(10, 9);
    expect(next.high).toBeCloseTo(100_000, 6);
  });
});

describe("ranges", () => {
  it("widens and compares", () => {
    const wide = widen({ low: 10, high: 20 }, 0.5);
    expect(wide).toEqual({ low: 5, high: 25 });
    expect(covers(wide, { low: 10, high: 20 })).toBe(true);
    expect(covers(wide, { low: 4, high: 20 })).toBe(false);
  });
});
