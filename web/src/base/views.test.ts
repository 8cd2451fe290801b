import { describe, expect, it } from "vitest";
import { cleanName, formatViews, freeName, parseViews, viewNames } from "./views.ts";

const view = (hash: string) => ({ hash, saved: 5, note: "n" });

describe("views as a file", () => {
  it("are read back", () => {
    const views = { "b 10": view("#/images"), "b 2": view("#/scalars?x=relative"), constructor: view("#/text") };
    expect(Object.fromEntries(parseViews(formatViews(views)))).toEqual(views);
    expect(viewNames(views)).toEqual(["b 2", "b 10", "constructor"]);
  });

  it("take nothing that is no view", () => {
    const text = JSON.stringify({
      views: { ok: { hash: "#/scalars" }, bad: { hash: "https://example.org/" }, worse: { hash: 7 }, none: null, " ": view("#/a") },
    });
    expect([...parseViews(text)]).toEqual([["ok", { hash: "#/scalars", saved: 0, note: "" }]]);
  });

  it("say what is wrong with another file", () => {
    expect(() => parseViews("{")).toThrow("not a JSON file");
    for (const text of ["null", "[]", "{}", '{"views": []}', '{"views": {}}']) expect(() => parseViews(text)).toThrow("holds no views");
  });
});

it("keeps names on a line, and apart", () => {
  expect(cleanName("  a\n b ")).toBe("a b");
  expect(cleanName("x".repeat(500))).toHaveLength(200);
  const taken = new Set(["loss", "loss 2"]);
  expect(freeName("loss", (name) => taken.has(name))).toBe("loss 3");
  expect(freeName("new", (name) => taken.has(name))).toBe("new");
});
