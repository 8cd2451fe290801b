import { expect, it } from "vitest";
import { makeAsked } from "./asked.ts";

const series = (...runs: string[]): { run: string; tag: string }[] => runs.map((run) => ({ run, tag: "loss" }));

it("asks for nothing new while runs are hidden and shown again", () => {
  const asked = makeAsked();
  const all = asked.cover(series("a", "b", "c"));
  expect(asked.cover(series("a", "c"))).toBe(all);
  expect(asked.cover(series("b"))).toBe(all);
  expect(asked.cover(series("a", "b", "c"))).toBe(all);
});

it("asks for what is wanted once something is missing, and no more", () => {
  const asked = makeAsked();
  asked.cover(series("a", "b", "c"));
  expect(asked.cover(series("a", "d"))).toEqual(series("a", "d"));
  expect(asked.cover([{ run: "a", tag: "accuracy" }])).toEqual([{ run: "a", tag: "accuracy" }]);
});

it("asks for what is shown only, after it forgot", () => {
  const asked = makeAsked();
  asked.cover(series("a", "b"));
  asked.forget();
  expect(asked.cover(series("a"))).toEqual(series("a"));
});
