import { describe, expect, it } from "vitest";
import { followPlace, formatStepPlace, makePlace, nearestStep, parseStepPlace } from "./step_cursor.ts";

describe("parseStepPlace", () => {
  it("reads steps as people write them", () => {
    for (const text of ["12400", "12,400", " 12 400 ", "12.4k", "1.24e4"]) expect(parseStepPlace(text)).toEqual({ at: 12_400, to: null });
    expect(parseStepPlace("-5")).toEqual({ at: -5, to: null });
    expect(parseStepPlace("−5..2M")).toEqual({ at: -5, to: 2e6 });
    expect(parseStepPlace("0")).toEqual({ at: 0, to: null });
  });

  it("reads ranges in any order", () => {
    for (const text of ["100..200", "200 .. 100", "100 to 200", "100–200", "100…200"]) expect(parseStepPlace(text)).toEqual({ at: 100, to: 200 });
    expect(parseStepPlace("7..7")).toEqual({ at: 7, to: null });
  });

  it("is nothing for anything else", () => {
    for (const text of [null, undefined, "", "-", "k", ".", "abc", "1..", "..2", "1..2..3", "1e999", "0x10"]) expect(parseStepPlace(text)).toBeNull();
  });

  it("is read back", () => {
    for (const text of ["0", "-3", "12400", "-7..9", "9007199254740992"]) expect(formatStepPlace(parseStepPlace(text))).toBe(text);
    expect(formatStepPlace(null)).toBeNull();
  });
});

describe("makePlace", () => {
  it("rounds and orders", () => {
    expect(makePlace(9.6, 3.2)).toEqual({ at: 3, to: 10 });
    expect(makePlace(3.1, 2.9)).toEqual({ at: 3, to: null });
    expect(Object.is(makePlace(-0.2, null).at, 0)).toBe(true);
  });
});

describe("followPlace", () => {
  it("is the shared step, or the own one within the shared range", () => {
    expect(followPlace(null, 5)).toBe(5);
    expect(followPlace(null, null)).toBeNull();
    expect(followPlace({ at: 9, to: null }, 5)).toBe(9);
    expect(followPlace({ at: 10, to: 20 }, null)).toBe(20);
    expect(followPlace({ at: 10, to: 20 }, 5)).toBe(10);
    expect(followPlace({ at: 10, to: 20 }, 15)).toBe(15);
  });
});

describe("nearestStep", () => {
  it("is the nearest, the earlier of two, the last for none asked", () => {
    const steps = [0, 10, 20, 100];
    expect([-5, 0, 4, 5, 6, 60, 61, 1000].map((asked) => nearestStep(steps, asked))).toEqual([0, 0, 0, 0, 1, 2, 3, 3]);
    expect(nearestStep(steps, null)).toBe(3);
    expect(nearestStep([], 3)).toBe(-1);
    expect(nearestStep([], null)).toBe(-1);
  });

  it("needs no order", () => {
    expect(nearestStep(Float64Array.of(0, 50, 100, 0, 52), 51.5)).toBe(4);
  });
});
