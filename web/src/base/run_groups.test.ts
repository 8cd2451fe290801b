import { describe, expect, it } from "vitest";
import { explainGroupSpec, explainRegExp, groupLabel, groupOf, type HparamValue, indexGroups, makeScale, parseGroupSpec } from "./run_groups.ts";

function group(text: string, name: string, hparams: Record<string, HparamValue> = {}): string | null {
  const spec = parseGroupSpec(text);
  if (!spec) throw new Error(`no grouping: ${text}`);
  return groupOf(spec, { name, hparam: (key) => hparams[key] });
}

describe("groups of runs", () => {
  it("are none without words, or with broken ones", () => {
    for (const text of [null, "", "run", "regex:", "regex:(", "hparam:", "colour"]) expect(parseGroupSpec(text)).toBeNull();
    expect(explainRegExp("(")).toMatch(/^Not a regular expression/);
    expect(explainRegExp("(a)")).toBeNull();
  });

  it("say why they are none", () => {
    for (const text of [null, "", "run", "folder", "folder:2", "regex:(a)", "hparam:lr"]) expect(explainGroupSpec(text)).toBeNull();
    expect(explainGroupSpec("regex:(")).toMatch(/^not a regular expression/);
    expect(explainGroupSpec("regex:")).toBe("there is no regular expression");
    expect(explainGroupSpec("hparam:")).toBe("no hyperparameter is named");
    expect(explainGroupSpec("colour:red")).toBe("“colour:red” is not a way to group");
  });

  it("go by folder, whole or its first parts", () => {
    expect(group("folder", "sweep/lr1/seed0")).toBe("sweep/lr1");
    expect(group("folder:1", "sweep/lr1/seed0")).toBe("sweep");
    expect(group("folder:5", "sweep/lr1/seed0")).toBe("sweep/lr1");
    expect(group("folder", "alone")).toBe("");
  });

  it("go by what is in an expression's parentheses, else by whether it is found", () => {
    expect(group("regex:(lr=\\S+) seed(\\d)", "x lr=0.1 seed3")).toBe("lr=0.1, 3");
    expect(group("regex:LR", "x lr=0.1")).toBe("LR");
    expect(group("regex:(a)|(b)", "b")).toBe(", b");
    expect(group("regex:seed", "other")).toBeNull();
    expect(group("regex:a:b", "xa:b")).toBe("a:b");
  });

  it("go by a hyperparameter's value", () => {
    expect(group("hparam:lr", "x", { lr: 0.001 })).toBe("0.001");
    expect(group("hparam:amp", "x", { amp: false })).toBe("false");
    expect(group("hparam:lr", "x")).toBeNull();
    expect(group("hparam:a:b", "x", { "a:b": "y" })).toBe("y");
  });

  it("have names for people", () => {
    const lr = parseGroupSpec("hparam:lr")!;
    expect(groupLabel(lr, "0.1")).toBe("lr = 0.1");
    expect(groupLabel(lr, null)).toBe("no lr");
    expect(groupLabel(parseGroupSpec("folder")!, "")).toBe("no folder");
    expect(groupLabel(parseGroupSpec("folder:1")!, null)).toBe("no folder");
    expect(groupLabel(parseGroupSpec("regex:x")!, null)).toBe("no match");
  });

  it("keep their places when more come", () => {
    expect([...indexGroups(["b", "a", null, "b"])]).toEqual([["b", 0], ["a", 1]]);
    expect(indexGroups(["b", "a", "c"]).get("a")).toBe(1);
  });
});

describe("scale of numbers", () => {
  it("is even for near numbers and logarithmic for far ones", () => {
    const near = makeScale([0, 5, 10])!;
    expect([near(0), near(5), near(10)]).toEqual([0, 0.5, 1]);
    const far = makeScale([1e-5, 1e-3, 1e-4])!;
    expect(far(1e-4)).toBeCloseTo(0.5, 9);
  });

  it("is none for one number, and leaves out what is not finite", () => {
    expect(makeScale([3, 3, NaN])).toBeNull();
    expect(makeScale([])).toBeNull();
    expect(makeScale([0, 1, Infinity])!(Infinity)).toBe(1);
  });
});
