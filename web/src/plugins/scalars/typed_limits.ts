/** Limits of an axis as people type them: numbers, durations as `1h 30m`, times as `2026-11-21 10:07`. Pure. */

import type { XAxis } from "../../api/types.ts";
import { formatWallTime } from "../../base/time.ts";
import type { Limits } from "./chart_options.ts";

export type Texts = readonly [low: string, high: string];
/** What the numbers of an axis mean. */
export type Meaning = "number" | "seconds" | "time";

const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 };

export function meaningOf(axis: XAxis): Meaning {
  return axis === "wall_time" ? "time" : axis === "relative" || axis === "active" ? "seconds" : "number";
}

export function writeLimits(limits: Limits, meaning: Meaning): Texts {
  const write = (value: number | null): string => (value === null ? "" : meaning === "time" ? formatWallTime(value) : String(value));
  return [write(limits[0]), write(limits[1])];
}

/** The limits that two texts say, empty ones left to the data; or the sentence that says why they are none. */
export function readLimits(texts: Texts, meaning: Meaning): Limits | string {
  const [low, high] = texts.map((text) => (text.trim() === "" ? null : readLimit(text.trim(), meaning))) as [number | null, number | null];
  const wrong = Number.isNaN(low) ? texts[0] : Number.isNaN(high) ? texts[1] : null;
  if (wrong !== null) return `“${wrong.trim()}” is not a ${meaning === "time" ? "time: 2026-11-21 10:07" : meaning === "seconds" ? "duration: 90, 1h 30m" : "number"}.`;
  if (low !== null && high !== null && low >= high) return "The lower limit must be below the upper one.";
  return [low, high];
}

/** NaN for what cannot be read or drawn. */
function readLimit(text: string, meaning: Meaning): number {
  const plain = Number(text.replace("\u2212", "-").replace(",", "."));
  if (!Number.isNaN(plain)) return Number.isFinite(plain) ? plain : NaN;
  if (meaning === "time") return Date.parse(text.replace(/^(\d{4}-\d\d-\d\d)$/, "$1T00:00").replace(" ", "T")) / 1000;
  if (meaning === "number" || !/^(\d+(\.\d+)?\s*[smhd]\s*)+$/.test(text)) return NaN;
  return [...text.matchAll(/(\d+(?:\.\d+)?)\s*([smhd])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ""] ?? NaN), 0);
}
