import { describe, expect, it } from "vitest";
import { placeTooltip, rowsThatFit, tooltipAsMarkdown, tooltipAsText, type TooltipContent } from "./tooltip_content.ts";

const window = { width: 1000, height: 600 };
const size = { width: 200, height: 100 };

describe("placeTooltip", () => {
  it("stands right of the point, or left of it near the window's edge", () => {
    expect(placeTooltip({ x: 300, y: 300 }, size, window).left).toBeGreaterThan(300);
    expect(placeTooltip({ x: 900, y: 300 }, size, window).left).toBeLessThan(900 - size.width);
  });

  it("never leaves the window", () => {
    for (const x of [0, 5, 500, 999]) {
      for (const y of [0, 5, 300, 599]) {
        for (const room of [window, { width: 360, height: 600 }, { width: 216, height: 116 }]) {
          const { left, top } = placeTooltip({ x: Math.min(x, room.width), y: Math.min(y, room.height) }, size, room);
          expect(left).toBeGreaterThanOrEqual(0);
          expect(top).toBeGreaterThanOrEqual(0);
          expect(left + size.width).toBeLessThanOrEqual(room.width);
          expect(top + size.height).toBeLessThanOrEqual(room.height);
        }
      }
    }
  });

  it("does not cover the point even where there is no room beside it", () => {
    const narrow = { width: 300, height: 600 };
    for (const y of [60, 300, 470]) {
      const { top } = placeTooltip({ x: 150, y }, size, narrow);
      expect(y < top || y > top + size.height, `y ${y}`).toBe(true);
    }
  });
});

describe("copying", () => {
  const row = { color: "#111111", dashed: false, strong: false, note: "" };
  const content: TooltipContent = {
    head: "step 40",
    aside: "40 s",
    columns: ["smoothed", "value"],
    rows: [
      { ...row, key: "a", group: "a", label: "a|b", cells: ["0.5000", "0.4"] },
      { ...row, key: "b", group: "b", label: "b", cells: ["1", "2"], note: "at 39" },
    ],
    more: 0,
  };

  it("makes a table that says where it was read", () => {
    expect(tooltipAsText(content)).toBe("step 40\tsmoothed\tvalue\na|b\t0.5000\t0.4\nb (at 39)\t1\t2");
    expect(tooltipAsMarkdown(content).split("\n")[2]).toBe("| a\\|b      |   0.5000 |   0.4 |");
  });

  it("has no more rows than the window", () => {
    expect(rowsThatFit(900)).toBeGreaterThan(30);
    expect(rowsThatFit(300) * 18).toBeLessThan(300 - 60);
    expect(rowsThatFit(50)).toBe(3);
  });
});
