import { describe, expect, it } from "vitest";
import type { Hit, Reading } from "../../charts/line_types.ts";
import type { ScalarLines } from "./data.ts";
import { describeReading, speakReading } from "./reading.ts";
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
