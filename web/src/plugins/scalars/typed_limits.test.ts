import { describe, expect, it } from "vitest";
import { meaningOf, readLimits, writeLimits } from "./typed_limits.ts";

describe("typed limits", () => {
  it("are numbers as people write them, and empty ones the data's", () => {
    expect(readLimits(["0", ""], "number")).toEqual([0, null]);
    expect(readLimits([" −1,5", "1e3 "], "number")).toEqual([-1.5, 1000]);
  });

  it("say what is wrong with either end", () => {
    expect(readLimits(["abc", "1"], "number")).toBe("“abc” is not a number.");
    expect(readLimits(["0", "Infinity"], "number")).toBe("“Infinity” is not a number.");
    expect(readLimits(["5", "1"], "number")).toMatch(/below/);
    expect(readLimits(["1h", "later"], "seconds")).toMatch(/“later” is not a duration/);
    expect(readLimits(["1h", ""], "number")).toMatch(/not a number/);
  });

  it("are durations and times where the axis is time", () => {
    expect(readLimits(["1h 30m", "2.5 d"], "seconds")).toEqual([5400, 216000]);
    expect(readLimits(["", "90"], "seconds")).toEqual([null, 90]);
    const noon = new Date(2026, 10, 21, 12).getTime() / 1000;
    expect(readLimits(["2026-11-21 12:00", "2026-11-21 12:00:30"], "time")).toEqual([noon, noon + 30]);
    expect(readLimits(["2026-11-21", ""], "time")).toEqual([noon - 12 * 3600, null]);
    expect(readLimits(["noon", ""], "time")).toMatch(/not a time/);
    expect(readLimits(writeLimits([noon, null], "time"), "time")).toEqual([noon, null]);
  });

  it("mean what the axis shows", () => {
    expect(["step", "wall_time", "active", "relative", "relative_step"].map((axis) => meaningOf(axis as "step"))).toEqual([
      "number",
      "time",
      "seconds",
      "seconds",
      "number",
    ]);
  });
});
