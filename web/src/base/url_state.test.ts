import { describe, expect, it } from "vitest";
import { formatHash, formatList, parseHash, parseList } from "./url_state.ts";

describe("parseHash", () => {
  it("opens the first page without an address", () => {
    for (const hash of ["", "#", "#/", "#?x=step", "#//"]) expect(parseHash(hash).stem).toBe("scalars");
    expect(parseHash("#?x=step").params.get("x")).toBe("step");
  });

  it("takes TensorBoard's addresses", () => {
    expect(parseHash("#images").stem).toBe("images");
    expect(parseHash("#timeseries").stem).toBe("scalars");
    expect(parseHash("#scalars&tagFilter=loss").stem).toBe("scalars");
    expect(parseHash("#scalars&tagFilter=loss").params.get("tagFilter")).toBe("loss");
    expect(parseHash("#GRAPHS").stem).toBe("graphs");
  });

  it("reads values with any characters", () => {
    const { params } = parseHash("#/scalars?tags=a%26b%3Dc%20d&pin=x/y,z");
    expect(params.get("tags")).toBe("a&b=c d");
    expect(params.get("pin")).toBe("x/y,z");
  });

  it("survives what is no address", () => {
    expect(parseHash("#/%E0%A4%A?%=%").stem).toBe("scalars");
    expect(parseHash("#/<script>").stem).toBe("scalars");
    expect(parseHash("#/x?a").params.get("a")).toBe("");
  });
});

describe("formatHash", () => {
  it("gives back what it reads, unknown keys included", () => {
    const awkward = ["loss", "a&b", "a=b", "ä ö", "100%", "a+b", "#?/", "x,y", '"<>', "\\", "日本"];
    const params = new Map(awkward.map((value, index) => [`key ${index}&=`, value]));
    const hash = formatHash({ stem: "images", params });
    expect(parseHash(hash)).toEqual({ stem: "images", params });
    // Browsers change such characters in an address by themselves; then it would not be the one that was written.
    expect(hash).not.toMatch(/["<>` ]/);
  });

  it("stays readable", () => {
    expect(formatHash({ stem: "scalars", params: new Map([["tags", "train/loss"]]) })).toBe("#/scalars?tags=train/loss");
    expect(formatHash({ stem: "scalars", params: new Map() })).toBe("#/scalars");
  });
});

describe("lists", () => {
  it("keep commas, percent and plus signs inside their items", () => {
    const items = ["a,b", "100%", "c%2Cd", "adam+decay", "two words", "e"];
    expect(parseList(formatList(items))).toEqual(items);
    const inHash = parseHash(formatHash({ stem: "scalars", params: new Map([["pin", formatList(items)]]) }));
    expect(parseList(inHash.params.get("pin"))).toEqual(items);
  });

  it("are empty without text", () => {
    expect(parseList("")).toEqual([]);
    expect(parseList(null)).toEqual([]);
  });
});
