import { describe, expect, it } from "vitest";
import {
  columnTitle,
  defaultWidth,
  describeColumn,
  difference,
  firstColumns,
  makeNumberFormat,
  moveColumn,
  parseColumn,
  parseColumns,
  sortByValue,
  withDifferences,
} from "./run_columns.ts";

describe("names of columns", () => {
  it("are read, tags with colons and line breaks too", () => {
    expect(parseColumn("start")).toEqual({ kind: "start" });
    expect(parseColumn("hparam:a:b")).toEqual({ kind: "hparam", name: "a:b" });
    expect(parseColumn("tag:last:eval: acc\n2")).toEqual({ kind: "tag", stat: "last", tag: "eval: acc\n2" });
    expect(parseColumn("delta:argmin:x")).toEqual({ kind: "delta", stat: "argmin", tag: "x" });
  });

  it("are refused if they name nothing", () => {
    for (const id of ["", "tag:median:x", "tag:last:", "hparam:", "starts", "toString"]) expect(parseColumn(id)).toBeNull();
  });

  it("become headings", () => {
    expect(columnTitle({ kind: "tag", stat: "min", tag: "loss" })).toEqual({ name: "loss", detail: "min" });
    expect(describeColumn({ kind: "percent", stat: "min", tag: "loss" })).toContain("percent");
    expect(defaultWidth({ kind: "hparam", name: "lr" })).toBeGreaterThan(40);
  });
});

describe("stored columns", () => {
  it("are the first ones until somebody chose, and may be none", () => {
    expect(parseColumns(undefined)).toBe(firstColumns);
    expect(parseColumns("age")).toBe(firstColumns);
    expect(parseColumns([])).toEqual([]);
  });

  it("leave out what does not fit and what comes twice", () => {
    const stored = [{ id: "age", width: 5000 }, null, 3, { id: "what" }, { id: "start", width: "x" }, { id: "age" }];
    expect(parseColumns(stored)).toEqual([{ id: "age", width: null }, { id: "start", width: null }]);
    expect(parseColumns([{ id: "age", width: 5000 }])[0]?.width).toBe(400);
  });

  it("move to where another stands", () => {
    const places = ["age", "start", "state"].map((id) => ({ id, width: null }));
    const ids = (id: string, target: string): string[] => moveColumn(places, id, target).map((each) => each.id);
    expect(ids("age", "state")).toEqual(["start", "state", "age"]);
    expect(ids("state", "age")).toEqual(["state", "age", "start"]);
    expect(ids("state", "gone")).toEqual(["age", "start", "state"]);
  });

  it("are followed by their differences to the baseline", () => {
    const places = withDifferences(
      [{ id: "tag:last:a:b", width: 80 }, { id: "age", width: null }],
      ["delta", "percent"],
      new Map([["percent:last:a:b", 50]]),
    );
    expect(places).toEqual([
      { id: "tag:last:a:b", width: 80 },
      { id: "delta:last:a:b", width: null },
      { id: "percent:last:a:b", width: 50 },
      { id: "age", width: null },
    ]);
  });
});

describe("values", () => {
  it("differ from the baseline's in its size", () => {
    expect(difference("delta", 3, 2)).toBe(1);
    expect(difference("percent", -3, -2)).toBe(-50);
    expect(difference("percent", 1, 0)).toBeNull();
    expect(difference("delta", null, 2)).toBeNull();
    expect(difference("delta", "x", 2)).toBeNull();
  });

  it("are sorted both ways, what has none last", () => {
    const values = [null, 2, NaN, 10, "b10", "b9", 1];
    expect(sortByValue(values, (value) => value, false)).toEqual([1, 2, 10, "b9", "b10", null, NaN]);
    expect(sortByValue(values, (value) => value, true)).toEqual([10, 2, 1, "b10", "b9", null, NaN]);
    expect(sortByValue([true, false], (value) => value, false)).toEqual([false, true]);
  });

  it("keep the order of equals both ways", () => {
    const items = [{ id: "a", v: 1 }, { id: "b", v: 1 }, { id: "c", v: 0 }];
    const ids = (down: boolean): string => sortByValue(items, ({ v }) => v, down).map(({ id }) => id).join("");
    expect([ids(false), ids(true)]).toEqual(["cab", "abc"]);
  });

  it("are written with their points below each other", () => {
    const format = makeNumberFormat([0.8421234, 0.8, null, -0.00312]);
    expect([0.8421234, 0.8, -0.00312, -0.000001].map(format)).toEqual(["0.84212", "0.80000", "−0.00312", "0.00000"]);
    expect(makeNumberFormat([12.51234, 3.25])(3.25)).toBe("3.25");
  });

  it("are written as they were typed where a few decimals do", () => {
    expect([0.0001, 0.003].map(makeNumberFormat([0.0001, 0.003]))).toEqual(["0.0001", "0.0030"]);
    expect(makeNumberFormat([0.5, 2])(2)).toBe("2.0");
  });

  it("are written for themselves where they are too different, and whole numbers whole", () => {
    expect(makeNumberFormat([1e-7, 0.5])(1e-7)).toBe("1e−7");
    expect(makeNumberFormat([100, 12_400])(12_400)).toBe("12,400");
    expect(makeNumberFormat([40_000.123456, 0.001])(0.001)).toBe("0.001000");
    expect(makeNumberFormat([0.5])(NaN)).toBe("NaN");
    expect(makeNumberFormat([])(0)).toBe("0");
  });
});
