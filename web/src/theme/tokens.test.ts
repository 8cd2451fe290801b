import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { contrastRatio } from "../base/color.ts";

const css = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");

function tokensOf(mode: string): Record<string, string> {
  const block = css.slice(css.indexOf(`:root[data-theme="${mode}"] {`)).split("}")[0] ?? "";
  return Object.fromEntries([...block.matchAll(/--([a-z0-9-]+): (#[0-9a-f]{6});/g)].map((found) => [found[1], found[2]]));
}

describe.each(["light", "dark"])("the %s theme", (mode) => {
  const token = tokensOf(mode);
  const surfaces = ["bg", "surface", "sunken", "raised"];
  const ratio = (front: string, back: string): number => contrastRatio(token[front]!, token[back]!);

  it.each(surfaces)("has readable text on %s", (back) => {
    expect(ratio("text", back)).toBeGreaterThan(12);
    expect(ratio("text-2", back)).toBeGreaterThan(7);
    expect(ratio("text-3", back)).toBeGreaterThan(4.5);
    expect(ratio("accent", back)).toBeGreaterThan(4.5);
    expect(ratio("danger", back)).toBeGreaterThan(4.5);
    expect(ratio("success", back)).toBeGreaterThan(4.5);
    expect(ratio("warning", back)).toBeGreaterThan(4.5);
  });

  it("has readable text on the accent and on what is selected", () => {
    expect(ratio("on-accent", "accent")).toBeGreaterThan(4.5);
    for (const front of ["text", "text-2", "text-3", "accent"]) expect(ratio(front, "accent-subtle")).toBeGreaterThan(4.5);
  });

  it.each(["bg", "surface"])("has outlines that are seen on %s", (back) => {
    expect(ratio("control", back)).toBeGreaterThan(3);
    expect(ratio("focus", back)).toBeGreaterThan(3);
  });
});
