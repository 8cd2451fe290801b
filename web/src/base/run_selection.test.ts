import { describe, expect, it } from "vitest";
import { formatSelection, isSelected, latest, makeSelection, parseSelection } from "./run_selection.ts";

const names = [".", "a", "a/x", "b/x", "b/y", "-minus", "c,d", "ab", "none", "@latest", "\\n"];

function roundTrip(selected: string[], all: boolean): string[] {
  const selection = makeSelection(new Set(selected), names, all);
  const again = parseSelection(formatSelection(selection));
  return names.filter((name) => isSelected(again, name));
}

describe("selection of runs", () => {
  it("is everything without words", () => {
    expect(names.every((name) => isSelected(parseSelection(null), name))).toBe(true);
    expect(parseSelection("-").all).toBe(true);
  });

  it("gives back every subset, whatever held before", () => {
    for (let bits = 0; bits < 2 ** names.length; bits++) {
      const subset = names.filter((_, index) => bits & (1 << index));
      expect(roundTrip(subset, true)).toEqual(subset);
      expect(roundTrip(subset, false)).toEqual(subset);
    }
  });

  it("names whole folders", () => {
    expect(formatSelection(makeSelection(new Set(["b/x", "b/y"]), names, false))).toBe("b/");
    const allButB = new Set(names.filter((name) => !name.startsWith("b/")));
    expect(formatSelection(makeSelection(allButB, names, true))).toBe("-b/");
  });

  it("does not take a name for a folder of the same beginning", () => {
    expect(isSelected(parseSelection("a/"), "ab")).toBe(false);
    expect(isSelected(parseSelection("a/"), "a")).toBe(true);
    expect(isSelected(parseSelection("a"), "a/x")).toBe(false);
  });

  it("says what holds for runs that come later", () => {
    expect(isSelected(parseSelection("-a"), "new")).toBe(true);
    expect(isSelected(parseSelection("a"), "new")).toBe(false);
    expect(isSelected(parseSelection("b/"), "b/new")).toBe(true);
    expect(isSelected(parseSelection("none"), "new")).toBe(false);
  });

  it("keeps the default of later runs where both say as much", () => {
    const two = ["p", "q"];
    expect(makeSelection(new Set(["p", "q"]), two, true).all).toBe(true);
    expect(makeSelection(new Set(), two, false).all).toBe(false);
  });

  it("follows the newest run on a word of its own", () => {
    expect(formatSelection(latest)).toBe("@latest");
    expect(parseSelection("@latest").latest).toBe(true);
    expect(parseSelection("\\@latest").latest).toBeUndefined();
  });
});
