import { describe, expect, it } from "vitest";
import { compareTags, groupByPath, parseTagFilter } from "./tag_groups.ts";

describe("parseTagFilter", () => {
  const passes = (filter: string, tag: string): boolean => parseTagFilter(filter).matches(tag);

  it("wants every word, in any order and case", () => {
    expect(passes("loss TRAIN", "train/loss")).toBe(true);
    expect(passes("loss eval", "train/loss")).toBe(false);
    expect(passes("  ", "anything")).toBe(true);
  });

  it("forbids words after a minus", () => {
    expect(passes("train -grad", "train/loss")).toBe(true);
    expect(passes("train -grad", "train/grad_norm")).toBe(false);
    expect(passes("-", "x")).toBe(true);
  });

  it("takes a regular expression between slashes, also while it is being typed", () => {
    expect(passes("/^train.*\\d$/", "Train/layer1")).toBe(true);
    expect(passes("/^eval", "train")).toBe(false);
  });

  it("says what is wrong with one, and hides nothing", () => {
    const filter = parseTagFilter("/(/");
    expect(filter.error).toMatch(/^Not a regular expression: /);
    expect(filter.matches("x")).toBe(true);
  });
});

describe("groups", () => {
  it("sorts as people count", () => {
    const tags = ["layer10/w", "layer2/w", "a0", "a/z", "layer2/b", "B"];
    expect(tags.sort(compareTags)).toEqual(["a/z", "a0", "B", "layer2/b", "layer2/w", "layer10/w"]);
  });

  const sections = (...tags: string[]): [string, string[]][] =>
    groupByPath(tags, (tag) => tag).map(({ title, items }) => [title, items]);

  it("puts tags under the first part of their path", () => {
    expect(sections("train/loss", "eval/acc", "train/acc", "eval/loss")).toEqual([
      ["eval", ["eval/acc", "eval/loss"]],
      ["train", ["train/acc", "train/loss"]],
    ]);
  });

  it("puts tags without a folder, and tags alone in theirs, into one section above the others", () => {
    expect(sections("train/loss", "lr", "train/acc", "/odd", "eval/acc")).toEqual([
      ["General", ["/odd", "eval/acc", "lr"]],
      ["train", ["train/acc", "train/loss"]],
    ]);
    expect(sections("loss", "eval/acc")).toEqual([["All", ["eval/acc", "loss"]]]);
    expect(sections("loss")).toEqual([["All", ["loss"]]]);
  });

  it("leaves a single lone folder its name", () => {
    expect(sections("train/loss", "eval/acc", "train/acc").map(([title]) => title)).toEqual(["eval", "train"]);
    expect(sections("eval/acc").map(([title]) => title)).toEqual(["eval"]);
  });

  const nested = (levels: number, ...tags: string[]): [string, string[], number, readonly string[]][] =>
    groupByPath(tags, (tag) => tag, levels).map(({ key, items, total, within }) => [key, items, total, within]);

  it("goes as many folders deep as it is told", () => {
    const tags = ["net/a/w", "net/a/b", "net/loss", "net/c/d/x", "net/c/d/y", "net/lone/z"];
    expect(nested(9, ...tags)).toEqual([
      ["net", ["net/lone/z", "net/loss"], 6, []],
      ["net/a", ["net/a/b", "net/a/w"], 2, ["net"]],
      ["net/c/d", ["net/c/d/x", "net/c/d/y"], 2, ["net"]],
    ]);
    expect(nested(2, ...tags).map(([key]) => key)).toEqual(["net", "net/a", "net/c"]);
    expect(nested(1, ...tags)).toEqual([["net", [...tags].sort(compareTags), 6, []]]);
  });

  it("gives a folder with nothing but one subfolder one heading", () => {
    expect(nested(9, "a/b/c/x", "a/b/c/y")).toEqual([["a/b/c", ["a/b/c/x", "a/b/c/y"], 2, []]]);
    expect(nested(9, "a/b/x", "a/b/y", "a/c/x", "a/c/y")).toEqual([
      ["a", [], 4, []],
      ["a/b", ["a/b/x", "a/b/y"], 2, ["a"]],
      ["a/c", ["a/c/x", "a/c/y"], 2, ["a"]],
    ]);
  });

  it("finds Turkish and Korean words whatever their case and form", () => {
    expect(passesFilter("istanbul", "İSTANBUL/kayıp")).toBe(true);
    expect(passesFilter("KAYIP", "istanbul/kayıp")).toBe(true);
    expect(passesFilter("손실".normalize("NFD"), "손실/훈련")).toBe(true);
  });
});

function passesFilter(filter: string, tag: string): boolean {
  return parseTagFilter(filter).matches(tag);
}
