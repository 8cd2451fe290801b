import { describe, expect, it } from "vitest";
import {
  PALETTE,
  contrastRatio,
  luminance,
  mixColors,
  neutralColor,
  parseHex,
  pickedColor,
  runColor,
  runDash,
  sequentialColor,
  withAlpha,
} from "./color.ts";

const surfaces = { light: "#FFFFFF", dark: "#15171C" } as const;
const modes = ["light", "dark"] as const;

describe("run palette", () => {
  it("gives the first run blue in both themes", () => {
    expect(runColor(0, "light")).toBe("#2668D5");
    expect(runColor(0, "dark")).toBe("#6EA4FE");
  });

  it("reuses hues after ten runs, with another dash", () => {
    expect(runColor(13, "light")).toBe(runColor(3, "light"));
    expect(runDash(3)).toEqual([]);
    expect(runDash(13)).not.toEqual([]);
    expect(runDash(23)).not.toEqual(runDash(13));
  });

  it("survives negative and huge indices", () => {
    expect(runColor(-1, "light")).toBe(PALETTE[9]!.light);
    expect(runColor(1_000_003, "dark")).toBe(PALETTE[3]!.dark);
    expect(runDash(-5)).toEqual([]);
  });

  it("stands out from the plot surface by at least 3:1 in both themes", () => {
    for (const color of PALETTE) {
      expect(contrastRatio(color.light, "#FFFFFF")).toBeGreaterThanOrEqual(3);
      expect(contrastRatio(color.dark, "#15171C")).toBeGreaterThanOrEqual(3);
    }
  });

  it("hands out a fresh dash array each time", () => {
    runDash(10).push(99);
    expect(runDash(10)).not.toContain(99);
  });
});

describe("colours of numbers", () => {
  it("stand out everywhere on the scale, and neutral does", () => {
    for (const mode of modes) {
      for (let place = 0; place <= 1; place += 0.02) {
        expect(contrastRatio(sequentialColor(place, mode), surfaces[mode])).toBeGreaterThanOrEqual(3);
      }
      expect(contrastRatio(neutralColor(mode), surfaces[mode])).toBeGreaterThanOrEqual(3);
    }
  });

  it("grow lighter from end to end, so that their order shows without hues", () => {
    for (const mode of modes) {
      for (let place = 0.1; place <= 1; place += 0.1) {
        const darker = luminance(sequentialColor(place - 0.1, mode));
        expect(luminance(sequentialColor(place, mode))).toBeGreaterThan(darker);
      }
    }
  });

  it("end at the ends", () => {
    expect(sequentialColor(-3, "light")).toBe(sequentialColor(0, "light"));
    expect(sequentialColor(7, "dark")).toBe(sequentialColor(1, "dark"));
  });
});

describe("picked colours", () => {
  it("resolve an index of the palette per theme", () => {
    expect(pickedColor("3", "light")).toBe(PALETTE[3]!.light);
    expect(pickedColor("3", "dark")).toBe(PALETTE[3]!.dark);
  });

  it("are kept where they can be seen and moved where they cannot", () => {
    expect(pickedColor("#aa2222", "light")).toBe("#aa2222");
    for (const mode of modes) {
      for (const hex of ["#000000", "#ffffff", "#ffff00", "#111133"]) {
        expect(contrastRatio(pickedColor(hex, mode) ?? "", surfaces[mode])).toBeGreaterThanOrEqual(3);
      }
    }
  });

  it("are nothing if they are no colour", () => {
    expect(pickedColor("red", "light")).toBeNull();
    expect(pickedColor("", "dark")).toBeNull();
  });
});

describe("colour arithmetic", () => {
  it("parses both hex forms and refuses the rest", () => {
    expect(parseHex("#0af")).toEqual([0, 170, 255]);
    expect(parseHex("#2668D5")).toEqual([38, 104, 213]);
    expect(() => parseHex("red")).toThrow(RangeError);
  });

  it("mixes and adds alpha", () => {
    expect(mixColors("#000000", "#ffffff", 0.5)).toBe("#808080");
    expect(mixColors("#102030", "#ffffff", 0)).toBe("#102030");
    expect(withAlpha("#2668D5", 0.14)).toBe("rgb(38 104 213 / 0.14)");
  });

  it("measures contrast as WCAG does", () => {
    expect(contrastRatio("#000000", "#ffffff")).toBeCloseTo(21, 5);
    expect(contrastRatio("#ffffff", "#ffffff")).toBe(1);
  });
});
