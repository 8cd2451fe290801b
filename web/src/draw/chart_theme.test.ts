import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { contrastRatio } from "../base/color.ts";
import { CHART_THEMES } from "./chart_theme.ts";

const css = readFileSync(new URL("../theme/tokens.css", import.meta.url), "utf8");

function token(mode: "light" | "dark", name: string): string {
  const block = new RegExp(`data-theme="${mode}"\\] \\{([^}]*)\\}`).exec(css)?.[1] ?? "";
  return new RegExp(`--${name}: (#[0-9a-f]{6});`, "i").exec(block)?.[1]?.toUpperCase() ?? "missing";
}

describe.each(["light", "dark"] as const)("the %s theme of charts", (mode) => {
  const theme = CHART_THEMES[mode];

  it("has the page's colours", () => {
    expect({
      surface: theme.surface,
      text: theme.text,
      muted: theme.muted,
      grid: theme.grid,
      axis: theme.axis,
      accent: theme.accent,
      warning: theme.warning,
      danger: theme.danger,
    }).toEqual({
      surface: token(mode, "surface"),
      text: token(mode, "text"),
      muted: token(mode, "text-3"),
      grid: token(mode, "grid"),
      axis: token(mode, "axis"),
      accent: token(mode, "accent"),
      warning: token(mode, "warning"),
      danger: token(mode, "danger"),
    });
  });

  it("has labels and marks that can be read", () => {
    expect(contrastRatio(theme.muted, theme.surface)).toBeGreaterThanOrEqual(4.5);
    expect(contrastRatio(theme.warning, theme.surface)).toBeGreaterThanOrEqual(4.5);
    expect(contrastRatio(theme.cursor, theme.surface)).toBeGreaterThanOrEqual(3);
  });
});
