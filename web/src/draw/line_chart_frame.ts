/**
 * One frame of a line chart, as calls on a renderer: where things stand (layoutFrame) and what is
 * drawn in which order. Pure, so that tests, image export and other back-ends see the same picture.
 */

import { drawAxes, drawAxisNames, drawGrid, layoutAxes, type AxisLayout } from "./axis.ts";
import type { ChartTheme } from "./chart_theme.ts";
import { findDomains } from "./domain.ts";
import { projectNonFinite } from "./edge_marks.ts";
import type { Hit } from "./hit_test.ts";
import type { LineChartData } from "./line_chart_data.ts";
import { drawLines, HIGHLIGHT_STYLE } from "./line_layer.ts";
import { findClipped, type Clipped } from "./outliers.ts";
import { projectionOf, xToPx, yToPx, type Projection } from "./project.ts";
import { drawReferenceLabels, drawReferenceRules } from "./reference_lines.ts";
import { HAIRLINE, type Renderer, type Vertices } from "./renderer.ts";
import type { LineSeries } from "./series.ts";
import type { SurfaceSize } from "./surface.ts";
import { drawValueLabels, labelsOf, lastPoint, type ValueLabel } from "./value_labels.ts";

export interface Frame {
  readonly layout: AxisLayout;
  readonly projection: Projection;
  /** Points in view of x that lie above or below the plot by typed limits or ignored outliers (not by zooming). */
  readonly clipped: number;
  readonly outside: Pick<Clipped, "up" | "down"> | null;
  readonly labels: readonly ValueLabel[];
}

/** Domains, axes and plot area of a chart. */
export function layoutFrame(data: LineChartData, size: SurfaceSize, measure: (text: string) => number): Frame {
  const { series } = data;
  const { x, y, y2 } = findDomains(data);
  const labels = data.labels === "last" && !data.density ? labelsOf(series, x, y.scale, y2?.scale ?? null, data.highlighted) : [];
  const layout = layoutAxes(
    size,
    { scale: x, unit: data.xUnit, unlabelled: !data.viewport.x && !data.limits?.x && series.every((each) => each.count === 0) },
    { scale: y.scale, unit: "number", unlabelled: y.unlabelled },
    measure,
    {
      y2: y2 && { scale: y2.scale, unit: "number", unlabelled: y2.unlabelled },
      // the labels are a little bolder than what is measured
      labelsPx: labels.reduce((most, label) => Math.max(most, measure(label.text) * 1.08), 0),
      named: data.axisNames !== undefined && y2 !== null,
    },
  );
  const projection = { x, y: y.scale, y2: y2?.scale ?? null, plot: layout.plot, pixelRatio: size.pixelRatio };
  const outside = y.clips || y2?.clips ? findClipped(series.filter((each) => (each.yAxis === 1 && y2 ? y2 : y).clips), projection) : null;
  return { layout, projection, clipped: outside?.count ?? 0, outside, labels };
}

/** Under the lines. */
export function drawBackground(renderer: Renderer, frame: Frame, data: Pick<LineChartData, "lines" | "theme">): void {
  drawGrid(renderer, frame.layout, frame.projection.y, data.theme);
  if (data.lines) drawReferenceRules(renderer, data.lines, frame.projection, data.theme);
}

const MOST_UNSHOWN_MARKS = 12;

/** Over the lines: the raised run, last values, non-finite and clipped marks, axes. */
export function drawForeground(renderer: Renderer, frame: Frame, data: LineChartData, widthPx: number, lastDots: boolean): void {
  const { projection, layout } = frame;
  const { theme, series } = data;
  const raised = series.filter((each) => each.group === data.highlighted && !each.faint);
  if (raised.length > 0) drawLines(renderer, raised, projection, HIGHLIGHT_STYLE);
  if (lastDots) drawLastDots(renderer, raised.length > 0 ? raised : series, projection);
  drawEdgeMarks(renderer, frame, series, theme);
  if (data.lines) drawReferenceLabels(renderer, data.lines, projection, theme);
  drawAxes(renderer, layout, projection.x, projection.y, widthPx, theme, projection.y2);
  if (data.axisNames && projection.y2) drawAxisNames(renderer, layout, data.axisNames, widthPx, theme);
  drawValueLabels(renderer, layout, projection, frame.labels, theme);
}

/** What has no place in the plot: NaN and infinities, values that a log axis cannot show, outliers. */
function drawEdgeMarks(renderer: Renderer, { projection, outside }: Frame, series: readonly LineSeries[], theme: ChartTheme): void {
  const { nan, posInf, negInf, unshown } = projectNonFinite(series, projection);
  const danger = { color: theme.warning, alpha: 1 };
  const quiet = { color: theme.muted, alpha: 1 };
  const mark = (shape: "up" | "down" | "cross", at: Vertices, radius: number, fill: typeof danger): void => {
    if (at.count > 0) renderer.marks(shape, at, radius, fill, theme.surface);
  };
  if (outside) {
    mark("up", outside.up, 3.5, quiet);
    mark("down", outside.down, 3.5, quiet);
  }
  // a few say where; many would be a fence, and the count stands on the card
  if (unshown.count <= MOST_UNSHOWN_MARKS) mark("down", unshown, 3, quiet);
  mark("up", posInf, 4, danger);
  mark("down", negInf, 4, danger);
  mark("cross", nan, 4, danger);
}

/** A dot where each line ends, if that end is in view. */
function drawLastDots(renderer: Renderer, list: readonly LineSeries[], projection: Projection): void {
  for (const series of list) {
    if (series.faint) continue;
    const on = projectionOf(projection, series);
    const last = lastPoint(series, on.x, on.y);
    if (!last) continue;
    const at = { x: Float32Array.of(xToPx(on, series.x[last.index]! - series.xOffset)), y: Float32Array.of(yToPx(on, last.value)), count: 1 };
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
