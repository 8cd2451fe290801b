import { describe, expect, it } from "vitest";
import { dropZone, keyBefore, keyBeforeStep } from "./card_drag.ts";

describe("dropping a card", () => {
  it("means beside at the sides and onto in the middle", () => {
    const both = { canMove: true, canJoin: true };
    expect([10, 200, 390].map((x) => dropZone(x, 400, both))).toEqual(["before", "onto", "after"]);
    expect([10, 190, 210].map((x) => dropZone(x, 400, { canMove: true, canJoin: false }))).toEqual(["before", "before", "after"]);
    expect(dropZone(10, 400, { canMove: false, canJoin: true })).toBe("onto");
    expect(dropZone(10, 400, { canMove: false, canJoin: false })).toBeNull();
  });

  it("names the card that follows the new place", () => {
    const keys = ["a", "b", "c", "d"];
    expect(keyBefore(keys, "a", "c", "before")).toBe("c");
    expect(keyBefore(keys, "a", "c", "after")).toBe("d");
    expect(keyBefore(keys, "a", "d", "after")).toBe("");
    expect(keyBefore(keys, "d", "a", "after")).toBe("b");
  });

  it("goes step by step for the keyboard", () => {
    const keys = ["a", "b", "c"];
    expect(keyBeforeStep(keys, "a", 1)).toBe("c");
    expect(keyBeforeStep(keys, "b", 1)).toBe("");
    expect(keyBeforeStep(keys, "b", -1)).toBe("a");
    expect(keyBeforeStep(keys, "a", -1)).toBeNull();
    expect(keyBeforeStep(keys, "c", 1)).toBeNull();
  });
});
