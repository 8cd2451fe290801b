import { describe, expect, it } from "vitest";
import { DEFAULT_AGGREGATE, describeAggregate, formatAggregate, joinGroup, parseAggregate, splitGroup } from "./aggregate.ts";

describe("aggregates in the address", () => {
  it("come back as they went", () => {
    for (const aggregate of [
      DEFAULT_AGGREGATE,
      { center: "median", band: "percentile", low: 10, high: 90 },
      { center: "iqm", band: "ci95", low: 25, high: 75 },
      { center: "mean", band: "none", low: 25, high: 75 },
    ] as const) {
      expect(parseAggregate(formatAggregate(aggregate))).toEqual(aggregate);
    }
    expect(formatAggregate(DEFAULT_AGGREGATE)).toBeNull();
    for (const text of ["", "x,y", "mean,percentile,90,10", "mean,percentile,a,b"]) expect(parseAggregate(text)).toMatchObject({ low: 25, high: 75 });
  });

  it("are said in words", () => {
    expect(describeAggregate({ center: "mean", band: "std", low: 25, high: 75 })).toBe("mean ± std");
    expect(describeAggregate({ center: "median", band: "percentile", low: 5, high: 95 })).toBe("median, 5th to 95th percentile");
  });

  it("carry a group's name and a key through the server", () => {
    expect(splitGroup(joinGroup("a, b/c", "train"))).toEqual({ group: "a, b/c", key: "train" });
    expect(splitGroup(joinGroup("", ""))).toEqual({ group: "", key: "" });
    expect(splitGroup("plain")).toEqual({ group: "plain", key: "" });
  });
});
