/** Axes: where the plot area lies, which ticks fit beside and below it, and drawing both. */

import { durationTicks, linearTicks, logTicks, timeTicks, type Tick } from "../base/ticks.ts";
import type { ChartTheme } from "./chart_theme.ts";
import { HAIRLINE, type Rect, type Renderer } from "./renderer.ts";
import type { Scale } from "./scale.ts";

/** What the numbers on an axis are. */
export type AxisUnit = "number" | "step" | "duration" | "time";

export interface AxisLayout {
  readonly plot: Rect;
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
}

const TOP_PX = 8;
const BOTTOM_PX = 22;
const RIGHT_PX = 8;
const LABEL_GAP_PX = 7;
const MIN_GUTTER_PX = 24;
/** Gutters grow by this much at once, so that a live axis does not tremble with each new label. */
const GUTTER_STEP_PX = 6;

export function ticksFor(scale: Scale, unit: AxisUnit, count: number): Tick[] {
  if (scale.kind === "log") return logTicks(scale.low, scale.high, count);
  if (scale.kind === "symlog") return symlogTicks(scale, count);
  if (unit === "time") return timeTicks(scale.low, scale.high, count);
  if (unit === "duration") return durationTicks(scale.low, scale.high, count);
  return linearTicks(scale.low, scale.high, count, unit === "step");
}

/** Zero, and decades on both sides of it. */
function symlogTicks(scale: Scale, count: number): Tick[] {
  const decades = (low: number, high: number): Tick[] => (high > low ? logTicks(low, high, Math.max(1, Math.floor(count / 2))) : []);
  const above = decades(Math.max(1, scale.low), scale.high);
  const below = decades(Math.max(1, -scale.high), -scale.low);
  const zero = scale.low <= 0 && scale.high >= 0 ? [{ value: 0, label: "0" }] : [];
  return [...below.map((t) => ({ value: -t.value, label: t.label && `\u2212${t.label}` })).reverse(), ...zero, ...above];
}

/**
 * Fits ticks and plot area into a surface. `measure` gives a label's width in CSS px. An unlabelled y
 * axis has no ticks: there is no value to read.
 */
export function layoutAxes(
  size: { readonly widthPx: number; readonly heightPx: number },
  x: { scale: Scale; unit: AxisUnit },
  y: { scale: Scale; unit: AxisUnit; unlabelled?: boolean },
  measure: (text: string) => number,
): AxisLayout {
  const height = Math.max(1, size.heightPx - TOP_PX - BOTTOM_PX);
  const yTicks = y.unlabelled ? [] : ticksFor(y.scale, y.unit, Math.max(2, Math.floor(height / 30)));
  const widest = yTicks.reduce((most, tick) => Math.max(most, measure(tick.label)), 0);
  const needed = Math.max(MIN_GUTTER_PX, widest + LABEL_GAP_PX);
  const gutter = Math.min(Math.ceil(needed / GUTTER_STEP_PX) * GUTTER_STEP_PX, size.widthPx / 2);
  const width = Math.max(1, size.widthPx - gutter - RIGHT_PX);
  const plot = { x: gutter, y: TOP_PX, width, height };
  return { plot, xTicks: fittingTicks(x.scale, x.unit, width, measure), yTicks };
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

/** The x axis' line, tick marks and all labels, over the data. */
export function drawAxes(
  renderer: Renderer,
  layout: AxisLayout,
  x: Scale,
  y: Scale,
  surfaceWidthPx: number,
  theme: ChartTheme,
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
  for (const tick of yTicks) {
    if (tick.label === "") continue;
    const at = plot.y + (1 - y.toUnit(tick.value)) * plot.height;
    if (at < plot.y - 0.5 || at > bottom + 0.5) continue;
    const style = { color: theme.muted, font: theme.font, align: "right", baseline: "middle" } as const;
    renderer.text(tick.label, plot.x - LABEL_GAP_PX, at, style);
  }
}
