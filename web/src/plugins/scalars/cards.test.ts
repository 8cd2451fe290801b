import { describe, expect, it } from "vitest";
import type { TagEntry } from "../../api/types.ts";
import { parseTagFilter } from "../../base/tag_groups.ts";
import { type Arrangement, combinedKey, groupCards, keysOf, makeCards, pinnedKey, runsOfCard } from "./cards.ts";

const entry = (tag: string, change: Partial<TagEntry> = {}): TagEntry => ({
  tag,
  display_name: tag,
  description: "",
  group: "",
  runs: [0],
  ...change,
});

const everything = parseTagFilter("");
const plain: Arrangement = { pinned: [], filter: everything, matching: [], moves: [], levels: 9, isShown: () => true };

describe("makeCards", () => {
  it("makes one card per tag", () => {
    const cards = makeCards([entry("loss"), entry("eval/acc")]);
    expect(cards.map((card) => [card.key, card.title])).toEqual([
      ["eval/acc", "eval/acc"],
      ["loss", "loss"],
    ]);
  });

  it("puts what one add_scalars call logged on one card, keys byte for byte", () => {
    const cards = makeCards([
      entry("topk/one", { group: "topk", runs: [0, 1] }),
      entry("lr"),
      entry("topk/five ", { group: "topk", runs: [2] }),
    ]);
    const group = cards.find((card) => card.title === "topk")!;
    expect(group.key).toBe("topk/*");
    expect(group.tags.map((each) => each.label)).toEqual(["one", "five "]);
    expect(runsOfCard(group)).toEqual(new Set([0, 1, 2]));
    expect(cards).toHaveLength(2);
  });

  it("puts torch's sub-runs of one add_scalars call on one card, apart from runs that have the tag themselves", () => {
    const runs = ["sine", "", "two words", null, "sine"].map((key) => ({ key }));
    const cards = makeCards([entry("sides", { runs: [0, 1, 2, 3, 4] }), entry("loss", { runs: [3] })], runs);
    expect(cards.map((card) => card.key)).toEqual(["loss", "sides", "sides/*"]);
    expect(cards[1]!.tags).toEqual([{ tag: "sides", label: "", runs: [3] }]);
    expect(cards[2]!.title).toBe("sides");
    expect(cards[2]!.tags).toEqual([
      { tag: "sides", label: "sine", runs: [0, 4] },
      { tag: "sides", label: "", runs: [1] },
      { tag: "sides", label: "two words", runs: [2] },
    ]);
  });

  it("joins torch's sub-runs with the same call by Epochal's writer, key by key", () => {
    const cards = makeCards(
      [entry("sides", { runs: [0, 1] }), entry("sides/sine", { group: "sides", runs: [2] })],
      [{ key: "sine" }, { key: "cosine" }, { key: null }],
    );
    expect(cards.map((card) => card.key)).toEqual(["sides/*"]);
    expect(keysOf(cards[0]!)).toEqual(["sine", "cosine"]);
    expect(runsOfCard(cards[0]!)).toEqual(new Set([0, 1, 2]));
  });

  it("keeps a tag apart from a group of the same name", () => {
    const cards = makeCards([entry("topk"), entry("topk/one", { group: "topk" })]);
    expect(new Set(cards.map((card) => card.key)).size).toBe(2);
  });
});

describe("groupCards", () => {
  const cards = makeCards([entry("train/loss10"), entry("train/loss2"), entry("eval/acc"), entry("lr"), entry("g/a", { group: "g" })]);

  it("makes sections by the first part of the path, naturally sorted", () => {
    const groups = groupCards(cards, plain);
    expect(groups.map((group) => group.title)).toEqual(["General", "train"]);
    expect(groups.at(-1)!.items.map((card) => card.title)).toEqual(["train/loss2", "train/loss10"]);
  });

  it("shows pinned cards first, in the order of pinning, and in their section too", () => {
    const groups = groupCards(cards, { ...plain, pinned: ["train/loss2", "gone", "eval/acc"] });
    expect(groups[0]!.key).toBe(pinnedKey);
    expect(groups[0]!.items.map((card) => card.key)).toEqual(["train/loss2", "eval/acc"]);
    expect(groups.find((group) => group.title === "train")!.items).toHaveLength(2);
  });

  it("leaves a card in its section when the filter hides the others", () => {
    expect(groupCards(cards, { ...plain, filter: parseTagFilter("loss10") }).map((group) => group.title)).toEqual(["train"]);
  });

  it("filters by words and by regular expression, also by the tags of a group", () => {
    expect(groupCards(cards, { ...plain, filter: parseTagFilter("LOSS") }).flatMap((group) => group.items)).toHaveLength(2);
    expect(groupCards(cards, { ...plain, filter: parseTagFilter("/loss\\d$/") }).flatMap((group) => group.items)).toHaveLength(1);
    expect(groupCards(cards, { ...plain, filter: parseTagFilter("g/a") }).flatMap((group) => group.items)).toHaveLength(1);
    expect(groupCards(cards, { ...plain, pinned: ["eval/acc"], filter: parseTagFilter("loss") }).some(({ key }) => key === pinnedKey)).toBe(false);
  });

  it("nests sections and counts what is below", () => {
    const nested = makeCards(["net/a/w", "net/a/b", "net/loss", "net/c/x", "net/c/y"].map((tag) => entry(tag)));
    const groups = groupCards(nested, plain);
    expect(groups.map(({ key, total, within }) => [key, total, within])).toEqual([
      ["net", 5, []],
      ["net/a", 2, ["net"]],
      ["net/c", 2, ["net"]],
    ]);
    expect(groupCards(nested, { ...plain, levels: 1 }).map(({ key }) => key)).toEqual(["net"]);
    // a section whose cards are all filtered out stays as a heading of those below
    expect(groupCards(nested, { ...plain, filter: parseTagFilter("net/a") }).map(({ key, total }) => [key, total])).toEqual([
      ["net", 2],
      ["net/a", 2],
    ]);
  });

  it("keeps the order that cards were dragged into, also while some are filtered out", () => {
    const moved = { ...plain, moves: [{ key: "train/loss10", before: "train/loss2" }] };
    expect(groupCards(cards, moved).at(-1)!.items.map((card) => card.key)).toEqual(["train/loss10", "train/loss2"]);
    expect(groupCards(cards, { ...moved, filter: parseTagFilter("loss10") }).at(-1)!.items).toHaveLength(1);
  });

  it("has a section for what filters put together, and leaves out cards without anything to draw", () => {
    const made = { key: "\nmatching x", title: "/loss/", description: "", tags: cards[0]!.tags };
    const groups = groupCards(cards, { ...plain, matching: [made], isShown: (card) => card.key !== "lr" });
    expect(groups[0]).toMatchObject({ key: combinedKey, title: "Overlays", total: 1 });
    expect(groups.flatMap(({ items }) => items).some(({ key }) => key === "lr")).toBe(false);
  });
});
