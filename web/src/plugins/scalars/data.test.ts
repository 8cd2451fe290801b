import { describe, expect, it } from "vitest";
import { ColumnsFrame } from "../../api/columns.ts";
import { joinGroup } from "./aggregate.ts";
import type { ScalarCard } from "./cards.ts";
import {
  ALL_LINES,
  describeSmoothing,
  drawnExtent,
  effectiveSmoothing,
  findRight,
  gatherFacts,
  groupKey,
  hasNoSteps,
  keyDash,
  makeLines,
  questionWidth,
} from "./data.ts";
import type { RunLooks } from "./run_looks.ts";
import { fakeLooks, lossCard, makeFrame, makeScalarLines, plainLooks } from "./testing.ts";

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

describe("lines by their kind", () => {
  const two: ScalarCard = {
    key: "loss",
    title: "loss",
    description: "",
    tags: [
      { tag: "loss", label: "loss", runs: [0], part: "loss" },
      { tag: "lr", label: "lr", runs: [0], part: "lr" },
    ],
    parts: [
      { key: "loss", title: "loss" },
      { key: "lr", title: "lr" },
    ],
  };

  it("draws a group of runs as one line with a band, on its own x", () => {
    const { result, columns } = makeFrame([
      { values: [1, 2], run: "", group: joinGroup("seeds", ""), members: 3 },
      { values: [3, 4], run: "", group: joinGroup("", ""), members: 1 },
    ]);
    const more = { x: [5, 6, 5, 6], low: [0, 1, NaN, NaN], high: [2, 3, NaN, NaN], n: [3, 2, 1, 1] };
    const added = Object.entries(more).map(([name, values]): [string, Float64Array] => [name, Float64Array.from(values)]);
    const frame = new ColumnsFrame(result, new Map([...columns, ...added]));
    // the runs of groups were asked for, whatever is checked by now
    const { lines, n, low } = makeLines(frame, lossCard, { ...plainLooks, isShown: () => false, groupLabel: (group) => group || "none" });
    expect(lines.map(({ label, runGroup, group, color }) => [label, runGroup, group, color])).toEqual([
      ["seeds", "seeds", groupKey("seeds"), "#333333"],
      ["none", "", groupKey(""), "#333333"],
    ]);
    expect([...lines[0]!.x]).toEqual([5, 6, 5, 6]);
    expect(lines[0]!.band!.low).toBe(low);
    expect([...n!]).toEqual([3, 2, 1, 1]);
    expect(lines[0]!.xOffset).toBe(0);
  });

  it("draws a group whose runs have a point each as dots, and counts it once", () => {
    const singles = { values: [4, 1, 3], run: "", group: joinGroup("seeds", ""), members: 3, points: 3, points_in_range: 3, superseded: 2 };
    const { lines } = makeLines(makeFrame([singles]), lossCard, plainLooks);
    expect(lines.map(({ start, count, label }) => [start, count, label])).toEqual([0, 1, 2].map((start) => [start, 1, "seeds"]));
    expect(new Set(lines.map(({ key }) => key)).size).toBe(3);
    expect(gatherFacts(lines)).toMatchObject({ points: 3, vertices: 3, superseded: 2 });
    // two points of each run are a line
    expect(makeLines(makeFrame([{ ...singles, points: 6 }]), lossCard, plainLooks).lines).toHaveLength(1);
    expect(makeLines(makeFrame([{ ...singles, members: 1, points: 1 }]), lossCard, plainLooks).lines).toHaveLength(1);
  });

  it("keeps the keys of a card apart within groups", () => {
    const series = ["loss", "lr"].map((tag) => ({ values: [1], run: "", tag, group: joinGroup("seeds", tag) }));
    const { lines } = makeLines(makeFrame(series), two, plainLooks);
    expect(lines.map(({ label, dash }) => [label, dash])).toEqual([
      ["loss", keyDash(0)],
      ["lr", keyDash(1)],
    ]);
  });

  it("leaves out tags that were taken out of the chart", () => {
    const frame = makeFrame([{ values: [1], run: "r", tag: "loss" }, { values: [2], run: "r", tag: "lr" }]);
    expect(makeLines(frame, lossCard, plainLooks).lines.map(({ info }) => info.tag)).toEqual(["loss"]);
  });

  it("leaves out groups of tags that were taken out", () => {
    const series = ["loss", "lr"].map((tag) => ({ values: [1], run: "", tag, group: joinGroup("seeds", tag) }));
    const lines = makeLines(makeFrame(series), { ...two, tags: two.tags.filter(({ tag }) => tag === "loss") }, plainLooks).lines;
    expect(lines.map(({ info }) => info.tag)).toEqual(["loss"]);
  });

  it("makes a line anew when anything that it is made of changes, and only then", () => {
    const frame = makeFrame(["loss", "lr"].map((tag) => ({ values: [1], run: "a", tag })));
    const looks = fakeLooks();
    const lines = (with_: RunLooks, choices = ALL_LINES, card = two) => makeLines(frame, card, with_, choices).lines;
    const first = lines(looks);
    expect(lines({ ...looks })).toEqual(first);
    expect(lines({ ...looks })[0]).toBe(first[0]);
    expect(lines(fakeLooks(() => ({ color: "#ABCDEF" })))[1]).toMatchObject({ color: "#ABCDEF", label: "lr" });
    expect(lines(looks, { ...ALL_LINES, right: new Set(["lr"]) }).map(({ yAxis }) => yAxis)).toEqual([0, 1]);
    lines(looks);
    expect(lines(looks, ALL_LINES, { ...two, tags: two.tags.toReversed() })[0]!.dash).toEqual(keyDash(1));
    const baseline = fakeLooks(() => ({ isBaseline: true }));
    expect(lines(baseline)[0]!.color).toBe("#000000");
    expect(lines({ ...baseline, baselineColor: "#FFFFFF" })[0]!.color).toBe("#FFFFFF");
    // with a second run the first one's name is needed to tell them apart
    const both = makeFrame([{ values: [1], run: "a" }, { values: [1], run: "b" }]);
    expect(makeLines(both, two, { ...looks, isShown: (run) => run === "a" }).lines.map(({ label }) => label)).toEqual(["loss"]);
    expect(makeLines(both, two, looks).lines.map(({ label }) => label)).toEqual(["a · loss", "b · loss"]);
  });

  it("puts chosen keys on the second y axis", () => {
    const frame = makeFrame([{ values: [1], run: "r", tag: "loss" }, { values: [2], run: "r", tag: "lr" }]);
    const { lines } = makeLines(frame, two, plainLooks, { ...ALL_LINES, right: new Set(["lr"]) });
    expect(lines.map(({ yAxis }) => yAxis ?? 0)).toEqual([0, 1]);
  });

  it("finds the keys of another magnitude from what the server says of all points", () => {
    const series = [
      { values: [1], run: "r", tag: "loss", y_min: 0, y_max: 5 },
      { values: [1], run: "s", tag: "loss", y_min: 1, y_max: 9 },
      { values: [1], run: "r", tag: "lr", y_min: 0, y_max: 1e-3 },
    ];
    expect(findRight(makeFrame(series).result.series, two, plainLooks)).toEqual(["lr"]);
    expect(findRight(makeFrame(series.slice(0, 2)).result.series, two, plainLooks)).toEqual([]);
  });

  it("draws what a restart replaced faintly, each stretch under a key of its own", () => {
    const replaced = { values: [1], run: "a", is_superseded: true };
    const { lines } = makeLines(makeFrame([{ values: [2], run: "a" }, replaced, replaced]), lossCard, plainLooks);
    expect(lines.map(({ faint }) => faint ?? false)).toEqual([false, true, true]);
    expect(new Set(lines.map(({ key }) => key)).size).toBe(3);
    expect(lines[1]!.label).toBe("a (replaced)");
  });

  it("leaves out earlier lanes on demand, tag by tag", () => {
    const frame = makeFrame([{ values: [1], run: "a" }, { values: [2], run: "a", lane: 1 }, { values: [3], run: "b" }]);
    const { lines } = makeLines(frame, lossCard, plainLooks, { ...ALL_LINES, lanes: "last" });
    expect(lines.map(({ label }) => label)).toEqual(["a (lane 2)", "b"]);
  });

  it("gives the baseline a colour and a dash of its own", () => {
    const looks = fakeLooks((run) => ({ isBaseline: run === "b" }));
    const [other, baseline] = makeLines(makeFrame([{ values: [1], run: "a" }, { values: [2], run: "b" }]), lossCard, looks).lines;
    expect(other!.dash).toEqual([]);
    expect(baseline).toMatchObject({ color: "#000000" });
    expect(baseline!.dash).not.toEqual([]);
  });
});

describe("extents that charts share", () => {
  it("are those of the drawn values on the left axis", () => {
    const { lines } = makeScalarLines([{ values: [5, NaN, -1], steps: [1, 2, 9] }, { values: [3, Infinity], steps: [0, 20] }]);
    expect(drawnExtent(lines, "linear")).toEqual({ x: [0, 9], y: [-1, 5] });
    expect(drawnExtent(lines, "log")).toEqual({ x: [0, 1], y: [3, 5] });
    expect(drawnExtent(lines.map((line) => ({ ...line, yAxis: 1 as const })), "linear")).toBeNull();
    expect(drawnExtent([], "linear")).toBeNull();
  });

  it("begin at each run's own start on a relative axis", () => {
    const { lines } = makeScalarLines([{ values: [1, 2] }, { values: [3, 4, 5] }], lossCard, "relative");
    expect(drawnExtent(lines, "linear")!.x).toEqual([0, 4]);
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
    const looks = fakeLooks((run) => {
      const host = subs[run]?.[0] ?? run;
      return { host, label: host, key: subs[run]?.[1] ?? null };
    });
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
