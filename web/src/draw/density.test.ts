import { describe, expect, it } from "vitest";
import { CHART_THEMES } from "./chart_theme.ts";
import { densityRamp, makeTintTable, toOklab } from "./density_ramp.ts";
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
    const ramp = { colors: Uint8ClampedArray.from({ length: 1024 }, (_, i) => (i % 4 === 3 ? 255 : i >> 2)), tinted: false };
    drawDensity([...crowd, makeSeries([30.5, 30.5], ends)], projection, WIDTH, HEIGHT, ramp, target);
    const at = (row: number): number[] => [...target.subarray(4 * (row * WIDTH + 20), 4 * (row * WIDTH + 20) + 4)];
    expect(at(29)[0]).toBeGreaterThan(250);
    expect(at(9)[0]).toBeGreaterThan(40);
    expect(at(9)[0]).toBeLessThan(90);
    expect(at(9)[3]).toBe(255);
    expect(at(20)[3]).toBe(0);
  });
});

describe("drawDensity, tinted", () => {
  const ends = { xs: [0, 60] };
  const [blue, amber] = ["#2668D5", "#BD8130"];
  const lines = (count: number, y: number, color: string): LineSeries[] => Array.from({ length: count }, () => makeSeries([y, y], { ...ends, color }));
  const lab = (target: Uint8ClampedArray, row: number): [number, number, number] => toOklab([...target.subarray(4 * (row * WIDTH + 20), 4 * (row * WIDTH + 20) + 3)] as [number, number, number]);
  const draw = (list: readonly LineSeries[], density = makeDensity()): Uint8ClampedArray => {
    const target = new Uint8ClampedArray(4 * WIDTH * HEIGHT);
    density.draw(list, projection, WIDTH, HEIGHT, densityRamp(CHART_THEMES.light, true), target);
    return target;
  };
  const hue = ([, a, b]: [number, number, number]): number => Math.atan2(b, a);

  it("has the hue of the lines, and a lightness that says only how many they are", () => {
    const target = draw([...lines(20, 30.5, blue), ...lines(20, 10.5, amber)]);
    const [upper, lower] = [lab(target, 9), lab(target, 29)];
    expect(hue(upper)).toBeCloseTo(hue(toOklab([0x26, 0x68, 0xd5])), 0);
    expect(hue(lower)).toBeCloseTo(hue(toOklab([0xbd, 0x81, 0x30])), 0);
    expect(upper[0]).toBeCloseTo(lower[0], 1);
    const single = lab(draw([...lines(1, 30.5, blue), ...lines(20, 10.5, amber)]), 9);
    expect(single[0]).toBeGreaterThan(upper[0] + 0.2);
  });

  it("mixes hues by how many lines have them", () => {
    const mostly = (share: number): number => lab(draw([...lines(20 - share, 20.5, blue), ...lines(share, 20.5, amber)]), 19)[2];
    expect([mostly(0), mostly(10), mostly(20)]).toEqual([mostly(0), mostly(10), mostly(20)].sort((x, y) => x - y));
    expect(mostly(0)).toBeLessThan(-0.05);
    expect(mostly(20)).toBeGreaterThan(0.05);
    expect(Math.abs(mostly(10))).toBeLessThan(0.06);
  });

  it("is what it would be from nothing after lines came, went and changed their colours", () => {
    const density = makeDensity();
    const all = [...lines(15, 30.5, blue), ...lines(15, 20.2, amber), ...lines(9, 20.7, blue)];
    const recoloured = all.map((line, k) => (k % 5 === 0 ? { ...line, color: amber } : line));
    for (const list of [all, all.slice(4), recoloured, [], all]) expect(draw(list, density)).toEqual(draw(list));
  });

  it("shows colours that a screen has, the same for the same tint", () => {
    const color = makeTintTable(densityRamp(CHART_THEMES.dark, true).colors);
    expect(color(255, 0.3, -0.3)).toBe(color(255, 0.3, -0.3));
    expect(color(40, 0.1, 0)).not.toBe(color(40, -0.1, 0));
    expect(color(0, 0, 0) >>> 24).toBe(255);
  });
});

describe("densityRamp", () => {
  it.each(["light", "dark"] as const)("goes in even steps of lightness through the %s theme's colours", (mode) => {
    const theme = CHART_THEMES[mode];
    const ramp = densityRamp(theme);
    const { colors } = ramp;
    const lightness = Array.from({ length: 256 }, (_, i) => toOklab([colors[4 * i]!, colors[4 * i + 1]!, colors[4 * i + 2]!])[0]);
    const step = (lightness[255]! - lightness[0]!) / 255;
    for (let i = 0; i < 256; i += 5) expect(lightness[i]).toBeCloseTo(lightness[0]! + i * step, 1);
    expect(Math.abs(lightness[255]! - lightness[0]!)).toBeGreaterThan(0.6);
    expect(densityRamp(theme)).toBe(ramp);
  });
});
