import { describe, expect, it } from "vitest";
import { makeScale } from "./scale.ts";
import { durationLogTicks, symlogTicks } from "./scale_ticks.ts";

const labelled = (ticks: readonly { label: string }[]): string[] => ticks.map((tick) => tick.label).filter((label) => label !== "");

describe("symlogTicks", () => {
  it("has zero in the middle and the same decades on both sides", () => {
    const ticks = symlogTicks(makeScale("symlog", -1000, 1000), 8);
    expect(labelled(ticks)).toEqual(["\u2212" + "1,000", "\u2212" + "100", "\u2212" + "10", "0", "10", "100", "1,000"]);
  });

  it("follows the linear part to small data", () => {
    const labels = labelled(symlogTicks(makeScale("symlog", -0.01, 0.01, 1e-5), 9));
    expect(labels).toContain("0");
    expect(labels).toContain("0.001");
    expect(labels).toContain("\u2212" + "0.001");
  });

  it.each([
    [-1e12, 1e12, 1, 6],
    [-1, 1e9, 1e-3, 5],
    [0, 1e6, 10, 7],
    [-3e-7, 2e-7, 1e-9, 6],
    [1e-12, 1e12, 1, 4],
    [-1e300, 1e300, 1e291, 6],
  ])("keeps labels from %d to %d apart", (low, high, linear, count) => {
    const scale = makeScale("symlog", low, high, linear);
    const named = symlogTicks(scale, count).filter((tick) => tick.label !== "");
    expect(named.length).toBeGreaterThanOrEqual(3);
    for (let i = 1; i < named.length; i++) {
      const apart = scale.toUnit(named[i]!.value) - scale.toUnit(named[i - 1]!.value);
      expect(apart).toBeGreaterThan(0.55 / count);
    }
  });

  it("is linear where the scale nearly is", () => {
    expect(labelled(symlogTicks(makeScale("symlog", -2, 2), 5))).toEqual(["\u22122", "\u22121", "0", "1", "2"]);
    expect(labelled(symlogTicks(makeScale("symlog", 110, 130), 5)).length).toBeGreaterThanOrEqual(3);
  });
});

describe("durationLogTicks", () => {
  it("speaks of seconds, minutes and hours", () => {
    const labels = labelled(durationLogTicks(makeScale("log", 0.5, 90_000), 8));
    expect(labels).toEqual(["1s", "10s", "1m", "10m", "1h", "10h", "1d"].filter((label) => labels.includes(label)));
    expect(labels).toContain("1s");
    expect(labels).toContain("1h");
  });

  it("begins with zero on a symlog axis", () => {
    const ticks = durationLogTicks(makeScale("symlog", 0, 36_000, 10), 6);
    expect(ticks[0]).toEqual({ value: 0, label: "0" });
    expect(ticks.every((tick) => tick.value === 0 || tick.value >= 10)).toBe(true);
  });
});
