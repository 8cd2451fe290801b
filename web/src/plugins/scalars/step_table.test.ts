import { describe, expect, it } from "vitest";
import type { ScalarStats } from "../../api/types.ts";
import { compareRows, firstHead, formatCell, type NameGroup, rowsAtStep, rowsOfGroups, rowsOfStats, sortRows, stepColumns, tableAsMarkdown, type NameRow } from "./step_table.ts";
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

describe("groups of runs", () => {
  const nameGroup: NameGroup = (group) => ({ label: group, color: "#222222", group: `\ngroup ${group}`, isGroup: true });
  const frame = makeFrame([
    { values: [9, 4, 1, NaN, 2, 9], steps: [0, 10, 20, 30, 40, 50], run: "", group: "g", members: 4, first_wall_time: null },
    { values: [5, 3], steps: [0, 100], run: "", group: "outside", members: 2 },
    { values: [3, 5], steps: [10, 40], run: "", group: "long", members: 1, reduced: true },
  ]);
  const rows = rowsOfGroups(frame, [10, 40], nameGroup);

  it("come to what their line does in the range", () => {
    expect(rows.map((row) => row.label)).toEqual(["g", "long"]);
    const { mean, std, slope, ...rest } = rows[0]!.values;
    expect(rest).toEqual({ n: 4, first: 4, last: 2, delta: -2, percent: -50, min: 1, argmin: 20, max: 4, argmax: 10, first_step: 10, last_step: 40, count: 4, nan: 1 });
    expect(mean).toBeCloseTo(7 / 3);
    expect(std).toBeCloseTo(Math.sqrt(14 / 9));
    expect(slope).toBeCloseTo(-0.05);
  });

  it("say nothing of what a thinned line does not know", () => {
    expect(rows[1]!.values).toMatchObject({ first: 3, last: 5, min: 3, max: 5, argmax: 40 });
    expect(["mean", "std", "slope", "count"].map((column) => formatCell(rows[1]!, column as "mean"))).toEqual(["", "", "", ""]);
  });

  it("have the value of the nearest step, and how many lines have one there", () => {
    const at = rowsAtStep(frame, 12, () => null, nameGroup);
    expect(at[0]).toMatchObject({ label: "g", isGroup: true, values: { value: 4, step: 10, relative: null } });
    expect(rowsAtStep(frame, 12, nameRow).map((row) => row.isGroup)).toEqual([undefined, undefined, undefined]);
  });

  it("stand before runs however they are sorted", () => {
    const all = [...rowsOfStats([stats("run", { min: -9 })], nameRow), ...rows];
    for (const descending of [false, true]) {
      expect(sortRows(all, { by: "min", descending }).map((row) => row.label)).toEqual(descending ? ["long", "g", "run"] : ["g", "long", "run"]);
    }
    expect([firstHead(all), firstHead(all.slice(0, 1))]).toEqual(["Group, run", "Run"]);
  });
});

it("takes no more room than a few rows", () => {
  expect(tableHeight(0)).toBe(0);
  expect(tableHeight(1)).toBeLessThan(tableHeight(3));
  expect(tableHeight(1000)).toBe(tableHeight(5));
});
