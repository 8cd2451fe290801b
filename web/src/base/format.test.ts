import { describe, expect, it } from "vitest";
import { formatBytes, formatCompact, formatExact, formatLogTick, formatSetting, formatStep, formatTicks, formatValue } from "./format.ts";

describe("formatValue", () => {
  it.each([
    [0, "0"],
    [0.4387, "0.4387"],
    [0.43871234, "0.4387"],
    [0.5, "0.5000"],
    [1, "1"],
    [12.3456, "12.35"],
    [1234.5678, "1,235"],
    [9999.7, "10,000"],
    [123456, "123,456"],
    [-0.25, "\u22120.2500"],
    [0.00012344, "0.0001234"],
    [0.000012345, "1.234e\u22125"],
    [1.5e-7, "1.5e\u22127"],
    [12_345_678, "1.235e7"],
    [3.2e12, "3.2e12"],
    [NaN, "NaN"],
    [Infinity, "\u221e"],
    [-Infinity, "\u2212\u221e"],
  ])("%d reads %s", (value, text) => {
    expect(formatValue(value)).toBe(text);
  });

  it("takes the digits it is given", () => {
    expect(formatValue(Math.PI, 6)).toBe("3.14159");
    expect(formatValue(1e-9, 2)).toBe("1e\u22129");
  });
});

describe("formatExact", () => {
  it("keeps every digit", () => {
    expect(formatExact(0.1 + 0.2)).toBe("0.30000000000000004");
    expect(formatExact(-1e-7)).toBe("\u22121e\u22127");
  });
});

describe("formatStep", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [12_400, "12,400"],
    [-5000, "\u22125,000"],
    [2 ** 53, "9,007,199,254,740,992"],
    [12.5, "12.5"],
    [1e22, "1e22"],
  ])("%d reads %s", (step, text) => {
    expect(formatStep(step)).toBe(text);
  });
});

describe("formatCompact", () => {
  it.each([
    [950, "950"],
    [4200, "4.2k"],
    [4_000_000, "4M"],
    [4_200_000, "4.2M"],
    [999_950, "1M"],
    [999_400, "999k"],
    [12e9, "12G"],
    [0.1234, "0.123"],
    [-1500, "\u22121.5k"],
  ])("%d reads %s", (value, text) => {
    expect(formatCompact(value)).toBe(text);
  });
});

describe("formatTicks", () => {
  it("gives neighbours the same unit and decimals", () => {
    expect(formatTicks([0, 0.5, 1, 1.5], 0.5)).toEqual(["0", "0.5", "1.0", "1.5"]);
    expect(formatTicks([0, 4000, 8000, 12000], 4000)).toEqual(["0", "4k", "8k", "12k"]);
    expect(formatTicks([1000, 1100, 1200], 100)).toEqual(["1,000", "1,100", "1,200"]);
    expect(formatTicks([0, 0.25, 0.5, 0.75], 0.25)).toEqual(["0", "0.25", "0.50", "0.75"]);
    expect(formatTicks([12_500, 15_000], 2500)).toEqual(["12.5k", "15.0k"]);
    expect(formatTicks([16_999, 17_000, 17_001], 1)).toEqual(["16,999", "17,000", "17,001"]);
    expect(formatTicks([-2e6, 0, 2e6], 2e6)).toEqual(["\u22122M", "0", "2M"]);
  });

  it("writes the very large and the very small in powers of ten", () => {
    expect(formatTicks([0, 1e-6, 2e-6], 1e-6)).toEqual(["0", "1e\u22126", "2e\u22126"]);
    expect(formatTicks([0, 2.5e-4, 5e-4, 1e-3], 2.5e-4)).toEqual(["0", "2.5e\u22124", "5e\u22124", "1e\u22123"]);
    expect(formatTicks([0, 0.002, 0.004], 0.002)).toEqual(["0", "0.002", "0.004"]);
    expect(formatTicks([1e20, 2e20], 1e20)).toEqual(["1e20", "2e20"]);
  });

  it("keeps neighbours apart in a narrow window far from zero", () => {
    const labels = formatTicks([1000000.0, 1000000.5, 1000001.0], 0.5);
    expect(new Set(labels).size).toBe(3);
  });

  it("never writes a signed zero", () => {
    expect(formatTicks([-0.0000000001, 1], 1)[0]).toBe("0");
  });
});

describe("formatLogTick", () => {
  it.each([
    [1, "1"],
    [0.001, "0.001"],
    [1e-6, "1e\u22126"],
    [1000, "1,000"],
    [1e5, "100k"],
    [1e18, "1e18"],
  ])("%d reads %s", (value, text) => {
    expect(formatLogTick(value)).toBe(text);
  });
});

describe("formatSetting", () => {
  it.each([
    [0.01, "0.01"],
    [0.001, "0.001"],
    [3e-5, "3e\u22125"],
    [0.0003, "0.0003"],
    [Math.fround(0.01), "0.01"],
    [Math.fround(3e-4), "0.0003"],
    [0.1 + 0.2, "0.3"],
    [0.123456789012, "0.123456789012"],
    [12345, "12345"],
    [-2.5, "\u22122.5"],
    [0, "0"],
    [1e21, "1e21"],
    [Infinity, "\u221e"],
    [NaN, "NaN"],
  ])("%d reads as it was set: %s", (value, text) => {
    expect(formatSetting(value)).toBe(text);
  });
});

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1 kB"],
    [3_100_000, "3.1 MB"],
    [999_700, "1 MB"],
    [250e9, "250 GB"],
  ])("%d reads %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});
