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
});
