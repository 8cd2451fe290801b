import { describe, expect, it } from "vitest";
import { parseTagFilter } from "../base/tag_groups.ts";
import { describeShape, makeGroups } from "./histogram_cards.ts";

function entry(tag: string): { tag: string; display_name: string; description: string } {
  return { tag, display_name: "", description: "" };
}

const twoRuns = [{ name: "a" }, { name: "b" }];

describe("makeGroups", () => {
  it("puts the runs of a tag side by side and drops what nobody has", () => {
    const groups = makeGroups([entry("w/layer10"), entry("w/layer2"), entry("g/x")], parseTagFilter(""), (each) =>
      each.tag === "g/x" ? [] : twoRuns,
    );
    expect(groups.map((group) => [group.title, group.items.map((item) => `${item.tag}@${item.run}`)])).toEqual([
      ["w", ["w/layer2@a", "w/layer2@b", "w/layer10@a", "w/layer10@b"]],
    ]);
  });

  it("leaves a tag in its section when the filter hides the others", () => {
    const entries = [entry("w/a"), entry("w/b"), entry("g/x"), entry("g/y")];
    expect(makeGroups(entries, parseTagFilter("w/a"), () => twoRuns).map((group) => group.title)).toEqual(["w"]);
  });

  it("filters by what is shown of a tag", () => {
    const groups = makeGroups([{ ...entry("w/b"), display_name: "bias" }, entry("w/k")], parseTagFilter("bias"), () => twoRuns);
    expect(groups.flatMap((group) => group.items.map((item) => item.title))).toEqual(["bias", "bias"]);
  });
});

describe("describeShape", () => {
  const shape = { total: 40, shown: 40, drawn: 40, cut: 0, low: -0.0812, high: 0.0934 };

  it("says where the middle lies", () => {
    expect(describeShape(shape)).toBe("40 steps · 68 % within −0.0812 … 0.0934");
    expect(describeShape({ ...shape, low: 0, high: 0, total: 1, shown: 1 })).toBe("1 step · 68 % and more are 0");
  });

  it("calls zero what is zero beside the rest", () => {
    expect(describeShape({ ...shape, low: 5e-13, high: 3.3 })).toContain("within 0 … 3.30");
  });

  it("says what is not drawn, and by whom", () => {
    expect(describeShape({ ...shape, cut: 3 })).toMatch(/^40 steps · highest bins cut · 68 %/);
    expect(describeShape({ ...shape, drawn: 25 })).toMatch(/^25 of 40 steps · 68 %/);
    expect(describeShape({ ...shape, total: 5000, shown: 200, drawn: 200 })).toContain("200 of 5,000 steps");
    expect(describeShape({ ...shape, low: NaN, high: NaN })).toBe("40 steps");
  });
});
