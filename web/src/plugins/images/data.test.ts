import { describe, expect, it } from "vitest";
import type { ImageItem } from "../../api/types.ts";
import { boxHeight, chooseItem, formatTagNumbers, parseTagNumbers, shownItems, unionSteps } from "./data.ts";

function item(step: number, more: Partial<ImageItem> = {}): ImageItem {
  return { step, wall_time: step, key: `k${step}`, lane: 0, superseded: false, ...more };
}

describe("steps", () => {
  it("are the union over runs, each once", () => {
    expect(unionSteps([[item(0), item(20)], [item(10), item(20)], []])).toEqual([0, 10, 20]);
  });
});

describe("chooseItem", () => {
  it("takes the newest, or what is nearest to the wish", () => {
    const items = [item(0), item(10), item(20)];
    expect(chooseItem(items, null)?.item.key).toBe("k20");
    expect(chooseItem(items, 0)?.item.key).toBe("k0");
    expect(chooseItem(items, 13)?.item.key).toBe("k10");
    expect(chooseItem([], 13)).toBeNull();
  });

  it("reaches every item of a step that was written several times, the last first", () => {
    const items = [item(5, { key: "a", wall_time: 1 }), item(5, { key: "c", wall_time: 3, lane: 1 }), item(5, { key: "b", wall_time: 2 })];
    const keys = [0, 1, 2, 3].map((turn) => chooseItem(items, 5, turn)?.item.key);
    expect(keys).toEqual(["c", "b", "a", "c"]);
    expect(chooseItem(items, 5)).toMatchObject({ index: 2, same: { length: 3 } });
  });

  it("hides what a restart replaced unless asked", () => {
    const items = [item(0), item(10, { superseded: true }), item(10, { key: "new" })];
    expect(shownItems(items, false).map((each) => each.key)).toEqual(["k0", "new"]);
    expect(shownItems(items, true)).toHaveLength(3);
  });
});

describe("numbers by tag", () => {
  it("come back from the URL, whatever the tag is called", () => {
    const numbers = new Map([["a:b/c,d%", 120], ["x", 0], ["neg", -3]]); // prettier-ignore
    expect(parseTagNumbers(formatTagNumbers(numbers))).toEqual(numbers);
  });

  it("forget what is not one", () => {
    expect(parseTagNumbers(["abc:tag", ":tag", "7", ""])).toEqual(new Map());
  });
});

it("boxes keep the image's shape within bounds", () => {
  expect(boxHeight(200, 28, 28)).toBe(200);
  expect(boxHeight(200, 400, 200)).toBe(100);
  expect(boxHeight(200, 1000, 10)).toBe(60);
  expect(boxHeight(200, 10, 1000)).toBe(300);
  expect(boxHeight(200, 0, 0)).toBe(200);
});
