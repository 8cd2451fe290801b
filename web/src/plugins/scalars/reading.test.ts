import { describe, expect, it } from "vitest";
import type { Hit, Reading } from "../../charts/line_types.ts";
import type { ScalarLines } from "./data.ts";
import { describeMembers, describeReading, formatDelta, PLAIN_READING, speakReading, type TooltipOrder } from "./reading.ts";
import { makeScalarLines } from "./testing.ts";

const hitOf = (data: ScalarLines, series: number, point: number): Hit => {
  const line = data.lines[series]!;
  const index = line.start + point;
  return {
    series,
    index,
    x: line.x[index]! - line.xOffset,
    value: line.y[index]!,
    smoothed: line.smoothed ? line.smoothed[index]! : null,
    xPx: 0,
    yPx: 0,
    distancePx: 0,
  };
};
const readingOf = (hits: Hit[]): Reading => ({ hits, xPx: 0, yPx: 0, plot: { x: 0, y: 0, width: 1, height: 1 }, byKeyboard: false });

describe("describeMembers", () => {
  const members = (n: number, least: number, most: number): string =>
    describeMembers(makeScalarLines([{ values: [1], members: n, n_min: least, n_max: most }]).lines[0]!.info);

  it("says the range only where some have no value", () => {
    expect(members(4, 4, 4)).toBe("4 lines");
    expect(members(1, 1, 1)).toBe("1 line");
    expect(members(4, 1, 4)).toBe("4 lines; at each place 1 to 4 of them have a value");
    expect(members(4, 1, 1)).toBe("4 lines; at each place 1 of them has a value");
    expect(members(4, 0, 0)).toBe("4 lines");
  });
});

describe("describeReading", () => {
  const data = makeScalarLines([
    { values: [5, 4], steps: [0, 12_400] },
    { values: [9, 8], steps: [0, 12_400] },
    { values: [1, 2], steps: [0, 12_000] },
  ]);
  const reading = readingOf([hitOf(data, 0, 1), hitOf(data, 1, 1), hitOf(data, 2, 1)]);

  it("says step, duration and time of the nearest line", () => {
    const content = describeReading(reading, data, "step")!;
    expect(content.head).toBe("step 12,400");
    expect(content.aside).toMatch(/^2 s · 1970-01-01 /);
    expect(describeReading(reading, data, "relative")!.head).toBe("2 s");
    expect(describeReading(reading, data, "wall_time")!.head).toMatch(/^1970-01-01/);
  });

  it("lists lines as they stand, top first, the nearest strong", () => {
    const rows = describeReading(reading, data, "step")!.rows;
    expect(rows.map((row) => [row.label, row.strong])).toEqual([
      ["run1", false],
      ["run0", true],
      ["run2", false],
    ]);
    expect(rows[2]!.note).toBe("at 12,000");
    expect(rows[0]!.note).toBe("");
  });

  it("shows smoothed and raw values under their names", () => {
    const smooth = makeScalarLines([{ values: [5], smoothed: [4.5] }]);
    const content = describeReading(readingOf([hitOf(smooth, 0, 0)]), smooth, "step")!;
    expect(content.columns).toEqual(["smoothed", "value"]);
    expect(content.rows[0]!.cells).toEqual(["4.500", "5"]);
  });

  it("limits the rows to the nearest and counts the rest", () => {
    const many = makeScalarLines(Array.from({ length: 25 }, (_, i) => ({ values: [i] })));
    const hits = many.lines.map((_, i) => hitOf(many, i, 0));
    const content = describeReading(readingOf(hits), many, "step")!;
    expect(content.rows).toHaveLength(10);
    expect(content.more).toBe(15);
    expect(content.rows.map((row) => row.label)).toContain("run0");
  });

  it("says nothing when the data are not those of the reading", () => {
    expect(describeReading(reading, makeScalarLines([]), "step")).toBeNull();
    expect(describeReading(readingOf([]), data, "step")).toBeNull();
  });
});

describe("the tooltip's options", () => {
  const data = makeScalarLines([{ values: [3] }, { values: [1] }, { values: [NaN] }, { values: [2] }]);
  const at = (series: number, yPx: number): Hit => ({ ...hitOf(data, series, 0), yPx });
  const reading = { ...readingOf([at(0, 90), at(1, 40), at(2, NaN), at(3, 60)]), yPx: 50 };
  const order = (name: TooltipOrder): string[] =>
    describeReading(reading, data, "step", { ...PLAIN_READING, order: name })!.rows.map((row) => row.label);

  it("order rows", () => {
    expect(order("nearest")).toEqual(["run0", "run1", "run2", "run3"]);
    expect(order("nearest_y")).toEqual(["run1", "run3", "run0", "run2"]);
    expect(order("value")).toEqual(["run0", "run3", "run1", "run2"]);
    expect(order("ascending")).toEqual(["run1", "run3", "run0", "run2"]);
    expect(order("alphabetical")).toEqual(["run0", "run1", "run2", "run3"]);
  });

  it("limit rows to the nearest", () => {
    const content = describeReading(reading, data, "step", { ...PLAIN_READING, most: 2 })!;
    expect([content.rows.map((row) => row.label), content.more]).toEqual([["run0", "run1"], 2]);
  });

  it("compare with a baseline that is drawn", () => {
    const content = describeReading(reading, data, "step", { ...PLAIN_READING, baseline: "run3" })!;
    expect(content.columns).toEqual(["value", "Δ baseline"]);
    expect(content.rows.map((row) => row.cells[1])).toEqual(["+1 (+50 %)", "baseline", "−1 (−50 %)", ""]);
    expect(describeReading(reading, data, "step", { ...PLAIN_READING, baseline: "gone" })!.columns).toEqual(["value"]);
  });

  it("say how far values are apart", () => {
    expect(formatDelta(0.9, 1)).toBe("−0.100 (−10 %)");
    expect(formatDelta(5, 0)).toBe("+5");
    expect(formatDelta(1, 1)).toBe("0 (0 %)");
    expect(formatDelta(NaN, 1)).toBe("");
    expect(formatDelta(-1, -2)).toBe("+1 (+50 %)");
  });
});

describe("speakReading", () => {
  it("reads as a sentence", () => {
    const data = makeScalarLines([{ values: [0.3] }, { values: [0.213] }, { values: [0.1] }]);
    const spoken = speakReading(readingOf([hitOf(data, 1, 0), hitOf(data, 0, 0), hitOf(data, 2, 0)]), data, "loss");
    expect(spoken).toBe("run1, step 0, loss 0.2130, 2nd lowest of 3");
  });

  it("says the lowest, raw values and NaN", () => {
    const data = makeScalarLines([{ values: [1], smoothed: [2] }, { values: [5], smoothed: [5] }]);
    expect(speakReading(readingOf([hitOf(data, 0, 0), hitOf(data, 1, 0)]), data, "loss")).toBe("run0, step 0, loss 2, raw 1, lowest of 2");
    const bad = makeScalarLines([{ values: [NaN] }, { values: [1] }]);
    expect(speakReading(readingOf([hitOf(bad, 0, 0), hitOf(bad, 1, 0)]), bad, "loss")).toBe("run0, step 0, loss NaN");
  });
});

describe("groups of runs", () => {
  const plain = makeScalarLines([{ values: [2, 4] }, { values: [9, 9] }]);
  const lines = plain.lines.map((line, i) => ({ ...line, runGroup: i === 0 ? "lr=0.1" : null }));
  const data: ScalarLines = { ...plain, lines, low: Float64Array.of(1, 3, 0, 0), high: Float64Array.of(3, 5, 0, 0), n: Float64Array.of(5, 4, 0, 0) };
  const reading = readingOf([hitOf(plain, 1, 1), hitOf(plain, 0, 1)]);

  it("say their band and how many runs they stand for, not the runs behind them", () => {
    const content = describeReading(reading, data, "step")!;
    expect(content.columns).toEqual(["value", "band", "n"]);
    expect(content.rows.map((row) => row.cells)).toEqual([["4", "3 … 5", "4"]]);
    expect(speakReading(reading, data, "loss")).toBe("run0, step 1, loss 4, between 3 and 5, 4 runs");
  });
});
