import type { Run, RunMarks } from "../api/types.ts";
import { foldCase } from "../base/fold_case.ts";
import type { HparamValue } from "../base/run_groups.ts";
import type { FilterFacts } from "../base/run_filter.ts";

/** Seconds since anything was written for a run; null where nobody knows. */
export function ageOf(run: Run, nowMs: number): number | null {
  const newest = Math.max(run.modified ?? -Infinity, run.last_time ?? -Infinity);
  return Number.isFinite(newest) ? Math.max(0, nowMs / 1000 - newest) : null;
}

/** First to last event in seconds; null where either is not known, or times were given that lie before the file's own. */
export function durationOf(run: Run): number | null {
  if (run.start_time === null || run.last_time === null || run.last_time < run.start_time) return null;
  return run.last_time - run.start_time;
}

/** By run, as long as the server's answer lives. */
const texts = new WeakMap<Run, { label: string; text: string }>();

function textOf(run: Run, label: string): string {
  let known = texts.get(run);
  if (known?.label !== label) {
    known = { label, text: foldCase(`${run.name}\n${label === run.name ? "" : label}`) };
    texts.set(run, known);
  }
  return known.text;
}

/** What the filter asks of a run. */
export function factsOf(
  run: Run,
  label: string,
  marks: RunMarks,
  hparam: (name: string) => HparamValue | undefined,
  nowMs: number,
): FilterFacts {
  return {
    name: run.name,
    label,
    text: textOf(run, label),
    points: run.points,
    problems: run.problems,
    age: ageOf(run, nowMs),
    state: run.state,
    star: marks.star,
    hidden: marks.hidden,
    note: marks.note,
    hparam,
  };
}

/** The same as "3 m ago", for a narrow column: `3 m`. */
export function shortAge(secs: number): string {
  if (secs < 60) return "now";
  if (secs < 3600) return `${Math.floor(secs / 60)} m`;
  if (secs < 86_400) return `${Math.floor(secs / 3600)} h`;
  if (secs < 365 * 86_400) return `${Math.floor(secs / 86_400)} d`;
  return `${Math.floor(secs / (365 * 86_400))} y`;
}
