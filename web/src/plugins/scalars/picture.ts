/** A chart's picture as a file: its title above, its legend below. */

import type { LineSeries } from "../../charts/line_types.ts";

export interface PictureColors {
  readonly surface: string;
  readonly text: string;
}

const FONT = '"Inter Variable", Inter, system-ui, sans-serif';
const MOST_LEGEND_ENTRIES = 30;

/** The chart (drawn at `scale`) with its title above and its legend below, as PNG. */
export function makePng(
  chart: HTMLCanvasElement,
  scale: number,
  title: string,
  lines: readonly LineSeries[],
  colors: PictureColors,
): Promise<Blob | null> {
  const padding = 12 * scale;
  const row = 18 * scale;
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  if (!context) return Promise.resolve(null);
  const legendFont = `400 ${11 * scale}px ${FONT}`;
  context.font = legendFont;
  const named = lines.slice(0, MOST_LEGEND_ENTRIES);
  const places: { line: LineSeries; x: number; row: number }[] = [];
  let x = padding;
  let rows = 0;
  for (const line of named) {
    const width = context.measureText(line.label).width + 30 * scale;
    if (x > padding && x + width > chart.width) {
      x = padding;
      rows++;
    }
    places.push({ line, x, row: rows });
    x += width;
  }
  const top = 30 * scale;
  canvas.width = chart.width;
  canvas.height = Math.round(top + chart.height + (rows + 1) * row + padding);
  context.fillStyle = colors.surface;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = colors.text;
  context.textBaseline = "middle";
  context.font = `600 ${13 * scale}px ${FONT}`;
  context.fillText(title, padding, top / 2);
  context.drawImage(chart, 0, top);
  context.font = legendFont;
  for (const place of places) {
    const y = top + chart.height + (place.row + 0.5) * row;
    context.strokeStyle = place.line.color;
    context.lineWidth = 2 * scale;
    context.setLineDash(place.line.dash.map((length) => length * scale));
    context.beginPath();
    context.moveTo(place.x, y);
    context.lineTo(place.x + 14 * scale, y);
    context.stroke();
    context.fillStyle = colors.text;
    context.fillText(place.line.label, place.x + 19 * scale, y);
  }
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
