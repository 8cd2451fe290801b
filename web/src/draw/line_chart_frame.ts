/**
 * One frame of a line chart, as calls on a renderer: where things stand (layoutFrame) and what is
 * drawn in which order. Pure, so that tests, image export and other back-ends see the same picture.
 */

import { drawAxes, drawGrid, layoutAxes, type AxisLayout, type AxisUnit } from "./axis.ts";
import type { ChartTheme } from "./chart_theme.ts";
import type { Hit } from "./hit_test.ts";
import type { LineChartData } from "./line_chart_data.ts";
import { drawLines, HIGHLIGHT_STYLE } from "./line_layer.ts";
import { projectNonFinite, xToPx, yToPx, type Projection } from "./project.ts";
import { HAIRLINE, type Renderer } from "./renderer.ts";
import { makeScale, padDomain, type Range, type ScaleKind } from "./scale.ts";
import { leading, xExtent, yExtent, type LineSeries } from "./series.ts";
import type { SurfaceSize } from "./surface.ts";

export interface Frame {
  readonly layout: AxisLayout;
  readonly projection: Projection;
  /** Points in view of x that lie above or below the plot by typed limits or ignored outliers (not by zooming). */
  readonly clipped: number;
}

const Y_MARGIN = 0.06;

function fitX(list: readonly LineSeries[], kind: ScaleKind, unit: AxisUnit): Range {
  const extent = xExtent(list);
  if (!extent) return padDomain(kind, NaN, NaN, 0);
  if (extent.low === extent.high && kind === "linear") {
    // one step or one moment: as much room as the neighbouring ones would take
    const half = unit === "time" || unit === "duration" ? 30 : Math.max(1, Math.abs(extent.low) * 1e-9);
    return { low: extent.low - half, high: extent.high + half };
  }
  if (kind === "log" && extent.low <= 0) return padDomain(kind, Math.min(1, extent.high / 10), Math.max(extent.high, 10), 0);
  return padDomain(kind, extent.low, extent.high, 0);
}

/** Extent of the values to fit to; null if no value has a place on the axis. */
function yToFit(list: readonly LineSeries[], kind: ScaleKind, within: Range): Range | null {
  const positive = kind === "log";
  // a window between two points shows no point, yet a line runs through it
  return yExtent(list, within, positive) ?? yExtent(list, null, positive);
}

/** Domains, axes and plot area of a chart. */
export function layoutFrame(data: LineChartData, size: SurfaceSize, measure: (text: string) => number): Frame {
  const { series, viewport } = data;
  const xRange = viewport.x && (data.xKind !== "log" || viewport.x.low > 0) ? viewport.x : fitX(series, data.xKind, data.xUnit);
  const setY = viewport.y && (data.yKind !== "log" || viewport.y.low > 0) ? viewport.y : null;
  const fitted = setY ? null : yToFit(series, data.yKind, xRange);
  const yRange = setY ?? padDomain(data.yKind, fitted?.low ?? NaN, fitted?.high ?? NaN, Y_MARGIN);
  const x = makeScale(data.xKind, xRange.low, xRange.high);
  const y = makeScale(data.yKind, yRange.low, yRange.high);
  const layout = layoutAxes(size, { scale: x, unit: data.xUnit }, { scale: y, unit: "number", unlabelled: !setY && !fitted }, measure);
  return { layout, projection: { x, y, plot: layout.plot, pixelRatio: size.pixelRatio }, clipped: 0 };
}

/** Under the lines. */
export function drawBackground(renderer: Renderer, frame: Frame, theme: ChartTheme): void {
  drawGrid(renderer, frame.layout, frame.projection.y, theme);
}

const MOST_UNSHOWN_MARKS = 12;

/** Over the lines: the raised run, last values, non-finite marks, axes. */
export function drawForeground(renderer: Renderer, frame: Frame, data: LineChartData, widthPx: number, lastDots: boolean): void {
  const { projection } = frame;
  const { theme, series } = data;
  const raised = series.filter((each) => each.group === data.highlighted);
  if (raised.length > 0) drawLines(renderer, raised, projection, HIGHLIGHT_STYLE);
  if (lastDots) drawLastDots(renderer, raised.length > 0 ? raised : series, projection);
  const { nan, posInf, negInf, unshown } = projectNonFinite(series, projection);
  const danger = { color: theme.warning, alpha: 1 };
  // a few say where; many would be a fence, and the count stands on the card
  if (unshown.count > 0 && unshown.count <= MOST_UNSHOWN_MARKS) renderer.marks("down", unshown, 3, { color: theme.muted, alpha: 1 }, theme.surface);
  if (posInf.count > 0) renderer.marks("up", posInf, 4, danger, theme.surface);
  if (negInf.count > 0) renderer.marks("down", negInf, 4, danger, theme.surface);
  if (nan.count > 0) renderer.marks("cross", nan, 4, danger, theme.surface);
  drawAxes(renderer, frame.layout, projection.x, projection.y, widthPx, theme);
}

/** A dot where each line ends, if that end is in view. */
function drawLastDots(renderer: Renderer, list: readonly LineSeries[], projection: Projection): void {
  const { plot } = projection;
  for (const series of list) {
    const values = leading(series);
    let last = series.start + series.count - 1;
    while (last >= series.start && !Number.isFinite(values[last]!)) last--;
    if (last < series.start) continue;
    const x = xToPx(projection, series.x[last]! - series.xOffset);
    const y = yToPx(projection, values[last]!);
    if (!(x >= plot.x - 1 && x <= plot.x + plot.width + 1 && y >= plot.y - 1 && y <= plot.y + plot.height + 1)) continue;
    const at = { x: Float32Array.of(x), y: Float32Array.of(y), count: 1 };
    renderer.marks("dot", at, 2.25, { color: series.color, alpha: 1 });
  }
}

/** More dots than this along the crosshair would be a rope. */
const MOST_CURSOR_DOTS = 10;

/** The crosshair: a rule, a ring on each of the nearest lines. Hits are nearest first. */
export function drawCursor(renderer: Renderer, frame: Frame, data: LineChartData, xPx: number, hits: readonly Hit[], emphasise: boolean): void {
  const { plot } = frame.layout;
  if (!(xPx >= plot.x - 0.5 && xPx <= plot.x + plot.width + 0.5)) return;
  const { theme } = data;
  renderer.rule(xPx, plot.y, xPx, plot.y + plot.height, { color: theme.cursor, width: HAIRLINE, alpha: 1, dash: [3, 2.5] });
  const shown = hits.slice(0, MOST_CURSOR_DOTS).filter((hit) => inside(hit.yPx, plot.y, plot.height));
  // the nearest last, on top
  for (const hit of shown.reverse()) {
    const series = data.series[hit.series];
    if (!series) continue;
    const strong = emphasise && hit === hits[0];
    const at = { x: Float32Array.of(hit.xPx), y: Float32Array.of(hit.yPx), count: 1 };
    renderer.marks("ring", at, strong ? 4 : 3, { color: series.color, alpha: 1 }, theme.surface);
  }
}

function inside(value: number, start: number, extent: number): boolean {
  return value >= start - 1 && value <= start + extent + 1;
}
