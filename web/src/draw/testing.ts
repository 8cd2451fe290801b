/** Small series for tests of drawings. */

import type { LineSeries, Values } from "./series.ts";

/** A series over its own arrays; `x` defaults to 0, 1, 2, … */
export function makeSeries(y: readonly number[], change: Partial<LineSeries> & { xs?: readonly number[] } = {}): LineSeries {
  const { xs, ...rest } = change;
  const values: Values = Float64Array.from(y);
  return {
    key: "run|tag|0",
    group: "run",
    label: "run",
    color: "#2668D5",
    dash: [],
    x: Float64Array.from(xs ?? y.map((_, i) => i)),
    y: values,
    smoothed: null,
    start: 0,
    count: y.length,
    xOffset: 0,
    ...rest,
  };
}
