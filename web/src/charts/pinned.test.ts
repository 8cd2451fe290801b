import { expect, it } from "vitest";
import type { Reading } from "../draw/line_chart.ts";
import type { LineSeries } from "../draw/series.ts";
import { readAgain } from "./pinned.ts";

function lineOf(key: string, values: number[], smoothed: number[] | null = null): LineSeries {
  return {
    key,
    group: key,
    label: key,
    color: "#111111",
    dash: [],
    x: Float64Array.from(values, (_, i) => 10 * i),
    y: Float64Array.from(values),
    smoothed: smoothed && Float64Array.from(smoothed),
    start: 0,
    count: values.length,
    xOffset: 0,
  };
}

const hit = { series: 0, index: 1, x: 10, value: 2, smoothed: null, xPx: 50, yPx: 50, distancePx: 0 };
const reading: Reading = {
  hits: [hit, { ...hit, series: 1, value: 5 }],
  xPx: 50,
  yPx: 50,
  plot: { x: 0, y: 0, width: 100, height: 100 },
  byKeyboard: false,
};
const before = [lineOf("a", [1, 2, 3]), lineOf("b", [4, 5, 6])];

it("is what was read while the data are the same", () => {
  expect(readAgain({ reading, series: before }, before)).toBe(reading);
});

it("finds lines by key, points by x, and leaves out what is gone", () => {
  const now = [lineOf("new", [0]), lineOf("b", [7, 8, 9, 10], [7, 7.5, 8, 9])];
  const { hits } = readAgain({ reading, series: before }, now);
  expect(hits.map((each) => [each.series, each.index, each.x, each.value, each.smoothed])).toEqual([[1, 1, 10, 8, 7.5]]);
});

it("does not read lines without points", () => {
  expect(readAgain({ reading, series: before }, [lineOf("a", [])]).hits).toEqual([]);
});
