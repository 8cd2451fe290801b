import { describe, expect, it } from "vitest";
import { placeTooltip } from "./tooltip_content.ts";

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
