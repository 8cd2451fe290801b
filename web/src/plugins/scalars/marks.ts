/** Lines across charts that the user sets: targets per tag, events per step; and which events the data propose. */

import type { ColumnsFrame } from "../../api/columns.ts";
import type { ScalarsHeader, TagMarks, XAxis } from "../../api/types.ts";
import { formatValue } from "../../base/format.ts";
import type { ReferenceLine } from "../../charts/line_types.ts";

/** An event: something happened at a step, in one run or in all. */
export interface Marker {
  readonly step: number;
  readonly label: string;
  readonly run: string | null;
}

/** More than these would be a fence, and too much to keep. */
const MOST_MARKERS = 500;
/** Epochs that are proposed at once. */
const MOST_EPOCHS = 40;

/** What is stored as markers; whatever is none is left out. */
export function parseMarkers(stored: unknown): Marker[] {
  if (!Array.isArray(stored)) return [];
  return stored.slice(0, MOST_MARKERS).flatMap((each: unknown): Marker[] => {
    const { step, label, run } = (each ?? {}) as Partial<Record<keyof Marker, unknown>>;
    if (typeof step !== "number" || !Number.isFinite(step)) return [];
    return [{ step, label: typeof label === "string" ? label : "", run: typeof run === "string" ? run : null }];
  });
}

/** Markers with more of them, each once, by step. */
export function addMarkers(markers: readonly Marker[], more: readonly Marker[]): Marker[] {
  const all = new Map([...markers, ...more].map((each) => [`${each.step}\n${each.run ?? ""}\n${each.label}`, each]));
  return [...all.values()].sort((a, b) => a.step - b.step).slice(0, MOST_MARKERS);
}

export interface MarkLooks {
  isShown(run: string): boolean;
  of(run: string): { readonly color: string };
}

/** What a chart draws of the user's lines: those of its tags, and on an axis of steps the events of runs that are drawn. */
export function chartMarks(
  tags: readonly { readonly tag: string; readonly right?: boolean }[],
  marksOf: (tag: string) => Pick<TagMarks, "lines">,
  markers: readonly Marker[],
  axis: XAxis,
  looks: MarkLooks,
): ReferenceLine[] {
  const lines = tags.flatMap(({ tag, right }) =>
    marksOf(tag).lines.map(({ y, label }): ReferenceLine => ({ axis: right ? "y2" : "y", at: y, label: label || formatValue(y) })),
  );
  if (axis !== "step") return lines;
  const events = markers.filter(({ run }) => run === null || looks.isShown(run));
  return [
    ...lines,
    ...events.map(({ step, label, run }): ReferenceLine => {
      const mark = { axis: "x", at: step, label } as const;
      return run === null ? mark : { ...mark, color: looks.of(run).color };
    }),
  ];
}

/** Restarts, from an answer that holds what they replaced: a run went back to where a replaced stretch begins. */
export function findRestarts(frame: ColumnsFrame<ScalarsHeader>): Marker[] {
  const step = frame.float64s("step");
  const found = frame.result.series
    .filter((each) => each.is_superseded && each.count > 0)
    .map(({ run, start }): Marker => ({ step: step[start] ?? NaN, label: "restart", run }));
  return addMarkers([], found.filter((each) => Number.isFinite(each.step)));
}

/** Whether a tag counts epochs: `epoch`, `train/epoch`, `Epoch`. */
export function isEpochTag(tag: string): boolean {
  return /(^|[/_.\s])epochs?$/i.test(tag);
}

/** The first step of each whole epoch but the first, as tag `epoch` has it; of very many every 2nd, 5th, 10th, … */
export function findEpochs(step: ArrayLike<number>, value: ArrayLike<number>, run: string | null): Marker[] {
  const found: { step: number; epoch: number }[] = [];
  let epoch = NaN;
  for (let i = 0; i < step.length; i++) {
    const whole = Math.floor((value[i] ?? NaN) + 1e-9); // 0.1 + 0.2 + … stays below a whole by a hair
    if (!Number.isFinite(whole) || whole <= epoch) continue;
    if (!Number.isNaN(epoch)) found.push({ step: step[i] ?? NaN, epoch: whole });
    epoch = whole;
  }
  const every = thinning(found.length);
  return found.filter((each) => each.epoch % every === 0).map((each) => ({ step: each.step, label: `epoch ${each.epoch}`, run }));
}

/** 1, 2, 5, 10, 20, …: so that of `count` no more than MOST_EPOCHS are left. */
function thinning(count: number): number {
  for (let decade = 1; ; decade *= 10) {
    for (const factor of [1, 2, 5]) if (count / (decade * factor) <= MOST_EPOCHS) return decade * factor;
  }
}

/** Epochs of several runs: one without a run where all agree that came as far, however long each of them went on. */
export function mergeEpochs(runs: readonly { readonly run: string; readonly markers: readonly Marker[] }[]): Marker[] {
  const all = runs.flatMap(({ markers }) => markers);
  const steps = new Map<string, Set<number>>();
  for (const { label, step } of all) steps.set(label, (steps.get(label) ?? new Set()).add(step));
  return addMarkers([], all.map((each) => (steps.get(each.label)?.size === 1 ? { ...each, run: null } : each)));
}
