/** What the tooltip and the screen reader say about the cursor's place. */

import type { ScalarsSeries, XAxis } from "../../api/types.ts";
import { formatCount, formatStep, formatValue } from "../../base/format.ts";
import { formatDuration, formatWallTime } from "../../base/time.ts";
import type { Hit, Reading } from "../../charts/line_types.ts";
import type { TooltipContent, TooltipRow } from "../../charts/tooltip_content.ts";
import type { ScalarLine, ScalarLines } from "./data.ts";

/** The order of the tooltip's rows; which lines are shown is decided by nearness, whatever their order. */
export type TooltipOrder = "value" | "ascending" | "nearest" | "nearest_y" | "alphabetical";

export const TOOLTIP_ORDERS: readonly { readonly value: TooltipOrder; readonly label: string }[] = [
  { value: "value", label: "Highest first, as they stand" },
  { value: "ascending", label: "Lowest first" },
  { value: "nearest", label: "Nearest to the pointer" },
  { value: "nearest_y", label: "Nearest in height" },
  { value: "alphabetical", label: "By name" },
];

export interface ReadingOptions {
  readonly order: TooltipOrder;
  /** Rows at most. */
  readonly most: number;
  /** The run (LineSeries.group) that the others are compared with; null for none. */
  readonly baseline: string | null;
}

/** As many lines as can be read at a glance. */
export const PLAIN_READING: ReadingOptions = { order: "value", most: 10, baseline: null };

interface Place {
  readonly hit: Hit;
  readonly line: ScalarLine;
  readonly step: number;
  readonly wallTime: number;
}

function placesOf(reading: Reading, data: ScalarLines): Place[] {
  const places: Place[] = [];
  for (const hit of reading.hits) {
    const line = data.lines[hit.series];
    const step = data.step[hit.index];
    const wallTime = data.wallTime[hit.index];
    // the runs behind a group's line have columns of their own, and are not what is read
    if (data.n !== null && line?.runGroup === null) continue;
    // a reading may be a frame older than the data
    if (line && step !== undefined && wallTime !== undefined) places.push({ hit, line, step, wallTime });
  }
  return places;
}

function sinceStart({ line, wallTime }: Place): string {
  return line.info.first_wall_time === null ? "" : formatDuration(wallTime - line.info.first_wall_time);
}

interface Band {
  readonly low: number;
  readonly high: number;
  /** Runs that have a value here. */
  readonly n: number | null;
}

/** What a line that stands for several runs has around it; null for a line of one run. */
function bandOf(data: ScalarLines, line: ScalarLine, index: number): Band | null {
  if (line.runGroup === null) return null;
  const [low, high, n] = [data.low?.[index] ?? NaN, data.high?.[index] ?? NaN, data.n?.[index] ?? null];
  return low <= high || n !== null ? { low, high, n } : null;
}

/** Where, and when: groups of runs have a place on the axis only. */
function headOf(place: Place, axis: XAxis): { head: string; aside: string } {
  const step = Number.isFinite(place.step) ? `step ${formatStep(place.step)}` : "";
  const wall = Number.isFinite(place.wallTime) ? formatWallTime(place.wallTime) : "";
  const since = sinceStart(place);
  const join = (...parts: string[]): string => parts.filter(Boolean).join(" · ");
  switch (axis) {
    case "relative":
      return { head: since || formatDuration(place.hit.x), aside: join(step, wall) };
    case "active":
      return { head: formatDuration(place.hit.x), aside: join(step, wall) };
    case "wall_time":
      return { head: wall || formatWallTime(place.hit.x), aside: join(step, since) };
    case "relative_step":
      return { head: `step +${formatStep(place.hit.x)}`, aside: join(step, since, wall) };
    case "tag":
      return { head: formatValue(place.hit.x), aside: join(step, since, wall) };
    default:
      return { head: step, aside: join(since, wall) };
  }
}

/** What the eye follows. */
function valueOf({ hit }: Place): number {
  return hit.smoothed ?? hit.value;
}

/** Height of the drawn line, for ordering; what is not a number stands last. */
function heightOf(place: Place): number {
  const value = valueOf(place);
  return Number.isNaN(value) ? -Infinity : value;
}

function orderPlaces(places: Place[], order: TooltipOrder, pointerY: number): Place[] {
  switch (order) {
    case "nearest":
      return places; // as they come
    case "nearest_y": {
      const far = ({ hit }: Place): number => (Number.isFinite(hit.yPx) && Number.isFinite(pointerY) ? Math.abs(hit.yPx - pointerY) : Infinity);
      return places.sort((a, b) => far(a) - far(b) || 0);
    }
    case "alphabetical":
      return places.sort((a, b) => a.line.label.localeCompare(b.line.label, undefined, { numeric: true }));
    case "ascending":
      return places.sort((a, b) => (Number.isNaN(valueOf(a)) ? 1 : Number.isNaN(valueOf(b)) ? -1 : valueOf(a) - valueOf(b)));
    default:
      return places.sort((a, b) => heightOf(b) - heightOf(a));
  }
}

/** `+0.012 (+3.1 %)`: how far a value is from another one; empty where there is nothing to compare. */
export function formatDelta(value: number, base: number): string {
  const delta = value - base;
  if (!Number.isFinite(delta)) return "";
  const sign = delta > 0 ? "+" : "";
  const share = base === 0 ? "" : ` (${sign}${formatPercent(delta / Math.abs(base))})`;
  return `${sign}${formatValue(delta, 3)}${share}`;
}

/** `12 %`, `3.1 %`, `0.04 %`; large ones without decimals. */
export function formatPercent(share: number): string {
  const percent = share * 100;
  const magnitude = Math.abs(percent);
  return `${magnitude >= 1e6 ? formatValue(percent, 2) : magnitude >= 99.95 ? formatCount(Math.round(percent)) : formatValue(percent, 2)} %`;
}

/** The place to compare with: the baseline's line of the same tag. */
function baseOf(place: Place, places: readonly Place[], baseline: string): Place | undefined {
  const own = places.filter(({ line }) => line.group === baseline);
  return own.find(({ line }) => line.info.tag === place.line.info.tag && line.dash === place.line.dash) ?? own.find(({ line }) => line.info.tag === place.line.info.tag) ?? own[0];
}

/**
 * The lines that are nearest to the pointer, in the chosen order, the nearest one strong. Ordered by value, rows keep
 * their places while the pointer moves.
 */
export function describeReading(reading: Reading, data: ScalarLines, axis: XAxis, options: ReadingOptions = PLAIN_READING): TooltipContent | null {
  const places = placesOf(reading, data);
  const nearest = places[0];
  if (!nearest) return null;
  const { baseline, most, order } = options;
  const shown = orderPlaces(places.slice(0, most), order, reading.yPx);
  const compares = baseline !== null && places.some(({ line }) => line.group !== baseline) && places.some(({ line }) => line.group === baseline);
  const bands = shown.map(({ line, hit }): Band | null => bandOf(data, line, hit.index));
  const hasBands = bands.some((band) => band !== null);
  const rows = shown.map((place, index): TooltipRow => {
    const { line, hit } = place;
    const cells = data.smoothed ? [formatValue(hit.smoothed ?? hit.value), formatValue(hit.value)] : [formatValue(hit.value)];
    if (hasBands) {
      const band = bands[index];
      cells.push(band && band.low < band.high ? `${formatValue(band.low)} … ${formatValue(band.high)}` : "", band?.n == null ? "" : String(band.n));
    }
    if (compares) {
      const base = baseOf(place, places, baseline);
      cells.push(line.group === baseline ? "baseline" : base ? formatDelta(valueOf(place), valueOf(base)) : "");
    }
    return {
      key: line.key,
      group: line.group,
      color: line.color,
      dashed: line.dash.length > 0,
      label: line.label,
      cells,
      strong: place === nearest,
      note: axis === "step" && place.step !== nearest.step ? `at ${formatStep(place.step)}` : "",
    };
  });
  const columns = data.smoothed ? ["smoothed", "value"] : ["value"];
  if (hasBands) columns.push("band", "n");
  if (compares) columns.push("Δ baseline");
  return { ...headOf(nearest, axis), columns, rows, more: places.length - shown.length };
}

/** How many lines a group's line stands for, and that they do not all have a value everywhere. */
export function describeMembers({ members, n_min: fewest, n_max: most }: ScalarsSeries): string {
  const lines = `${formatCount(members)} ${members === 1 ? "line" : "lines"}`;
  if (most === 0 || fewest >= members) return lines;
  const range = fewest === most ? formatCount(most) : `${formatCount(fewest)} to ${formatCount(most)}`;
  return `${lines}; at each place ${range} of them ${most === 1 ? "has" : "have"} a value`;
}

function ordinal(n: number): string {
  const tens = n % 100;
  const suffix = tens >= 11 && tens <= 13 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
  return `${n}${suffix}`;
}

/** "lr=3e-4, step 12,400, train/loss 0.213, 3rd lowest of 18" */
export function speakReading(reading: Reading, data: ScalarLines, title: string): string {
  const places = placesOf(reading, data);
  const nearest = places[0];
  if (!nearest) return "";
  const { line, hit, step } = nearest;
  const value = valueOf(nearest);
  const spoken = [line.label, `step ${formatStep(step)}`, `${title} ${formatValue(value)}`];
  if (hit.smoothed !== null) spoken.push(`raw ${formatValue(hit.value)}`);
  const band = bandOf(data, line, hit.index);
  if (band && band.low < band.high) spoken.push(`between ${formatValue(band.low)} and ${formatValue(band.high)}`);
  if (band?.n != null) spoken.push(`${band.n} ${band.n === 1 ? "run" : "runs"}`);
  if (places.length > 1 && !Number.isNaN(value)) {
    const lower = places.filter((other) => heightOf(other) < value).length;
    spoken.push(`${lower === 0 ? "" : `${ordinal(lower + 1)} `}lowest of ${places.length}`);
  }
  return spoken.join(", ");
}
