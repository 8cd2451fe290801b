import { describe, expect, it } from "vitest";
import { directEnvelope, directSpans } from "./direct_spans.ts";
import { projectLine, type Projection } from "./project.ts";
import { projectEnvelope } from "./project_strips.ts";
import { makeScale, type ScaleKind } from "./scale.ts";
import type { LineSeries } from "./series.ts";
import { lineSpans, type Spans, stripSpans } from "./spans.ts";
import { makeSeries } from "./testing.ts";

const COUNT = 3000;
const LEFT = 39;
const RIGHT = 101;
const noise = (i: number): number => Math.sin(i * 12.9898) * 0.5;
const COURSES: Record<string, (i: number) => number> = {
  noisy: (i) => 1.2 + Math.sin(i / 200) + noise(i),
  smooth: (i) => 1.2 + Math.sin(i / 400),
  steep: (i) => (i % 700 < 350 ? 0.3 : 2.8) + noise(i) / 10,
  flat: () => 0.7,
};

function projection(low: number, high: number, y: ScaleKind = "linear", pixelRatio = 1): Projection {
  // an odd width, so that no point falls on the border of two columns, where both ways may be right
  return { x: makeScale("linear", low, high), y: makeScale(y, 0.1, 3), plot: { x: 40, y: 10, width: 60.037, height: 40 }, pixelRatio };
}

type Span = Record<"column" | "top" | "bottom" | "ramp" | "share", number>;
const list = ({ count, column, top, bottom, ramp, share }: Spans): Span[] =>
  Array.from({ length: count }, (_, k) => ({ column: column[k]!, top: top[k]!, bottom: bottom[k]!, ramp: ramp[k]!, share: share[k]! }));

/** Every span as the other says, to a few hundredths of a pixel (the careful way keeps float32 vertices). */
function expectSame(direct: Span[], careful: Span[]): void {
  expect(direct.map((span) => span.column)).toEqual(careful.map((span) => span.column));
  const difference = (name: keyof Span): number => Math.max(...direct.map((span, k) => Math.abs(span[name] - careful[k]![name])));
  expect(direct.length).toBeGreaterThan(0);
  expect(difference("top")).toBeLessThan(0.04);
  expect(difference("bottom")).toBeLessThan(0.04);
  expect(difference("share")).toBeLessThan(0.01);
  // the soft end of a column that is just left or just reached may go either way
  expect(direct.filter((span, k) => Math.abs(span.ramp - careful[k]!.ramp) > 0.01).length).toBeLessThanOrEqual(2);
}

const VIEWS = [[0, COUNT - 1], [500.5, 900.25], [1200.5, 1240.25], [-2000, 2995], [2990, 4000]] as const;

describe("directSpans", () => {
  function bothWays(series: LineSeries, view: Projection, thickness = 1, shift = 0): [Span[], Span[]] {
    const direct = directSpans(series, series.y, view, thickness, shift, shift, LEFT, RIGHT * view.pixelRatio);
    expect(direct).not.toBeNull();
    const directly = list(direct!);
    // reduced by much finer columns than are drawn: fine lines are shifted after the reduction
    const { vertices } = projectLine(series, series.y, { ...view, pixelRatio: 64 * view.pixelRatio });
    return [directly, list(lineSpans(vertices, view.pixelRatio, thickness, shift, shift, LEFT, RIGHT * view.pixelRatio))];
  }

  it.each(Object.keys(COURSES))("says of a %s line what the careful way says, at every zoom", (name) => {
    const series = makeSeries(Array.from({ length: COUNT }, (_, i) => COURSES[name]!(i)));
    for (const [low, high] of VIEWS) expectSame(...bothWays(series, projection(low, high)));
  });

  it("does so on a log axis, at other pixel ratios, for fine lines and for points that stand close and far", () => {
    const y = Array.from({ length: COUNT }, (_, i) => 1.2 + noise(i));
    const bunched = makeSeries(y, { xs: y.map((_, i) => Math.floor(i / 40) * 40 + (i % 40) / 20) });
    for (const [low, high] of VIEWS) {
      expectSame(...bothWays(makeSeries(y), projection(low, high, "log")));
      expectSame(...bothWays(makeSeries(y), projection(low, high, "symlog", 2)));
      // at the end nothing but a single one is in view
      if (high < COUNT) expectSame(...bothWays(bunched, projection(low, high, "linear", 1.25)));
      expectSame(...bothWays(makeSeries(y), projection(low, high), 1.5, 0.175));
    }
  });

  it("subtracts the offset of x and heeds the slice", () => {
    const y = Array.from({ length: COUNT }, (_, i) => COURSES["noisy"]!(i));
    const start = 1.7e9;
    const series = makeSeries(y, { xs: y.map((_, i) => start + i), xOffset: start, start: 100, count: 1000 });
    expectSame(...bothWays(series, projection(0.5, 2000.25)));
  });

  it("comes from points far outside of the view, and goes there, along the line", () => {
    const across = makeSeries([0.2, 2.9, 1, 0.3, 2.5], { xs: [-300, 3, 5.5, 8, 900] });
    expectSame(...bothWays(across, projection(0, 10)));
    const over = makeSeries([0.2, 2.9], { xs: [-30, 35] });
    expectSame(...bothWays(over, projection(0, 10)));
  });

  it("stays within its columns and near the plot, however far away the values are", () => {
    const far = makeSeries([0, 1e30, -1e30, 1e12, 1, 1], { xs: [-1e9, 1, 2, 3, 4, 1e9] });
    for (const span of bothWays(far, projection(0, 5))[0]) {
      expect(span.column).toBeGreaterThanOrEqual(LEFT);
      expect(span.column).toBeLessThan(RIGHT);
      expect(Math.abs(span.top) + Math.abs(span.bottom)).toBeLessThan(40_000);
    }
  });

  it("leaves what needs care to the careful way", () => {
    const straight = projection(0, 5);
    const direct = (y: number[], view = straight, change: Parameters<typeof makeSeries>[1] = {}): Spans | null => {
      const series = makeSeries(y, change);
      return directSpans(series, series.smoothed ?? series.y, view, 1, 0, 0, LEFT, RIGHT);
    };
    const fine = [1, 2, 1, 2, 1, 2];
    expect(direct(fine)).not.toBeNull();
    expect(direct([1, 2, NaN, 2, 1, 2])).toBeNull();
    expect(direct([1, 2, Infinity, 2, 1, 2])).toBeNull();
    expect(direct(fine, straight, { smoothed: Float64Array.of(1, 2, 1, NaN, 1, 2) })).toBeNull();
    expect(direct(fine, straight, { smoothed: Float64Array.of(NaN, 2, 1, 1, 1, 2) })).toBeNull();
    expect(direct([1, 2, 0, 2, 1, 2], projection(0, 5, "log"))).toBeNull();
    expect(direct(fine, straight, { xs: [0, 1, 2, 1.5, 4, 5] })).toBeNull();
    expect(direct(fine, straight, { xs: [0, 1, 2, 3, 4, Infinity] })).toBeNull();
    expect(direct(fine, { ...straight, x: makeScale("log", 1, 5) })).toBeNull();
    expect(direct([1])).toBeNull();
    expect(direct([])).toBeNull();
  });
});

describe("directEnvelope", () => {
  it.each(Object.keys(COURSES))("fills of a %s line what the careful way fills", (name) => {
    const y = Array.from({ length: COUNT }, (_, i) => COURSES[name]!(i));
    // in places no point stands in a column for a while
    const holed = makeSeries(y, { xs: y.map((_, i) => (i > 1500 ? i + 400 : i)) });
    for (const series of [makeSeries(y), holed]) {
      for (const [low, high] of VIEWS) {
        for (const ratio of [1, 2]) {
          const view = projection(low, high, "linear", ratio);
          const direct = list(directEnvelope(series, view, LEFT, RIGHT * ratio)!);
          const strip = projectEnvelope(series, series.y, view);
          expectSame(direct, list(stripSpans(strip, ratio, LEFT, RIGHT * ratio)));
        }
      }
    }
  });

  it("leaves gaps to the careful way", () => {
    const gap = makeSeries(Array.from({ length: COUNT }, (_, i) => (i === 500 ? NaN : 1)));
    expect(directEnvelope(gap, projection(0, COUNT), LEFT, RIGHT)).toBeNull();
  });
});
