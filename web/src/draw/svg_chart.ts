/**
 * A line chart as a standalone SVG document: title, axes, lines and legend, the font inside. The drawing is the
 * canvas' own (line_chart_frame.ts) on another back-end. Loaded when someone asks for it.
 */

import { makeCanvas2dRenderer } from "./canvas2d.ts";
import { drawDensity } from "./density.ts";
import { densityRamp } from "./density_ramp.ts";
import { drawBackground, drawForeground, layoutFrame } from "./line_chart_frame.ts";
import type { LineChartData } from "./line_chart_data.ts";
import { drawLines, styleFor } from "./line_layer.ts";
import type { Projection } from "./project.ts";
import { HAIRLINE, type Renderer } from "./renderer.ts";
import type { LineSeries } from "./series.ts";
import { drawFixedStepCursor } from "./step_cursor.ts";
import type { SurfaceSize } from "./surface.ts";
import { escapeXml, makeSvgRenderer } from "./svg.ts";
import { fontFaces } from "./svg_fonts.ts";

export interface SvgWords {
  /** Over the chart, and the document's name. */
  readonly title: string;
  /** For readers that cannot see it: the chart's summary. */
  readonly description: string;
}

const TITLE_PX = 30;
const LEGEND_ROW_PX = 18;
const SWATCH_PX = 18;
const EDGE_PX = 12;
/** A legend is for lines that can be told apart. */
const MOST_ENTRIES = 60;

interface LegendEntry {
  readonly label: string;
  readonly color: string;
  readonly dash: readonly number[];
}

/** What can be told apart, once: a line's label and looks. */
export function legendOf(list: readonly LineSeries[]): LegendEntry[] {
  const entries = new Map<string, LegendEntry>();
  for (const { label, color, dash, faint } of list) {
    const key = `${label}\n${color}\n${dash.join(" ")}`;
    if (!faint && !entries.has(key)) entries.set(key, { label, color, dash });
  }
  return [...entries.values()];
}

/** Entries in rows that fit `widthPx`; the last one says how many there was no room for. */
function drawLegend(renderer: Renderer, entries: readonly LegendEntry[], top: number, widthPx: number, data: LineChartData): number {
  const { theme } = data;
  const style = { color: theme.text, font: theme.font, align: "left", baseline: "middle" } as const;
  const shown = entries.slice(0, MOST_ENTRIES);
  let x = EDGE_PX;
  let y = top + LEGEND_ROW_PX / 2;
  const wrap = (needed: number): void => {
    if (x === EDGE_PX || x + needed <= widthPx - EDGE_PX) return;
    x = EDGE_PX;
    y += LEGEND_ROW_PX;
  };
  for (const { label, color, dash } of shown) {
    const needed = SWATCH_PX + 6 + renderer.measure(label, theme.font);
    wrap(needed);
    const swatch = { x: Float32Array.of(x, x + SWATCH_PX), y: Float32Array.of(y, y), count: 2 };
    renderer.polyline(swatch, { color, width: 2, alpha: 1, dash });
    renderer.text(label, x + SWATCH_PX + 6, y, style);
    x += needed + 16;
  }
  const more = entries.length - shown.length;
  if (more > 0) {
    const label = `+${more} more`;
    wrap(renderer.measure(label, theme.font));
    renderer.text(label, x, y, { ...style, color: theme.muted });
  }
  return y + LEGEND_ROW_PX / 2;
}

/** Device pixels per CSS pixel of a density's picture. */
const DENSITY_RATIO = 2;

/**
 * The document without fonts: pure, for tests. `measure` gives the width of a text in CSS px; `paintDensity` the address
 * of a picture as large as the surface, asked for where the chart shows a density.
 */
export function composeSvg(
  data: LineChartData,
  size: SurfaceSize,
  words: SvgWords,
  measure: (text: string, font: string) => number,
  faces: string,
  paintDensity: (projection: Projection) => string,
): string {
  const { widthPx } = size;
  const { theme, series } = data;
  const still = { ...data, highlighted: null };
  const frame = layoutFrame(still, { ...size, pixelRatio: 1 }, (text) => measure(text, theme.font));
  const style = styleFor(series.length);

  const chart = makeSvgRenderer(measure);
  drawBackground(chart, frame, data);
  if (data.density) {
    const picture = paintDensity({ ...frame.projection, pixelRatio: DENSITY_RATIO });
    chart.image(picture, { x: 0, y: 0, width: widthPx, height: size.heightPx });
  } else drawLines(chart, series, frame.projection, { ...style, width: style.width === HAIRLINE ? 0.75 : style.width });
  drawForeground(chart, frame, still, widthPx, !data.density && style.dots);
  drawFixedStepCursor(chart, frame, data);

  const below = makeSvgRenderer(measure);
  const legendTop = TITLE_PX + size.heightPx + 6;
  // of a density no line can be told from the others
  const entries = data.density ? [] : legendOf(series);
  const bottom = entries.length > 0 ? drawLegend(below, entries, legendTop, widthPx, data) + EDGE_PX / 2 : legendTop;
  const head = makeSvgRenderer(measure);
  head.text(words.title, EDGE_PX, TITLE_PX / 2 + 1, { color: theme.text, font: theme.fontStrong.replace("11px", "13px"), align: "left", baseline: "middle" });

  const height = Math.ceil(bottom);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${height}" viewBox="0 0 ${widthPx} ${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escapeXml(words.title)}</title>`,
    `<desc id="description">${escapeXml(words.description)}</desc>`,
    ...(faces ? [`<defs><style type="text/css">${faces}</style></defs>`] : []),
    `<rect width="${widthPx}" height="${height}" fill="${theme.surface}"/>`,
    head.body(),
    `<g transform="translate(0 ${TITLE_PX})">`,
    chart.body(),
    "</g>",
    below.body(),
    "</svg>",
    "",
  ].join("\n");
}

/** The document with its font; null where nothing can be measured. */
export async function chartSvg(data: LineChartData, size: SurfaceSize, words: SvgWords): Promise<string | null> {
  const context = document.createElement("canvas").getContext("2d");
  if (!context || size.widthPx === 0) return null;
  const { measure } = makeCanvas2dRenderer(context, 1);
  const paintDensity = (projection: Projection): string => {
    const { canvas } = context;
    canvas.width = Math.round(size.widthPx * projection.pixelRatio);
    canvas.height = Math.round(size.heightPx * projection.pixelRatio);
    const image = new ImageData(canvas.width, canvas.height);
    drawDensity(data.series, projection, image.width, image.height, densityRamp(data.theme, data.density === "tinted"), image.data);
    context.putImageData(image, 0, 0);
    return canvas.toDataURL("image/png");
  };
  const faces = await fontFaces([words.title, ...legendOf(data.series).map((entry) => entry.label)]);
  return composeSvg(data, size, words, measure, faces, paintDensity);
}
