/** Targets across the plot and events along it: rules with labels that do not run into each other. */

import { shorten } from "./axis.ts";
import type { ChartTheme } from "./chart_theme.ts";
import { inkOf } from "./ink.ts";
import type { ReferenceLine } from "./line_chart_data.ts";
import { xToPx, yToPx, type Projection } from "./project.ts";
import { HAIRLINE, type Renderer } from "./renderer.ts";

const LABEL_PX = 13;
const PADDING_PX = 3;
const WIDEST_PX = 140;
/** Labels of events stand in so many rows at most; more would cover the lines. */
const EVENT_ROWS = 3;
/** Beyond this many labels are left out: the rules say where. */
const MOST_LABELS = 24;

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
}

function meets(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.top + LABEL_PX && b.top < a.top + LABEL_PX;
}

/** The rules themselves, under the lines. */
export function drawReferenceRules(renderer: Renderer, lines: readonly ReferenceLine[], projection: Projection, theme: ChartTheme): void {
  const { plot } = projection;
  for (const line of lines) {
    const color = line.color ?? theme.muted;
    if (line.axis === "x") {
      const at = xToPx(projection, line.at);
      if (at >= plot.x - 0.5 && at <= plot.x + plot.width + 0.5) {
        renderer.rule(at, plot.y, at, plot.y + plot.height, { color, width: HAIRLINE, alpha: 0.75, dash: [2, 2] });
      }
      continue;
    }
    const at = heightOf(line, projection);
    if (at >= plot.y - 0.5 && at <= plot.y + plot.height + 0.5) {
      renderer.rule(plot.x, at, plot.x + plot.width, at, { color, width: HAIRLINE, alpha: 0.9, dash: [6, 3] });
    }
  }
}

function heightOf(line: ReferenceLine, projection: Projection): number {
  return yToPx(line.axis === "y2" && projection.y2 ? { ...projection, y: projection.y2 } : projection, line.at);
}

/** Their labels, over the lines: targets at the left (lines end at the right, where they are read), events at the top. A target out of view has an arrow at its edge. */
export function drawReferenceLabels(renderer: Renderer, lines: readonly ReferenceLine[], projection: Projection, theme: ChartTheme): void {
  const { plot } = projection;
  const { font } = theme;
  const boxes: Box[] = [];
  const write = (text: string, wanted: readonly Box[], color: string): void => {
    const box = wanted.find((each) => boxes.every((other) => !meets(each, other)));
    if (!box || boxes.length >= MOST_LABELS) return;
    boxes.push(box);
    const { left, right, top } = box;
    renderer.rect({ x: left, y: top, width: right - left, height: LABEL_PX }, { color: theme.surface, alpha: 0.82 }, null);
    renderer.text(text, left + PADDING_PX, top + LABEL_PX / 2, { color: inkOf(color, theme), font, align: "left", baseline: "middle" });
  };
  const edge = plot.x + plot.width;
  const [top, bottom] = [plot.y, plot.y + plot.height];

  for (const line of lines) {
    if (line.axis === "x") continue;
    const at = heightOf(line, projection);
    if (Number.isNaN(at)) continue;
    const isAbove = at < top - 0.5;
    const isBelow = at > bottom + 0.5;
    const arrow = isAbove ? "\u2191 " : isBelow ? "\u2193 " : "";
    if (arrow === "" && line.label === "") continue;
    const text = arrow + shorten(line.label, Math.min(WIDEST_PX, plot.width / 2), renderer, font);
    const width = renderer.measure(text, font) + 2 * PADDING_PX;
    const boxAt = (y: number): Box => ({ left: plot.x + 3, right: plot.x + 3 + width, top: Math.min(Math.max(y, top + 1), bottom - LABEL_PX - 1) });
    // above its rule, else below it, else further along the edge
    const tries = [at - LABEL_PX - 1, at + 2, ...[1, 2, 3].flatMap((n) => [at - (n + 1) * LABEL_PX, at + n * LABEL_PX])];
    write(text, tries.map(boxAt), line.color ?? theme.muted);
  }

  const events = lines.filter((line) => line.axis === "x" && line.label !== "").sort((a, b) => a.at - b.at);
  for (const line of events) {
    const at = xToPx(projection, line.at);
    if (!(at >= plot.x - 0.5 && at <= edge + 0.5)) continue;
    const text = shorten(line.label, Math.min(WIDEST_PX, plot.width / 2), renderer, font);
    const width = renderer.measure(text, font) + 2 * PADDING_PX;
    // right of its rule, unless that leaves the plot
    const left = at + 2 + width <= edge ? at + 2 : at - 2 - width;
    const rows = Array.from({ length: EVENT_ROWS }, (_, row) => ({ left, right: left + width, top: top + 1 + row * LABEL_PX }));
    write(text, rows, line.color ?? theme.muted);
  }
}
