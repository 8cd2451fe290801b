import { describe, expect, it } from "vitest";
import { parseProvenance } from "./provenance.ts";

describe("parseProvenance", () => {
  it("reads the writer's list", () => {
    const text = "- **host**: `a`\n- **command**: `` python -c 'x`y' ``\n- **git**: `main 1234`";
    expect(parseProvenance(text)).toEqual([
      ["host", "a"],
      ["command", "python -c 'x`y'"],
      ["git", "main 1234"],
    ]);
  });

  it("leaves out what is none of it", () => {
    expect(parseProvenance("")).toEqual([]);
    expect(parseProvenance("hello\n- **x**: y")).toEqual([]);
  });
});
