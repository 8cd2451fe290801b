/** Axes: where the plot area lies, which ticks fit beside and below it, and drawing both. */

import { durationTicks, linearTicks, logTicks, timeTicks, type Tick } from "../base/ticks.ts";
import type { ChartTheme } from "./chart_theme.ts";
import { durationLogTicks, symlogTicks } from "./scale_ticks.ts";
import { HAIRLINE, type Rect, type Renderer } from "./renderer.ts";
import type { Scale } from "./scale.ts";

/** What the numbers on an axis are. */
export type AxisUnit = "number" | "step" | "duration" | "time";

export interface AxisLayout {
  readonly plot: Rect;
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
  /** Right of the plot; absent where there is nothing. */
  readonly right?: RightSide;
}

export interface RightSide {
  /** Where value labels begin, and where the right axis stands (no ticks: there is none). */
  readonly labelsX: number;
  readonly axisX: number;
  readonly ticks: readonly Tick[];
}

export interface AxisRequest {
  readonly scale: Scale;
  readonly unit: AxisUnit;
  /** There is no value to read. */
  readonly unlabelled?: boolean;
}

/** What a chart wants beside and above the plot. */
export interface Extras {
  readonly y2?: AxisRequest | null;
  /** Width of the widest value label; 0 for none. */
  readonly labelsPx?: number;
  /** The y axes have names, which stand above them. */
  readonly named?: boolean;
}

const TOP_PX = 8;
const BOTTOM_PX = 22;
const RIGHT_PX = 8;
/** How far apart values' labels stand, and at least in a low plot. */
const TICK_PX = 30;
const CLOSE_TICK_PX = 20;
const NAMES_PX = 14;
const LABEL_GAP_PX = 7;
const MIN_GUTTER_PX = 24;
/** Gutters grow by this much at once, so that a live axis does not tremble with each new label. */
const GUTTER_STEP_PX = 6;

export function ticksFor(scale: Scale, unit: AxisUnit, count: number): Tick[] {
  if (scale.kind !== "linear" && unit === "duration") return durationLogTicks(scale, count);
  if (scale.kind === "log") return logTicks(scale.low, scale.high, count);
  if (scale.kind === "symlog") return symlogTicks(scale, count);
  if (unit === "time") return timeTicks(scale.low, scale.high, count);
  if (unit === "duration") return durationTicks(scale.low, scale.high, count);
  return linearTicks(scale.low, scale.high, count, unit === "step");
}

/**
 * Fits ticks and plot area into a surface. `measure` gives a label's width in CSS px. An unlabelled
 * axis has no ticks: there is no value to read.
 */
export function layoutAxes(
  size: { readonly widthPx: number; readonly heightPx: number },
  x: AxisRequest,
  y: AxisRequest,
  measure: (text: string) => number,
  { y2 = null, labelsPx = 0, named = false }: Extras = {},
): AxisLayout {
  const top = TOP_PX + (named ? NAMES_PX : 0);
  const height = Math.max(1, size.heightPx - top - BOTTOM_PX);
  const ticksOf = (axis: AxisRequest): Tick[] => (axis.unlabelled ? [] : valueTicks(axis, height));
  const gutterFor = (ticks: readonly Tick[]): number => {
    const widest = ticks.reduce((most, tick) => Math.max(most, measure(tick.label)), 0);
    const needed = Math.max(MIN_GUTTER_PX, widest + LABEL_GAP_PX);
    return Math.min(Math.ceil(needed / GUTTER_STEP_PX) * GUTTER_STEP_PX, size.widthPx / 3);
  };
  const yTicks = ticksOf(y);
  const gutter = gutterFor(yTicks);
  const y2Ticks = y2 ? ticksOf(y2) : [];
  // labels leave the plot most of the room
  const labels = labelsPx === 0 ? 0 : Math.min(Math.ceil((labelsPx + LABEL_GAP_PX) / GUTTER_STEP_PX) * GUTTER_STEP_PX, size.widthPx / 3);
  const rightPx = labels + (y2 ? gutterFor(y2Ticks) + 2 : labels > 0 ? 2 : RIGHT_PX);
  const width = Math.max(1, size.widthPx - gutter - rightPx);
  const plot = { x: gutter, y: top, width, height };
  const layout = { plot, xTicks: x.unlabelled ? [] : fittingTicks(x.scale, x.unit, width, measure), yTicks };
  if (!y2 && labels === 0) return layout;
  const labelsX = plot.x + width + LABEL_GAP_PX;
  return { ...layout, right: { labelsX, axisX: plot.x + width + labels, ticks: y2Ticks } };
}

/** Labels are as far apart as they read well, but in a low plot three close ones say more than two. */
function valueTicks({ scale, unit }: AxisRequest, heightPx: number): Tick[] {
  const wished = Math.max(2, Math.floor(heightPx / TICK_PX));
  const ticks = ticksFor(scale, unit, wished);
  const named = (list: readonly Tick[]): Tick[] => list.filter((tick) => tick.label !== "");
  for (let count = wished; count < wished + 3 && named(ticks).length < 3; count++) {
    const more = ticksFor(scale, unit, count + 1);
    const apart = named(more).map((tick, i, all) => (i === 0 ? Infinity : (scale.toUnit(tick.value) - scale.toUnit(all[i - 1]!.value)) * heightPx));
    if (apart.length >= 3 && Math.min(...apart) >= CLOSE_TICK_PX) return more;
  }
  return ticks;
}

/** As many ticks as have room for their labels. */
function fittingTicks(scale: Scale, unit: AxisUnit, widthPx: number, measure: (text: string) => number): Tick[] {
  for (let count = Math.max(2, Math.floor(widthPx / 60)); count >= 1; count--) {
    const ticks = ticksFor(scale, unit, count);
    const named = ticks.filter((t) => t.label !== "");
    const widths = named.map((t) => measure(t.label));
    const fits = named.every((tick, i) => {
      const next = named[i + 1];
      if (!next) return true;
      const apart = (scale.toUnit(next.value) - scale.toUnit(tick.value)) * widthPx;
      return apart >= (widths[i]! + widths[i + 1]!) / 2 + 10;
    });
    if (fits) return ticks;
  }
  return [];
}

/** Horizontal grid lines, under the data. */
export function drawGrid(renderer: Renderer, layout: AxisLayout, y: Scale, theme: ChartTheme): void {
  const { plot, yTicks } = layout;
  for (const tick of yTicks) {
    const at = plot.y + (1 - y.toUnit(tick.value)) * plot.height;
    if (at < plot.y - 0.5 || at > plot.y + plot.height + 0.5) continue;
    const alpha = tick.label === "" ? 0.55 : 1;
    renderer.rule(plot.x, at, plot.x + plot.width, at, { color: theme.grid, width: HAIRLINE, alpha, dash: [] });
  }
}

/** The x axis' line, tick marks and all labels, over the data. `y2` is the right axis' scale, where there is one. */
export function drawAxes(
  renderer: Renderer,
  layout: AxisLayout,
  x: Scale,
  y: Scale,
  surfaceWidthPx: number,
  theme: ChartTheme,
  y2: Scale | null = null,
): void {
  const { plot, xTicks, yTicks } = layout;
  const bottom = plot.y + plot.height;
  const stroke = { color: theme.axis, width: HAIRLINE, alpha: 1, dash: [] };
  renderer.rule(plot.x, bottom, plot.x + plot.width, bottom, stroke);
  for (const tick of xTicks) {
    const at = plot.x + x.toUnit(tick.value) * plot.width;
    if (at < plot.x - 0.5 || at > plot.x + plot.width + 0.5) continue;
    renderer.rule(at, bottom, at, bottom + (tick.label === "" ? 2 : 4), stroke);
    if (tick.label === "") continue;
    // labels at the ends move inwards rather than lose a digit
    const half = renderer.measure(tick.label, theme.font) / 2;
    const centre = Math.min(Math.max(at, half), surfaceWidthPx - half);
    const style = { color: theme.muted, font: theme.font, align: "center", baseline: "top" } as const;
    renderer.text(tick.label, centre, bottom + 7, style);
  }
  const heightOf = (scale: Scale, tick: Tick): number => plot.y + (1 - scale.toUnit(tick.value)) * plot.height;
  for (const tick of yTicks) {
    if (tick.label === "") continue;
    const at = heightOf(y, tick);
    if (at < plot.y - 0.5 || at > bottom + 0.5) continue;
    const style = { color: theme.muted, font: theme.font, align: "right", baseline: "middle" } as const;
    renderer.text(tick.label, plot.x - LABEL_GAP_PX, at, style);
  }
  const { right } = layout;
  if (!right || !y2) return;
  renderer.rule(right.axisX, plot.y, right.axisX, bottom, stroke);
  for (const tick of right.ticks) {
    const at = heightOf(y2, tick);
    if (at < plot.y - 0.5 || at > bottom + 0.5) continue;
    renderer.rule(right.axisX, at, right.axisX + (tick.label === "" ? 2 : 4), at, stroke);
    if (tick.label === "") continue;
    const style = { color: theme.muted, font: theme.font, align: "left", baseline: "middle" } as const;
    renderer.text(tick.label, right.axisX + LABEL_GAP_PX, at, style);
  }
}

/** What the two y axes show, above them: left and right. Names that do not fit are cut. */
export function drawAxisNames(renderer: Renderer, { plot }: AxisLayout, names: { y: string; y2: string }, surfaceWidthPx: number, theme: ChartTheme): void {
  const room = surfaceWidthPx / 2 - 8;
  const style = { color: theme.muted, font: theme.font, baseline: "middle" } as const;
  const at = plot.y - NAMES_PX / 2 - 4;
  renderer.text(shorten(names.y, room, renderer, theme.font), 2, at, { ...style, align: "left" });
  renderer.text(shorten(names.y2, room, renderer, theme.font), surfaceWidthPx - 2, at, { ...style, align: "right" });
}

/** A text cut at its end to fit a width. */
export function shorten(text: string, widthPx: number, renderer: Pick<Renderer, "measure">, font: string): string {
  if (renderer.measure(text, font) <= widthPx) return text;
  const characters = [...text];
  let kept = Math.min(characters.length - 1, 200);
  while (kept > 0 && renderer.measure(`${characters.slice(0, kept).join("")}\u2026`, font) > widthPx) kept--;
  return `${characters.slice(0, kept).join("").trimEnd()}\u2026`;
}
