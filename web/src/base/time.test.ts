import { describe, expect, it } from "vitest";
import { formatAge, formatClock, formatDuration, formatWallTime } from "./time.ts";

describe("formatDuration", () => {
  it.each([
    [0, "0 s"],
    [0.00012, "0.12 ms"],
    [0.25, "250 ms"],
    [4.23, "4.2 s"],
    [59.96, "1 m 00 s"],
    [65, "1 m 05 s"],
    [3599.6, "1 h 00 m"],
    [7860, "2 h 11 m"],
    [86_400 * 3 + 4 * 3600, "3 d 4 h"],
    [-30, "\u221230 s"],
    [NaN, "unknown"],
  ])("%d s reads %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

describe("wall times", () => {
  it("reads as date and clock", () => {
    expect(formatWallTime(1_700_000_000, true)).toBe("2023-11-14 22:13:20");
    expect(formatClock(1_700_000_000, true)).toBe("22:13:20");
  });

  it("says so when there is none", () => {
    expect(formatWallTime(NaN)).toBe("unknown time");
    expect(formatWallTime(1e300)).toBe("unknown time");
  });
});

describe("formatAge", () => {
  it.each([
    [0.3, "just now"],
    [12.9, "12 s ago"],
    [200, "3 m ago"],
    [7300, "2 h ago"],
    [500_000, "5 d ago"],
  ])("%d s reads %s", (seconds, text) => {
    expect(formatAge(seconds)).toBe(text);
  });
});
