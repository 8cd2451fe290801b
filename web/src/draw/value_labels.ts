/** The last value of each line, written beside where the line ends. */

import { formatValue } from "../base/format.ts";
import type { AxisLayout } from "./axis.ts";
import type { ChartTheme } from "./chart_theme.ts";
import { projectionOf, xToPx, yToPx, type Projection } from "./project.ts";
import { HAIRLINE, type Renderer } from "./renderer.ts";
import type { Scale } from "./scale.ts";
import { leading, type LineSeries } from "./series.ts";

/** A label's height, and how far apart two of them stand at least. */
const LABEL_PX = 13;
/** Labels that would have to move further than this from their lines say nothing about them. */
const FARTHEST_PX = 4 * LABEL_PX;
/** From so many lines on labels are a list, not a reading. */
export const MOST_LABELS = 40;

export interface LastPoint {
  readonly series: LineSeries;
  readonly index: number;
  readonly value: number;
}

/** The last finite point of a line, if it is in view of the scales; null otherwise. */
export function lastPoint(series: LineSeries, x: Scale, y: Scale): LastPoint | null {
  const values = leading(series);
  let index = series.start + series.count - 1;
  while (index >= series.start && !Number.isFinite(values[index]!)) index--;
  if (index < series.start) return null;
  const value = values[index]!;
  const [unitX, unitY] = [x.toUnit(series.x[index]! - series.xOffset), y.toUnit(value)];
  return unitX >= 0 && unitX <= 1 && unitY >= -0.001 && unitY <= 1.001 ? { series, index, value } : null;
}

/** The points that get a label: the raised run's first, then in the order of the list. */
export function pointsToLabel(list: readonly LineSeries[], x: Scale, y: Scale, y2: Scale | null, highlighted: string | null): LastPoint[] {
  const points = list.flatMap((series) => (series.faint ? [] : (lastPoint(series, x, series.yAxis === 1 && y2 ? y2 : y) ?? [])));
  const isRaised = (point: LastPoint): number => Number(point.series.group === highlighted);
  return points.sort((a, b) => isRaised(b) - isRaised(a)).slice(0, MOST_LABELS);
}

export function labelText({ value }: LastPoint): string {
  return formatValue(value);
}

/**
 * Heights for labels that want to stand at `wanted`, at least LABEL_PX apart and within [low, high]: each as near as the
 * ones before it leave room. NaN for a label without room: it is left out rather than put where it would mislead.
 */
export function placeLabels(wanted: readonly number[], low: number, high: number): number[] {
  const taken: number[] = [];
  return wanted.map((at) => {
    const candidates = [at, ...taken.flatMap((other) => [other - LABEL_PX, other + LABEL_PX])]
      .filter((y) => y >= low && y <= high && Math.abs(y - at) <= FARTHEST_PX && taken.every((other) => Math.abs(other - y) >= LABEL_PX - 0.01))
      .sort((a, b) => Math.abs(a - at) - Math.abs(b - at));
    const place = candidates[0] ?? NaN;
    if (place === place) taken.push(place);
    return place;
  });
}

/** Draws the labels right of the plot, with a thin line to the ones that had to move or whose line ends earlier. */
export function drawValueLabels(renderer: Renderer, layout: AxisLayout, projection: Projection, points: readonly LastPoint[], theme: ChartTheme): void {
  const { right, plot } = layout;
  if (!right) return;
  const ends = points.map(({ series, index, value }) => ({
    x: xToPx(projection, series.x[index]! - series.xOffset),
    y: yToPx(projectionOf(projection, series), value),
  }));
  const places = placeLabels(ends.map((end) => end.y), plot.y, plot.y + plot.height);
  points.forEach((point, i) => {
    const [end, y] = [ends[i]!, places[i]!];
    if (y !== y) return;
    const { color } = point.series;
    const edge = right.labelsX - 2;
    if (Math.abs(y - end.y) > 3 || edge - end.x > 12) {
      const leader = { x: Float32Array.of(end.x + 4, Math.max(end.x + 4, plot.x + plot.width), edge), y: Float32Array.of(end.y, end.y, y), count: 3 };
      renderer.polyline(leader, { color, width: HAIRLINE, alpha: 0.35, dash: [] });
    }
    renderer.text(labelText(point), right.labelsX, y, { color, font: theme.fontStrong, align: "left", baseline: "middle" });
  });
}
