import { describe, expect, it } from "vitest";
import { yExtent, type LineSeries } from "./series.ts";
import { makeSeries } from "./testing.ts";
import { windowExtent } from "./x_index.ts";

function makeCrowd(lines: number, points: number): LineSeries[] {
  return Array.from({ length: lines }, (_, k) => {
    const y = Array.from({ length: points }, (_, i) => (i % 97 === k ? NaN : i % 53 === k ? Infinity : Math.sin(i * 7.31 + k) * ((i + k) % 31)));
    const xs = y.map((_, i) => 100 + i * (1 + k / 10));
    const smoothed = k % 2 ? Float32Array.from(y, (value) => value / 2) : null;
    return makeSeries(y, { xs, smoothed, xOffset: k === 3 ? 50 : 0, ...(k === 5 ? { band: { low: Float64Array.from(y, (v) => v - 40), high: Float64Array.from(y, (v) => v + 40) } } : {}) });
  });
}

describe("windowExtent", () => {
  it("finds in every window what looking at each value finds", () => {
    const crowd = makeCrowd(20, 500);
    for (let k = 0; k < 200; k++) {
      const low = 40 + ((k * 37.7) % 1500);
      const high = low + [0.3, 5, 80, 600, 5000][k % 5]!;
      for (const positive of [false, true]) {
        expect(windowExtent(crowd, { low, high }, positive), `${low} to ${high}`).toEqual(yExtent(crowd, { low, high }, positive));
      }
    }
    for (const positive of [false, true]) expect(windowExtent(crowd, null, positive)).toEqual(yExtent(crowd, null, positive));
  });

  it("finds nothing where nothing is", () => {
    const crowd = makeCrowd(20, 500);
    expect(windowExtent(crowd, { low: -100, high: -90 }, false)).toBeNull();
    expect(windowExtent(crowd, { low: 9000, high: 9001 }, false)).toBeNull();
    const empty = Array.from({ length: 20 }, () => makeSeries([]));
    expect(windowExtent(empty, { low: 0, high: 1 }, false)).toBeNull();
    const single = Array.from({ length: 20 }, () => makeSeries([4], { xs: [7] }));
    expect(windowExtent(single, { low: 6, high: 8 }, false)).toEqual({ low: 4, high: 4 });
    expect(windowExtent(single, { low: 8, high: 9 }, false)).toBeNull();
  });
});
