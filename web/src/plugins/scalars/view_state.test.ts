import { describe, expect, it } from "vitest";
import { formatZooms, parseZooms, type SavedZoom } from "./view_state.ts";

describe("zoom windows in the address", () => {
  const cases: SavedZoom[] = [
    { key: "train/loss", axis: "step", x: [100, 200.5], y: null },
    { key: "a~b,c%d é", axis: "relative", x: [0.25, 0.75], y: [1e-7, 2e-7] },
    { key: "loss", axis: "wall_time", x: [1795249729.5, 1795249730.5], y: null },
    { key: "y only", axis: "step", x: null, y: [-3, 4] },
    { key: "huge", axis: "step", x: [2 ** 53 - 64, 2 ** 53], y: [-1e300, 1e300] },
    { key: "two axes", axis: "tag", x: null, y: [0, 1], y2: [100, 200] },
  ];

  it("come back as they went", () => {
    const parsed = parseZooms(formatZooms(cases));
    expect(parsed.map(({ key, axis }) => ({ key, axis }))).toEqual(cases.map(({ key, axis }) => ({ key, axis })));
    parsed.forEach((zoom, i) => {
      for (const side of ["x", "y", "y2"] as const) {
        const was = cases[i]![side] ?? null;
        expect((zoom[side] ?? null) === null).toBe(was === null);
        was?.forEach((value, k) => expect(Math.abs(zoom[side]![k]! - value)).toBeLessThanOrEqual((was[1] - was[0]) / 5000));
      }
    });
  });

  it("say no more digits than a screen shows", () => {
    expect(formatZooms([{ key: "k", axis: "step", x: [3629.442724458, 6785.479876161], y: null }])).toBe("k~s~3629.4~6785.5~~");
  });

  it("survive what others write", () => {
    expect(formatZooms([])).toBeNull();
    for (const text of [null, "", "~", "k~s", "k~s~5~1~~", "k~q~1~2~~", "k~s~NaN~2~~", "k~s~0~Infinity~~"]) expect(parseZooms(text)).toEqual([]);
  });
});
