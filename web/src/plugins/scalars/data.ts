/** From the server's answer to lines on a chart, and to what the card says about them. */

import type { ColumnsFrame } from "../../api/columns.ts";
import type { ScalarsHeader, ScalarsSeries, Smoothing, XAxis } from "../../api/types.ts";
import { isSameDash } from "../../charts/core.ts";
import type { LineSeries, ScaleKind } from "../../charts/line_types.ts";
import { splitGroup } from "./aggregate.ts";
import { type CardTag, keysOf, type ScalarCard } from "./cards.ts";
import { chooseRight, type Extent } from "./overlays.ts";
import type { RunLook, RunLooks } from "./run_looks.ts";

export interface ScalarLine extends LineSeries {
  readonly info: ScalarsSeries;
  /** The line's key within the card: its tag, where the card has several. */
  readonly name: string;
  /** Group of runs that the line stands for; null for a line of one run. */
  readonly runGroup: string | null;
}

/** An answer as lines; `step` and `wallTime` are the columns that all lines share. */
export interface ScalarLines {
  readonly lines: readonly ScalarLine[];
  readonly step: Float64Array;
  readonly wallTime: Float64Array;
  readonly smoothed: boolean;
  /** Of groups: the band around each value, and how many runs have one there. */
  readonly low: Float64Array | null;
  readonly high: Float64Array | null;
  readonly n: Float64Array | null;
}

export const NO_LINES: ScalarLines = {
  lines: [],
  step: new Float64Array(),
  wallTime: new Float64Array(),
  smoothed: false,
  low: null,
  high: null,
  n: null,
};

/** What decides about lines beyond their data. */
export interface LineChoices {
  readonly lanes: "all" | "last";
  /** Keys within the card whose lines belong to the second y axis. */
  readonly right: ReadonlySet<string>;
}

export const ALL_LINES: LineChoices = { lanes: "all", right: new Set() };

/** Dashes of a card's keys, in order: colour says the run, dash the key. */
const KEY_DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2.5], [8, 3, 2, 3], [12, 4]];

export function keyDash(index: number): readonly number[] {
  return KEY_DASHES[index % KEY_DASHES.length] ?? [];
}

/** Groups highlight together as runs do; a run may have a group's name. */
export function groupKey(group: string): string {
  return `\ngroup ${group}`;
}

export function isGroupKey(key: string): boolean {
  return key.startsWith(groupKey(""));
}

const BASELINE_DASH: readonly number[] = [7, 3];

/** The key within the card that a series of the answer belongs to. */
function keyFinder(card: ScalarCard, looks: RunLooks): (info: ScalarsSeries) => string {
  const byTag = new Map<string, CardTag[]>();
  for (const each of card.tags) {
    const others = byTag.get(each.tag);
    if (others) others.push(each);
    else byTag.set(each.tag, [each]);
  }
  return (info) => {
    if (info.group) return splitGroup(info.group).key;
    const tags = byTag.get(info.tag) ?? [];
    const own = looks.of(info.run).key;
    // of torch's sub-runs the run says which key it is, whatever the tag
    if (own !== null) return tags.find(({ label }) => label === own || label.endsWith(`/${own}`))?.label ?? own;
    return tags[0]?.label ?? info.tag;
  };
}

/**
 * The lines of an answer that belong to shown runs: slices of the frame's columns, of which only steps are copied
 * (they come as uint32 where that holds them).
 */
export function makeLines(frame: ColumnsFrame<ScalarsHeader>, card: ScalarCard, looks: RunLooks, choices: LineChoices = ALL_LINES): ScalarLines {
  const { series, x_axis: axis } = frame.result;
  const column = (name: string): Float64Array | null => (frame.has(name) ? frame.float64s(name) : null);
  const none = new Float64Array();
  const step = column("step") ?? none;
  const wallTime = column("wall_time") ?? none;
  const ownX = column("x");
  const value = frame.floats("value");
  const smoothed = frame.has("smoothed") ? frame.floats("smoothed") : null;
  const [low, high, n] = [column("low"), column("high"), column("n")];
  const inLane = lastLanes(series, choices.lanes);
  const keys = keysOf(card);
  const known = new Set(keys);
  const isGroup = keys.length > 1;
  const keyOf = keyFinder(card, looks);
  const whoOf = (info: ScalarsSeries): string => (info.group ? groupKey(splitGroup(info.group).group) : looks.of(info.run).host);
  /** The line that was made of these data for this card, if it was and the run still looks the same. */
  const madeOf = (info: ScalarsSeries): Made | null => {
    const before = made.get(info);
    return before && before.card === card && before.look === looks.of(info.run) ? before : null;
  };
  // an answer may hold more than is drawn now: runs that were unchecked, tags that were taken out
  const isDrawn = (info: ScalarsSeries): boolean =>
    (info.group !== "" || looks.isShown(info.run)) && (madeOf(info) !== null || known.has(keyOf(info)));
  const shown = series.filter((info) => info.count > 0 && inLane(info) && isDrawn(info));
  const isAlone = isGroup && new Set(shown.map(whoOf)).size <= 1;
  const setting = `${isAlone} ${looks.baselineColor} ${[...choices.right].join("\n")}`;
  const replaced = new Map<string, number>();
  const lines: ScalarLine[] = [];
  for (const info of shown) {
    const again = madeOf(info);
    if (again?.setting === setting && !info.is_superseded) {
      lines.push(again.line);
      continue;
    }
    const before = made.get(info)?.line;
    const key = keyOf(info);
    const runLook = looks.of(info.run);
    const runGroup = info.group ? splitGroup(info.group).group : null;
    const who = runGroup === null ? runLook.label : looks.groupLabel(runGroup);
    const name = !isGroup ? who : isAlone ? key : `${who} · ${key}`;
    const isBaseline = runGroup === null && runLook.isBaseline;
    const runDash = runGroup !== null ? [] : isBaseline ? BASELINE_DASH : runLook.dash;
    let identity = before && !info.is_superseded ? before.key : `${info.run}\n${info.tag}\n${info.lane}\n${info.group || ""}`;
    if (info.is_superseded) {
      const count = (replaced.get(identity) ?? 0) + 1;
      replaced.set(identity, count);
      identity += `\nreplaced ${count}`;
    }
    const look = {
      key: identity,
      group: whoOf(info),
      name: key,
      label: info.is_superseded ? `${name} (replaced)` : info.lane > 0 ? `${name} (lane ${info.lane + 1})` : name,
      color: runGroup !== null ? looks.groupColor(runGroup) : isBaseline ? looks.baselineColor : runLook.color,
      dash: isGroup ? keyDash(Math.max(0, keys.indexOf(key))) : runDash,
      x: ownX ?? (axis === "step" ? step : wallTime),
      yAxis: choices.right.has(key) ? (1 as const) : (0 as const),
    };
    const line: ScalarLine = before && looksTheSame(before, look) ? before : {
      ...look,
      runGroup,
      y: value,
      smoothed,
      start: info.start,
      count: info.count,
      xOffset: ownX === null && axis === "relative" ? (info.first_wall_time ?? 0) : 0,
      ...(runGroup !== null && low && high ? { band: { low, high } } : {}),
      ...(info.is_superseded ? { faint: true } : {}),
      info,
    };
    if (isScattered(info)) lines.push(...dotsOf(line));
    else {
      lines.push(line);
      // groups are few, and their looks are not those of a run
      made.set(info, { line, card: runGroup === null ? card : null, look: runLook, setting });
    }
  }
  return { lines, step, wallTime, smoothed: smoothed !== null, low, high, n };
}

/** A group whose every run has one point, as add_hparams logs them: nothing leads from one run's to the next one's. */
function isScattered({ group, members, points }: ScalarsSeries): boolean {
  return group !== "" && members > 1 && points === members;
}

function dotsOf(line: ScalarLine): ScalarLine[] {
  return Array.from({ length: line.count }, (_, i) => ({ ...line, key: `${line.key}\n${i}`, start: line.start + i, count: 1 }));
}

/** A line, and what it was made for. */
interface Made {
  readonly line: ScalarLine;
  /** Null if it has to be looked at anew each time. */
  readonly card: ScalarCard | null;
  readonly look: RunLook;
  readonly setting: string;
}

const made = new WeakMap<ScalarsSeries, Made>();

/**
 * Whether the line that was made of these data before is to be drawn again: what charts find out about a line they keep
 * by it, and to check one run of a thousand must not cost the other 999.
 */
function looksTheSame(before: ScalarLine, now: Pick<ScalarLine, "key" | "group" | "label" | "name" | "color" | "dash" | "x" | "yAxis">): boolean {
  return (
    before.key === now.key &&
    before.group === now.group &&
    before.label === now.label &&
    before.name === now.name &&
    before.color === now.color &&
    before.yAxis === now.yAxis &&
    before.x === now.x &&
    isSameDash(before.dash, now.dash)
  );
}

/** Which series are in the lanes that are shown. */
function lastLanes(series: readonly ScalarsSeries[], lanes: "all" | "last"): (info: ScalarsSeries) => boolean {
  if (lanes === "all") return () => true;
  const last = new Map<string, number>();
  for (const { run, tag, lane } of series) last.set(`${run}\n${tag}`, Math.max(lane, last.get(`${run}\n${tag}`) ?? 0));
  return ({ run, tag, lane }) => last.get(`${run}\n${tag}`) === lane;
}

/** Keys of the card whose values are of another magnitude than the first one's: they want an axis of their own. */
export function findRight(series: readonly ScalarsSeries[], card: ScalarCard, looks: RunLooks): string[] {
  const keyOf = keyFinder(card, looks);
  const extents = new Map<string, Extent>(keysOf(card).map((key) => [key, { key, low: Infinity, high: -Infinity }]));
  for (const info of series) {
    const known = extents.get(keyOf(info));
    if (!known || info.y_min === null || info.y_max === null) continue;
    extents.set(known.key, { key: known.key, low: Math.min(known.low, info.y_min), high: Math.max(known.high, info.y_max) });
  }
  return chooseRight([...extents.values()]);
}

/** Extents of lines as drawn, for limits that charts share; null without a finite value. */
export function drawnExtent(lines: readonly ScalarLine[], yScale: ScaleKind): { x: [number, number]; y: [number, number] } | null {
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { x, y, smoothed, start, count, xOffset, yAxis, faint } of lines) {
    if (yAxis === 1 || faint) continue;
    const values = smoothed ?? y;
    for (let i = start; i < start + count; i++) {
      const at = (x[i] ?? NaN) - xOffset;
      const value = values[i] ?? NaN;
      if (!Number.isFinite(value) || (yScale === "log" && value <= 0)) continue;
      if (at < x0) x0 = at;
      if (at > x1) x1 = at;
      if (value < y0) y0 = value;
      if (value > y1) y1 = value;
    }
  }
  return x0 <= x1 && y0 <= y1 ? { x: [x0, x1], y: [y0, y1] } : null;
}

/** True if no line says its step: all points of each carry the same one. Then steps are no axis to draw on. */
export function hasNoSteps(series: readonly ScalarsSeries[]): boolean {
  const told = series.filter((info) => info.points > 0);
  return told.some((info) => info.points > 1) && told.every((info) => info.one_step);
}

export interface CardFacts {
  readonly points: number;
  /** Points that the lines have in view, and vertices that stand for them. */
  readonly inView: number;
  readonly vertices: number;
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
  let inView = 0;
  let vertices = 0;
  let nonFinite = 0;
  let nan = 0;
  let superseded = 0;
  let first: number | null = null;
  let reduced = false;
  const runs = new Set<string>();
  const told = new Set<ScalarsSeries>();
  for (const { info, label } of lines) {
    if (told.has(info)) continue; // one of its dots was here
    told.add(info);
    points += info.points;
    inView += info.points_in_range;
    vertices += info.count;
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
    inView,
    vertices,
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

export const AXIS_UNITS = {
  step: "step",
  relative: "duration",
  wall_time: "time",
  active: "duration",
  relative_step: "step",
  tag: "number",
} as const satisfies Record<XAxis, string>;

/** Widths of questions come in steps, so that a card that grows by a pixel does not ask again. */
export function questionWidth(widthPx: number, pixelRatio: number): number {
  return Math.max(128, Math.ceil((widthPx * pixelRatio) / 128) * 128);
}
