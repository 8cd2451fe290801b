/** Which image stands where: steps of a tag over its runs, the item nearest to a wished step, held steps in the URL. */

import type { ImageItem } from "../../api/types.ts";
import { nearestStep } from "../../base/step_cursor.ts";

/** Items that are shown: without those that a restart replaced, unless they are asked for. */
export function shownItems(items: readonly ImageItem[], superseded: boolean): ImageItem[] {
  return superseded ? [...items] : items.filter((item) => !item.superseded);
}

/** Every step of several series once, ascending. */
export function unionSteps(series: Iterable<readonly ImageItem[]>): number[] {
  const steps = new Set<number>();
  for (const items of series) for (const item of items) steps.add(item.step);
  return [...steps].sort((a, b) => a - b);
}

export interface Choice {
  readonly item: ImageItem;
  /** Items of the same run that carry the same step (loops run twice, parallel writers), and which of them this is. */
  readonly same: readonly ImageItem[];
  readonly index: number;
}

/**
 * The item nearest to `asked` (null: newest). Of several with that step the last written, or the `turn`-th before it.
 */
export function chooseItem(items: readonly ImageItem[], asked: number | null, turn = 0): Choice | null {
  const steps = unionSteps([items]);
  const at = nearestStep(steps, asked);
  if (at < 0) return null;
  const same = items
    .filter((item) => item.step === steps[at])
    .sort((a, b) => (a.wall_time ?? 0) - (b.wall_time ?? 0) || a.lane - b.lane);
  const index = (((same.length - 1 - turn) % same.length) + same.length) % same.length;
  return { item: same[index]!, same, index };
}

/** Numbers by tag (held steps, sample indices) as a list for the URL: `120:eval/samples`. */
export function formatTagNumbers(numbers: ReadonlyMap<string, number>): string[] {
  return [...numbers].map(([tag, number]) => `${number}:${tag}`);
}

export function parseTagNumbers(items: readonly string[]): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const item of items) {
    const at = item.indexOf(":");
    const number = Number(item.slice(0, at));
    if (at > 0 && Number.isFinite(number)) numbers.set(item.slice(at + 1), number);
  }
  return numbers;
}

/** Height of a cell's picture box: the image's own shape at this width, within bounds that keep rows readable. */
export function boxHeight(width: number, imageWidth: number, imageHeight: number): number {
  if (!(imageWidth > 0) || !(imageHeight > 0)) return width;
  return Math.round(Math.min(width * 1.5, Math.max(width * 0.3, (width * imageHeight) / imageWidth)));
}
