import { describe, expect, it } from "vitest";
import { DEFAULT_OPTIONS, formatCards, formatOption, hasLimits, parseCards, parseOptions, sameOption } from "./chart_options.ts";

const parseOne = (key: string, text: string) => parseOptions((name) => (name === key ? text : null));

describe("options of the page", () => {
  it("need no words while they are the usual ones", () => {
    for (const name of Object.keys(DEFAULT_OPTIONS) as (keyof typeof DEFAULT_OPTIONS)[]) expect(formatOption(name, DEFAULT_OPTIONS[name])).toBeNull();
    expect(parseOptions(() => null)).toEqual({});
  });

  it("come back as they went", () => {
    expect(parseOne("x", formatOption("x", { axis: "active", tag: "" })!)).toEqual({ x: { axis: "active", tag: "" } });
    expect(parseOne("x", formatOption("x", { axis: "tag", tag: "train/a:b" })!)).toEqual({ x: { axis: "tag", tag: "train/a:b" } });
    expect(parseOne("y", formatOption("yScale", "symlog")!)).toEqual({ yScale: "symlog" });
    expect(parseOne("smooth", formatOption("smoothing", { kind: "median", weight: 25 })!)).toEqual({ smoothing: { kind: "median", weight: 25 } });
    const limits = { x: [null, 100], y: [-1e-300, 1e300], y2: [0, null] } as const;
    expect(parseOne("lim", formatOption("limits", limits)!)).toEqual({ limits });
    const right = ["a|b", "50 %", "c"];
    expect(parseOne("y2", formatOption("right", right)!)).toEqual({ right });
    expect(parseOne("y2", formatOption("right", [])!)).toEqual({ right: [] });
  });

  it("leave out what others wrote and what is no value", () => {
    for (const [key, text] of [["x", "tag:"], ["x", "parsec"], ["y", "cubic"], ["zero", "yes"], ["lim", "a:b"], ["lim", "1:2:3:4:5:6:7"], ["lanes", ""]] as const) {
      expect(parseOne(key, text)).toEqual({});
    }
    // ends in the wrong order limit nothing
    expect(hasLimits(parseOne("lim", "5:1").limits!)).toBe(false);
  });
});

describe("options of single charts", () => {
  it("come back as they went, whatever the tag is called", () => {
    const cards = new Map([
      ["a~b,c%d=é", { yScale: "log", includeZero: true } as const],
      ["train/loss", { x: { axis: "tag", tag: "x~y,z%3D=" }, right: ["p~q", "r|s"] } as const],
    ]);
    expect(parseCards(formatCards(cards))).toEqual(cards);
    expect(formatCards(new Map([["loss", { yScale: "log" as const }]]))).toBe("loss~y=log");
  });

  it("say the usual too, where the page has another one", () => {
    expect(parseCards(formatCards(new Map([["loss", { yScale: "linear" as const }]]))).get("loss")).toEqual({ yScale: "linear" });
  });

  it("survive what others write", () => {
    for (const text of [null, "", "~", "loss", "loss~", "loss~y", "loss~y=cubic", "~y=log"]) expect(parseCards(text).size).toBe(0);
    expect(formatCards(new Map([["loss", {}]]))).toBeNull();
  });

  it("are compared by what they say", () => {
    expect(sameOption("limits", DEFAULT_OPTIONS.limits, { x: [null, null], y: [null, null], y2: [null, null] })).toBe(true);
    expect(sameOption("right", "auto", [])).toBe(false);
  });
});
