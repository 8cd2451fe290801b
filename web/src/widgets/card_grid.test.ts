import { describe, expect, it } from "vitest";
import { type GridSizes, layOutGrid, splitTag, visibleGroups, visibleItems } from "./card_grid.ts";

const sizes: GridSizes = { width: 1000, minCardWidth: 300, cardHeight: 200, gap: 10, headerHeight: 40, groupGap: 20 };
const group = (key: string, length: number): { key: string; items: { length: number } } => ({ key, items: { length } });
const open = (): boolean => false;

describe("layOutGrid", () => {
  it("fills the width with equal columns", () => {
    const layout = layOutGrid([group("a", 5)], open, sizes);
    expect(layout.columns).toBe(3);
    expect(layout.cardWidth).toBeCloseTo((1000 - 20) / 3);
    expect(layout.height).toBe(40 + 2 * 200 + 10 + 20);
  });

  it("has one column where not even one fits", () => {
    const layout = layOutGrid([group("a", 2)], open, { ...sizes, width: 250 });
    expect(layout).toMatchObject({ columns: 1, cardWidth: 250 });
  });

  it("leaves only the header of a closed group", () => {
    const layout = layOutGrid([group("a", 5), group("b", 1)], (key) => key === "a", sizes);
    expect(layout.groups[0]).toMatchObject({ top: 0, height: 40, closed: true });
    expect(layout.groups[1]?.top).toBe(44);
  });
});

describe("visibleItems", () => {
  const layout = layOutGrid([group("a", 100), group("b", 2)], open, sizes);
  const [a, b] = layout.groups as [(typeof layout.groups)[0], (typeof layout.groups)[0]];

  it("gives the rows that touch the view", () => {
    expect(visibleItems(a, layout, sizes, 0, 100)).toEqual([0, 3]);
    expect(visibleItems(a, layout, sizes, 0, 251)).toEqual([0, 6]);
    expect(visibleItems(a, layout, sizes, 245, 460)).toEqual([3, 6]);
  });

  it("ends with the group", () => {
    expect(visibleItems(a, layout, sizes, -1000, 1e6)).toEqual([0, 100]);
    expect(visibleItems(b, layout, sizes, 0, 100)).toEqual([0, 0]);
    expect(visibleItems(b, layout, sizes, b.top, b.top + 500)).toEqual([0, 2]);
  });
});

describe("splitTag", () => {
  it("cuts before the last part", () => {
    expect(splitTag("train/aux/loss")).toEqual({ path: "train/aux/", leaf: "loss" });
    expect(splitTag("loss")).toEqual({ path: "", leaf: "loss" });
    expect(splitTag("a/b/")).toEqual({ path: "a/", leaf: "b/" });
    expect(splitTag("/")).toEqual({ path: "", leaf: "/" });
  });
});

describe("visibleGroups", () => {
  const nested = [{ key: "a" }, { key: "a/b", within: ["a"] }, { key: "a/b/c", within: ["a", "a/b"] }, { key: "d" }];
  const keys = (...closed: string[]): string[] => visibleGroups(nested, (key) => closed.includes(key)).map(({ key }) => key);

  it("folds with a group all that are in it, at any depth", () => {
    expect(keys()).toEqual(["a", "a/b", "a/b/c", "d"]);
    expect(keys("a")).toEqual(["a", "d"]);
    expect(keys("a/b")).toEqual(["a", "a/b", "d"]);
    expect(keys("d")).toEqual(["a", "a/b", "a/b/c", "d"]);
  });
});
