import { describe, expect, it } from "vitest";
import { defaults, parsePrefs } from "./prefs.svelte.ts";
import { formatSmoothing, parseSmoothing } from "./route.svelte.ts";

describe("parsePrefs", () => {
  it("is the default for what is absent, damaged or foreign", () => {
    for (const text of [null, "", "{", "[]", "3", "null", '"x"']) expect(parsePrefs(text)).toEqual(defaults);
    expect(parsePrefs('{"theme":"pink","panelWidth":"wide","collapsed":7,"extra":null,"singleKeys":1}')).toEqual(defaults);
  });

  it("keeps what fits and bounds numbers", () => {
    const prefs = parsePrefs('{"theme":"dark","panelWidth":9999,"collapsed":["a",1],"extra":{"images.size":3}}');
    expect(prefs).toMatchObject({ theme: "dark", panelWidth: 640, collapsed: ["a"], extra: { "images.size": 3 } });
  });
});

describe("smoothing in the address", () => {
  it("is the default without words", () => {
    expect(parseSmoothing(null)).toEqual({ kind: "exponential", weight: 0.6 });
    expect(formatSmoothing({ kind: "exponential", weight: 0.6 })).toBeNull();
  });

  it("comes back as it was", () => {
    for (const smoothing of [
      { kind: "exponential", weight: 0.9 },
      { kind: "exponential", weight: 0 },
      { kind: "time_weighted", weight: 0.6 },
      { kind: "mean", weight: 50 },
      { kind: "median", weight: 5 },
      { kind: "none", weight: 0 },
    ] as const) {
      expect(parseSmoothing(formatSmoothing(smoothing))).toEqual(smoothing);
    }
  });

  it("bounds weights and ignores nonsense", () => {
    expect(parseSmoothing("7")).toEqual({ kind: "exponential", weight: 0.999 });
    expect(parseSmoothing("gauss:3")).toEqual({ kind: "exponential", weight: 0.6 });
    expect(parseSmoothing("-1")).toEqual({ kind: "exponential", weight: 0.6 });
  });
});
