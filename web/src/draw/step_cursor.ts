/**
 * The step cursor: one chosen x, or a chosen range, as rules through the plot and fobs on the x axis. Pure; what the
 * pointer and the keyboard do to it is in step_cursor_control.ts.
 */

import { formatStep, formatValue } from "../base/format.ts";
import { formatClock, formatDuration, formatWallTime } from "../base/time.ts";
import type { AxisLayout, AxisUnit } from "./axis.ts";
import type { ChartTheme } from "./chart_theme.ts";
import type { LineChartData, StepCursor } from "./line_chart_data.ts";
import { xToPx, type Projection } from "./project.ts";
import { HAIRLINE, type Rect, type Renderer } from "./renderer.ts";
import type { Scale } from "./scale.ts";
import { isAscending, lowerBound, nearestIndex, type LineSeries } from "./series.ts";

/** Which end of the cursor. */
export type FobEnd = "at" | "to";

export interface Fob {
  readonly end: FobEnd;
  readonly value: number;
  /** The ends of the axis in view. */
  readonly low: number;
  readonly high: number;
  readonly label: string;
  /** Where its rule stands; its plate may have moved aside for the other one. */
  readonly xPx: number;
  readonly plate: Rect;
  /** The part of the plate that takes the fob away; null if it cannot be taken. */
  readonly remove: Rect | null;
}

const PLATE_PX = 18;
const PADDING_PX = 6;
const REMOVE_PX = 16;
const GAP_PX = 2;
/** Plates may reach so far beyond the plot. */
const EDGE_PX = 8;
const SHADE_ALPHA = 0.07;

/** Where a chart's plot and its ticks stand. */
interface Place {
  readonly projection: Projection;
  readonly layout: Pick<AxisLayout, "xTicks">;
}

/** A position on the x axis in words, as short as the axis' span allows. */
export function describeX(value: number, unit: AxisUnit, scale: Pick<Scale, "low" | "high">): string {
  if (unit === "duration") return formatDuration(value);
  if (unit === "time") return scale.high - scale.low < 86_400 ? formatClock(value) : formatWallTime(value);
  return unit === "step" ? formatStep(value) : formatValue(value);
}

/** The logged x nearest to a position, over all lines; the position itself without any. */
export function snapX(list: readonly LineSeries[], x: number): number {
  let best = x;
  let distance = Infinity;
  for (const series of list) {
    const index = nearestIndex(series, x);
    if (index < 0) continue;
    const candidate = series.x[index]! - series.xOffset;
    if (Math.abs(candidate - x) < distance) [best, distance] = [candidate, Math.abs(candidate - x)];
  }
  return best;
}

/** The next logged x above (by > 0) or below a position, `by` times; the last one there is at the end. */
export function stepX(list: readonly LineSeries[], x: number, by: number): number {
  let at = x;
  for (let i = 0; i < Math.abs(by); i++) {
    let best = by > 0 ? Infinity : -Infinity;
    for (const series of list) {
      const candidate = neighbour(series, at, by > 0);
      if (by > 0 ? candidate < best : candidate > best) best = candidate;
    }
    if (!Number.isFinite(best)) return at;
    at = best;
  }
  return at;
}

function neighbour(series: LineSeries, at: number, above: boolean): number {
  const none = above ? Infinity : -Infinity;
  const end = series.start + series.count;
  const xOf = (i: number): number => series.x[i]! - series.xOffset;
  if (!isAscending(series)) {
    let best = none;
    for (let i = series.start; i < end; i++) {
      const x = xOf(i);
      if (above ? x > at && x < best : x < at && x > best) best = x;
    }
    return best;
  }
  // an offset may round x to either side of where the search ended
  let i = lowerBound(series, at);
  if (above) {
    while (i < end && xOf(i) <= at) i++;
    return i < end ? xOf(i) : none;
  }
  i = Math.min(i, end - 1);
  while (i >= series.start && xOf(i) >= at) i--;
  return i >= series.start ? xOf(i) : none;
}

/** Left edges of one or two plates, each centred where it belongs as far as the other one and the ends leave room. */
function standApart(centres: readonly number[], widths: readonly number[], right: number): number[] {
  const lefts = centres.map((x, i) => Math.max(0, Math.min(x - widths[i]! / 2, right - widths[i]!)));
  if (lefts.length < 2) return lefts;
  const [first, second] = centres[0]! <= centres[1]! ? [0, 1] : [1, 0];
  const overlap = lefts[first]! + widths[first]! + GAP_PX - lefts[second]!;
  if (overlap <= 0) return lefts;
  lefts[second] = Math.min(lefts[second]! + overlap / 2, right - widths[second]!);
  lefts[first] = Math.max(0, lefts[second] - GAP_PX - widths[first]!);
  lefts[second] = Math.max(lefts[second], lefts[first] + widths[first]! + GAP_PX);
  return lefts;
}

/** The fobs of a cursor that are in view. Two that would cover each other give way, each by half. */
export function placeFobs(
  cursor: StepCursor,
  projection: Projection,
  unit: AxisUnit,
  removable: boolean,
  measure: (text: string) => number,
): Fob[] {
  const { plot, x: scale } = projection;
  const ends: [FobEnd, number][] = cursor.to === null ? [["at", cursor.at]] : [["at", cursor.at], ["to", cursor.to]];
  const inView = ends.filter(([, value]) => value >= scale.low && value <= scale.high);
  const widths = inView.map(([, value]) => Math.ceil(measure(describeX(value, unit, scale)) + 2 * PADDING_PX + (removable ? REMOVE_PX - PADDING_PX : 0)));
  const xs = inView.map(([, value]) => xToPx(projection, value));
  const lefts = standApart(xs, widths, plot.x + plot.width + EDGE_PX);
  return inView.map(([end, value], i) => {
    const width = widths[i]!;
    const y = plot.y + plot.height + 2;
    const plate = { x: Math.round(lefts[i]!), y, width, height: PLATE_PX };
    const remove = removable ? { x: plate.x + width - REMOVE_PX, y, width: REMOVE_PX, height: PLATE_PX } : null;
    return { end, value, low: scale.low, high: scale.high, label: describeX(value, unit, scale), xPx: xs[i]!, plate, remove };
  });
}

/** The chosen range's shade, the rules, and the fobs over the axis' labels, of which none is left half covered. */
export function drawStepCursor(renderer: Renderer, cursor: StepCursor, fobs: readonly Fob[], { projection, layout }: Place, theme: ChartTheme): void {
  const { plot } = projection;
  const bottom = plot.y + plot.height;
  if (cursor.to !== null) {
    const clamp = (px: number): number => Math.min(Math.max(px, plot.x), plot.x + plot.width);
    const [a, b] = [clamp(xToPx(projection, cursor.at)), clamp(xToPx(projection, cursor.to))];
    const shade = { x: Math.min(a, b), y: plot.y, width: Math.abs(b - a), height: plot.height };
    if (shade.width > 0) renderer.rect(shade, { color: theme.accent, alpha: SHADE_ALPHA }, null);
  }
  for (const { xPx } of fobs) renderer.rule(xPx, plot.y, xPx, bottom + 3, { color: theme.accent, width: HAIRLINE, alpha: 1, dash: [] });
  for (const tick of layout.xTicks) {
    if (tick.label === "") continue;
    const half = renderer.measure(tick.label, theme.font) / 2 + 2;
    const at = xToPx(projection, tick.value);
    const isCovered = fobs.some(({ plate }) => at + half > plate.x && at - half < plate.x + plate.width);
    if (isCovered) renderer.rect({ x: at - half, y: bottom + 5, width: 2 * half, height: PLATE_PX }, { color: theme.surface, alpha: 1 }, null);
  }
  for (const fob of fobs) drawFob(renderer, fob, theme, false);
}

/** A cursor that nobody can move: for pictures. */
export function drawFixedStepCursor(renderer: Renderer, place: Place, data: LineChartData): void {
  const { stepCursor, theme, xUnit } = data;
  if (!stepCursor) return;
  const fobs = placeFobs(stepCursor, place.projection, xUnit, false, (text) => renderer.measure(text, theme.font));
  drawStepCursor(renderer, stepCursor, fobs, place, theme);
}

/** One plate; a ghost is what a click would set. */
export function drawFob(renderer: Renderer, { plate, label, remove }: Fob, theme: ChartTheme, isGhost: boolean): void {
  const stroke = { color: theme.accent, width: HAIRLINE, alpha: 1, dash: [] };
  renderer.rect(plate, { color: isGhost ? theme.surface : theme.accent, alpha: 1 }, isGhost ? stroke : null);
  const ink = isGhost ? theme.accent : theme.surface;
  const middle = plate.y + plate.height / 2;
  renderer.text(label, plate.x + PADDING_PX, middle, { color: ink, font: theme.font, align: "left", baseline: "middle" });
  if (!remove) return;
  const at = { x: Float32Array.of(remove.x + remove.width / 2 - 1), y: Float32Array.of(middle), count: 1 };
  renderer.marks("cross", at, 3.5, { color: ink, alpha: 0.8 });
}
