import { describe, expect, it } from "vitest";
import { makeScale, padDomain } from "./scale.ts";

describe("makeScale", () => {
  it.each(["linear", "log", "symlog"] as const)("%s: fromUnit undoes toUnit", (kind) => {
    const scale = makeScale(kind, 0.5, 2000);
    for (const value of [0.5, 1, 3.7, 500, 2000]) expect(scale.fromUnit(scale.toUnit(value))).toBeCloseTo(value, 9);
    expect(scale.toUnit(0.5)).toBe(0);
    expect(scale.toUnit(2000)).toBe(1);
  });

  it("has no place for zero and below on a log scale", () => {
    const scale = makeScale("log", 1, 100);
    expect(scale.toUnit(10)).toBeCloseTo(0.5, 12);
    expect(Number.isFinite(scale.toUnit(0))).toBe(false);
    expect(Number.isFinite(scale.toUnit(-3))).toBe(false);
    expect(() => makeScale("log", 0, 1)).toThrow(RangeError);
  });

  it("is symmetric around zero as symlog", () => {
    const scale = makeScale("symlog", -1000, 1000);
    expect(scale.toUnit(0)).toBeCloseTo(0.5, 12);
    expect(scale.toUnit(-10) + scale.toUnit(10)).toBeCloseTo(1, 12);
  });

  it("refuses a domain without extent", () => {
    expect(() => makeScale("linear", 1, 1)).toThrow(RangeError);
    expect(() => makeScale("linear", NaN, 1)).toThrow(RangeError);
  });
});

describe("padDomain", () => {
  it("adds a margin on both sides", () => {
    const { low, high } = padDomain("linear", 1, 2, 0.05);
    expect(low).toBeCloseTo(0.95, 12);
    expect(high).toBeCloseTo(2.05, 12);
  });

  it("does not cross zero by the margin alone", () => {
    expect(padDomain("linear", 0.01, 3, 0.05).low).toBe(0);
    expect(padDomain("linear", -3, -0.01, 0.05).high).toBe(0);
    expect(padDomain("linear", -1, 3, 0.05).low).toBeLessThan(-1);
  });

  it.each([0, 1, -5, 1e300, 5e-324, 2 ** 53])("gives the constant %d room on both sides", (value) => {
    const { low, high } = padDomain("linear", value, value, 0.05);
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
  });

  it("stays positive and finite on a log scale", () => {
    for (const [low, high] of [[1e-320, 1], [5, 5], [1, 1.7e308]] as const) {
      const domain = padDomain("log", low, high, 0.05);
      expect(domain.low).toBeGreaterThan(0);
      expect(Number.isFinite(domain.high)).toBe(true);
      expect(domain.low).toBeLessThan(domain.high);
    }
  });

  it("shows something when there is nothing", () => {
    expect(padDomain("linear", NaN, NaN, 0.05)).toEqual({ low: 0, high: 1 });
    expect(padDomain("log", Infinity, -Infinity, 0.05).low).toBeGreaterThan(0);
  });
});
