/** Cards of the pages that show histograms, and what can be said of a series of histograms in one line. */

import { formatCount, formatValue } from "../base/format.ts";
import { groupByPath, type TagFilter, type TagGroup } from "../base/tag_groups.ts";

interface Tag {
  readonly tag: string;
  readonly display_name: string;
  readonly description: string;
}

export interface HistogramItem {
  readonly run: string;
  readonly tag: string;
  readonly title: string;
  readonly description: string;
}

/** One card per tag and run, the runs of a tag side by side, in sections by path. */
export function makeGroups<Entry extends Tag>(
  entries: readonly Entry[],
  filter: TagFilter,
  runsOf: (entry: Entry) => readonly { readonly name: string }[],
): TagGroup<HistogramItem>[] {
  const nameOf = (entry: Entry): string => entry.display_name || entry.tag;
  return groupByPath(entries, nameOf)
    .map(({ key, title, items }) => ({
      key,
      title,
      items: items.filter((entry) => filter.matches(nameOf(entry))).flatMap((entry) =>
        runsOf(entry).map((run) => ({
          run: run.name,
          tag: entry.tag,
          title: nameOf(entry),
          description: entry.description,
        })),
      ),
    }))
    .filter((group) => group.items.length > 0);
}

export interface Shape {
  /** Histograms of the tag, sent by the server, drawn by the view. */
  readonly total: number;
  readonly shown: number;
  readonly drawn: number;
  /** Drawn with peaks cut. */
  readonly cut: number;
  /** Of the newest histogram: the values between which the middle 68 % lie; NaN for none. */
  readonly low: number;
  readonly high: number;
}

/** `40 of 100 steps · 68 % within −0.081 … 0.093` (of the newest histogram): what is not drawn first, for what does not fit is cut. */
export function describeShape({ total, shown, drawn, cut, low, high }: Shape): string {
  const parts: string[] = [];
  const seen = Math.min(shown, drawn || shown);
  if (seen < total) parts.push(`${formatCount(seen)} of ${formatCount(total)} steps`);
  else parts.push(total === 1 ? "1 step" : `${formatCount(total)} steps`);
  if (cut > 0) parts.push("highest bins cut");
  // the innermost of TensorBoard's buckets end at 1e−12: beside the rest that is zero
  const round = (value: number): string => (Math.abs(value) < 1e-6 * (high - low) ? "0" : formatValue(value, 3));
  if (low < high) parts.push(`68 % within ${round(low)} … ${round(high)}`);
  else if (low === high) parts.push(`68 % and more are ${formatValue(low, 3)}`);
  return parts.join(" · ");
}

export interface CardSizes {
  readonly minCardWidth: number;
  readonly cardHeight: number;
}

const sizes: Record<string, CardSizes> = {
  s: { minCardWidth: 260, cardHeight: 236 },
  m: { minCardWidth: 360, cardHeight: 292 },
  l: { minCardWidth: 520, cardHeight: 372 },
  xl: { minCardWidth: 960, cardHeight: 480 },
};

export function cardSizes(name: string): CardSizes {
  return sizes[name] ?? sizes["m"]!;
}
