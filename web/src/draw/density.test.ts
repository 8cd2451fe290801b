import { describe, expect, it } from "vitest";
import { CHART_THEMES } from "./chart_theme.ts";
import { densityRamp, toOklab } from "./density_ramp.ts";
import { drawDensity, lineDensity } from "./density.ts";
import { makeScale } from "./scale.ts";
import { makeSeries } from "./testing.ts";

const WIDTH = 60;
const HEIGHT = 40;
const projection = { x: makeScale("linear", 0, 60), y: makeScale("linear", 0, 40), plot: { x: 0, y: 0, width: WIDTH, height: HEIGHT }, pixelRatio: 1 };
const columnSum = (density: Float32Array, column: number): number =>
  density.subarray(column * HEIGHT, (column + 1) * HEIGHT).reduce((sum, value) => sum + value, 0);

describe("lineDensity", () => {
  const ends = { xs: [0, 60] };

  it("counts each line once in each column, flat or steep", () => {
    const flat = makeSeries([10, 10], ends);
    const noisy = makeSeries(Array.from({ length: 121 }, (_, i) => (i % 2 ? 5 : 35)), { xs: Array.from({ length: 121 }, (_, i) => i / 2) });
    for (const series of [flat, noisy]) {
      const density = lineDensity([series], projection, WIDTH, HEIGHT);
      for (const column of [5, 20, 50]) expect(columnSum(density, column)).toBeCloseTo(1, 2);
    }
  });

  it("adds up where lines meet", () => {
    const flat = makeSeries([10.5, 10.5], ends);
    const density = lineDensity([flat, flat, flat, makeSeries([30.5, 30.5], ends)], projection, WIDTH, HEIGHT);
    expect(density[20 * HEIGHT + 29]).toBeCloseTo(3);
    expect(density[20 * HEIGHT + 9]).toBeCloseTo(1);
  });

  it("leaves out what a restart replaced, and what is not in view", () => {
    const series = makeSeries([10, 10], { ...ends, faint: true });
    const above = makeSeries([90, 90], ends);
    expect(lineDensity([series, above], projection, WIDTH, HEIGHT).every((value) => value === 0)).toBe(true);
  });
});

describe("drawDensity", () => {
  it("shows a lone line beside a thousand", () => {
    const ends = { xs: [0, 60] };
    const crowd = Array.from({ length: 1000 }, () => makeSeries([10.5, 10.5], ends));
    const target = new Uint8ClampedArray(4 * WIDTH * HEIGHT);
    const ramp = Uint8ClampedArray.from({ length: 1024 }, (_, i) => (i % 4 === 3 ? 255 : i >> 2));
    drawDensity([...crowd, makeSeries([30.5, 30.5], ends)], projection, WIDTH, HEIGHT, ramp, target);
    const at = (row: number): number[] => [...target.subarray(4 * (row * WIDTH + 20), 4 * (row * WIDTH + 20) + 4)];
    expect(at(29)[0]).toBeGreaterThan(250);
    expect(at(9)[0]).toBeGreaterThan(40);
    expect(at(9)[0]).toBeLessThan(90);
    expect(at(9)[3]).toBe(255);
    expect(at(20)[3]).toBe(0);
  });
});

describe("densityRamp", () => {
  it.each(["light", "dark"] as const)("goes in even steps of lightness through the %s theme's colours", (mode) => {
    const theme = CHART_THEMES[mode];
    const ramp = densityRamp(theme);
    const lightness = Array.from({ length: 256 }, (_, i) => toOklab([ramp[4 * i]!, ramp[4 * i + 1]!, ramp[4 * i + 2]!])[0]);
    const step = (lightness[255]! - lightness[0]!) / 255;
    for (let i = 0; i < 256; i += 5) expect(lightness[i]).toBeCloseTo(lightness[0]! + i * step, 1);
    expect(Math.abs(lightness[255]! - lightness[0]!)).toBeGreaterThan(0.6);
    expect(densityRamp(theme)).toBe(ramp);
  });
});
