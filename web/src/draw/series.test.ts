import { describe, expect, it } from "vitest";
import { countNonPositive, countNonPositiveX, indicesWithin, isAscending, lowerBound, nearestIndex, visibleSlice, xExtent, yExtent } from "./series.ts";
import { makeSeries } from "./testing.ts";

const shared = {
  x: Float64Array.of(99, 0, 10, 20, 30, 99),
  y: Float64Array.of(99, 1, 2, 3, 4, 99),
  start: 1,
  count: 4,
};

describe("looking up points in a slice", () => {
  const series = { ...makeSeries([]), ...shared };

  it("finds the nearest in x, never outside the slice", () => {
    expect(nearestIndex(series, 12)).toBe(2);
    expect(nearestIndex(series, 16)).toBe(3);
    expect(nearestIndex(series, -1e9)).toBe(1);
    expect(nearestIndex(series, 1e9)).toBe(4);
    expect(nearestIndex({ ...series, count: 0 }, 5)).toBe(-1);
  });

  it("applies the offset", () => {
    const relative = { ...series, xOffset: 10 };
    expect(nearestIndex(relative, 0)).toBe(2);
    expect(lowerBound(relative, 1)).toBe(3);
    expect(xExtent([relative])).toEqual({ low: -10, high: 20 });
  });

  it("takes one neighbour on each side of a range", () => {
    expect(visibleSlice(series, { low: 9, high: 21 })).toEqual([1, 5]);
    expect(visibleSlice(series, { low: 12, high: 13 })).toEqual([2, 4]);
    expect(visibleSlice(series, { low: 10, high: 10 })).toEqual([1, 4]);
    expect(visibleSlice(series, { low: 100, high: 200 })).toEqual([4, 5]);
  });

  it("notices x that goes back or is no number, and still answers", () => {
    const back = makeSeries([1, 2, 3], { xs: [5, 3, 4] });
    expect(isAscending(back)).toBe(false);
    expect(nearestIndex(back, 3.1)).toBe(1);
    expect(xExtent([back])).toEqual({ low: 3, high: 5 });
    expect(isAscending(makeSeries([1, 2], { xs: [NaN, 1] }))).toBe(false);
    expect(visibleSlice(back, { low: 4, high: 4 })).toEqual([0, 3]);
  });
});

describe("extents", () => {
  it("ignores what is not finite", () => {
    const series = makeSeries([NaN, 2, Infinity, -3, -Infinity]);
    expect(yExtent([series], null, false)).toEqual({ low: -3, high: 2 });
    expect(yExtent([makeSeries([NaN, Infinity])], null, false)).toBeNull();
  });

  it("covers raw and smoothed values inside the range, both ends included", () => {
    const series = makeSeries([0, 5, 1, 9], { smoothed: Float64Array.of(0, 2, -1, 3) });
    expect(yExtent([series], { low: 1, high: 2 }, false)).toEqual({ low: -1, high: 5 });
  });

  it("counts only positive values for a log axis", () => {
    const series = makeSeries([-1, 0, 0.5, 4]);
    expect(yExtent([series], null, true)).toEqual({ low: 0.5, high: 4 });
    expect(countNonPositive([series])).toBe(2);
  });

  it("is null without points", () => {
    expect(xExtent([makeSeries([])])).toBeNull();
  });
});

describe("what axes leave out", () => {
  it("counts points that a log x axis has no place for, offset applied", () => {
    const ascending = makeSeries([1, 1, 1, 1], { xs: [1000, 1000, 1001, 1002], xOffset: 1000 });
    const mixed = makeSeries([1, 1, 1], { xs: [5, 0, -1] });
    expect(countNonPositiveX([ascending])).toBe(2);
    expect(countNonPositiveX([ascending, mixed, makeSeries([])])).toBe(4);
  });

  it("fits a log x axis to what it can show", () => {
    expect(xExtent([makeSeries([1, 1, 1], { xs: [1000, 1001, 1009], xOffset: 1000 })], true)).toEqual({ low: 1, high: 9 });
    expect(xExtent([makeSeries([1, 1], { xs: [9, -1] })], true)).toEqual({ low: 9, high: 9 });
    expect(xExtent([makeSeries([1], { xs: [0] })], true)).toBeNull();
  });

  it("finds the points inside a range, ends included", () => {
    const line = makeSeries([1, 1, 1, 1], { xs: [0, 10, 10, 20] });
    expect(indicesWithin(line, { low: 5, high: 10 })).toEqual([1, 3]);
    expect(indicesWithin(line, { low: 11, high: 12 })).toEqual([3, 3]);
    expect(indicesWithin(line, null)).toEqual([0, 4]);
  });
});
