/** A card's data and picture as files. */

import { apiUrl } from "../../api/client.ts";
import type { LineSeries } from "../../charts/line_types.ts";

export interface CsvSource {
  readonly run: string;
  readonly tag: string;
}

/** A field of a CSV line: quoted where it must be. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Tables of `Wall time,Step,Value` lines, one per series, as one table with the run and tag in front. */
export function joinTables(tables: readonly { source: CsvSource; text: string }[]): string {
  const lines = ["Run,Tag,Wall time,Step,Value"];
  for (const { source, text } of tables) {
    const prefix = `${csvField(source.run)},${csvField(source.tag)},`;
    const [, ...rows] = text.split(/\r?\n/);
    for (const row of rows) if (row !== "") lines.push(prefix + row);
  }
  return `${lines.join("\n")}\n`;
}

/** A name that every file system takes. */
export function fileName(title: string, extension: string): string {
  // eslint-disable-next-line no-control-regex -- exactly these must not be in file names
  const safe = title.replace(/[\u0000-\u001f<>:"/\\|?*]+/g, "_").slice(0, 120) || "chart";
  return `${safe}.${extension}`;
}

export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // the download has begun when the click returns; the data are kept until then
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Every point of every source, as logged. */
export async function downloadCsv(sources: readonly CsvSource[], title: string): Promise<void> {
  const tables: { source: CsvSource; text: string }[] = [];
  for (const source of sources) {
    const url = apiUrl("data/plugin/scalars/scalars", { run: source.run, tag: source.tag, format: "csv" });
    const response = await fetch(url, { credentials: "same-origin" });
    if (!response.ok) throw new Error(`The server answered ${response.status} for ${source.run}.`);
    tables.push({ source, text: await response.text() });
  }
  const [only] = tables;
  const text = tables.length === 1 && only ? only.text : joinTables(tables);
  saveBlob(new Blob([text], { type: "text/csv" }), fileName(title, "csv"));
}

export interface PictureColors {
  readonly surface: string;
  readonly text: string;
}

const FONT = '"Inter Variable", Inter, system-ui, sans-serif';
const MOST_LEGEND_ENTRIES = 30;

/** The chart (drawn at `scale`) with its title above and its legend below, as PNG. */
export async function downloadPng(
  chart: HTMLCanvasElement,
  scale: number,
  title: string,
  lines: readonly LineSeries[],
  colors: PictureColors,
): Promise<void> {
  const padding = 12 * scale;
  const row = 18 * scale;
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  if (!context) return;
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
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (blob) saveBlob(blob, fileName(title, "png"));
}
