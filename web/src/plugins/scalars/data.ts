/** From the server's answer to lines on a chart, and to what the card says about them. */

import type { ColumnsFrame } from "../../api/columns.ts";
import type { ScalarsHeader, ScalarsSeries, Smoothing, XAxis } from "../../api/types.ts";
import type { LineSeries } from "../../charts/line_types.ts";
import { keysOf, type ScalarCard } from "./cards.ts";

/** How runs look; the page's state in a form that tests can make up. */
export interface RunLooks {
  isShown(run: string): boolean;
  color(run: string): string;
  dash(run: string): readonly number[];
  label(run: string): string;
  /** The run whose line a sub-run of add_scalars is; the run itself otherwise. */
  host(run: string): string;
  /** Which key's line a sub-run is; null for every other run. */
  key(run: string): string | null;
}

export interface ScalarLine extends LineSeries {
  readonly info: ScalarsSeries;
}

/** An answer as lines; `step` and `wallTime` are the columns that all lines share. */
export interface ScalarLines {
  readonly lines: readonly ScalarLine[];
  readonly step: Float64Array;
  readonly wallTime: Float64Array;
  readonly smoothed: boolean;
}

export const NO_LINES: ScalarLines = { lines: [], step: new Float64Array(), wallTime: new Float64Array(), smoothed: false };

/** Dashes of an add_scalars group's keys, in order: colour says the run, dash the key. */
const KEY_DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2.5], [8, 3, 2, 3], [12, 4]];

export function keyDash(index: number): readonly number[] {
  return KEY_DASHES[index % KEY_DASHES.length] ?? [];
}

/**
 * The lines of an answer that belong to shown runs: slices of the frame's columns, of which only steps are copied
 * (they come as uint32 where that holds them).
 */
export function makeLines(frame: ColumnsFrame<ScalarsHeader>, card: ScalarCard, looks: RunLooks): ScalarLines {
  const { series, x_axis: axis } = frame.result;
  const step = frame.float64s("step");
  const wallTime = frame.float64s("wall_time");
  const value = frame.floats("value");
  const smoothed = frame.has("smoothed") ? frame.floats("smoothed") : null;
  const shown = series.filter((info) => info.count > 0 && looks.isShown(info.run));
  const keys = keysOf(card);
  const isGroup = keys.length > 1;
  const oneRun = new Set(shown.map((info) => looks.host(info.run))).size <= 1;
  const lines = shown.map((info): ScalarLine => {
    const key = looks.key(info.run) ?? card.tags.find((each) => each.tag === info.tag)?.label ?? info.tag;
    const host = looks.host(info.run);
    const run = looks.label(host);
    const name = !isGroup ? run : oneRun ? key : `${run} · ${key}`;
    return {
      key: `${info.run}\n${info.tag}\n${info.lane}`,
      group: host,
      label: info.lane > 0 ? `${name} (lane ${info.lane + 1})` : name,
      color: looks.color(info.run),
      dash: isGroup ? keyDash(Math.max(0, keys.indexOf(key))) : looks.dash(info.run),
      x: axis === "step" ? step : wallTime,
      y: value,
      smoothed,
      start: info.start,
      count: info.count,
      xOffset: axis === "relative" ? (info.first_wall_time ?? 0) : 0,
      info,
    };
  });
  return { lines, step, wallTime, smoothed: smoothed !== null };
}

/** True if no line says its step: all points of each carry the same one. Then steps are no axis to draw on. */
export function hasNoSteps(series: readonly ScalarsSeries[]): boolean {
  const told = series.filter((info) => info.points > 0);
  return told.some((info) => info.points > 1) && told.every((info) => info.one_step);
}

export interface CardFacts {
  readonly points: number;
  readonly nonFinite: number;
  /** What they are: "NaN", "Inf" or "NaN and Inf". */
  readonly nonFiniteName: string;
  readonly firstNonFiniteStep: number | null;
  /** Runs with non-finite values. */
  readonly nonFiniteRuns: readonly string[];
  readonly superseded: number;
  /** The lines have fewer vertices than points in view: each pixel shows its extremes. */
  readonly reduced: boolean;
  readonly lanes: boolean;
}

/** What `count` values that are not finite are, `nan` of them NaN. */
export function nameNonFinite(nan: number, count: number): string {
  return nan === count ? "NaN" : nan === 0 ? "Inf" : "NaN and Inf";
}

/** Counts over the shown lines, for badges. */
export function gatherFacts(lines: readonly ScalarLine[]): CardFacts {
  let points = 0;
  let nonFinite = 0;
  let nan = 0;
  let superseded = 0;
  let first: number | null = null;
  let reduced = false;
  const runs = new Set<string>();
  for (const { info, label } of lines) {
    points += info.points;
    superseded += info.superseded;
    reduced ||= info.reduced;
    const bad = info.nan + info.pos_inf + info.neg_inf;
    if (bad === 0) continue;
    nonFinite += bad;
    nan += info.nan;
    runs.add(label);
    const step = info.first_nonfinite_step;
    if (step !== null && (first === null || step < first)) first = step;
  }
  const lanes = lines.some((line) => line.info.lane > 0);
  return {
    points,
    nonFinite,
    nonFiniteName: nameNonFinite(nan, nonFinite),
    firstNonFiniteStep: first,
    nonFiniteRuns: [...runs],
    superseded,
    reduced,
    lanes,
  };
}

/** Smoothing that changes nothing is not asked for. */
export function effectiveSmoothing({ kind, weight }: Smoothing): Smoothing {
  const windowed = kind === "mean" || kind === "median";
  return kind === "none" || weight <= (windowed ? 1 : 0) ? { kind: "none", weight: 0 } : { kind, weight };
}

/** `smoothed 0.60` and its like; empty without smoothing. */
export function describeSmoothing(smoothing: Smoothing): string {
  const { kind, weight } = effectiveSmoothing(smoothing);
  switch (kind) {
    case "none":
      return "";
    case "exponential":
      return `smoothed ${weight.toFixed(weight > 0.99 ? 3 : 2)}`;
    case "time_weighted":
      return `time-weighted ${weight.toFixed(weight > 0.99 ? 3 : 2)}`;
    default:
      return `${kind} of ${weight}`;
  }
}

export const AXIS_UNITS = { step: "step", relative: "duration", wall_time: "time" } as const satisfies Record<XAxis, string>;

/** Widths of questions come in steps, so that a card that grows by a pixel does not ask again. */
export function questionWidth(widthPx: number, pixelRatio: number): number {
  return Math.max(128, Math.ceil((widthPx * pixelRatio) / 128) * 128);
}
