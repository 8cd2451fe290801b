// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { TreeRow } from "./Tree.svelte";
import TreeHost from "./testing/TreeHost.svelte";

afterEach(cleanup);

const row = (key: string, depth: number, expanded: boolean | null): TreeRow => ({
  key,
  depth,
  expanded,
  position: 1,
  siblings: 1,
});

let heard: string[];
let tree: HTMLElement;

/** jsdom lays nothing out: every size is 0, and nothing ever changes it. */
class NoResizes {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

beforeEach(() => {
  vi.stubGlobal("ResizeObserver", NoResizes);
  heard = [];
  const rows = [row("a", 0, true), row("a/x", 1, null), row("a/y", 1, null), row("b", 0, false)];
  render(TreeHost, { props: { rows, heard } });
  tree = screen.getByRole("treegrid", { name: "Runs" });
});

const press = (key: string, modifiers = {}): Promise<boolean> => fireEvent.keyDown(tree, { key, ...modifiers });
const active = (): string | null => {
  const id = tree.getAttribute("aria-activedescendant");
  return id ? (document.getElementById(id)?.getAttribute("aria-label") ?? null) : null;
};
const actions = (): string[] => heard.filter((each) => !each.startsWith("hover"));

describe("Tree", () => {
  it("tells names, levels and states", () => {
    const folder = screen.getByRole("row", { name: "row a" });
    expect(folder.getAttribute("aria-expanded")).toBe("true");
    expect(folder.getAttribute("aria-selected")).toBe("false");
    expect(folder.querySelector("[role=checkbox]")?.getAttribute("aria-checked")).toBe("mixed");
    expect(tree.getAttribute("aria-rowcount")).toBe("5");
    const leaf = screen.getByRole("row", { name: "row a/x" });
    expect(leaf.getAttribute("aria-level")).toBe("2");
    expect(leaf.hasAttribute("aria-expanded")).toBe(false);
  });

  it("is one stop of the tab key", async () => {
    expect(tree.tabIndex).toBe(0);
    expect(tree.querySelectorAll("[data-row] [tabindex]")).toHaveLength(0);
    await fireEvent.focus(tree);
    expect(active()).toBe("row a");
  });

  it("goes up and down, to the ends and not beyond", async () => {
    await fireEvent.focus(tree);
    await press("ArrowDown");
    expect(active()).toBe("row a/x");
    await press("End");
    expect(active()).toBe("row b");
    await press("ArrowDown");
    expect(active()).toBe("row b");
    await press("Home");
    await press("ArrowUp");
    expect(active()).toBe("row a");
    expect(heard).toContain("hover a/x");
  });

  it("folds, unfolds, and goes to parent and child", async () => {
    await fireEvent.focus(tree);
    await press("ArrowRight");
    expect(active()).toBe("row a/x");
    await press("End");
    await press("ArrowRight");
    expect(actions()).toEqual(["unfold b"]);
    await press("ArrowUp");
    expect(active()).toBe("row a/y");
    await press("ArrowLeft");
    expect(active()).toBe("row a");
    await press("ArrowLeft");
    expect(actions()).toEqual(["unfold b", "fold a"]);
  });

  it("checks with the space bar and activates with Enter", async () => {
    await fireEvent.focus(tree);
    await press(" ");
    await press("ArrowDown");
    await press(" ", { shiftKey: true });
    await press("Enter");
    expect(actions()).toEqual(["check a", "check a/x range", "activate a/x"]);
  });

  it("leaves chords to others", async () => {
    await fireEvent.focus(tree);
    await press("ArrowDown", { ctrlKey: true });
    expect(active()).toBe("row a");
  });

  it("knows the parts of a row for the mouse", async () => {
    const item = screen.getByRole("row", { name: "row a" });
    await fireEvent.click(item.querySelector("[data-expand]")!);
    await fireEvent.click(item.querySelector("[data-check]")!);
    await fireEvent.click(item.querySelector(".name")!);
    await fireEvent.dblClick(item.querySelector(".name")!);
    await fireEvent.dblClick(item.querySelector("[data-check]")!);
    await fireEvent.click(item.querySelector("[data-part]")!);
    expect(actions()).toEqual(["fold a", "check a", "activate a", "isolate a", "menu of a"]);
  });

  it("opens a row's menu for the right button, Shift+F10 and the menu key", async () => {
    await fireEvent.contextMenu(screen.getByRole("row", { name: "row b" }), { button: 2, clientX: 5, clientY: 5 });
    await press("Home");
    await press("F10", { shiftKey: true });
    await press("ArrowDown");
    await press("ContextMenu");
    expect(actions()).toEqual(["menu b", "menu a", "menu a/x"]);
  });

  it("leaves the keys of its headings to them", async () => {
    await fireEvent.keyDown(screen.getByRole("button", { name: "Name" }), { key: " " });
    expect(actions()).toEqual([]);
  });

  it("tells which row the pointer is on", async () => {
    await fireEvent.pointerOver(screen.getByRole("row", { name: "row b" }));
    await fireEvent.pointerLeave(tree);
    expect(heard).toEqual(["hover b", "hover none"]);
  });
});
