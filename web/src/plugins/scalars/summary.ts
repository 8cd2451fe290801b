/**
 * One line of text about a chart: for those who cannot see it, and for those who need not look.
 * Pure: drawn lines in, a sentence out.
 */

import { formatCount, formatStep, formatValue } from "../../base/format.ts";
import { nameNonFinite, type ScalarLine } from "./data.ts";

interface Course {
  /** First and last value as drawn, and the extent of the drawn line. */
  readonly first: number;
  readonly last: number;
  readonly extent: number;
  /** The first and the last finite value as logged. */
  readonly begin: number;
  readonly end: number;
  /** The extremes as logged: smoothing hides them from the eye, the sentence must not. */
  readonly low: number;
  readonly high: number;
  readonly lowIndex: number;
  readonly highIndex: number;
  /** Index of the point from which on the line stays within FLAT of its extent around its end; -1 if it does not settle. */
  readonly flatFrom: number;
  readonly finite: number;
}

/** A line is flat where it stays within this share of its whole extent. */
const FLAT = 0.05;
/** A change smaller than this share of the extent is no rise and no fall. */
const CHANGE = 0.3;
/** Flat for less than this share of the points is not worth a word. */
const FLAT_SHARE = 0.15;

const courses = new WeakMap<ScalarLine, Course | null>();

/** Where a line goes as drawn (smoothed), and between which logged values; null without a finite one. */
function courseOf(line: ScalarLine): Course | null {
  let course = courses.get(line);
  if (course === undefined) courses.set(line, (course = followCourse(line)));
  return course;
}

function followCourse(line: ScalarLine): Course | null {
  const values = line.smoothed ?? line.y;
  let [first, last, begin, logEnd, finite] = [NaN, NaN, NaN, NaN, 0];
  let [low, high, lowIndex, highIndex] = [Infinity, -Infinity, -1, -1];
  let [drawnLow, drawnHigh] = [Infinity, -Infinity];
  const end = line.start + line.count;
  for (let i = line.start; i < end; i++) {
    const value = values[i] ?? NaN;
    const logged = line.y[i] ?? NaN;
    if (Number.isFinite(logged)) {
      if (Number.isNaN(begin)) begin = logged;
      logEnd = logged;
      if (logged < low) [low, lowIndex] = [logged, i];
      if (logged > high) [high, highIndex] = [logged, i];
    }
    if (!Number.isFinite(value)) continue;
    if (finite === 0) first = value;
    finite++;
    last = value;
    drawnLow = Math.min(drawnLow, value);
    drawnHigh = Math.max(drawnHigh, value);
  }
  if (finite === 0) return null;
  const extent = drawnHigh - drawnLow;
  const tolerance = extent * FLAT;
  let flatFrom = end - 1;
  let [bandLow, bandHigh] = [last, last];
  for (let i = end - 1; i >= line.start; i--) {
    const value = values[i] ?? NaN;
    if (!Number.isFinite(value)) continue;
    bandLow = Math.min(bandLow, value);
    bandHigh = Math.max(bandHigh, value);
    if (bandHigh - bandLow > 2 * tolerance) break;
    flatFrom = i;
  }
  const settled = end - 1 - flatFrom >= FLAT_SHARE * line.count && flatFrom > line.start && line.count >= 8;
  return { first, last, extent, begin, end: logEnd, low, high, lowIndex, highIndex, flatFrom: settled ? flatFrom : -1, finite };
}

/** Which way is good, judged by the words of a tag; 0 if they do not say. */
export function goodDirection(tag: string): -1 | 0 | 1 {
  const words = tag.toLowerCase().split(/[^a-z0-9]+|(?<=[a-z])(?=\d)/);
  const has = (...wanted: string[]): boolean => words.some((word) => wanted.includes(word));
  if (has("loss", "losses", "nll", "bce", "ce", "mse", "mae", "rmse", "error", "err", "perplexity", "ppl", "fid", "wer", "cer", "bpb", "bpc"))
    return -1;
  if (has("acc", "accuracy", "auc", "auroc", "ap", "map", "f", "f1", "precision", "recall", "iou", "miou", "dice", "bleu", "rouge", "psnr", "ssim", "reward", "return", "score", "r2", "success", "throughput"))
    return 1;
  return 0;
}

function nonFiniteClause(lines: readonly ScalarLine[]): string {
  let count = 0;
  let nan = 0;
  const bad = lines.filter(({ info }) => info.nan + info.pos_inf + info.neg_inf > 0);
  for (const { info } of bad) {
    nan += info.nan;
    count += info.nan + info.pos_inf + info.neg_inf;
  }
  if (count === 0) return "no NaN";
  const word = nameNonFinite(nan, count);
  const where = lines.length > 1 && bad.length === 1 ? ` in ${bad[0]?.label ?? ""}` : lines.length > 1 ? ` in ${bad.length} runs` : "";
  return `${formatCount(count)} ${word}${where}`;
}

/** In prose zeros at a number's end say nothing: `0.41` rather than `0.4100`. */
function say(value: number): string {
  return formatValue(value).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

/** ` at 12,000`; empty on axes on which groups of runs have no steps. */
function at(step: Float64Array, index: number, before = " at "): string {
  const value = step[index] ?? NaN;
  return Number.isFinite(value) ? `${before}${formatStep(value)}` : "";
}

function describeOne(line: ScalarLine, step: Float64Array): string {
  const { info } = line;
  const course = courseOf(line);
  if (!course) return `${formatCount(info.points)} ${info.points === 1 ? "point" : "points"}, none finite`;
  const bad = nonFiniteClause([line]);
  if (info.points === 1) return `${say(course.end)}${at(step, line.start, " at step ")}, one point`;
  if (course.low === course.high) return `constant ${say(course.low)}, ${bad}`;
  // the smoothed line says which way it went; the figures are those that were logged
  const change = course.last - course.first;
  const logged = course.end - course.begin;
  const { extent } = course;
  const parts: string[] = [];
  if (Math.abs(change) >= CHANGE * extent && Math.sign(logged) === Math.sign(change)) {
    parts.push(`${change < 0 ? "fell" : "rose"} ${say(course.begin)} → ${say(course.end)}`);
    // a rise that was lost again is the news; a smoothed line that has yet to catch up has lost nothing
    const lost = 0.15 * extent;
    if (change < 0 && course.low < Math.min(course.last, course.end) - lost) parts.push(`lowest ${say(course.low)}${at(step, course.lowIndex)}`);
    if (change > 0 && course.high > Math.max(course.last, course.end) + lost) parts.push(`highest ${say(course.high)}${at(step, course.highIndex)}`);
  } else parts.push(`between ${say(course.low)} and ${say(course.high)}, now ${say(course.end)}`);
  const flat = course.flatFrom < 0 ? "" : at(step, course.flatFrom, "flat since step ");
  if (flat) parts.push(flat);
  parts.push(bad);
  return parts.join(", ");
}

function describeMany(lines: readonly ScalarLine[], step: Float64Array, direction: -1 | 0 | 1): string {
  const known = lines.map((line) => ({ line, course: courseOf(line) })).filter((each) => each.course !== null) as {
    line: ScalarLine;
    course: Course;
  }[];
  const bad = nonFiniteClause(lines);
  const [head] = known;
  if (!head) return `${formatCount(lines.length)} lines, no finite value`;
  const clause = bad === "no NaN" ? "" : `, ${bad}`;
  if (direction !== 0) {
    const bestOf = ({ course }: { course: Course }): number => (direction > 0 ? course.high : -course.low);
    const best = known.reduce((a, b) => (bestOf(b) > bestOf(a) ? b : a), head);
    const { high, highIndex, low, lowIndex } = best.course;
    const [value, index] = direction > 0 ? [high, highIndex] : [low, lowIndex];
    return `best ${say(value)}${at(step, index)} (${best.line.label})${clause}`;
  }
  const lowest = known.reduce((a, b) => (b.course.end < a.course.end ? b : a), head);
  const highest = known.reduce((a, b) => (b.course.end > a.course.end ? b : a), head);
  if (lowest.course.end === highest.course.end) return `all end at ${say(lowest.course.end)}${clause}`;
  // the names last: where there is little room they are cut, not the values
  return `end between ${say(lowest.course.end)} and ${say(highest.course.end)}${clause} (lowest ${lowest.line.label}, highest ${highest.line.label})`;
}

/**
 * `fell 2.31 → 0.41, flat since step 12,000, no NaN` for one line; the best, or the spread, of several. Whether low or
 * high is good is what the user says (`lowerIsBetter`), else what the words of the tag say.
 */
export function summarise(lines: readonly ScalarLine[], step: Float64Array, tag: string, lowerIsBetter: boolean | null = null): string {
  const [only] = lines;
  if (!only) return "";
  if (lines.length === 1) return describeOne(only, step);
  return describeMany(lines, step, lowerIsBetter === null ? goodDirection(tag) : lowerIsBetter ? -1 : 1);
}

/** The same as a sentence: `loss fell from 2.31 to 0.41, flat since step 12,000, no NaN`. */
export function speakSummary(title: string, summary: string): string {
  const found = /^(fell|rose) (\S+) → (.*)$/.exec(summary);
  if (found) return `${title} ${found[1] ?? ""} from ${found[2] ?? ""} to ${found[3] ?? ""}`;
  return summary ? `${title}: ${summary}` : title;
}
