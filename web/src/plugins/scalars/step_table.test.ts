import { describe, expect, it } from "vitest";
import type { ScalarStats } from "../../api/types.ts";
import { compareRows, formatCell, rowsAtStep, rowsOfStats, sortRows, stepColumns, tableAsMarkdown, type NameRow } from "./step_table.ts";
import { tableHeight } from "./table_size.ts";
import { makeFrame } from "./testing.ts";

const nameRow: NameRow = (run, _tag, lane) => (run === "gone" ? null : { label: lane ? `${run} (${lane})` : run, color: "#111111", group: run });

describe("one step", () => {
  const frame = makeFrame([
    { values: [5, 4, 3], steps: [90, 100, 110], smoothed: [5, 4.5, 4] },
    { values: [1, 2], steps: [95, 105], smoothed: [1, 1.5] },
    { values: [], run: "empty" },
    { values: [7], steps: [100], run: "gone" },
  ]);

  it("takes each line's nearest point, the earlier of two", () => {
    const rows = rowsAtStep(frame, 100, nameRow);
    expect(rows.map((row) => [row.label, row.values])).toEqual([
      ["run0", { smoothed: 4.5, value: 4, step: 100, relative: 2 }],
      ["run1", { smoothed: 1, value: 1, step: 95, relative: 0 }],
    ]);
    expect(stepColumns(rows)).toEqual(["smoothed", "value", "step", "relative"]);
    expect(["smoothed", "value", "step", "relative"].map((column) => formatCell(rows[0]!, column as "value"))).toEqual(["4.500", "4", "100", "2 s"]);
  });

  it("compares with the baseline by what is drawn", () => {
    const rows = compareRows(rowsAtStep(frame, 100, nameRow), "run1");
    expect(stepColumns(rows)).toContain("baseline");
    expect(rows.map((row) => formatCell(row, "baseline"))).toEqual(["+3.50 (+350 %)", ""]);
    expect(compareRows(rows, "nobody")).toBe(rows);
  });
});

const stats = (run: string, more: Partial<ScalarStats>): ScalarStats => ({
  run,
  tag: "loss",
  lane: 0,
  count: 3,
  nan: 0,
  pos_inf: 0,
  neg_inf: 0,
  first: 4,
  last: 1,
  delta: -3,
  percent: -75,
  slope: -0.3,
  min: 1,
  argmin: 10,
  max: 4,
  argmax: 0,
  mean: 2.5,
  std: 1,
  first_step: 0,
  last_step: 10,
  ...more,
});

describe("a range", () => {
  const rows = rowsOfStats([stats("b", {}), stats("a", { min: null, delta: 2 }), stats("empty", { count: 0 }), stats("c", { min: -1, delta: 0 })], nameRow);

  it("leaves out lines without a point there", () => {
    expect(rows.map((row) => row.label)).toEqual(["b", "a", "c"]);
    expect(formatCell(rows[0]!, "percent")).toBe("−75 %");
    expect(formatCell(rows[0]!, "delta")).toBe("−3");
    expect(formatCell(rows[1]!, "delta")).toBe("+2");
    expect(formatCell(rows[1]!, "min")).toBe("");
  });

  it("is sorted by any column, empty cells last either way", () => {
    const order = (by: "min" | "delta" | "name", descending: boolean): string[] => sortRows(rows, { by, descending }).map((row) => row.label);
    expect(order("min", true)).toEqual(["b", "c", "a"]);
    expect(order("min", false)).toEqual(["c", "b", "a"]);
    expect(order("delta", true)).toEqual(["a", "c", "b"]);
    expect(order("name", false)).toEqual(["a", "b", "c"]);
  });

  it("is copied as it stands", () => {
    expect(tableAsMarkdown(rows.slice(0, 1), ["delta", "mean"])).toBe(["| Run |   Δ |  Mean |", "| --- | --: | ----: |", "| b   |  −3 | 2.500 |"].join("\n"));
  });
});

it("takes no more room than a few rows", () => {
  expect(tableHeight(0)).toBe(0);
  expect(tableHeight(1)).toBeLessThan(tableHeight(3));
  expect(tableHeight(1000)).toBe(tableHeight(5));
});
