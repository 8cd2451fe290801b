/** The last value of each line, written beside where the line ends. */

import { formatValue } from "../base/format.ts";
import type { AxisLayout } from "./axis.ts";
import type { ChartTheme } from "./chart_theme.ts";
import { inkOf } from "./ink.ts";
import { projectionOf, xToPx, yToPx, type Projection } from "./project.ts";
import { HAIRLINE, type Renderer } from "./renderer.ts";
import type { Scale } from "./scale.ts";
import { leading, type LineSeries } from "./series.ts";

/** A label's height, and how far apart two of them stand at least. */
const LABEL_PX = 13;
/** Labels that would have to move further than this from their lines say nothing about them. */
const FARTHEST_PX = 4 * LABEL_PX;
/** Labels of the same text are one if their lines end within this share of the plot's height. */
const SAME_PLACE = 0.03;
/** From so many lines on labels are a list, not a reading. */
export const MOST_LABELS = 40;

export interface LastPoint {
  readonly series: LineSeries;
  readonly index: number;
  readonly value: number;
  /** Height in the plot, 0 (bottom) .. 1. */
  readonly unitY: number;
}

/** A label: one line's last value, or that of several lines that end in the same place with the same digits. */
export interface ValueLabel extends LastPoint {
  readonly text: string;
}

/** The last finite point of a line, if it is in view of the scales; null otherwise. */
export function lastPoint(series: LineSeries, x: Scale, y: Scale): LastPoint | null {
  const values = leading(series);
  let index = series.start + series.count - 1;
  while (index >= series.start && !Number.isFinite(values[index]!)) index--;
  if (index < series.start) return null;
  const value = values[index]!;
  const [unitX, unitY] = [x.toUnit(series.x[index]! - series.xOffset), y.toUnit(value)];
  return unitX >= 0 && unitX <= 1 && unitY >= -0.001 && unitY <= 1.001 ? { series, index, value, unitY } : null;
}

/** What is to be written: the raised run's value first, then in the order of the list. */
export function labelsOf(list: readonly LineSeries[], x: Scale, y: Scale, y2: Scale | null, highlighted: string | null): ValueLabel[] {
  const points = list.flatMap((series) => (series.faint ? [] : (lastPoint(series, x, series.yAxis === 1 && y2 ? y2 : y) ?? [])));
  const isRaised = (point: LastPoint): number => Number(point.series.group === highlighted);
  const labels: { point: LastPoint; text: string; lines: number }[] = [];
  for (const point of points.sort((a, b) => isRaised(b) - isRaised(a))) {
    const text = formatValue(point.value);
    const same = labels.find((label) => label.text === text && Math.abs(label.point.unitY - point.unitY) < SAME_PLACE);
    if (same) same.lines++;
    else if (labels.length < MOST_LABELS) labels.push({ point, text, lines: 1 });
  }
  return labels.map(({ point, text, lines }) => ({ ...point, text: lines > 1 ? `${text} \u00d7${lines}` : text }));
}

interface Cluster {
  /** Positions in `wanted`, top to bottom. */
  members: number[];
  /** The first one's height; the others follow LABEL_PX apart. */
  top: number;
}

/** Heights in the order of `wanted`, as near to what each wants as LABEL_PX between neighbours allows. */
function spread(wanted: readonly number[], shown: readonly number[], low: number, high: number): Cluster[] {
  const clusters: Cluster[] = [];
  const settle = (members: number[]): Cluster => {
    const mean = members.reduce((sum, i, rank) => sum + wanted[i]! - rank * LABEL_PX, 0) / members.length;
    const extent = (members.length - 1) * LABEL_PX;
    return { members, top: Math.max(low, Math.min(mean, high - extent)) };
  };
  for (const i of [...shown].sort((a, b) => wanted[a]! - wanted[b]! || a - b)) {
    let next = settle([i]);
    // labels that would touch move as one
    for (let above = clusters.at(-1); above && above.top + above.members.length * LABEL_PX > next.top; above = clusters.at(-1)) {
      clusters.pop();
      next = settle([...above.members, ...next.members]);
    }
    clusters.push(next);
  }
  return clusters;
}

/**
 * Heights for labels that want to stand at `wanted`, the more important first: in the order of their lines, LABEL_PX
 * apart and within [low, high]. NaN for a label that is left out, because it would have stood too far from its line.
 */
export function placeLabels(wanted: readonly number[], low: number, high: number): number[] {
  const shown = wanted.map((_, i) => i);
  const most = Math.max(1, Math.floor((high - low) / LABEL_PX) + 1);
  for (;;) {
    const clusters = spread(wanted, shown, low, high);
    const places = new Array<number>(wanted.length).fill(NaN);
    let crowded: number[] | null = null;
    let farthest = FARTHEST_PX;
    for (const { members, top } of clusters) {
      members.forEach((i, rank) => {
        places[i] = top + rank * LABEL_PX;
        const moved = Math.abs(places[i] - wanted[i]!);
        if (moved <= farthest && members.length <= most) return;
        farthest = moved;
        crowded = members;
      });
    }
    if (!crowded) return places;
    shown.splice(shown.indexOf(leastMissed(crowded, wanted)), 1);
  }
}

/** Of labels from top to bottom, the one whose neighbours say most nearly the same; the outermost and the first stay. */
function leastMissed(members: readonly number[], wanted: readonly number[]): number {
  let least = Math.max(...members);
  let gap = Infinity;
  for (let rank = 1; rank + 1 < members.length; rank++) {
    const between = wanted[members[rank + 1]!]! - wanted[members[rank - 1]!]!;
    if (members[rank] !== 0 && between < gap) [least, gap] = [members[rank]!, between];
  }
  return least;
}

/** Draws the labels right of the plot, with a thin line to the ones that had to move or whose line ends earlier. */
export function drawValueLabels(renderer: Renderer, layout: AxisLayout, projection: Projection, labels: readonly ValueLabel[], theme: ChartTheme): void {
  const { right, plot } = layout;
  if (!right) return;
  const ends = labels.map(({ series, index, value }) => ({
    x: xToPx(projection, series.x[index]! - series.xOffset),
    y: yToPx(projectionOf(projection, series), value),
  }));
  const places = placeLabels(ends.map((end) => end.y), plot.y, plot.y + plot.height);
  labels.forEach((label, i) => {
    const [end, y] = [ends[i]!, places[i]!];
    if (y !== y) return;
    const { color } = label.series;
    const edge = right.labelsX - 2;
    if (Math.abs(y - end.y) > 3 || edge - end.x > 12) {
      const leader = { x: Float32Array.of(end.x + 4, Math.max(end.x + 4, plot.x + plot.width), edge), y: Float32Array.of(end.y, end.y, y), count: 3 };
      renderer.polyline(leader, { color, width: HAIRLINE, alpha: 0.35, dash: [] });
    }
    renderer.text(label.text, right.labelsX, y, { color: inkOf(color, theme), font: theme.fontStrong, align: "left", baseline: "middle" });
  });
}
