import type { Run } from "../api/types.ts";
import type { FilterFacts } from "../base/run_filter.ts";

/** A run that was written to within this time counts as running. */
const runningSecs = 120;

/** Seconds since anything was written for a run; null where nobody knows. */
export function ageOf(run: Run, nowMs: number): number | null {
  const newest = Math.max(run.modified ?? -Infinity, run.last_time ?? -Infinity);
  return Number.isFinite(newest) ? Math.max(0, nowMs / 1000 - newest) : null;
}

export function isRunning(run: Run, nowMs: number): boolean {
  const age = run.modified === null ? null : nowMs / 1000 - run.modified;
  return age !== null && age < runningSecs;
}

/** By run, as long as the server's answer lives. */
const texts = new WeakMap<Run, string>();

function textOf(run: Run): string {
  let text = texts.get(run);
  if (text === undefined) {
    text = `${run.name}\n${run.label === run.name ? "" : run.label}`.toLowerCase();
    texts.set(run, text);
  }
  return text;
}

export function factsOf(run: Run, nowMs: number): FilterFacts {
  return {
    name: run.name,
    label: run.label,
    text: textOf(run),
    points: run.points,
    problems: run.problems,
    age: ageOf(run, nowMs),
    running: isRunning(run, nowMs),
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
