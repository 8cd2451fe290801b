import { describe, expect, it } from "vitest";
import { applyChanges, emptyRun, mergeChanges, type SectionChange } from "./user_changes.ts";

const empty = { revision: 3, runs: {}, tags: {}, views: {}, prefs: {} };
const of = (section: SectionChange["section"], key: string, value: unknown): SectionChange => ({ section, key, value });

describe("changes to the user's state", () => {
  it("change fields of a run and forget it", () => {
    const one = applyChanges(empty, [of("runs", "a", { star: true })]);
    expect(one.runs).toEqual({ a: { ...emptyRun, star: true } });
    const two = applyChanges(one, [of("runs", "a", { note: "n" })]);
    expect(two.runs).toEqual({ a: { ...emptyRun, star: true, note: "n" } });
    expect(applyChanges(two, [of("runs", "a", null)])).toEqual(empty);
  });

  it("replace preferences as a whole", () => {
    const one = applyChanges(empty, [of("prefs", "p", { x: 1 }), of("prefs", "p", { y: 2 })]);
    expect(one.prefs).toEqual({ p: { y: 2 } });
  });

  it("leave the old state and untouched sections alone", () => {
    const next = applyChanges(empty, [of("prefs", "baseline", "a")]);
    expect(empty.prefs).toEqual({});
    expect(next.runs).toBe(empty.runs);
    expect(applyChanges(empty, [])).toBe(empty);
  });

  it("take any name", () => {
    const next = applyChanges(empty, [of("prefs", "__proto__", 1), of("runs", "__proto__", { star: true })]);
    expect(Object.keys(next.prefs)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(next.runs)).toBe(Object.prototype);
  });

  it("are merged to what has the same effect", () => {
    const changes = [
      of("runs", "a", { star: true }),
      of("prefs", "p", 1),
      of("runs", "a", { note: "x" }),
      of("prefs", "p", 2),
      of("runs", "b", { star: true }),
      of("runs", "b", null),
      of("runs", "b", { note: "y" }),
    ];
    const merged = mergeChanges(changes);
    expect(merged).toEqual([
      of("runs", "a", { star: true, note: "x" }),
      of("prefs", "p", 2),
      of("runs", "b", null),
      of("runs", "b", { note: "y" }),
    ]);
    expect(applyChanges(empty, merged)).toEqual(applyChanges(empty, changes));
  });
});
