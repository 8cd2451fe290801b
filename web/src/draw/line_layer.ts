/**
 * The lines of a chart: which strokes in which order. Bands lie lowest, then superseded stretches, then all raw lines,
 * then all smoothed ones, so that no run's noise hides another run's course.
 */

import { projectionOf, projectLine, type Projection } from "./project.ts";
import { projectBand, projectEnvelope } from "./project_strips.ts";
import { FINE, HAIRLINE, type Fill, type LineRenderer, type Stroke, type Vertices } from "./renderer.ts";
import { isAscending, leading, type LineSeries, type Values } from "./series.ts";
import { findSpikes, type Spikes } from "./spikes.ts";

/** Up to this many lines are stroked wider than a device pixel, which costs a software rasteriser 5 to 16 times as much. */
export const WIDE_LINES = 6;
/** Up to this many are drawn as fine lines. */
export const FINE_LINES = 24;
/** Up to this many get a dot at their last value. */
const DOTTED_LINES = 12;
const WIDE_PX = 1.5;
export const HIGHLIGHT_PX = 2.25;
/** What lines fade to while another run is highlighted. */
export const FADED_ALPHA = 0.18;

/** What a superseded stretch has of its line's strength. */
const FAINT_ALPHA = 0.3;

/** From this many points per device-pixel column on, raw values are a filled envelope instead of a zigzag. */
const ENVELOPE_DENSITY = 3;

const FEW_ISOLATED = 4;
const DOT_PX = 2.5;
const SPIKE_PX = 1.75;
const SPIKE_ALPHA = 0.8;

export interface LineStyle {
  readonly width: number;
  readonly alpha: number;
  readonly rawAlpha: number;
  readonly envelopeAlpha: number;
  readonly bandAlpha: number;
  readonly dots: boolean;
}

/** Many lines are drawn thinner and lighter, so that their density can be read. */
export function styleFor(lines: number): LineStyle {
  const crowd = Math.max(1, lines / 4);
  return {
    width: lines <= WIDE_LINES ? WIDE_PX : lines <= FINE_LINES ? FINE : HAIRLINE,
    alpha: lines > 60 ? Math.max(0.35, 8 / Math.sqrt(lines)) : 1,
    rawAlpha: Math.max(0.1, 0.36 / Math.sqrt(crowd)),
    envelopeAlpha: Math.max(0.05, 0.18 / Math.sqrt(crowd)),
    bandAlpha: Math.max(0.05, 0.16 / Math.sqrt(crowd)),
    dots: lines <= DOTTED_LINES,
  };
}

export const HIGHLIGHT_STYLE: LineStyle = { width: HIGHLIGHT_PX, alpha: 1, rawAlpha: 0.4, envelopeAlpha: 0.22, bandAlpha: 0.24, dots: true };

/** A back-end's own way from a series to what is seen of it, past vertices. Each returns false for what it cannot do. */
export interface DirectLines {
  line(series: LineSeries, values: Values, projection: Projection, stroke: Stroke): boolean;
  /** What lies between the lowest and the highest raw value of each column. */
  envelope(series: LineSeries, projection: Projection, fill: Fill): boolean;
}

/** Draws all series, clipped to the plot; by the `direct` way what can go there. */
export function drawLines(
  renderer: LineRenderer,
  list: readonly LineSeries[],
  projection: Projection,
  style: LineStyle,
  direct: DirectLines | null = null,
): void {
  const { plot, pixelRatio } = projection;
  // a line along the plot's edge keeps its full width
  renderer.clip({ x: plot.x - 0.5, y: plot.y - 1.5, width: plot.width + 1, height: plot.height + 2.5 });
  const columns = plot.width * pixelRatio;
  for (const series of list) {
    if (series.band) renderer.strip(projectBand(series, series.band, projectionOf(projection, series)), { color: series.color, alpha: style.bandAlpha });
  }
  for (const series of list) {
    if (!series.faint) continue;
    const on = projectionOf(projection, series);
    const alpha = style.alpha * FAINT_ALPHA;
    const stroke = { color: series.color, width: style.width, alpha, dash: series.dash };
    if (direct?.line(series, leading(series), on, stroke)) continue;
    const { vertices, isolated } = projectLine(series, leading(series), on);
    renderer.polyline(vertices, stroke);
    if (isolated.count > 0) renderer.marks("dot", isolated, 1, { color: series.color, alpha });
  }
  for (const series of list) {
    if (!series.smoothed || series.faint) continue;
    const on = projectionOf(projection, series);
    // a line that turns back in x has neither an envelope nor neighbours to stand out from
    const isOrdered = isAscending(series);
    if (isOrdered && series.count > ENVELOPE_DENSITY * columns && pointsInView(series, projection) > ENVELOPE_DENSITY * columns) {
      const fill = { color: series.color, alpha: style.envelopeAlpha };
      // spikes are found among vertices
      if (!style.dots && direct?.envelope(series, on, fill)) continue;
      const strip = projectEnvelope(series, series.y, on);
      renderer.strip(strip, fill);
      if (style.dots) drawSpikes(renderer, findSpikes(strip.x, strip.y, strip.y2, strip.count), series.color);
      continue;
    }
    const stroke = { color: series.color, width: HAIRLINE, alpha: style.rawAlpha, dash: [] };
    if (!style.dots && direct?.line(series, series.y, on, stroke)) continue;
    const { vertices } = projectLine(series, series.y, on);
    renderer.polyline(vertices, stroke);
    if (style.dots && isOrdered) drawSpikes(renderer, findSpikes(vertices.x, vertices.y, vertices.y, vertices.count), series.color);
  }
  const lonely: { at: Vertices; dots: Fill }[] = [];
  for (const series of list) {
    if (series.faint) continue;
    const on = projectionOf(projection, series);
    const stroke = { color: series.color, width: style.width, alpha: style.alpha, dash: series.dash };
    if (direct?.line(series, leading(series), on, stroke)) continue;
    const { vertices, isolated } = projectLine(series, leading(series), on);
    if (vertices.count > 1) renderer.polyline(vertices, stroke);
    const dots = { color: series.color, alpha: style.alpha };
    // a noisy line that leaves the axis again and again should not be confetti
    if (isolated.count > FEW_ISOLATED) renderer.marks("dot", isolated, 0.75, dots);
    else if (isolated.count > 0) lonely.push({ at: copyOf(isolated), dots });
  }
  renderer.unclip();
  // the one or two points that no stroke would show stay round even on the plot's edge
  const { x, y, width, height } = plot;
  renderer.clip({ x: x - DOT_PX, y: y - DOT_PX, width: width + 2 * DOT_PX, height: height + 2 * DOT_PX });
  for (const { at, dots } of lonely) renderer.marks("dot", at, DOT_PX, dots);
  renderer.unclip();
}

function drawSpikes(renderer: LineRenderer, spikes: Spikes | null, color: string): void {
  if (!spikes) return;
  renderer.polyline(spikes.stems, { color, width: HAIRLINE, alpha: SPIKE_ALPHA, dash: [] });
  renderer.marks("dot", spikes.tips, SPIKE_PX, { color, alpha: SPIKE_ALPHA });
}

function copyOf({ x, y, count }: Vertices): Vertices {
  return { x: x.slice(0, count), y: y.slice(0, count), count };
}

function pointsInView(series: LineSeries, projection: Projection): number {
  // cheap upper estimate is enough: the server sends little more than the view
  const { x, start, count, xOffset } = series;
  const first = x[start]! - xOffset;
  const last = x[start + count - 1]! - xOffset;
  const extent = last - first;
  const seen = Math.min(last, projection.x.high) - Math.max(first, projection.x.low);
  return extent > 0 ? count * Math.max(0, Math.min(1, seen / extent)) : count;
}
