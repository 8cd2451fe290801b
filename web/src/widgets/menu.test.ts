import { describe, expect, it } from "vitest";
import { splitRanges } from "./fuzzy.ts";
import { entryByPrefix, type MenuEntry, nextEntry } from "./menu.ts";
import { placeBeside } from "./place.ts";
import { rowWindow, scrollToRow } from "./virtual_rows.ts";

const run = (): void => undefined;
const entries: MenuEntry[] = [
  { heading: "Order" },
  { label: "Name", run },
  "line",
  { label: "Newest", run, disabled: true },
  { label: "Reset", run },
];

describe("the keyboard in a menu", () => {
  it("goes over headings, lines and disabled entries, and round", () => {
    expect(nextEntry(entries, -1, 1)).toBe(1);
    expect(nextEntry(entries, 1, 1)).toBe(4);
    expect(nextEntry(entries, 4, 1)).toBe(1);
    expect(nextEntry(entries, 1, -1)).toBe(4);
    expect(nextEntry(entries, -1, -1)).toBe(4);
    expect(nextEntry(["line"], -1, 1)).toBe(-1);
  });

  it("finds entries by their first letter", () => {
    expect(entryByPrefix(entries, 1, "R")).toBe(4);
    expect(entryByPrefix(entries, 4, "n")).toBe(1);
    expect(entryByPrefix(entries, 1, "x")).toBe(-1);
  });
});

describe("placeBeside", () => {
  const window = { width: 400, height: 300 };
  const anchor = { left: 100, top: 100, width: 40, height: 20 };

  it("stands below, or above where there is no room", () => {
    expect(placeBeside(anchor, { width: 50, height: 50 }, window)).toEqual({ left: 100, top: 124 });
    expect(placeBeside({ ...anchor, top: 270 }, { width: 50, height: 50 }, window).top).toBe(216);
  });

  it("stays inside the window", () => {
    expect(placeBeside({ ...anchor, left: 390 }, { width: 100, height: 20 }, window).left).toBe(294);
    expect(placeBeside(anchor, { width: 100, height: 20 }, window, { align: "end" }).left).toBe(40);
    expect(placeBeside(anchor, { width: 900, height: 20 }, window).left).toBe(6);
  });
});

describe("rows of a long list", () => {
  it("are those in view and a few around", () => {
    expect(rowWindow(10_000, 20, 2000, 200, 5)).toEqual({ from: 95, to: 115 });
    expect(rowWindow(3, 20, 0, 200, 5)).toEqual({ from: 0, to: 3 });
    expect(rowWindow(3, 20, 9000, 200, 5)).toEqual({ from: 3, to: 3 });
    expect(rowWindow(0, 20, 0, 0)).toEqual({ from: 0, to: 0 });
  });

  it("come into view with the least movement", () => {
    expect(scrollToRow(0, 20, 100, 60)).toBe(0);
    expect(scrollToRow(6, 20, 100, 60)).toBe(100);
    expect(scrollToRow(9, 20, 100, 60)).toBe(140);
  });
});

describe("splitRanges", () => {
  it("cuts at the matches", () => {
    expect(splitRanges("train/loss", [6, 10])).toEqual([
      { text: "train/", hit: false },
      { text: "loss", hit: true },
    ]);
    expect(splitRanges("loss", [])).toEqual([{ text: "loss", hit: false }]);
  });
});
