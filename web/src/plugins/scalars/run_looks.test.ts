import { expect, it } from "vitest";
import { gatherLooks, type RunLook } from "./run_looks.ts";
import { plainLook } from "./testing.ts";

const none: ReadonlyMap<string, RunLook> = new Map();
const look = (run: string): RunLook => plainLook(run);

it("keeps the looks that did not change, and the map if none did", () => {
  const first = gatherLooks(["a", "b"], look, none);
  expect(gatherLooks(["a", "b"], look, first)).toBe(first);
  const renamed = gatherLooks(["a", "b"], (run) => (run === "b" ? { ...look(run), label: "c" } : look(run)), first);
  expect(renamed).not.toBe(first);
  expect(renamed.get("a")).toBe(first.get("a"));
  expect(renamed.get("b")).toMatchObject({ label: "c" });
  expect(first.get("b")).toMatchObject({ label: "b" });
});

it.each<Partial<RunLook>>([
  { color: "#ABCDEF" },
  { dash: [4, 2] },
  { label: "renamed" },
  { host: "other" },
  { key: "mean" },
  { isBaseline: true },
])("tells %o", (change) => {
  const first = gatherLooks(["a"], look, none);
  expect(gatherLooks(["a"], (run) => ({ ...look(run), ...change }), first).get("a")).toMatchObject(change);
});

it("forgets runs that are gone", () => {
  const first = gatherLooks(["a", "b"], look, none);
  const second = gatherLooks(["a"], look, first);
  expect([...second.keys()]).toEqual(["a"]);
  expect(gatherLooks(["a", "b"], look, second).size).toBe(2);
});
