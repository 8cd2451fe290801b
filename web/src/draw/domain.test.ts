import { describe, expect, it } from "vitest";
import { CHART_THEMES } from "./chart_theme.ts";
import { applyLimits, findDomains } from "./domain.ts";
import type { LineChartData } from "./line_chart_data.ts";
import type { LineSeries } from "./series.ts";
import { makeSeries } from "./testing.ts";
import { FITTED } from "./viewport.ts";

const domains = (series: readonly LineSeries[], change: Partial<LineChartData> = {}): ReturnType<typeof findDomains> =>
  findDomains({ series, xUnit: "step", xKind: "linear", yKind: "linear", viewport: FITTED, highlighted: null, theme: CHART_THEMES.light, ...change });

describe("typed limits", () => {
  const line = makeSeries([1, 5, 3], { xs: [10, 20, 30] });

  it("hold exactly, each end on its own", () => {
    const both = domains([line], { limits: { x: { low: 15, high: 25 }, y: { low: -2, high: 9 } } });
    expect(both.x).toMatchObject({ low: 15, high: 25 });
    expect(both.y.scale).toMatchObject({ low: -2, high: 9 });
    const low = domains([line], { limits: { y: { low: 0.5, high: null } } }).y.scale;
    expect(low.low).toBe(0.5);
    expect(low.high).toBeGreaterThan(5);
  });

  it("give way to a zoom", () => {
    const viewport = { x: { low: 11, high: 12 }, y: { low: 2, high: 3 } };
    const { x, y } = domains([line], { viewport, limits: { x: { low: 0, high: 99 }, y: { low: 0, high: 99 } } });
    expect(x).toMatchObject({ low: 11, high: 12 });
    expect(y.scale).toMatchObject({ low: 2, high: 3 });
    expect(y.clips).toBe(false);
  });

  it("never leave an axis without extent", () => {
    expect(applyLimits("linear", { low: 0, high: 10 }, { low: 20, high: null })).toEqual({ low: 20, high: 30 });
    expect(applyLimits("linear", { low: 0, high: 10 }, { low: null, high: -5 })).toEqual({ low: -15, high: -5 });
    expect(applyLimits("linear", { low: 0, high: 10 }, { low: 5, high: 5 })).toEqual({ low: 0, high: 10 });
    expect(applyLimits("log", { low: 1, high: 10 }, { low: -1, high: 100 })).toEqual({ low: 1, high: 100 });
    expect(applyLimits("linear", { low: 0, high: 1 }, { low: NaN, high: Infinity })).toEqual({ low: 0, high: 1 });
  });
});

describe("kinds of scales", () => {
  it("shows what a log x axis can show", () => {
    const { x } = domains([makeSeries([1, 2, 3, 4], { xs: [0, 10, 100, 1000] })], { xKind: "log" });
    expect(x).toMatchObject({ kind: "log", low: 10, high: 1000 });
  });

  it("stands with x that a log axis cannot show", () => {
    for (const xs of [[0], [-5, -1], []]) {
      const { x } = domains([makeSeries(xs.map(() => 1), { xs })], { xKind: "log" });
      expect(x.low).toBeGreaterThan(0);
    }
  });

  it("draws dates linearly", () => {
    const line = makeSeries([1, 2], { xs: [1.7e9, 1.8e9] });
    expect(domains([line], { xKind: "log", xUnit: "time" }).x.kind).toBe("linear");
  });

  it("gives symlog a linear part that fits the data", () => {
    expect(domains([makeSeries([1e-4, -2e-4, 5e-3])], { yKind: "symlog" }).y.scale.linear).toBe(1e-4);
  });
});

describe("the right axis", () => {
  const left = makeSeries([1, 2]);
  const right = makeSeries([1000, 5000], { key: "r", yAxis: 1 });

  it("fits its own series only", () => {
    const { y, y2 } = domains([left, right]);
    expect(y.scale.high).toBeLessThan(3);
    expect(y2!.scale.low).toBeGreaterThan(100);
    expect(domains([left]).y2).toBeNull();
  });

  it("has its own kind, zoom and limits", () => {
    expect(domains([left, right], { y2Kind: "log" }).y2!.scale.kind).toBe("log");
    expect(domains([left, right], { limits: { y2: { low: 0, high: null } } }).y2!.scale.low).toBe(0);
    const viewport = { x: null, y: null, y2: { low: 10, high: 20 } };
    expect(domains([left, right], { viewport }).y2!.scale).toMatchObject({ low: 10, high: 20 });
  });
});

describe("what y is fitted to", () => {
  it("reaches zero if asked to", () => {
    expect(domains([makeSeries([5, 6])], { includeZero: true }).y.scale.low).toBe(0);
    expect(domains([makeSeries([-5, -6])], { includeZero: true }).y.scale.high).toBe(0);
    expect(domains([makeSeries([5, 6])], { includeZero: true, yKind: "log" }).y.scale.low).toBeGreaterThan(1);
  });

  it("takes in bands", () => {
    const band = { low: Float64Array.of(-10, 0), high: Float64Array.of(3, 30) };
    const { scale } = domains([makeSeries([1, 2], { band })]).y;
    expect(scale.low).toBeLessThanOrEqual(-10);
    expect(scale.high).toBeGreaterThanOrEqual(30);
  });

  it("grows to targets nearby and not to those far away", () => {
    const line = makeSeries([1, 2]);
    const target = (at: number): number => domains([line], { lines: [{ axis: "y", at, label: "" }] }).y.scale.high;
    expect(target(2.8)).toBeGreaterThan(2.8);
    expect(target(50)).toBeLessThan(3);
  });
});
