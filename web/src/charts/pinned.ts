/** A reading that stays: the same place, read again whenever the data are newer. */

import type { Reading } from "../draw/line_chart.ts";
import { nearestIndex, type LineSeries } from "../draw/series.ts";

export interface Pinned {
  readonly reading: Reading;
  /** The series that the reading's hits are positions in. */
  readonly series: readonly LineSeries[];
}

/** The pinned reading's values in other series: the same lines by key, at the same x; lines that are gone are left out. */
export function readAgain({ reading, series: before }: Pinned, now: readonly LineSeries[]): Reading {
  if (now === before) return reading;
  const places = new Map(now.map((line, place) => [line.key, place]));
  const hits = reading.hits.flatMap((hit) => {
    const place = places.get(before[hit.series]?.key ?? "");
    const line = place === undefined ? undefined : now[place];
    const index = line ? nearestIndex(line, hit.x) : -1;
    if (place === undefined || !line || index < 0) return [];
    const smoothed = line.smoothed ? line.smoothed[index]! : null;
    return [{ ...hit, series: place, index, x: line.x[index]! - line.xOffset, value: line.y[index]!, smoothed }];
  });
  return { ...reading, hits };
}
