import { describe, expect, it } from "vitest";
import { buildRunTree, countSelected, flatRows, flattenTree, runsBelow, sharedPrefix, triState } from "./run_tree.ts";

const runs = (...names: string[]): { name: string; label: string }[] =>
  names.map((name) => ({ name, label: name === "." ? "logs" : name }));

const open = (): boolean => true;
const texts = (names: string[]): string[] =>
  flattenTree(buildRunTree(runs(...names)), open).map(({ node, depth }) => "  ".repeat(depth) + node.text);

describe("buildRunTree", () => {
  it("folds names by their slashes and keeps their order", () => {
    expect(texts(["sweep/b", "sweep/a", "base"])).toEqual(["sweep", "  b", "  a", "base"]);
  });

  it("shows the root run by its label, never as a point", () => {
    expect(texts([".", "a"])).toEqual(["logs", "a"]);
  });

  it("joins folders that hold one folder only, but not a folder with its run", () => {
    expect(texts(["a/b/c/x", "a/b/c/y"])).toEqual(["a/b/c", "  x", "  y"]);
    expect(texts(["a/x"])).toEqual(["a", "  x"]);
  });

  it("puts sub-runs under the run of that name", () => {
    const [node] = buildRunTree(runs("exp", "exp/loss_train", "exp/loss_val"));
    expect(node?.run?.name).toBe("exp");
    expect(node?.children.map((child) => child.key)).toEqual(["exp/loss_train", "exp/loss_val"]);
    expect(node && runsBelow(node)).toEqual(["exp", "exp/loss_train", "exp/loss_val"]);
  });

  it("folds sub-runs of the root run under it", () => {
    const list = [
      { name: ".", label: "logs", parent: null },
      { name: "loss_train", label: "loss_train", parent: "." },
      { name: "a", label: "a", parent: null },
    ];
    const tree = buildRunTree(list);
    expect(tree.map((node) => [node.key, node.runs])).toEqual([
      [".", 2],
      ["a", 1],
    ]);
    expect(tree[0]?.children[0]?.key).toBe("loss_train");
  });

  it("counts the runs of a joined folder once", () => {
    const [node] = buildRunTree(runs("a/b/x", "a/b/y"));
    expect(node?.runs).toBe(2);
    expect(node?.key).toBe("a/b");
  });

  it("is quick for many runs", () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `g${i % 100}/h${i % 10}/run${i}`);
    expect(flattenTree(buildRunTree(runs(...names)), () => false)).toHaveLength(100);
  });
});

describe("sharedPrefix", () => {
  it("ends at a separator", () => {
    expect(sharedPrefix(["lr=3e-4 s0", "lr=3e-4 s1"])).toBe("lr=3e-4 ".length);
    expect(sharedPrefix(["lr=3e-4", "lr=30"])).toBe("lr=".length);
    expect(sharedPrefix(["seed1", "seed2"])).toBe(0);
  });

  it("is nothing for one name alone", () => {
    expect(sharedPrefix(["a-b"])).toBe(0);
    expect(sharedPrefix([])).toBe(0);
  });
});

describe("flattenTree", () => {
  it("leaves out what is folded", () => {
    const tree = buildRunTree(runs("a/x", "a/y", "b/x", "b/y"));
    const rows = flattenTree(tree, (node) => node.key === "b");
    expect(rows.map(({ node, expanded }) => [node.key, expanded])).toEqual([
      ["a", false],
      ["b", true],
      ["b/x", null],
      ["b/y", null],
    ]);
    expect(rows[3]).toMatchObject({ position: 2, siblings: 2, depth: 1 });
  });
});

describe("tri-state", () => {
  it("follows the runs below", () => {
    const tree = buildRunTree(runs("a", "a/x", "a/y"));
    const state = (...selected: string[]): boolean | "mixed" =>
      triState(countSelected(tree, (name) => selected.includes(name)).get("a") ?? 0, 3);
    expect(state()).toBe(false);
    expect(state("a/x")).toBe("mixed");
    expect(state("a", "a/x", "a/y")).toBe(true);
  });
});

describe("flatRows", () => {
  it("names runs in full and leaves out lines of other runs", () => {
    const list = [
      { name: ".", label: "logs", key: null },
      { name: "a/b", label: "a/b", key: null },
      { name: "a/b/loss_train", label: "a/b/loss_train", key: "train" },
    ];
    const rows = flatRows(list);
    expect(rows.map(({ node, depth, expanded, position }) => [node.text, depth, expanded, position])).toEqual([
      ["logs", 0, null, 1],
      ["a/b", 0, null, 2],
    ]);
    expect(rows[0]?.siblings).toBe(2);
  });
});
