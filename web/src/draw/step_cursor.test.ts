import { describe, expect, it } from "vitest";
import { CHART_THEMES } from "./chart_theme.ts";
import type { Projection } from "./project.ts";
import { makeRecording } from "./recording.ts";
import { makeScale } from "./scale.ts";
import { describeX, drawStepCursor, placeFobs, snapX, stepX } from "./step_cursor.ts";
import { makeSeries } from "./testing.ts";

const plot = { x: 40, y: 10, width: 300, height: 150 };
const projection: Projection = { x: makeScale("linear", 0, 100), y: makeScale("linear", 0, 1), plot, pixelRatio: 1 };
const measure = (text: string): number => text.length * 6;

describe("snapX and stepX", () => {
  const a = makeSeries([1, 1, 1], { xs: [0, 10, 20] });
  const b = makeSeries([1, 1], { key: "b", xs: [1007, 1030], xOffset: 1000 });

  it("snaps to the nearest logged x of any line", () => {
    expect(snapX([a, b], 8)).toBe(7);
    expect(snapX([a, b], 11)).toBe(10);
    expect(snapX([], 3)).toBe(3);
  });

  it("walks over all of them and stops at the ends", () => {
    expect([0, 7, 10, 20, 30].every((x, i, all) => i === 0 || stepX([a, b], all[i - 1]!, 1) === x)).toBe(true);
    expect([30, 20, 10, 7, 0].every((x, i, all) => i === 0 || stepX([a, b], all[i - 1]!, -1) === x)).toBe(true);
    expect(stepX([a, b], 30, 1)).toBe(30);
    expect(stepX([a, b], 0, -10)).toBe(0);
    expect(stepX([a, b], 0, 3)).toBe(20);
    expect(stepX([a], 500, -1)).toBe(20);
  });

  it("does so for x in no order", () => {
    const mixed = makeSeries([1, 1, 1], { xs: [20, 0, 10] });
    expect(stepX([mixed], 0, 1)).toBe(10);
    expect(stepX([mixed], 20, -1)).toBe(10);
  });
});

describe("placeFobs", () => {
  it("centres a plate under its rule, below the plot", () => {
    const [fob] = placeFobs({ at: 50, to: null }, projection, "step", true, measure);
    expect(fob!.xPx).toBe(190);
    expect(fob!.plate.x + fob!.plate.width / 2).toBe(190);
    expect(fob!.plate.y).toBeGreaterThanOrEqual(160);
    expect(fob!.remove!.x).toBeGreaterThan(fob!.plate.x + fob!.plate.width / 2);
  });

  it("lets two plates give way to each other, whichever comes first", () => {
    for (const cursor of [{ at: 50, to: 51 }, { at: 51, to: 50 }]) {
      const [p, q] = placeFobs(cursor, projection, "step", false, measure).sort((a, b) => a.xPx - b.xPx);
      expect(p!.plate.x + p!.plate.width).toBeLessThanOrEqual(q!.plate.x);
      expect(q!.xPx - p!.xPx).toBe(3);
    }
  });

  it("stays on the surface at both ends", () => {
    for (const cursor of [{ at: 100, to: 99 }, { at: 0, to: 1 }, { at: 100, to: null }]) {
      const plates = placeFobs(cursor, projection, "step", true, measure).map((fob) => fob.plate);
      for (const plate of plates) {
        expect(plate.x).toBeGreaterThanOrEqual(0);
        expect(plate.x + plate.width).toBeLessThanOrEqual(348);
      }
      const [a, b] = plates.sort((p, q) => p.x - q.x);
      if (a && b) expect(a.x + a.width).toBeLessThanOrEqual(b.x);
    }
  });

  it("shows only what is in view", () => {
    expect(placeFobs({ at: 500, to: 20 }, projection, "step", true, measure).map((fob) => fob.end)).toEqual(["to"]);
  });
});

describe("drawStepCursor", () => {
  it("shades a range, cut at the plot, and rules its ends", () => {
    const recording = makeRecording();
    const cursor = { at: 500, to: 50 };
    const xTicks = [{ value: 50, label: "50" }, { value: 60, label: "60" }, { value: 90, label: "90" }];
    drawStepCursor(recording, cursor, placeFobs(cursor, projection, "step", true, measure), { projection, layout: { xTicks } }, CHART_THEMES.light);
    // the shade, what hides the tick under the fob, the fob
    expect(recording.all("rect").map((call) => call.rect.x + call.rect.width / 2)).toEqual([265, 190, 190]);
    expect(recording.all("rect")[0]!.rect).toEqual({ x: 190, y: 10, width: 150, height: 150 });
    expect(recording.all("rule").map((call) => call.x1)).toEqual([190]);
    expect(recording.all("text").map((call) => call.text)).toEqual(["50"]);
  });
});

describe("describeX", () => {
  it("speaks the axis' language", () => {
    expect(describeX(12_400, "step", { low: 0, high: 2e4 })).toBe("12,400");
    expect(describeX(90, "duration", { low: 0, high: 2e4 })).toBe("1 m 30 s");
    expect(describeX(0.5, "number", { low: 0, high: 1 })).toBe("0.5000");
    expect(describeX(1.7e9, "time", { low: 1.7e9, high: 1.7e9 + 60 })).toMatch(/^\d\d:\d\d:\d\d$/);
  });
});
