import { describe, expect, it } from "vitest";
import { goodDirection, speakSummary, summarise } from "./summary.ts";
import { makeScalarLines, type FakeSeries } from "./testing.ts";

const say = (series: FakeSeries[], tag = "lr"): string => {
  const { lines, step } = makeScalarLines(series);
  return summarise(lines, step, tag);
};
const curve = (n: number, f: (t: number) => number): number[] => Array.from({ length: n }, (_, i) => f(i / (n - 1)));
const thousands = (n: number): number[] => Array.from({ length: n }, (_, i) => i * 1000);

describe("one line", () => {
  it("fell and is flat", () => {
    const values = curve(21, (t) => (t < 0.59 ? 2.31 - 2 * t : 0.41));
    expect(say([{ values, steps: thousands(21) }])).toBe("fell 2.31 → 0.41, flat since step 12,000, no NaN");
  });

  it("rose", () => {
    expect(say([{ values: curve(11, (t) => t) }])).toMatch(/^rose 0 → 1, no NaN$/);
  });

  it("fell, but had been lower", () => {
    const values = curve(21, (t) => (t < 0.5 ? 2 - 4 * t : 2 * (t - 0.5)));
    expect(say([{ values }])).toBe("fell 2 → 1, lowest 0 at 10, no NaN");
  });

  it("judges by the smoothed line, and says what was logged", () => {
    expect(say([{ values: [0.5, 0.7, 0.6, 0.9], smoothed: [0.5, 0.6, 0.6, 0.79] }])).toMatch(/^rose 0.5 → 0.9/);
    expect(say([{ values: [5, 0, 5, 0], smoothed: [1, 2, 3, 4] }])).toMatch(/^between 0 and 5, now 0/);
  });

  it("calls nothing lost that a smoothed line has yet to reach", () => {
    expect(say([{ values: [2, 1.8, 1.4], smoothed: [2, 1.9, 1.7] }])).toBe("fell 2 → 1.4, no NaN");
    expect(say([{ values: [0.5, 0.7, 0.9], smoothed: [0.5, 0.6, 0.8] }])).toBe("rose 0.5 → 0.9, no NaN");
    expect(say([{ values: [2, 0.1, 1.4], smoothed: [2, 1.9, 1.7] }])).toBe("fell 2 → 1.4, lowest 0.1 at 1, no NaN");
  });

  it("names the logged extremes, however smooth the line", () => {
    expect(say([{ values: [1, 0, 9, 0, 1], smoothed: [1, 0.5, 2, 1, 1] }])).toBe("between 0 and 9, now 1, no NaN");
  });

  it("wanders", () => {
    expect(say([{ values: curve(41, (t) => Math.sin(t * 25)) }])).toMatch(/^between .* and .*, now /);
  });

  it("is constant, alone, or nothing at all", () => {
    expect(say([{ values: [3, 3, 3] }])).toBe("constant 3, no NaN");
    expect(say([{ values: [0.25], steps: [17000] }])).toBe("0.25 at step 17,000, one point");
    expect(say([{ values: [NaN, NaN] }])).toBe("2 points, none finite");
    expect(say([])).toBe("");
  });

  it("counts what is not finite", () => {
    expect(say([{ values: [1, NaN, 0.5, NaN, 0] }])).toBe("fell 1 → 0, 2 NaN");
    expect(say([{ values: [1, Infinity, 0] }])).toContain("1 Inf");
    expect(say([{ values: [1, Infinity, NaN, 0] }])).toContain("2 NaN and Inf");
  });
});

describe("several lines", () => {
  const two = [{ values: [3, 1, 2] }, { values: [3, 0.5, 4] }];

  it("names the best, where the tag says what is good", () => {
    expect(say(two, "train/loss")).toBe("best 0.5 at 1 (run1)");
    expect(say(two, "eval/acc")).toBe("best 4 at 2 (run1)");
  });

  it("names the spread, where it does not", () => {
    expect(say(two, "grad_norm")).toBe("end between 2 and 4 (lowest run0, highest run1)");
    expect(say([{ values: [1] }, { values: [1] }])).toBe("all end at 1");
  });

  it("names the run with NaN", () => {
    expect(say([{ values: [1, 2] }, { values: [NaN, 3] }])).toContain(", 1 NaN in run1");
    expect(say([{ values: [NaN, 2] }, { values: [NaN, 3] }])).toContain(", 2 NaN in 2 runs");
    expect(say([{ values: [NaN] }, { values: [NaN] }])).toBe("2 lines, no finite value");
  });
});

describe("goodDirection", () => {
  it.each([
    ["train/loss", -1],
    ["val_loss", -1],
    ["eval/top1_acc", 1],
    ["f1", 1],
    ["lr", 0],
    ["classification", 0],
    ["gloss", 0],
  ])("%s", (tag, direction) => {
    expect(goodDirection(tag)).toBe(direction);
  });
});

describe("as a sentence", () => {
  it("names the chart", () => {
    expect(speakSummary("loss", "fell 2.31 → 0.41, flat since step 12,000, no NaN")).toBe("loss fell from 2.31 to 0.41, flat since step 12,000, no NaN");
    expect(speakSummary("acc", "best 0.5 at 1 (run1)")).toBe("acc: best 0.5 at 1 (run1)");
    expect(speakSummary("acc", "")).toBe("acc");
  });

  it("believes the user about what is good", () => {
    const { lines, step } = makeScalarLines([{ values: [3, 1, 2] }, { values: [3, 0.5, 4] }]);
    expect(summarise(lines, step, "lr", true)).toBe("best 0.5 at 1 (run1)");
    expect(summarise(lines, step, "train/loss", false)).toBe("best 4 at 2 (run1)");
  });

  it("leaves out steps that groups of runs have not", () => {
    const { lines, step } = makeScalarLines([{ values: [3, 1, 2], steps: [NaN, NaN, NaN] }, { values: [3, 0.5, 4], steps: [NaN, NaN, NaN] }]);
    expect(summarise(lines, step, "loss")).toBe("best 0.5 (run1)");
  });
});
