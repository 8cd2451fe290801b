/** The step that all pages look at, as text: `12400`, or `100..200` for a range. It stands in the address and is typed. */

export interface StepPlace {
  readonly at: number;
  /** The end of a range, above `at`; null for one step. */
  readonly to: number | null;
}

const UNITS: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, g: 1e9 };

/** One step as people type it: `12400`, `12,400`, `12.4k`, `1e6`, a minus of any kind. NaN for anything else. */
function parseStep(text: string): number {
  const found = /^([-−]?)([\d,_ ]*\.?\d*(?:e\+?\d+)?)([kmg]?)$/i.exec(text.trim());
  const digits = (found?.[2] ?? "").replace(/[,_ ]/g, "");
  if (!found || digits === "") return NaN;
  const value = Number(digits) * (UNITS[(found[3] ?? "").toLowerCase()] ?? 1);
  return Number.isFinite(value) ? Math.round(found[1] ? -value : value) : NaN;
}

/** The place that a text names; null if it names none. The ends of a range may come in any order. */
export function parseStepPlace(text: string | null | undefined): StepPlace | null {
  if (!text) return null;
  const [first, second, ...more] = text.split(/\.\.+|…|–|\bto\b/);
  if (first === undefined || more.length > 0) return null;
  const at = parseStep(first);
  if (Number.isNaN(at)) return null;
  if (second === undefined) return { at, to: null };
  const to = parseStep(second);
  return Number.isNaN(to) ? null : makePlace(at, to);
}

/** Whole steps, in order; a range without any extent is one step. */
export function makePlace(at: number, to: number | null): StepPlace {
  // the sum turns −0 into 0
  const [first, second] = [Math.round(at) + 0, to === null ? null : Math.round(to) + 0];
  if (second === null || second === first) return { at: first, to: null };
  return { at: Math.min(first, second), to: Math.max(first, second) };
}

export function formatStepPlace(place: StepPlace | null): string | null {
  if (!place) return null;
  return place.to === null ? String(place.at) : `${place.at}..${place.to}`;
}

/**
 * The step that a page shows whose own choice is `own` (null: the newest): the shared step; within a shared range the
 * own choice, or the end that is nearer to it.
 */
export function followPlace(place: StepPlace | null, own: number | null): number | null {
  if (!place) return own;
  if (place.to === null) return place.at;
  return Math.min(place.to, Math.max(place.at, own ?? Infinity));
}

/** Index of the step nearest to `asked`, the first of several equally near; null asks for the last. −1 for none. */
export function nearestStep(steps: ArrayLike<number>, asked: number | null): number {
  if (asked === null) return steps.length - 1;
  let best = -1;
  let bestDistance = Infinity;
  for (let i = 0; i < steps.length; i++) {
    const distance = Math.abs((steps[i] ?? NaN) - asked);
    if (distance < bestDistance) [best, bestDistance] = [i, distance];
  }
  return best;
}
