/**
 * Columns of the table of runs. One text names a column: `age`, `start`, `duration`, `state`, `points`, `note`,
 * `hparam:lr`, `tag:last:eval/acc`, and of the last kind its difference to the baseline, `delta:last:eval/acc` and
 * `percent:last:eval/acc`.
 */

import { formatValue } from "./format.ts";
import type { HparamValue } from "./run_groups.ts";

export const tagStats = ["last", "min", "max", "mean", "first", "argmin", "argmax", "count"] as const;
export type TagStat = (typeof tagStats)[number];

export type FactColumn = "age" | "start" | "duration" | "state" | "points" | "note";

export type RunColumn =
  | { kind: FactColumn }
  | { kind: "hparam"; name: string }
  | { kind: "tag" | "delta" | "percent"; stat: TagStat; tag: string };

export interface ColumnPlace {
  /** The text that names the column. */
  id: string;
  /** CSS pixels; null for what its kind needs. */
  width: number | null;
}

export type CellValue = HparamValue;

export const factColumns: readonly { id: FactColumn; label: string; about: string; width: number }[] = [
  { id: "age", label: "Written", about: "how long ago anything was written", width: 58 },
  { id: "start", label: "Started", about: "time of the first event", width: 92 },
  { id: "duration", label: "Duration", about: "first to last event", width: 76 },
  { id: "state", label: "State", about: "running, stalled or finished", width: 76 },
  { id: "points", label: "Points", about: "points of all its tags", width: 68 },
  { id: "note", label: "Note", about: "what you wrote about it", width: 140 },
];

/** What the table shows until somebody chooses. */
export const firstColumns: readonly ColumnPlace[] = [{ id: "age", width: null }];

export const leastWidth = 40;
export const mostWidth = 400;

export function parseColumn(id: string): RunColumn | null {
  const fact = factColumns.find((each) => each.id === id);
  if (fact) return { kind: fact.id };
  const hparam = /^hparam:(.+)$/s.exec(id);
  if (hparam) return { kind: "hparam", name: hparam[1]! };
  const tag = /^(tag|delta|percent):(\w+):(.+)$/s.exec(id);
  const stat = tagStats.find((each) => each === tag?.[2]);
  return tag && stat ? { kind: tag[1] as "tag" | "delta" | "percent", stat, tag: tag[3]! } : null;
}

/** Reads what was stored, leaving out what is none of it; the columns of a fresh table if nothing was. */
export function parseColumns(stored: unknown): readonly ColumnPlace[] {
  if (!Array.isArray(stored)) return firstColumns;
  const places = new Map<string, ColumnPlace>();
  for (const each of stored as unknown[]) {
    const { id, width } = (typeof each === "object" && each ? each : {}) as Record<string, unknown>;
    if (typeof id !== "string" || parseColumn(id) === null) continue;
    const known = typeof width === "number" && Number.isFinite(width);
    places.set(id, { id, width: known ? clampWidth(width) : null });
  }
  return [...places.values()];
}

export function clampWidth(width: number): number {
  return Math.round(Math.min(mostWidth, Math.max(leastWidth, width)));
}

export function defaultWidth(column: RunColumn): number {
  if (column.kind === "percent") return 62;
  return factColumns.find((each) => each.id === column.kind)?.width ?? 72;
}

/** Heading of a column: its name, and a quieter word about it. */
export function columnTitle(column: RunColumn): { name: string; detail: string } {
  if (column.kind === "hparam") return { name: column.name, detail: "" };
  if (column.kind === "tag") return { name: column.tag, detail: column.stat };
  if (column.kind === "delta") return { name: "Δ", detail: `${column.tag} ${column.stat}` };
  if (column.kind === "percent") return { name: "%", detail: `${column.tag} ${column.stat}` };
  return { name: factColumns.find((each) => each.id === column.kind)!.label, detail: "" };
}

/** The same as words for assistive technology. */
export function describeColumn(column: RunColumn): string {
  if (column.kind === "tag") return `${column.tag}, ${column.stat}`;
  if (column.kind === "delta") return `${column.tag}, ${column.stat}, difference to the baseline`;
  if (column.kind === "percent") return `${column.tag}, ${column.stat}, difference to the baseline in percent`;
  return columnTitle(column).name;
}

/** With a baseline each column of a tag is followed by its differences, those of `kinds`. */
export function withDifferences(
  columns: readonly ColumnPlace[],
  kinds: readonly ("delta" | "percent")[],
  widths: ReadonlyMap<string, number>,
): ColumnPlace[] {
  return columns.flatMap((place) => {
    const rest = /^tag(:.*)$/s.exec(place.id)?.[1];
    if (rest === undefined) return [place];
    return [place, ...kinds.map((kind) => ({ id: kind + rest, width: widths.get(kind + rest) ?? null }))];
  });
}

/** Value against the baseline's; null where either has none. A percentage is of the baseline's size. */
export function difference(kind: "delta" | "percent", value: CellValue, base: CellValue): number | null {
  if (typeof value !== "number" || typeof base !== "number") return null;
  if (kind === "delta") return value - base;
  return base === 0 ? null : ((value - base) / Math.abs(base)) * 100;
}

/** Puts `id` where `target` stands (before or after it as it comes from behind or before). */
export function moveColumn(columns: readonly ColumnPlace[], id: string, target: string): ColumnPlace[] {
  const from = columns.findIndex((each) => each.id === id);
  const to = columns.findIndex((each) => each.id === target);
  if (from < 0 || to < 0) return [...columns];
  const rest = columns.filter((each) => each.id !== id);
  rest.splice(to, 0, columns[from]!);
  return rest;
}

const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Numbers before words; what is missing or not a number last, whichever way round. 0 for equals: keep their order. */
export function compareValues(a: CellValue, b: CellValue, descending: boolean): number {
  const [rankA, rankB] = [rank(a), rank(b)];
  if (rankA !== rankB) return rankA - rankB;
  if (rankA === 2) return 0;
  const order = typeof a === "string" || typeof b === "string" ? words.compare(String(a), String(b)) : Number(a) - Number(b);
  return descending ? -order : order;
}

function rank(value: CellValue): number {
  if (value === null || Number.isNaN(value)) return 2;
  return typeof value === "string" ? 1 : 0;
}

/** The same items by value; equals and those without a value keep their order. */
export function sortByValue<T>(items: readonly T[], valueOf: (item: T) => CellValue, descending: boolean): T[] {
  const keyed = items.map((item) => ({ item, value: valueOf(item) }));
  return keyed.sort((a, b) => compareValues(a.value, b.value, descending)).map(({ item }) => item);
}

/**
 * How to write the numbers of one column: all with the same count of decimals, so that points stand under points, where
 * that shows at least three digits of each; else each for itself. Numbers as people type them are written in full.
 */
export function makeNumberFormat(values: Iterable<CellValue>): (value: number) => string {
  let largest = 0;
  let smallest = Infinity;
  /** Decimals that write every value exactly. */
  let exact = 0;
  for (const value of values) {
    if (typeof value !== "number" || !Number.isFinite(value) || value === 0) continue;
    const size = Math.abs(value);
    largest = Math.max(largest, size);
    smallest = Math.min(smallest, size);
    exact = Math.max(exact, decimalsOf(size));
  }
  if (exact === 0 || largest >= 1e5) return (value) => formatValue(value);
  const places = (size: number, digits: number): number => Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  const enough = Math.max(places(largest, 4), Math.min(places(smallest, 3), 5));
  const decimals = Math.min(exact, enough);
  // Too small for the column, or wider than one: 12345.00001 says nothing that 12,345 and 1e−5 do not.
  const isTiny = exact > decimals && smallest < 1e-4;
  if (isTiny || decimals + Math.max(0, Math.floor(Math.log10(largest))) > 7) return (value) => formatValue(value);
  return (value) => {
    if (!Number.isFinite(value)) return formatValue(value);
    return value.toFixed(decimals).replace(/^-(0\.?0*)$/, "$1").replace("-", "\u2212");
  };
}

/** Decimals of the shortest text that stands for a number; infinite for one with an exponent. */
function decimalsOf(size: number): number {
  const text = String(size);
  return text.includes("e") ? Infinity : (text.split(".")[1]?.length ?? 0);
}
