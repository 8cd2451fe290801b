import { describe, expect, it } from "vitest";
import { durationTicks, linearTicks, logTicks, niceSpacing, timeTicks } from "./ticks.ts";

const labels = (ticks: { label: string }[]): string[] => ticks.map((t) => t.label);
const values = (ticks: { value: number }[]): number[] => ticks.map((t) => t.value);

describe("linearTicks", () => {
  it("stands on round numbers", () => {
    expect(labels(linearTicks(0, 16_800, 5))).toEqual(["0", "5k", "10k", "15k"]);
    expect(labels(linearTicks(0, 3.4, 4))).toEqual(["0", "1", "2", "3"]);
    expect(values(linearTicks(0, 1, 10))).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  });

  it("keeps steps whole", () => {
    expect(values(linearTicks(0, 3, 8, true))).toEqual([0, 1, 2, 3]);
    for (const value of values(linearTicks(0, 11, 5, true))) expect(Number.isInteger(value)).toBe(true);
  });

  it("stays inside the domain and near the wished count", () => {
    for (const [low, high] of [[-1e-9, 1e-9], [1e15, 1e15 + 64], [-5, 1e6], [0.1, 0.100001]] as const) {
      const ticks = linearTicks(low, high, 6);
      expect(ticks.length).toBeGreaterThan(1);
      expect(ticks.length).toBeLessThan(20);
      for (const t of ticks) {
        expect(t.value).toBeGreaterThanOrEqual(low - (high - low) * 1e-6);
        expect(t.value).toBeLessThanOrEqual(high + (high - low) * 1e-6);
      }
      expect(new Set(labels(ticks)).size).toBe(ticks.length);
    }
  });

  it("gives nothing for a domain without a span", () => {
    expect(linearTicks(1, 1, 5)).toEqual([]);
    expect(linearTicks(NaN, 1, 5)).toEqual([]);
    expect(linearTicks(0, Infinity, 5)).toEqual([]);
  });

  it("ends, whatever the domain", () => {
    for (const [low, high] of [[8.5e307, 1.7e308], [1e300, 1e300 + 1e285], [2 ** 60, 2 ** 60 + 4096], [-1.7e308, -1.6e308]] as const) {
      expect(linearTicks(low, high, 5).length).toBeLessThan(20);
    }
  });

  it("chooses spacings of 1, 2, 2.5 and 5", () => {
    expect(niceSpacing(10, 10)).toBe(1);
    expect(niceSpacing(9.9, 4)).toBe(2.5);
    expect(niceSpacing(0.045, 9)).toBeCloseTo(0.005, 12);
  });
});

describe("logTicks", () => {
  it("labels decades and draws 2 and 5 between them", () => {
    const ticks = logTicks(0.001, 10, 5);
    expect(labels(ticks).filter(Boolean)).toEqual(["0.001", "0.01", "0.1", "1", "10"]);
    expect(values(ticks)).toContain(0.05);
  });

  it("labels 1, 2, 5 when there is room", () => {
    expect(labels(logTicks(0.9, 11, 6)).filter(Boolean)).toEqual(["1", "2", "5", "10"]);
  });

  it("skips decades rather than crowd", () => {
    const named = labels(logTicks(1e-30, 1, 5)).filter(Boolean);
    expect(named.length).toBeGreaterThan(2);
    expect(named.length).toBeLessThanOrEqual(6);
  });

  it("is linear within a fraction of a decade", () => {
    expect(labels(logTicks(100, 110, 5)).length).toBeGreaterThan(2);
  });

  it("needs a positive domain", () => {
    expect(logTicks(0, 10, 5)).toEqual([]);
    expect(logTicks(-1, 10, 5)).toEqual([]);
  });
});

describe("durationTicks", () => {
  it("uses the units of clocks", () => {
    expect(labels(durationTicks(0, 100, 4))).toEqual(["0", "30s", "1m", "1m30"]);
    expect(labels(durationTicks(0, 4 * 3600, 4))).toEqual(["0", "1h", "2h", "3h", "4h"]);
    expect(labels(durationTicks(0, 7200, 5))).toEqual(["0", "30m", "1h", "1h30", "2h"]);
    expect(labels(durationTicks(0, 86_400 * 4, 5))).toEqual(["0", "1d", "2d", "3d", "4d"]);
    expect(labels(durationTicks(0, 0.01, 5))).toEqual(["0", "2ms", "4ms", "6ms", "8ms", "10ms"]);
  });

  it("handles years and negative time", () => {
    expect(durationTicks(0, 86_400 * 3000, 5).length).toBeGreaterThan(2);
    expect(labels(durationTicks(-60, 60, 4))[0]).toBe("\u22121m");
  });
});

describe("timeTicks", () => {
  const at = (iso: string): number => Date.parse(iso) / 1000;

  it("stands on round clock times", () => {
    expect(labels(timeTicks(at("2026-03-05T08:12:00Z"), at("2026-03-05T12:40:00Z"), 5, true))).toEqual([
      "Mar 5 09:00",
      "10:00",
      "11:00",
      "12:00",
    ]);
  });

  it("names the day at midnight", () => {
    expect(labels(timeTicks(at("2026-03-05T20:00:00Z"), at("2026-03-06T05:00:00Z"), 3, true))).toEqual(["21:00", "Mar 6", "03:00"]);
  });

  it("goes from microseconds to centuries", () => {
    const start = at("2026-03-05T08:12:00Z");
    for (const span of [1e-3, 0.5, 3, 60, 3600, 86_400, 86_400 * 40, 86_400 * 400, 86_400 * 365 * 90]) {
      const ticks = timeTicks(start, start + span, 5, true);
      expect(ticks.length, `span ${span}`).toBeGreaterThanOrEqual(2);
      expect(ticks.length, `span ${span}`).toBeLessThanOrEqual(13);
      for (const t of ticks) expect(t.value >= start && t.value <= start + span).toBe(true);
    }
  });

  it("refuses what no calendar can name", () => {
    expect(timeTicks(0, 1e300, 5)).toEqual([]);
    expect(timeTicks(NaN, 1, 5)).toEqual([]);
  });
});
