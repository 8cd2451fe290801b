/**
 * Where axis ticks stand and what they say: linear, logarithmic, calendar time, durations.
 *
 * `count` is the number of ticks there is room for, a wish and not a promise. All functions accept
 * any finite domain with low < high and never return more than a few times `count` ticks.
 */

import { formatLogTick, formatTicks } from "./format.ts";
import { dateParts, pad2 } from "./time.ts";

export interface Tick {
  /** Position in data units. */
  readonly value: number;
  /** Text; empty for a minor tick, which only draws a line. */
  readonly label: string;
}

/** The spacing 1, 2, 2.5 or 5 × 10ⁿ that puts about `count` ticks on a span (> 0). */
export function niceSpacing(span: number, count: number): number {
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const mantissa = rough / power;
  const nice = mantissa <= 1 ? 1 : mantissa <= 2 ? 2 : mantissa <= 2.5 ? 2.5 : mantissa <= 5 ? 5 : 10;
  return nice * power;
}

/** Multiples of `spacing` inside [low, high]; computed by index so that errors do not add up. */
export function multiples(low: number, high: number, spacing: number): number[] {
  const slack = spacing * 1e-9;
  const first = Math.ceil((low - slack) / spacing);
  const last = Math.floor((high + slack) / spacing);
  const values: number[] = [];
  // counted from zero: past 2^53 an index that only grows by one would stand still
  const count = Math.min(last - first, 1000);
  for (let k = 0; k <= count; k++) {
    const i = first + k;
    const value = i * spacing;
    // 3 * 0.1 is 0.30000000000000004; what is written on the axis should be what is meant
    const written = i === 0 ? 0 : Number(value.toPrecision(15));
    if (Number.isFinite(written)) values.push(written); // near the end of float64 rounding overflows
  }
  return values;
}

/** Ticks of a linear axis. `integer` keeps spacing at whole numbers (steps). */
export function linearTicks(low: number, high: number, count: number, integer = false): Tick[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [];
  let spacing = niceSpacing(span, count);
  if (integer && spacing < 1) spacing = 1;
  if (integer && spacing === 2.5) spacing = 5;
  const values = multiples(low, high, spacing);
  const labels = formatTicks(values, spacing);
  return values.map((value, i) => ({ value, label: labels[i]! }));
}

/** Ticks of a logarithmic axis (0 < low < high): decades labelled, 2 and 5 labelled when there is room. */
export function logTicks(low: number, high: number, count: number): Tick[] {
  if (!(low > 0) || !(high > low) || !Number.isFinite(high)) return [];
  const decades = Math.log10(high / low);
  // under a third of a decade a linear choice of ticks reads better
  if (decades < 0.35) return linearTicks(low, high, count).filter((t) => t.value > 0);
  const firstDecade = Math.floor(Math.log10(low) + 1e-12);
  const lastDecade = Math.floor(Math.log10(high) + 1e-12);
  const stride = Math.max(1, Math.ceil(decades / Math.max(1, count)));
  const labelled = stride > 1 ? [1] : decades * 3 <= count ? [1, 2, 5] : decades * 2 <= count && decades < 2 ? [1, 3] : [1];
  const minors = stride > 1 ? [1] : [1, 2, 3, 5];
  const ticks: Tick[] = [];
  for (let decade = firstDecade; decade <= lastDecade; decade++) {
    for (const factor of minors) {
      const value = factor * decadeValue(decade);
      if (value < low * (1 - 1e-9) || value > high * (1 + 1e-9)) continue;
      const named = labelled.includes(factor) && mod(decade, stride) === 0;
      if (!named && factor === 3) continue;
      ticks.push({ value, label: named ? formatLogTick(value) : "" });
    }
  }
  return ticks;
}

function decadeValue(exponent: number): number {
  // Number("1e-7") is the nearest float; 10 ** -7 is not
  return Number(`1e${exponent}`);
}

function mod(a: number, n: number): number {
  return ((a % n) + n) % n;
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

const DURATION_SPACINGS = [
  1, 2, 5, 10, 15, 30,
  MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
  HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR,
  DAY, 2 * DAY, 5 * DAY, 10 * DAY, 20 * DAY, 50 * DAY, 100 * DAY, 200 * DAY,
]; // prettier-ignore

/** Ticks of an axis in seconds since the start of a run: `30s`, `5m`, `2h`, `3d`. */
export function durationTicks(low: number, high: number, count: number): Tick[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [];
  const rough = span / Math.max(1, count);
  let spacing = DURATION_SPACINGS.find((s) => s >= rough);
  if (rough < 1) spacing = niceSpacing(span, count);
  spacing ??= niceSpacing(span / DAY, count) * DAY;
  return multiples(low, high, spacing).map((value) => ({ value, label: durationLabel(value, spacing) }));
}

function durationLabel(seconds: number, spacing: number): string {
  if (seconds === 0) return "0";
  const sign = seconds < 0 ? "\u2212" : "";
  const total = Math.abs(seconds);
  if (spacing < 1e-3) return `${sign}${trim((total * 1e6).toFixed(1))}µs`;
  if (spacing < 1) return total < 1 ? `${sign}${trim((total * 1e3).toFixed(1))}ms` : `${sign}${trim(total.toFixed(3))}s`;
  if (total < MINUTE) return `${sign}${trim(total.toFixed(1))}s`;
  if (total < HOUR) return sign + twoUnits(total, MINUTE, "m", 1, "s", spacing);
  if (total < DAY) return sign + twoUnits(total, HOUR, "h", MINUTE, "m", spacing);
  return sign + twoUnits(total, DAY, "d", HOUR, "h", spacing);
}

function trim(text: string): string {
  return text.replace(/\.0+$/, "");
}

/** `90 s` at spacing 30 reads `1m30`, at spacing 60 `2m`: the small unit only when the spacing needs it. */
function twoUnits(total: number, big: number, bigName: string, small: number, smallName: string, spacing: number): string {
  const whole = Math.floor(total / big + 1e-9);
  const rest = Math.round((total - whole * big) / small);
  if (rest === 0 || spacing >= big) return `${whole}${bigName}`;
  return smallName === "h" ? `${whole}${bigName}${rest}${smallName}` : `${whole}${bigName}${pad2(rest)}`;
}

type Unit = "millisecond" | "second" | "minute" | "hour" | "day" | "month" | "year";

/** Calendar spacings: unit, how many of it, length in seconds (for choosing only). */
const CALENDAR: readonly (readonly [Unit, number, number])[] = [
  ["second", 1, 1], ["second", 5, 5], ["second", 15, 15], ["second", 30, 30],
  ["minute", 1, MINUTE], ["minute", 5, 5 * MINUTE], ["minute", 15, 15 * MINUTE], ["minute", 30, 30 * MINUTE],
  ["hour", 1, HOUR], ["hour", 3, 3 * HOUR], ["hour", 6, 6 * HOUR], ["hour", 12, 12 * HOUR],
  ["day", 1, DAY], ["day", 2, 2 * DAY], ["day", 7, 7 * DAY], ["day", 14, 14 * DAY],
  ["month", 1, 30.4 * DAY], ["month", 3, 91.3 * DAY], ["month", 6, 182.6 * DAY],
  ["year", 1, 365.25 * DAY],
]; // prettier-ignore

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Ticks of a wall-time axis in seconds since the epoch, at round local (or UTC) times. */
export function timeTicks(low: number, high: number, count: number, utc = false): Tick[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span) || Math.abs(high) > 8e12 || Math.abs(low) > 8e12) return [];
  const rough = span / Math.max(1, count);
  if (rough < 0.5) return subSecondTicks(low, high, count, utc);
  const choice = CALENDAR.find(([, , seconds]) => seconds >= rough);
  const [unit, every] = choice ?? ["year" as const, Math.max(1, Math.round(niceSpacing(span / (365.25 * DAY), count)))];
  const ticks: Tick[] = [];
  let [moment, fields] = floorTo(low, unit, every, utc);
  for (let guard = 0; moment <= high && guard < 1000; guard++) {
    if (moment >= low) ticks.push({ value: moment, label: timeLabel(moment, unit, utc) });
    fields = advance(fields, unit, every);
    const next = fromFields(fields, utc);
    // when clocks go back an hour the same local time comes twice: never stand still
    moment = next > moment ? next : moment + 1;
  }
  return unit === "second" || unit === "minute" || unit === "hour" ? withDate(ticks, utc) : ticks;
}

/** Clock times say no day: unless midnight is among them, the first one does. */
function withDate(ticks: Tick[], utc: boolean): Tick[] {
  const [first, ...rest] = ticks;
  if (!first || ticks.some((tick) => /[A-Z]/.test(tick.label))) return ticks;
  return [{ value: first.value, label: `${timeLabel(first.value, "day", utc)} ${first.label}` }, ...rest];
}

interface Fields {
  year: number;
  month: number; // 0..11
  day: number;
  hour: number;
  minute: number;
  second: number;
}

function fromFields(f: Fields, utc: boolean): number {
  const ms = utc
    ? Date.UTC(f.year, f.month, f.day, f.hour, f.minute, f.second)
    : new Date(f.year, f.month, f.day, f.hour, f.minute, f.second).getTime();
  return ms / 1000;
}

function floorTo(wallTime: number, unit: Unit, every: number, utc: boolean): [number, Fields] {
  const p = dateParts(wallTime, utc);
  const f: Fields = { year: p.year, month: 0, day: 1, hour: 0, minute: 0, second: 0 };
  if (unit === "year") f.year = Math.floor(p.year / every) * every;
  else if (unit === "month") f.month = Math.floor((p.month - 1) / every) * every;
  else {
    f.month = p.month - 1;
    // days count from the first of the month, so that ticks stay on the same dates while panning
    f.day = unit === "day" ? Math.floor((p.day - 1) / every) * every + 1 : p.day;
    if (unit !== "day") f.hour = unit === "hour" ? Math.floor(p.hour / every) * every : p.hour;
    if (unit === "minute") f.minute = Math.floor(p.minute / every) * every;
    if (unit === "second") {
      f.minute = p.minute;
      f.second = Math.floor(p.second / every) * every;
    }
  }
  return [fromFields(f, utc), f];
}

function advance(f: Fields, unit: Unit, every: number): Fields {
  const next = { ...f };
  if (unit === "year") next.year += every;
  else if (unit === "month") next.month += every;
  else if (unit === "day") {
    next.day += every;
    const daysInMonth = new Date(f.year, f.month + 1, 0).getDate();
    // start again on the 1st rather than print the 29th beside it
    if (every > 1 && next.day > daysInMonth - every / 2) {
      next.day = 1;
      next.month += 1;
    }
  } else if (unit === "hour") next.hour += every;
  else if (unit === "minute") next.minute += every;
  else next.second += every;
  return next;
}

function timeLabel(moment: number, unit: Unit, utc: boolean): string {
  const p = dateParts(moment, utc);
  if (unit === "year" || (unit === "month" && p.month === 1)) return String(p.year);
  if (unit === "month") return MONTHS[p.month - 1]!;
  const midnight = p.hour === 0 && p.minute === 0 && p.second === 0;
  if (unit === "day" || (midnight && unit !== "second")) return `${MONTHS[p.month - 1]!} ${p.day}`;
  const clock = `${pad2(p.hour)}:${pad2(p.minute)}`;
  return unit === "second" ? `${clock}:${pad2(p.second)}` : clock;
}

function subSecondTicks(low: number, high: number, count: number, utc: boolean): Tick[] {
  const spacing = Math.max(niceSpacing(high - low, count), 1e-6);
  const decimals = Math.max(1, Math.ceil(-Math.log10(spacing) - 1e-9));
  return multiples(low, high, spacing).map((value) => {
    const p = dateParts(Math.floor(value), utc);
    const second = (p.second + (value - Math.floor(value))).toFixed(decimals).padStart(decimals + 3, "0");
    return { value, label: `${pad2(p.minute)}:${second}` };
  });
}
