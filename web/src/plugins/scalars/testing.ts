/** Answers of the server for tests. */

import { ColumnsFrame } from "../../api/columns.ts";
import type { ScalarsHeader, ScalarsSeries, XAxis } from "../../api/types.ts";
import type { ScalarCard } from "./cards.ts";
import { makeLines, type ScalarLines } from "./data.ts";
import type { RunLook, RunLooks } from "./run_looks.ts";

export interface FakeSeries extends Partial<ScalarsSeries> {
  values: readonly number[];
  steps?: readonly number[];
  smoothed?: readonly number[];
}

/** A frame as /api/scalars answers it; points are 2 s apart. */
export function makeFrame(series: readonly FakeSeries[], axis: XAxis = "step"): ColumnsFrame<ScalarsHeader> {
  const [step, wall, value, smoothed]: [number[], number[], number[], number[]] = [[], [], [], []];
  const withSmoothing = series.some((each) => each.smoothed);
  const infos = series.map(({ values, steps, smoothed: smooth, ...info }, i): ScalarsSeries => {
    const start = value.length;
    values.forEach((each, k) => {
      step.push(steps?.[k] ?? k);
      wall.push(1000 * (i + 1) + 2 * k);
      value.push(each);
      if (withSmoothing) smoothed.push(smooth?.[k] ?? each);
    });
    return {
      run: `run${i}`,
      tag: "loss",
      lane: 0,
      start,
      count: values.length,
      points: values.length,
      points_in_range: values.length,
      reduced: false,
      nan: values.filter(Number.isNaN).length,
      pos_inf: values.filter((each) => each === Infinity).length,
      neg_inf: values.filter((each) => each === -Infinity).length,
      first_nonfinite_step: null,
      superseded: 0,
      is_superseded: false,
      y_min: null,
      y_max: null,
      first_wall_time: 1000 * (i + 1),
      last_step: values.length - 1,
      last_wall_time: 1000 * (i + 1) + 2 * (values.length - 1),
      last_value: values.at(-1) ?? NaN,
      one_step: false,
      unjoined: 0,
      group: "",
      members: 0,
      n_min: 0,
      n_max: 0,
      ...info,
    };
  });
  const columns = new Map([
    ["step", Float64Array.from(step)],
    ["wall_time", Float64Array.from(wall)],
    ["value", Float64Array.from(value)],
  ]);
  if (withSmoothing) columns.set("smoothed", Float64Array.from(smoothed));
  return new ColumnsFrame<ScalarsHeader>({ revision: 1, x_axis: axis, series: infos, missing: [] }, columns);
}

export const lossCard: ScalarCard = { key: "loss", title: "loss", description: "", tags: [{ tag: "loss", label: "", runs: [0, 1] }] };

export function plainLook(run: string): RunLook {
  return { color: run === "run0" ? "#111111" : "#222222", dash: [], label: run, host: run, key: null, isBaseline: false };
}

/** Looks of runs that differ from plain ones by what is said of each. */
export function fakeLooks(special: (run: string) => Partial<RunLook> = () => ({}), isShown: (run: string) => boolean = () => true): RunLooks {
  const known = new Map<string, RunLook>();
  return {
    isShown,
    of(run) {
      const look = known.get(run) ?? { ...plainLook(run), ...special(run) };
      known.set(run, look);
      return look;
    },
    baselineColor: "#000000",
    groupColor: () => "#333333",
    groupLabel: (group) => group,
  };
}

export const plainLooks: RunLooks = fakeLooks();

export function makeScalarLines(series: readonly FakeSeries[], card = lossCard, axis: XAxis = "step"): ScalarLines {
  return makeLines(makeFrame(series, axis), card, plainLooks);
}
