/**
 * Lone extremes among the raw values behind a smoothed line. Raw values are drawn faintly, so that the
 * smoothed course can be seen; a single spike in twenty thousand points, one pixel wide, would go under
 * in that, and it is often the news. Pure: pixels in, stems out.
 */

import type { Vertices } from "./renderer.ts";

/** More than so many are noise, which its envelope shows well enough. */
export const MAX_SPIKES = 8;
/** A spike stands out from both its neighbours by at least this. */
const LEAST_PX = 10;
/** ... and by so many times what neighbours usually differ by. */
const TIMES_USUAL = 6;

export interface Spikes {
  readonly tips: Vertices;
  /** From where the neighbours are to the tip; NaN between two stems. */
  readonly stems: Vertices;
}

/**
 * Where `high` (smaller y: up) or `low` leaves both neighbours behind. For a line both are its y; for an envelope
 * they are its edges. Null if nothing, or too much, does.
 */
export function findSpikes(x: Float32Array, high: Float32Array, low: Float32Array, count: number): Spikes | null {
  let total = 0;
  let pairs = 0;
  for (let i = 1; i < count; i++) {
    const difference = Math.abs(high[i]! - high[i - 1]!);
    if (difference - difference !== 0) continue;
    total += difference;
    pairs++;
  }
  if (pairs < 2 * MAX_SPIKES) return null;
  const least = Math.max(LEAST_PX, (TIMES_USUAL * total) / pairs);
  const found: { x: number; tip: number; base: number }[] = [];
  for (let i = 1; i + 1 < count; i++) {
    const up = Math.min(high[i - 1]!, high[i + 1]!);
    const down = Math.max(low[i - 1]!, low[i + 1]!);
    if (up - high[i]! >= least) found.push({ x: x[i]!, tip: high[i]!, base: up });
    else if (low[i]! - down >= least) found.push({ x: x[i]!, tip: low[i]!, base: down });
    if (found.length > MAX_SPIKES) return null;
  }
  if (found.length === 0) return null;
  return {
    tips: toVertices(found.map((spike) => [spike.x, spike.tip])),
    stems: toVertices(found.flatMap((spike) => [[spike.x, spike.base], [spike.x, spike.tip], [spike.x, NaN]])),
  };
}

function toVertices(points: number[][]): Vertices {
  return { x: Float32Array.from(points, (p) => p[0]!), y: Float32Array.from(points, (p) => p[1]!), count: points.length };
}
