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

  /** Points as `at(series, index)`. */
  const at = (series: typeof low, index: number) => ({ key: series.key, x: series.x[index]!, index });

  it("begins at the newest point", () => {
    expect(moveFocus(list, null, { do: "point", by: -1 })).toEqual(at(low, 3));
  });

  it("walks along a series and stops at its ends", () => {
    expect(moveFocus(list, at(low, 3), { do: "point", by: -1 })).toEqual(at(low, 2));
    expect(moveFocus(list, at(low, 3), { do: "point", by: 10 })).toEqual(at(low, 3));
    expect(moveFocus(list, at(low, 2), { do: "edge", end: "first" })).toEqual(at(low, 0));
  });

  it("changes to the line above or below at the same place", () => {
    expect(moveFocus(list, at(low, 2), { do: "series", by: 1 })).toEqual(at(high, 1));
    expect(moveFocus(list, at(high, 1), { do: "series", by: 1 })).toEqual(at(high, 1));
    expect(moveFocus(list, at(high, 1), { do: "series", by: -1 })).toEqual(at(low, 2));
  });

  it("goes by what is drawn higher where lines have axes of their own", () => {
    const heightOf = (series: typeof low, value: number): number => (series === high ? value / 100 : value);
    expect(moveFocus(list, at(low, 2), { do: "series", by: 1 }, heightOf)).toEqual(at(low, 2));
    expect(moveFocus(list, at(low, 2), { do: "series", by: -1 }, heightOf)).toEqual(at(high, 1));
  });

  it("passes points that share an x where x turns back", () => {
    const loop = makeSeries([1, 2, 3, 4], { key: "loop", xs: [0, 10, 0, 10] });
    let focus = moveFocus([loop], null, { do: "edge", end: "first" });
    for (const index of [1, 2, 3]) {
      focus = moveFocus([loop], focus, { do: "point", by: 1 });
      expect(focus).toEqual(at(loop, index));
    }
  });

  it("survives a series that is gone, points that moved and charts without points", () => {
    expect(moveFocus(list, { key: "gone", x: 11, index: 0 }, { do: "point", by: 1 })).toEqual(at(low, 2));
    expect(moveFocus(list, { key: "low", x: 20, index: 77 }, { do: "point", by: 1 })).toEqual(at(low, 3));
    expect(moveFocus([makeSeries([])], null, { do: "point", by: 1 })).toBeNull();
  });

  it("puts lines without a value last", () => {
    expect(orderByValue([makeSeries([NaN]), makeSeries([-4]), makeSeries([2])], 0)).toEqual([2, 1, 0]);
  });
});
