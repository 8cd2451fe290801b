import { describe, expect, it } from "vitest";
import { addMarkers, chartMarks, findEpochs, findRestarts, isEpochTag, mergeEpochs, parseMarkers, type Marker } from "./marks.ts";
import { makeFrame } from "./testing.ts";

const looks = { isShown: (run: string) => run !== "hidden", of: (run: string) => ({ color: run === "a" ? "#AA0000" : "#00AA00" }) };

describe("what is drawn", () => {
  const marksOf = (tag: string): { lines: { y: number; label: string }[] } => ({ lines: tag === "loss" ? [{ y: 0.5, label: "goal" }, { y: 2, label: "" }] : [] });
  const markers: Marker[] = [
    { step: 10, label: "decay", run: null },
    { step: 20, label: "restart", run: "a" },
    { step: 30, label: "restart", run: "hidden" },
  ];

  it("is the tags' lines, and the events of drawn runs", () => {
    expect(chartMarks([{ tag: "loss" }, { tag: "acc" }], marksOf, markers, "step", looks)).toEqual([
      { axis: "y", at: 0.5, label: "goal" },
      { axis: "y", at: 2, label: "2" },
      { axis: "x", at: 10, label: "decay" },
      { axis: "x", at: 20, label: "restart", color: "#AA0000" },
    ]);
  });

  it("has events on an axis of steps only, and lines on their own axis", () => {
    expect(chartMarks([{ tag: "loss", right: true }], marksOf, markers, "wall_time", looks).map((each) => each.axis)).toEqual(["y2", "y2"]);
  });
});

describe("stored markers", () => {
  it("are read with care", () => {
    expect(parseMarkers([{ step: 1, label: "a", run: null }, { step: 2 }, { step: "3" }, null, 7, { step: Infinity }])).toEqual([
      { step: 1, label: "a", run: null },
      { step: 2, label: "", run: null },
    ]);
    expect(parseMarkers("x")).toEqual([]);
  });

  it("are added once, in order", () => {
    const one: Marker = { step: 5, label: "x", run: null };
    expect(addMarkers([one], [{ ...one }, { step: 1, label: "x", run: null }]).map((each) => each.step)).toEqual([1, 5]);
  });
});

describe("proposals", () => {
  it("are restarts where replaced stretches begin", () => {
    const frame = makeFrame([
      { values: [1, 2, 3], steps: [0, 10, 20] },
      { values: [2, 3], steps: [10, 20], run: "run0", is_superseded: true },
      { values: [], run: "run0", is_superseded: true },
    ]);
    expect(findRestarts(frame)).toEqual([{ step: 10, label: "restart", run: "run0" }]);
  });

  it("are epochs, from tags that count them", () => {
    expect(["epoch", "train/epoch", "Epoch", "num_epochs"].map(isEpochTag)).toEqual([true, true, true, true]);
    expect(["epoch_loss", "epochal", "steps"].map(isEpochTag)).toEqual([false, false, false]);
    expect(findEpochs([0, 1, 2, 3, 4, 5], [0, 0.5, 1, 1.5, 1.5, 2.9999999999], "a")).toEqual([
      { step: 2, label: "epoch 1", run: "a" },
      { step: 5, label: "epoch 3", run: "a" },
    ]);
    expect(findEpochs([0, 1], [NaN, NaN], null)).toEqual([]);
  });

  it("are few, and round", () => {
    const steps = Array.from({ length: 1000 }, (_, i) => i);
    const found = findEpochs(steps, steps, null);
    expect(found.length).toBeLessThanOrEqual(40);
    expect(found[0]?.label).toBe("epoch 50");
  });

  it("name no run where all agree", () => {
    const of = (run: string, step: number): { run: string; markers: Marker[] } => ({ run, markers: [{ step, label: "epoch 1", run }] });
    expect(mergeEpochs([of("a", 5), of("b", 5)])).toEqual([{ step: 5, label: "epoch 1", run: null }]);
    expect(mergeEpochs([of("a", 5), of("b", 6)]).map((each) => each.run)).toEqual(["a", "b"]);
    expect(mergeEpochs([])).toEqual([]);
    const stopped = of("c", 5);
    const longer = { run: "d", markers: [...of("d", 5).markers, { step: 9, label: "epoch 2", run: "d" }] };
    expect(mergeEpochs([stopped, longer])).toEqual([
      { step: 5, label: "epoch 1", run: null },
      { step: 9, label: "epoch 2", run: null },
    ]);
  });
});
