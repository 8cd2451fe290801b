import { describe, expect, it } from "vitest";
import { CHART_THEMES } from "./chart_theme.ts";
import { densityRamp, toOklab } from "./density_ramp.ts";
import { type Density, drawDensity, makeDensity } from "./density.ts";
import { makeScale } from "./scale.ts";
import type { LineSeries } from "./series.ts";
import { makeSeries } from "./testing.ts";

const WIDTH = 60;
const HEIGHT = 40;
const projection = { x: makeScale("linear", 0, 60), y: makeScale("linear", 0, 40), plot: { x: 0, y: 0, width: WIDTH, height: HEIGHT }, pixelRatio: 1 };
const columnSum = (density: Float32Array, column: number): number =>
  density.subarray(column * HEIGHT, (column + 1) * HEIGHT).reduce((sum, value) => sum + value, 0);

describe("makeDensity", () => {
  const ends = { xs: [0, 60] };

  it("counts each line once in each column, flat or steep", () => {
    const flat = makeSeries([10, 10], ends);
    const noisy = makeSeries(Array.from({ length: 121 }, (_, i) => (i % 2 ? 5 : 35)), { xs: Array.from({ length: 121 }, (_, i) => i / 2) });
    for (const series of [flat, noisy]) {
      const density = makeDensity().count([series], projection, WIDTH, HEIGHT);
      for (const column of [5, 20, 50]) expect(columnSum(density, column)).toBeCloseTo(1, 2);
    }
  });

  it("adds up where lines meet", () => {
    const flat = makeSeries([10.5, 10.5], ends);
    const density = makeDensity().count([flat, flat, flat, makeSeries([30.5, 30.5], ends)], projection, WIDTH, HEIGHT);
    expect(density[20 * HEIGHT + 29]).toBeCloseTo(3);
    expect(density[20 * HEIGHT + 9]).toBeCloseTo(1);
  });

  it("leaves out what a restart replaced, and what is not in view", () => {
    const series = makeSeries([10, 10], { ...ends, faint: true });
    const above = makeSeries([90, 90], ends);
    expect(makeDensity().count([series, above], projection, WIDTH, HEIGHT).every((value) => value === 0)).toBe(true);
  });
});

describe("makeDensity, again", () => {
  const waves = Array.from({ length: 40 }, (_, k) => makeSeries(Array.from({ length: 90 }, (_, i) => 20 + 15 * Math.sin(i * (k + 1) * 0.37)), { xs: Array.from({ length: 90 }, (_, i) => i * 0.7) }));
  const count = (density: Density, list: readonly LineSeries[], view = projection): number[] => [...density.count(list, view, WIDTH, HEIGHT)];
  const anew = (list: readonly LineSeries[], view = projection): number[] => count(makeDensity(), list, view);

  it("is exactly what it would be from nothing after lines came and went", () => {
    const density = makeDensity();
    for (const list of [waves.slice(0, 30), waves.slice(3), waves.slice(3, 35), waves, [], waves.toReversed()]) expect(count(density, list)).toEqual(anew(list));
    const all = anew(waves);
    for (let turn = 0; turn < 50; turn++) count(density, waves.filter((_, k) => k % 7 !== turn % 7));
    expect(count(density, waves)).toEqual(all);
  });

  it("starts anew for another view, another size and lines that are there twice", () => {
    const density = makeDensity();
    const [first, second] = waves as [LineSeries, LineSeries];
    const near = { ...projection, y: makeScale("linear", 0, 30) };
    for (const view of [projection, near]) expect(count(density, waves, view)).toEqual(anew(waves, view));
    for (const list of [[first, second], [first, first, second], [first, second], [first, first]]) expect(count(density, list)).toEqual(anew(list));
    expect([...density.count(waves, projection, WIDTH, 50)]).toEqual([...makeDensity().count(waves, projection, WIDTH, 50)]);
  });

  it("looks only at the lines that changed", () => {
    const density = makeDensity();
    const asked: string[] = [];
    const watched = waves.map((series, k) => ({
      ...series,
      get count() {
        asked.push(String(k));
        return series.count;
      },
    }));
    count(density, watched);
    asked.length = 0;
    count(density, watched.filter((_, k) => k !== 7));
    count(density, watched);
    expect(new Set(asked)).toEqual(new Set(["7"]));
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
