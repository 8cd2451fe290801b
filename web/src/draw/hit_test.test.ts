import { describe, expect, it } from "vitest";
import { groupsThrough, hitTest } from "./hit_test.ts";
import type { Projection } from "./project.ts";
import { makeScale } from "./scale.ts";
import { makeSeries } from "./testing.ts";

const projection: Projection = {
  x: makeScale("linear", 0, 100),
  y: makeScale("linear", 0, 100),
  plot: { x: 0, y: 0, width: 100, height: 100 },
  pixelRatio: 1,
};

describe("hitTest", () => {
  const flat = makeSeries([20, 20, 20], { key: "flat", xs: [0, 50, 100] });
  const steep = makeSeries([0, 100], { key: "steep", xs: [40, 60] });
  const list = [flat, steep];

  it("orders lines by pixel distance to the line, not to its points", () => {
    // the steep line's nearest point is 30 px away, the line itself passes under the pointer
    const hits = hitTest(list, projection, 54, 30);
    expect(hits.map((hit) => list[hit.series]!.key)).toEqual(["steep", "flat"]);
    expect(hits[0]!.distancePx).toBeLessThan(1);
    expect(hits[0]!.x).toBe(60);
    expect(hits[1]!.distancePx).toBeCloseTo(50, 6);
  });

  it("gives the logged point nearest in x, raw and smoothed", () => {
    const smooth = makeSeries([10, 90], { xs: [0, 100], smoothed: Float64Array.of(10, 50) });
    const [hit] = hitTest([smooth], projection, 80, 50);
    expect(hit).toMatchObject({ index: 1, x: 100, value: 90, smoothed: 50, xPx: 100, yPx: 50 });
  });

  it("measures to the end of a line that stops before the pointer", () => {
    const short = makeSeries([50, 50], { xs: [0, 10] });
    expect(hitTest([short], projection, 50, 50)[0]!.distancePx).toBeCloseTo(40, 6);
  });

  it("skips empty series and survives values that are no numbers", () => {
    const hits = hitTest([makeSeries([]), makeSeries([NaN], { xs: [50] })], projection, 50, 50);
    expect(hits).toHaveLength(1);
    expect(hits[0]!.series).toBe(1);
    expect(Number.isFinite(hits[0]!.distancePx)).toBe(true);
  });

  it("leaves out lines that have ended, as long as another is there", () => {
    const short = makeSeries([50, 50], { key: "short", xs: [0, 10] });
    const hits = hitTest([short, flat], projection, 50, 50);
    expect(hits.map((hit) => hit.series)).toEqual([1]);
    expect(hitTest([short, flat], projection, 30, 50)).toHaveLength(2);
  });

  it("keeps the list's order for a cursor without height", () => {
    expect(hitTest(list, projection, 54, null).map((hit) => hit.series)).toEqual([0, 1]);
  });

  it("finds the same line as a look at all pairs does", () => {
    const random = Array.from({ length: 30 }, (_, s) =>
      makeSeries(Array.from({ length: 20 }, (_, i) => ((s * 31 + i * 17) * 7919) % 101), {
        xs: Array.from({ length: 20 }, (_, i) => i * 5 + (s % 5)),
      }),
    );
    for (const [px, py] of [[12, 40], [51, 88], [70, 3]] as const) {
      const heights = random.map((series) => {
        const after = Array.from(series.x).findIndex((x) => x >= px);
        const [x0, x1] = [series.x[after - 1]!, series.x[after]!];
        const y = series.y[after - 1]! + ((px - x0) / (x1 - x0)) * (series.y[after]! - series.y[after - 1]!);
        return Math.abs(100 - y - py);
      });
      expect(hitTest(random, projection, px, py)[0]!.distancePx).toBeCloseTo(Math.min(...heights), 6);
    }
  });
});

describe("axes and superseded stretches", () => {
  it("meets a line where its own axis puts it", () => {
    const both = { ...projection, y2: makeScale("linear", 0, 1) };
    const right = makeSeries([0.5, 0.5], { xs: [0, 100], yAxis: 1 });
    expect(hitTest([right], both, 50, 50)[0]!.yPx).toBe(50);
    expect(hitTest([right], both, 50, 50)[0]!.distancePx).toBeLessThan(1);
  });

  it("meets superseded stretches last, however near", () => {
    const faint = makeSeries([50, 50], { key: "old", xs: [0, 100], faint: true });
    const line = makeSeries([10, 10], { key: "new", xs: [0, 100] });
    for (const yPx of [50, null]) expect(hitTest([faint, line], projection, 50, yPx).map((hit) => hit.series)).toEqual([1, 0]);
  });
});

describe("a line that turns back in x", () => {
  const loop = makeSeries([10, 50, 90], { xs: [20, 60, 20] });

  it("is read at the point that is nearest on the screen", () => {
    expect(hitTest([loop], projection, 22, 12)[0]).toMatchObject({ index: 2, value: 90 });
    expect(hitTest([loop], projection, 22, 88)[0]).toMatchObject({ index: 0, value: 10 });
  });
});

describe("groupsThrough", () => {
  const box = (x: number, y: number, width: number, height: number) => ({ x, y, width, height });
  const rising = makeSeries([0, 100], { group: "rising", xs: [0, 100] });
  const flat = makeSeries([20, 20, 20], { group: "flat", xs: [0, 50, 100] });

  it("finds lines that have a point inside, or only pass through", () => {
    expect(groupsThrough([rising, flat], projection, box(45, 45, 10, 10))).toEqual(["rising"]);
    expect(groupsThrough([rising, flat], projection, box(45, 75, 10, 10))).toEqual(["flat"]);
    expect(groupsThrough([rising, flat], projection, box(0, 0, 100, 100))).toEqual(["rising", "flat"]);
    expect(groupsThrough([rising, flat], projection, box(70, 40, 10, 10))).toEqual([]);
  });

  it("does not join what a gap parts", () => {
    const broken = makeSeries([50, NaN, 50], { group: "broken", xs: [0, 50, 100] });
    expect(groupsThrough([broken], projection, box(40, 40, 20, 20))).toEqual([]);
  });

  it("names a group once", () => {
    expect(groupsThrough([rising, { ...rising, key: "b" }], projection, box(0, 0, 100, 100))).toEqual(["rising"]);
  });
});
