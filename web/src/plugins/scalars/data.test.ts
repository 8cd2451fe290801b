import { describe, expect, it } from "vitest";
import { keyDash, describeSmoothing, effectiveSmoothing, gatherFacts, hasNoSteps, makeLines, questionWidth } from "./data.ts";
import { lossCard, makeFrame, makeScalarLines, plainLooks } from "./testing.ts";

describe("makeLines", () => {
  it("slices shared columns, one line per series", () => {
    const { lines, step } = makeScalarLines([{ values: [3, 2] }, { values: [9, 8, 7] }]);
    expect(lines.map((line) => [line.start, line.count, line.color])).toEqual([
      [0, 2, "#111111"],
      [2, 3, "#222222"],
    ]);
    expect(lines[0]!.x).toBe(step);
    expect(lines[0]!.y).toBe(lines[1]!.y);
  });

  it("leaves out runs that are not checked, and series without points", () => {
    const frame = makeFrame([{ values: [1] }, { values: [2] }, { values: [] }]);
    const { lines } = makeLines(frame, lossCard, { ...plainLooks, isShown: (run) => run !== "run0" });
    expect(lines.map((line) => line.group)).toEqual(["run1"]);
  });

  it("counts relative time from each run's own start", () => {
    const { lines, wallTime } = makeScalarLines([{ values: [1, 2] }, { values: [3] }], lossCard, "relative");
    expect(lines[1]!.x).toBe(wallTime);
    expect(lines.map((line) => line.xOffset)).toEqual([1000, 2000]);
    expect(makeScalarLines([{ values: [1] }], lossCard, "wall_time").lines[0]!.xOffset).toBe(0);
  });

  it("tells lanes of one run apart", () => {
    const { lines } = makeScalarLines([{ values: [1], run: "a" }, { values: [2], run: "a", lane: 1 }]);
    expect(new Set(lines.map((line) => line.key)).size).toBe(2);
    expect(lines[1]!.label).toContain("lane 2");
  });

  it("shows the keys of an add_scalars group as dashes and names", () => {
    const card = { key: "g/*", title: "g", description: "", tags: [{ tag: "g/a", label: "a", runs: [0] }, { tag: "g/b", label: "b", runs: [0] }] };
    const one = makeScalarLines([{ values: [1], run: "r", tag: "g/a" }, { values: [2], run: "r", tag: "g/b" }], card);
    expect(one.lines.map((line) => line.label)).toEqual(["a", "b"]);
    expect(one.lines[0]!.dash).toEqual([]);
    expect(one.lines[1]!.dash).not.toEqual([]);
    const two = makeScalarLines([{ values: [1], run: "r", tag: "g/a" }, { values: [2], run: "s", tag: "g/a" }], card);
    expect(two.lines.map((line) => line.label)).toEqual(["r · a", "s · a"]);
  });
});

describe("what the card says", () => {
  it("counts non-finite values and names the first step", () => {
    const { lines } = makeScalarLines([
      { values: [1, NaN, Infinity], first_nonfinite_step: 7204 },
      { values: [NaN], first_nonfinite_step: 900 },
      { values: [1], superseded: 12, reduced: true },
    ]);
    expect(gatherFacts(lines)).toMatchObject({
      nonFinite: 3,
      nonFiniteName: "NaN and Inf",
      firstNonFiniteStep: 900,
      nonFiniteRuns: ["run0", "run1"],
      superseded: 12,
      reduced: true,
      points: 5,
    });
  });

  it("draws sub-runs as their parent's lines, a dash for each key", () => {
    const card = {
      key: "sides/*",
      title: "sides",
      description: "",
      tags: [
        { tag: "sides", label: "sine", runs: [0, 2] },
        { tag: "sides", label: "cosine", runs: [1] },
        { tag: "sides/cosine", label: "cosine", runs: [3] },
      ],
    };
    const subs: Record<string, [string, string]> = { a_sine: ["a", "sine"], a_cosine: ["a", "cosine"], b_sine: ["b", "sine"] };
    const looks = {
      ...plainLooks,
      host: (run: string) => subs[run]?.[0] ?? run,
      key: (run: string) => subs[run]?.[1] ?? null,
    };
    const series = ["a_sine", "a_cosine", "b_sine"].map((run) => ({ values: [1], run, tag: "sides" }));
    const own = { values: [1], run: "c", tag: "sides/cosine" };
    const { lines } = makeLines(makeFrame([...series, own]), card, looks);
    expect(lines.map((line) => line.label)).toEqual(["a · sine", "a · cosine", "b · sine", "c · cosine"]);
    expect(lines.map((line) => line.group)).toEqual(["a", "a", "b", "c"]);
    expect(lines.map((line) => line.dash)).toEqual([keyDash(0), keyDash(1), keyDash(0), keyDash(1)]);
    const alone = makeLines(makeFrame(series.slice(0, 2)), card, looks);
    expect(alone.lines.map((line) => line.label)).toEqual(["sine", "cosine"]);
  });

  it("does not call an infinite value NaN", () => {
    expect(gatherFacts(makeScalarLines([{ values: [1, Infinity] }]).lines).nonFiniteName).toBe("Inf");
    expect(gatherFacts(makeScalarLines([{ values: [1, NaN] }]).lines).nonFiniteName).toBe("NaN");
  });

  it("knows when no step was given", () => {
    const info = (points: number, one_step: boolean) => makeFrame([{ values: [1], points, one_step }]).result.series[0]!;
    expect(hasNoSteps([info(5, true), info(1, true)])).toBe(true);
    expect(hasNoSteps([info(5, true), info(5, false)])).toBe(false);
    // a single point has but one step, and that may well be meant
    expect(hasNoSteps([info(1, true)])).toBe(false);
    expect(hasNoSteps([])).toBe(false);
  });

  it("names the smoothing, and none where it changes nothing", () => {
    expect(describeSmoothing({ kind: "exponential", weight: 0.6 })).toBe("smoothed 0.60");
    expect(describeSmoothing({ kind: "exponential", weight: 0.995 })).toBe("smoothed 0.995");
    expect(describeSmoothing({ kind: "exponential", weight: 0 })).toBe("");
    expect(describeSmoothing({ kind: "median", weight: 50 })).toBe("median of 50");
    expect(effectiveSmoothing({ kind: "mean", weight: 1 }).kind).toBe("none");
  });

  it("asks for widths in steps", () => {
    expect(questionWidth(330, 1)).toBe(questionWidth(350, 1));
    expect(questionWidth(330, 2)).toBeGreaterThanOrEqual(660);
    expect(questionWidth(1, 1)).toBeGreaterThan(0);
  });
});
