import { describe, expect, it } from "vitest";
import { shortPath } from "./paths.ts";
import { takeToken } from "./token.ts";

describe("takeToken", () => {
  it("takes the token wherever it stands and leaves the rest", () => {
    expect(takeToken("#token=abc")).toEqual({ token: "abc", rest: "" });
    expect(takeToken("#/images?tags=x&token=a%2Bb")).toEqual({ token: "a+b", rest: "#/images?tags=x" });
    expect(takeToken("#token=abc&x=1")).toEqual({ token: "abc", rest: "#x=1" });
    expect(takeToken("#/images?token=abc&x=1")?.token).toBe("abc");
  });

  it("finds none in other words", () => {
    expect(takeToken("#/scalars?tags=mytoken=1")).toBeNull();
    expect(takeToken("")).toBeNull();
  });
});

describe("shortPath", () => {
  it("names home and keeps the end of long paths", () => {
    expect(shortPath("/home/me/work/runs")).toBe("~/work/runs");
    expect(shortPath("/Users/me")).toBe("~");
    expect(shortPath("/homes/x")).toBe("/homes/x");
    expect(shortPath("/data/experiments/2026/vision/transformers/runs")).toBe("…/vision/transformers/runs");
  });
});
