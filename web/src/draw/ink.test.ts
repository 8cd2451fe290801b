import { describe, expect, it } from "vitest";
import { contrastRatio, PALETTE } from "../base/color.ts";
import { CHART_THEMES } from "./chart_theme.ts";
import { inkOf } from "./ink.ts";

describe("inkOf", () => {
  it.each(["light", "dark"] as const)("makes every run's colour readable as text, %s", (mode) => {
    const theme = CHART_THEMES[mode];
    for (const color of PALETTE) expect(contrastRatio(inkOf(color[mode], theme), theme.surface)).toBeGreaterThanOrEqual(4.5);
  });

  it("leaves alone what can be read", () => {
    expect(inkOf("#7E2A4A", CHART_THEMES.light)).toBe("#7E2A4A");
    expect(inkOf("#BD8130", CHART_THEMES.light)).not.toBe("#BD8130");
  });
});
