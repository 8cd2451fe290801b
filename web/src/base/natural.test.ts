import { describe, expect, it } from "vitest";
import { compareNatural } from "./natural.ts";

describe("natural order", () => {
  it.each([
    [["layer1", "layer2", "layer10"]],
    [["lr0", "lr0.0003", "lr0.001", "lr0.003", "lr0.5", "lr1", "lr2", "lr10"]],
    [["lr=1e-5", "lr=1e-4", "lr=3e-4", "lr=2.5e-3", "lr=0.01", "lr=1", "lr=5e+2"]],
    [["v0.9.1", "v0.10.0", "v1.9", "v1.10"]],
    [["0.25", "0.3", "0.30", "1e-0"]],
    [["a", "B", "c"]],
  ])("of %j", (names) => {
    expect([...names].reverse().sort(compareNatural)).toEqual(names);
  });
});
