/** The table under a chart: each line's values at the shared step, or what its points in the shared range come to. */

import type { ColumnsFrame } from "../../api/columns.ts";
import type { ScalarsHeader, ScalarStats } from "../../api/types.ts";
import { formatCount, formatStep, formatValue } from "../../base/format.ts";
import { formatMarkdownTable, formatTabTable } from "../../base/markdown_table.ts";
import { formatDuration } from "../../base/time.ts";
import { formatDelta, formatPercent } from "./reading.ts";

export type StepColumn = "smoothed" | "value" | "n" | "step" | "relative" | "baseline";
export type RangeColumn =
  | "first"
  | "last"
  | "delta"
  | "percent"
  | "slope"
  | "min"
  | "max"
  | "mean"
  | "std"
  | "argmin"
  | "argmax"
  | "first_step"
  | "last_step"
  | "count"
  | "nan";
export type ColumnKey = StepColumn | RangeColumn;

interface ColumnSpec {
  readonly label: string;
  /** Longer, for the list of columns and as tooltip. */
  readonly name: string;
  format(value: number): string;
}

const signed = (value: number): string => (value > 0 ? `+${formatValue(value)}` : formatValue(value));

export const COLUMNS: Readonly<Record<ColumnKey, ColumnSpec>> = {
  smoothed: { label: "Smoothed", name: "Smoothed value", format: formatValue },
  value: { label: "Value", name: "Value as logged", format: formatValue },
  n: { label: "n", name: "Lines that the group's is made of: at a step those with a value there", format: formatCount },
  step: { label: "Step", name: "Step of the nearest point", format: formatStep },
  relative: { label: "Relative", name: "Time since the first point", format: formatDuration },
  baseline: { label: "Δ baseline", name: "Difference to the baseline", format: signed },
  first: { label: "Start", name: "First value in the range", format: formatValue },
  last: { label: "End", name: "Last value in the range", format: formatValue },
  delta: { label: "Δ", name: "Last value less the first", format: signed },
  percent: { label: "%", name: "That as a share of the first value", format: (value) => `${value > 0 ? "+" : ""}${formatPercent(value / 100)}` },
  slope: { label: "Slope", name: "Slope of the straight line through the points, per step", format: formatValue },
  min: { label: "Min", name: "Lowest value", format: formatValue },
  max: { label: "Max", name: "Highest value", format: formatValue },
  mean: { label: "Mean", name: "Mean", format: formatValue },
  std: { label: "Std", name: "Standard deviation", format: formatValue },
  argmin: { label: "Min at", name: "Step of the lowest value", format: formatStep },
  argmax: { label: "Max at", name: "Step of the highest value", format: formatStep },
  first_step: { label: "From", name: "First step in the range", format: formatStep },
  last_step: { label: "To", name: "Last step in the range", format: formatStep },
  count: { label: "Points", name: "Points in the range", format: formatCount },
  nan: { label: "NaN", name: "Points that are NaN", format: formatCount },
};

export const RANGE_COLUMNS: readonly RangeColumn[] = [
  "delta",
  "percent",
  "slope",
  "min",
  "max",
  "mean",
  "first",
  "last",
  "std",
  "argmin",
  "argmax",
  "first_step",
  "last_step",
  "count",
  "nan",
];
export const USUAL_RANGE_COLUMNS: readonly RangeColumn[] = RANGE_COLUMNS.slice(0, 8);

/** How a line is named in the table. */
export interface RowName {
  readonly label: string;
  readonly color: string;
  /** The run, or the group of runs (LineSeries.group). */
  readonly group: string;
  /** The line of a group of runs. */
  readonly isGroup?: boolean;
}

export interface TableRow extends RowName {
  readonly key: string;
  readonly tag: string;
  /** Null where there is none; what is not listed is not known. */
  readonly values: Readonly<Partial<Record<ColumnKey, number | null>>>;
}

/** Names of a line by run, tag and lane; null for one that is not drawn. */
export type NameRow = (run: string, tag: string, lane: number) => RowName | null;
/** Names of a group's line by the group as the server calls it (aggregate.ts: joinGroup). */
export type NameGroup = (group: string) => RowName;

/** The point of each line that is nearest to a step (the earlier of two), from an answer about the range [step, step]. */
export function rowsAtStep(frame: ColumnsFrame<ScalarsHeader>, at: number, nameRow: NameRow, nameGroup?: NameGroup): TableRow[] {
  const step = frame.float64s("step");
  const wallTime = frame.float64s("wall_time");
  const value = frame.floats("value");
  const smoothed = frame.has("smoothed") ? frame.floats("smoothed") : null;
  const n = frame.has("n") ? frame.float64s("n") : null;
  const rows: TableRow[] = [];
  for (const { run, tag, lane, start, count, group, first_wall_time: begin } of frame.result.series) {
    const name = group && nameGroup ? nameGroup(group) : nameRow(run, tag, lane);
    if (!name || count === 0) continue;
    let best = start;
    for (let i = start; i < start + count; i++) if (Math.abs(step[i]! - at) < Math.abs(step[best]! - at)) best = i;
    rows.push({
      ...name,
      key: group ? groupRowKey(group, tag) : `${run}\n${tag}\n${lane}`,
      tag,
      values: {
        ...(smoothed ? { smoothed: smoothed[best]! } : {}),
        value: value[best]!,
        ...(group && n ? { n: n[best]! } : {}),
        step: step[best]!,
        relative: begin === null ? null : wallTime[best]! - begin,
      },
    });
  }
  return rows;
}

/** What the server says of each line's points in a range. */
export function rowsOfStats(stats: readonly ScalarStats[], nameRow: NameRow): TableRow[] {
  return stats.flatMap((each): TableRow[] => {
    const { run, tag, lane } = each;
    const name = nameRow(run, tag, lane);
    if (!name || each.count === 0) return [];
    const values = Object.fromEntries(RANGE_COLUMNS.map((column) => [column, each[column] ?? null]));
    return [{ ...name, key: `${run}\n${tag}\n${lane}`, tag, values }];
  });
}

const groupRowKey = (group: string, tag: string): string => `\n${group}\n${tag}`;

/**
 * What the lines of groups come to in a range of steps (null: everything), as the server says it of single lines: over
 * the line's own values, its middle at each step. Where that was thinned out for its length, its extremes and ends hold
 * and the rest is not known.
 */
export function rowsOfGroups(frame: ColumnsFrame<ScalarsHeader>, range: readonly [number, number] | null, nameGroup: NameGroup): TableRow[] {
  const step = frame.float64s("step");
  const value = frame.floats("value");
  return frame.result.series.flatMap((info): TableRow[] => {
    const { group, tag, start, count, members, reduced } = info;
    const inRange: number[] = [];
    for (let i = start; i < start + count; i++) if (!range || (step[i]! >= range[0] && step[i]! <= range[1])) inRange.push(i);
    if (!group || inRange.length === 0) return [];
    const found = inRange.filter((i) => Number.isFinite(value[i]));
    const [first, last] = [found[0], found.at(-1)];
    const values: Partial<Record<ColumnKey, number | null>> = {
      n: members,
      first_step: step[inRange[0]!]!,
      last_step: step[inRange.at(-1)!]!,
      ...(reduced ? {} : { count: inRange.length, nan: inRange.filter((i) => Number.isNaN(value[i])).length }),
    };
    if (first !== undefined && last !== undefined) {
      const [low, high] = [found.reduce((a, b) => (value[b]! < value[a]! ? b : a)), found.reduce((a, b) => (value[b]! > value[a]! ? b : a))];
      const delta = value[last]! - value[first]!;
      Object.assign(values, {
        first: value[first]!,
        last: value[last]!,
        delta,
        percent: value[first] === 0 ? null : (delta / Math.abs(value[first]!)) * 100,
        min: value[low]!,
        argmin: step[low]!,
        max: value[high]!,
        argmax: step[high]!,
        ...(reduced ? {} : momentsOf(found, step, value)),
      });
    }
    return [{ ...nameGroup(group), key: groupRowKey(group, tag), tag, values }];
  });
}

/** Mean, standard deviation (of all points, not of a sample) and the slope of the least squares' line. */
function momentsOf(at: readonly number[], x: Float64Array, y: ArrayLike<number>): Partial<Record<RangeColumn, number | null>> {
  const meanOf = (term: (i: number) => number): number => at.reduce((sum, i) => sum + term(i), 0) / at.length;
  const [meanX, mean] = [meanOf((i) => x[i]!), meanOf((i) => y[i]!)];
  const spread = meanOf((i) => (x[i]! - meanX) ** 2);
  const slope = spread > 0 ? meanOf((i) => (x[i]! - meanX) * (y[i]! - mean)) / spread : null;
  return { mean, std: Math.sqrt(meanOf((i) => (y[i]! - mean) ** 2)), slope };
}

/** Each row's difference to the baseline's row of the same tag; the rows as they are if that is not among them. */
export function compareRows(rows: readonly TableRow[], baseline: string | null): readonly TableRow[] {
  const bases = new Map(rows.filter((row) => row.group === baseline).map((row) => [row.tag, row]));
  if (bases.size === 0) return rows;
  const valueOf = ({ values }: TableRow): number => values.smoothed ?? values.value ?? NaN;
  return rows.map((row) => {
    const base = bases.get(row.tag);
    const delta = base ? valueOf(row) - valueOf(base) : NaN;
    return { ...row, values: { ...row.values, baseline: Number.isFinite(delta) && row.group !== baseline ? delta : null } };
  });
}

export interface TableSort {
  /** `name` is the run's. */
  readonly by: ColumnKey | "name";
  readonly descending: boolean;
}

/** Rows by a column, groups before runs; those without a value, and NaN, stand last whichever way. */
export function sortRows(rows: readonly TableRow[], sort: TableSort): TableRow[] {
  const groups = rows.filter((row) => row.isGroup);
  return [...sortAlike(groups, sort), ...sortAlike(rows.filter((row) => !row.isGroup), sort)];
}

function sortAlike(rows: readonly TableRow[], { by, descending }: TableSort): TableRow[] {
  const sign = descending ? -1 : 1;
  if (by === "name") return [...rows].sort((a, b) => sign * a.label.localeCompare(b.label, undefined, { numeric: true }));
  const valueOf = (row: TableRow): number => row.values[by] ?? NaN;
  return [...rows].sort((a, b) => {
    const [x, y] = [valueOf(a), valueOf(b)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return x === y ? 0 : sign * (x < y ? -1 : 1);
  });
}

/** Columns of the single-step table that these rows have. */
export function stepColumns(rows: readonly TableRow[]): StepColumn[] {
  const all: StepColumn[] = ["smoothed", "value", "n", "step", "relative", "baseline"];
  return all.filter((column) => rows.some((row) => row.values[column] !== undefined));
}

export function formatCell(row: TableRow, column: ColumnKey): string {
  const value = row.values[column];
  if (value === undefined || value === null) return "";
  if (column === "baseline") return formatDelta((row.values.smoothed ?? row.values.value ?? NaN), (row.values.smoothed ?? row.values.value ?? NaN) - value);
  return COLUMNS[column].format(value);
}

/** Heading of the names. */
export function firstHead(rows: readonly TableRow[]): string {
  return rows.some((row) => row.isGroup) ? "Group, run" : "Run";
}

function textsOf(rows: readonly TableRow[], columns: readonly ColumnKey[]): [{ name: string; numeric?: boolean }[], string[][]] {
  const heads = [{ name: firstHead(rows) }, ...columns.map((column) => ({ name: COLUMNS[column].label, numeric: true }))];
  return [heads, rows.map((row) => [row.label, ...columns.map((column) => formatCell(row, column))])];
}

export function tableAsMarkdown(rows: readonly TableRow[], columns: readonly ColumnKey[]): string {
  return formatMarkdownTable(...textsOf(rows, columns));
}

export function tableAsText(rows: readonly TableRow[], columns: readonly ColumnKey[]): string {
  return formatTabTable(...textsOf(rows, columns));
}
