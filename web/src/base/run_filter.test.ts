import { describe, expect, it } from "vitest";
import { foldCase } from "./fold_case.ts";
import { type FilterFacts, parseRunFilter, suggestRegExp } from "./run_filter.ts";

const run = (name: string, facts: Partial<FilterFacts> = {}): FilterFacts => ({
  name,
  label: name,
  text: foldCase(`${name}\n${facts.label ?? ""}`),
  points: 0,
  problems: 0,
  age: 0,
  state: "finished",
  star: false,
  hidden: false,
  note: "",
  hparam: () => undefined,
  ...facts,
});

function matches(text: string, facts: FilterFacts): boolean {
  const { filter, error } = parseRunFilter(text);
  if (!filter) throw new Error(error);
  return filter.test(facts);
}

describe("parseRunFilter", () => {
  it("lets everything through while empty", () => {
    expect(parseRunFilter("  ").filter?.empty).toBe(true);
    expect(matches("", run("a"))).toBe(true);
  });

  it("wants every word, in any order and case", () => {
    expect(matches("seed LR", run("sweep/lr=3e-4/seed1"))).toBe(true);
    expect(matches("seed2 lr", run("sweep/lr=3e-4/seed1"))).toBe(false);
  });

  it("searches the label too: the root run is named by it", () => {
    expect(matches("mnist", run(".", { label: "mnist" }))).toBe(true);
    expect(matches("/^mnist$/", run(".", { label: "mnist" }))).toBe(true);
  });

  it("reads regular expressions, with blanks inside, ignoring case", () => {
    expect(matches("/Seed[12] x/", run("a/seed1 x"))).toBe(true);
    expect(matches("/seed[12]$/", run("a/seed3"))).toBe(false);
    expect(matches("/a/g", run("a")) && matches("/a/g", run("a"))).toBe(true);
    expect(matches(String.raw`/a\/b/`, run("a/b"))).toBe(true);
  });

  it("takes an unfinished expression for a path", () => {
    expect(matches("/seed", run("a/seed1"))).toBe(true);
    expect(matches("/seed", run("aseed1"))).toBe(false);
  });

  it("says why an expression cannot be used", () => {
    const { filter, error } = parseRunFilter("/(/");
    expect(filter).toBeNull();
    expect(error).toMatch(/^Not a regular expression: .*[Uu]nterminated group/);
  });

  it("negates words, quotes and expressions", () => {
    expect(matches("-test", run("train"))).toBe(true);
    expect(matches("-test", run("test"))).toBe(false);
    expect(matches("-/^t/", run("test"))).toBe(false);
    expect(matches('-"a b"', run("a b"))).toBe(false);
    expect(matches("a - b", run("a - b"))).toBe(true);
  });

  it("keeps blanks inside quotes", () => {
    expect(matches('"lr 1"', run("lr 1"))).toBe(true);
    expect(matches('"lr 1"', run("1 lr"))).toBe(false);
  });

  it("asks for state, age and size", () => {
    expect(matches("status:running", run("a", { state: "running" }))).toBe(true);
    expect(matches("State:Running", run("a", { state: "running" }))).toBe(true);
    expect(matches("state:running", run("a", { state: "finished" }))).toBe(false);
    expect(matches("-status:running", run("a", { state: "running" }))).toBe(false);
    expect(matches("status:finished", run("a", { state: "stalled" }))).toBe(false);
    expect(matches("status:stalled", run("a", { state: "stalled" }))).toBe(true);
    expect(matches("status:broken", run("a", { problems: 1 }))).toBe(true);
    expect(matches("age<2h", run("a", { age: 7100 }))).toBe(true);
    expect(matches("age<2h", run("a", { age: 7300 }))).toBe(false);
    expect(matches("age>1", run("a", { age: 90_000 }))).toBe(true);
    expect(matches("age<2h", run("a", { age: null }))).toBe(false);
    expect(matches("points>=2k", run("a", { points: 2000 }))).toBe(true);
    expect(matches("points<2k", run("a", { points: 2000 }))).toBe(false);
  });

  it("explains conditions that it does not know", () => {
    expect(parseRunFilter("status:asleep").error).toContain("running");
    expect(parseRunFilter("age<soon").error).toContain("age<2d");
    expect(parseRunFilter("points>x").error).toContain("points>=1000");
  });

  it("offers a bare regular expression as one", () => {
    expect(suggestRegExp("mlp|resume")).toBe("/mlp|resume/");
    expect(suggestRegExp(" exp/.*lr ")).toBe("/exp\\/.*lr/");
    expect(matches(suggestRegExp("exp/.*lr") ?? "", run("exp/a lr"))).toBe(true);
    for (const text of ["", "lr=0.1", "a+b", "two words|", "/a|b/", "*", "(", "[x"]) expect(suggestRegExp(text)).toBeNull();
  });

  it("takes other words with = or < for parts of names", () => {
    expect(matches("lr=3e-4", run("lr=3e-4 s0"))).toBe(true);
    expect(matches("age", run("image-age"))).toBe(true);
  });

  it("asks for what the user said of a run", () => {
    expect(matches("is:starred", run("a", { star: true }))).toBe(true);
    expect(matches("is:starred", run("a"))).toBe(false);
    expect(matches("is:hidden", run("a", { hidden: true }))).toBe(true);
    expect(matches("is:noted", run("a", { note: "x" }))).toBe(true);
    expect(matches("note:Diverged", run("a", { note: "it diverged" }))).toBe(true);
    expect(matches("note:fine", run("a", { note: "it diverged" }))).toBe(false);
    expect(parseRunFilter("is:good").error).toContain("starred");
  });

  it("compares hyperparameters, numbers as numbers", () => {
    const hparams: Record<string, number | string | boolean> = { lr: 0.0003, optimizer: "AdamW", amp: true };
    const facts = run("a", { hparam: (name) => hparams[name] });
    for (const text of ["lr<=3e-4", "lr=3e-4", "lr:.0003", "lr<1", "-lr>1", "optimizer:adam", "optimizer=adamw", "amp:true"]) {
      expect(matches(text, facts), text).toBe(true);
    }
    for (const text of ["lr<3e-4", "lr>1", "optimizer=adam", "seed>0", "seed<0", "amp=false", "lr<x"]) {
      expect(matches(text, facts), text).toBe(false);
    }
    expect(parseRunFilter("lr<1").filter?.usesHparams).toBe(true);
    expect(parseRunFilter("seed1 /a=b/").filter?.usesHparams).toBe(false);
  });

  it("finds names in any case of any script", () => {
    expect(matches("ISTANBUL", run("İstanbul"))).toBe(true);
    expect(matches("потери", run("ПОТЕРИ"))).toBe(true);
    expect(matches("훈련", run("훈련".normalize("NFD")))).toBe(true);
  });
});
