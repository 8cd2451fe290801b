import { describe, expect, it } from "vitest";
import type { ScalarCard } from "./cards.ts";
import { addMatching, addOnto, chooseRight, combine, dissolve, formatOverlays, matchingKey, type Overlay, parseOverlays, removeFrom } from "./overlays.ts";

const card = (key: string, ...labels: string[]): ScalarCard => ({
  key,
  title: key.replace("/*", ""),
  description: "",
  tags: labels.length > 0 ? labels.map((label) => ({ tag: `${key}/${label}`, label, runs: [0] })) : [{ tag: key, label: "", runs: [0] }],
});
const cards = [card("eval/loss"), card("lr"), card("top/*", "one", "five"), card("train/loss")];

describe("overlays in the address", () => {
  it("come back as they went", () => {
    const overlays: Overlay[] = [
      { kind: "onto", host: "a~b,%7E", keys: ["c%", "d"] },
      { kind: "matching", filter: "/^loss~.*,$/", without: ["x"] },
    ];
    expect(parseOverlays(formatOverlays(overlays))).toEqual(overlays);
    expect(formatOverlays([])).toBeNull();
  });

  it("survive what others write", () => {
    for (const text of [null, "", "~", "host", "host~"]) expect(parseOverlays(text).filter((each) => each.kind === "matching")).toEqual([]);
  });
});

describe("cards put together", () => {
  it("draw a card on another one, which stays in its place under its key", () => {
    const overlays = addOnto([], "train/loss", ["lr", "train/loss"]);
    const { cards: made } = combine(cards, overlays);
    expect(made.map(({ key }) => key)).toEqual(cards.map(({ key }) => key));
    const host = made.at(-1)!;
    expect(host.tags.map(({ tag, label, part }) => [tag, label, part])).toEqual([
      ["train/loss", "train/loss", "train/loss"],
      ["lr", "lr", "lr"],
    ]);
    expect(host.parts!.map(({ key }) => key)).toEqual(["train/loss", "lr"]);
  });

  it("keep the keys of add_scalars apart", () => {
    const host = combine(cards, addOnto([], "lr", ["top/*"])).cards[1]!;
    expect(host.tags.map(({ label }) => label)).toEqual(["lr", "top/one", "top/five"]);
  });

  it("take one out again, and leave nothing behind with the last", () => {
    const two = addOnto(addOnto([], "lr", ["train/loss"]), "lr", ["eval/loss", "train/loss"]);
    expect(two).toEqual([{ kind: "onto", host: "lr", keys: ["train/loss", "eval/loss"] }]);
    const one = removeFrom(two, "lr", "train/loss");
    expect(one).toEqual([{ kind: "onto", host: "lr", keys: ["eval/loss"] }]);
    expect(removeFrom(one, "lr", "eval/loss")).toEqual([]);
    expect(dissolve(two, "lr")).toEqual([]);
    expect(dissolve(two, "train/loss")).toEqual(two);
  });

  it("make a card of all that match a filter, but those taken out", () => {
    const overlays = addMatching([], "/loss$/");
    expect(combine(cards, overlays).matching[0]).toMatchObject({ key: matchingKey("/loss$/"), title: "/loss$/", parts: [{ key: "eval/loss" }, { key: "train/loss" }] });
    const fewer = removeFrom(overlays, matchingKey("/loss$/"), "eval/loss");
    expect(combine(cards, fewer).matching[0]!.parts!.map(({ key }) => key)).toEqual(["train/loss"]);
    expect(dissolve(fewer, matchingKey("/loss$/"))).toEqual([]);
    expect(combine(cards, addMatching([], "nothing")).matching).toEqual([]);
  });

  it("forget cards that are gone", () => {
    expect(combine(cards, addOnto([], "lr", ["gone"])).cards[1]).toBe(cards[1]);
    expect(combine(cards, addOnto([], "gone", ["lr"])).cards).toEqual(cards);
  });
});

describe("the second y axis", () => {
  const extent = (key: string, low: number, high: number) => ({ key, low, high });

  it("is for what would be flat beside the first", () => {
    expect(chooseRight([extent("loss", 0, 5), extent("lr", 0, 1e-3)])).toEqual(["lr"]);
    expect(chooseRight([extent("lr", 0, 1e-3), extent("loss", 0, 5)])).toEqual(["loss"]);
    expect(chooseRight([extent("a", 0, 1), extent("far", 1000, 1001)])).toEqual(["far"]);
  });

  it("stays away where all are readable", () => {
    expect(chooseRight([extent("train", 0, 5), extent("eval", 1, 4)])).toEqual([]);
    expect(chooseRight([extent("a", 0, 1), extent("constant", 0.5, 0.5)])).toEqual([]);
    expect(chooseRight([extent("a", 3, 3), extent("b", 3.1, 3.1)])).toEqual([]);
  });

  it("knows nothing of what has no finite value", () => {
    expect(chooseRight([extent("a", Infinity, -Infinity), extent("b", 0, 1)])).toEqual([]);
  });
});
