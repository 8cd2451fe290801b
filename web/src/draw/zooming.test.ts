import { describe, expect, it } from "vitest";
import { makeBox } from "./gestures.ts";
import type { Projection } from "./project.ts";
import { makeScale } from "./scale.ts";
import { FITTED } from "./viewport.ts";
import { adoptViewport, panView, zoomAround, zoomToBox } from "./zooming.ts";

const plot = { x: 0, y: 0, width: 100, height: 100 };
const one: Projection = { x: makeScale("linear", 0, 10), y: makeScale("linear", 0, 10), plot, pixelRatio: 1 };
const two: Projection = { ...one, y2: makeScale("log", 1, 1e4) };

describe("zooming", () => {
  it("moves both y axes to the same part of the plot", () => {
    const next = zoomToBox(FITTED, two, makeBox(20, 0, 60, 50))!;
    expect(next.x).toEqual({ low: 2, high: 6 });
    expect(next.y).toEqual({ low: 5, high: 10 });
    expect(next.y2!.low).toBeCloseTo(100, 6);
    expect(next.y2!.high).toBeCloseTo(1e4, 6);
  });

  it("along x leaves y as it is", () => {
    const next = zoomToBox(FITTED, two, makeBox(20, 50, 60, 52))!;
    expect(next).toEqual({ x: { low: 2, high: 6 }, y: null, y2: null });
  });

  it("keeps fitted axes fitted, and set ones in step", () => {
    expect(zoomAround(FITTED, two, 0.5, 0.5, 2)).toEqual({ x: { low: 2.5, high: 7.5 }, y: null, y2: null });
    const set = { x: null, y: { low: 0, high: 10 }, y2: { low: 1, high: 1e4 } };
    const next = panView(set, two, 0.1, 0.5)!;
    expect(next.y).toEqual({ low: 5, high: 15 });
    expect(next.y2!.low).toBeCloseTo(100, 6);
  });

  it("stops where there is nothing left to tell apart", () => {
    const narrow = { ...one, x: makeScale("linear", 1, 1 + 1e-12) };
    expect(zoomAround(FITTED, narrow, 0.5, 0.5, 4)).toBeNull();
  });

  it("keeps the right axis while its owner repeats the others", () => {
    const own = { x: { low: 1, high: 2 }, y: { low: 3, high: 4 }, y2: { low: 5, high: 6 } };
    expect(adoptViewport(own, { x: { low: 1, high: 2 }, y: { low: 3, high: 4 } })).toBe(own);
    expect(adoptViewport(own, FITTED)).toBe(FITTED);
    expect(adoptViewport(own, { ...own, y2: null }).y2).toBeNull();
  });
});
