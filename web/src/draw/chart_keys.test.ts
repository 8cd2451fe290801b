import { describe, expect, it } from "vitest";
import { commandOf, moveFocus, orderByValue } from "./chart_keys.ts";
import { makeSeries } from "./testing.ts";

const key = (name: string, change: Partial<KeyboardEvent> = {}): Parameters<typeof commandOf>[0] => ({
  key: name,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...change,
});

describe("commandOf", () => {
  it("knows the chart's keys", () => {
    expect(commandOf(key("ArrowRight"))).toEqual({ do: "point", by: 1 });
    expect(commandOf(key("ArrowLeft", { ctrlKey: true }))).toEqual({ do: "point", by: -10 });
    expect(commandOf(key("ArrowLeft", { shiftKey: true }))).toEqual({ do: "pan", share: -0.2 });
    expect(commandOf(key("0"))).toEqual({ do: "fit" });
    expect(commandOf(key("Escape"))).toEqual({ do: "leave" });
    expect(commandOf(key("x"))).toEqual({ do: "log", axis: "x" });
    expect(commandOf(key("l"))).toEqual({ do: "log", axis: "y" });
    expect(commandOf(key("s"))).toEqual({ do: "step", end: "at" });
    expect(commandOf(key("S", { shiftKey: true }))).toEqual({ do: "step", end: "to" });
  });

  it("leaves the browser its own", () => {
    expect(commandOf(key("l", { ctrlKey: true }))).toBeNull();
    expect(commandOf(key("0", { metaKey: true }))).toBeNull();
    expect(commandOf(key("ArrowLeft", { altKey: true }))).toBeNull();
    expect(commandOf(key("Tab"))).toBeNull();
    expect(commandOf(key("t"))).toBeNull(); // the page's
  });
});

describe("moveFocus", () => {
  const low = makeSeries([1, 1, 1, 1], { key: "low", xs: [0, 10, 20, 30] });
  const high = makeSeries([5, 5], { key: "high", xs: [0, 18] });
  const list = [low, high];

  it("begins at the newest point", () => {
    expect(moveFocus(list, null, { do: "point", by: -1 })).toEqual({ key: "low", x: 30 });
  });

  it("walks along a series and stops at its ends", () => {
    expect(moveFocus(list, { key: "low", x: 30 }, { do: "point", by: -1 })).toEqual({ key: "low", x: 20 });
    expect(moveFocus(list, { key: "low", x: 30 }, { do: "point", by: 10 })).toEqual({ key: "low", x: 30 });
    expect(moveFocus(list, { key: "low", x: 20 }, { do: "edge", end: "first" })).toEqual({ key: "low", x: 0 });
  });

  it("changes to the line above or below at the same place", () => {
    expect(moveFocus(list, { key: "low", x: 20 }, { do: "series", by: 1 })).toEqual({ key: "high", x: 18 });
    expect(moveFocus(list, { key: "high", x: 18 }, { do: "series", by: 1 })).toEqual({ key: "high", x: 18 });
    expect(moveFocus(list, { key: "high", x: 18 }, { do: "series", by: -1 })).toEqual({ key: "low", x: 20 });
  });

  it("survives a series that is gone and charts without points", () => {
    expect(moveFocus(list, { key: "gone", x: 11 }, { do: "point", by: 1 })).toEqual({ key: "low", x: 20 });
    expect(moveFocus([makeSeries([])], null, { do: "point", by: 1 })).toBeNull();
  });

  it("puts lines without a value last", () => {
    expect(orderByValue([makeSeries([NaN]), makeSeries([-4]), makeSeries([2])], 0)).toEqual([2, 1, 0]);
  });
});
