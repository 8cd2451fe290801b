/**
 * Lines and views as messages between the page and a line worker. Columns travel once, by number; a
 * list of lines is a table of numbers over them, so that hiding one run of a thousand sends kilobytes.
 */

import type { Projection } from "./project.ts";
import { makeScale, type Scale, type ScaleKind } from "./scale.ts";
import type { LineSeries, Values } from "./series.ts";

/** What a picture of lines is drawn for. */
export interface LayerView {
  readonly projection: Projection;
  readonly widthPx: number;
  readonly heightPx: number;
  /** 256 colours of a density picture as RGBA bytes: uint8[1024]; null draws lines. */
  readonly ramp: Uint8ClampedArray | null;
}

interface WireScale {
  readonly kind: ScaleKind;
  readonly low: number;
  readonly high: number;
  readonly linear: number;
}

export interface WireView extends Omit<LayerView, "projection"> {
  readonly x: WireScale;
  readonly y: WireScale;
  readonly y2: WireScale | null;
  readonly plot: Projection["plot"];
  readonly pixelRatio: number;
}

export interface WireLines {
  /** FIELDS numbers for each line. */
  readonly table: Float64Array;
  readonly colors: readonly string[];
  readonly dashes: readonly (readonly number[])[];
}

export type ToWorker =
  | { readonly do: "columns"; readonly add: readonly [number, Values][]; readonly drop: readonly number[] }
  | { readonly do: "lines"; readonly layer: number; readonly lines: WireLines }
  | { readonly do: "draw"; readonly layer: number; readonly view: WireView }
  | { readonly do: "free"; readonly layer: number };

export type FromWorker =
  | { readonly do: "ready" }
  /** A null picture: there is nothing to draw on. */
  | { readonly do: "drawn"; readonly layer: number; readonly bitmap: ImageBitmap | null }
  | { readonly do: "failed"; readonly reason: string };

/** start, count, xOffset, columns (x, y, smoothed, low, high; -1 for none), colour, dash, faint, axis. */
const FIELDS = 12;

const NONE = -1;

/** The columns of a line, in the order of the table; null for those that it lacks. */
export function wireColumns({ x, y, smoothed, band }: LineSeries): (Values | null)[] {
  return [x, y, smoothed, band?.low ?? null, band?.high ?? null];
}

/** `numberOf` numbers the columns. */
export function encodeLines(list: readonly LineSeries[], numberOf: (column: Values) => number): WireLines {
  const table = new Float64Array(FIELDS * list.length);
  const colors = new Map<string, number>();
  const dashes = new Map<string, [number, readonly number[]]>();
  list.forEach((series, index) => {
    const { start, count, xOffset, color, dash, faint, yAxis } = series;
    let colorAt = colors.get(color);
    if (colorAt === undefined) colors.set(color, (colorAt = colors.size));
    const pattern = dash.join(" ");
    let dashAt = dashes.get(pattern)?.[0];
    if (dashAt === undefined) dashes.set(pattern, [(dashAt = dashes.size), [...dash]]);
    const numbers = wireColumns(series).map((column) => (column ? numberOf(column) : NONE));
    table.set([start, count, xOffset, ...numbers, colorAt, dashAt, faint ? 1 : 0, yAxis ?? 0], FIELDS * index);
  });
  return { table, colors: [...colors.keys()], dashes: [...dashes.values()].map(([, dash]) => dash) };
}

/** The lines of a message as far as they can be seen: without names. */
export function decodeLines({ table, colors, dashes }: WireLines, columns: ReadonlyMap<number, Values>): LineSeries[] {
  return Array.from({ length: table.length / FIELDS }, (_, index): LineSeries => {
    const row = table.subarray(FIELDS * index, FIELDS * (index + 1));
    const column = (field: number): Values | null => columns.get(row[field]!) ?? null;
    const [x, y, low, high] = [column(3), column(4), column(6), column(7)];
    if (!(x instanceof Float64Array) || !y) throw new Error(`line ${index} speaks of a column that was not sent`);
    return {
      key: String(index),
      group: "",
      label: "",
      start: row[0]!,
      count: row[1]!,
      xOffset: row[2]!,
      x,
      y,
      smoothed: column(5),
      ...(low && high ? { band: { low, high } } : {}),
      color: colors[row[8]!] ?? "#000000",
      dash: dashes[row[9]!] ?? [],
      faint: row[10] === 1,
      yAxis: row[11] === 1 ? 1 : 0,
    };
  });
}

const encodeScale = ({ kind, low, high, linear }: Scale): WireScale => ({ kind, low, high, linear });
const decodeScale = ({ kind, low, high, linear }: WireScale): Scale => makeScale(kind, low, high, linear);

export function encodeView({ projection, widthPx, heightPx, ramp }: LayerView): WireView {
  const { x, y, y2, plot, pixelRatio } = projection;
  const { x: left, y: top, width, height } = plot;
  return {
    x: encodeScale(x),
    y: encodeScale(y),
    y2: y2 ? encodeScale(y2) : null,
    plot: { x: left, y: top, width, height },
    pixelRatio,
    widthPx,
    heightPx,
    ramp,
  };
}

export function decodeView({ x, y, y2, plot, pixelRatio, widthPx, heightPx, ramp }: WireView): LayerView {
  const projection = { x: decodeScale(x), y: decodeScale(y), y2: y2 ? decodeScale(y2) : null, plot, pixelRatio };
  return { projection, widthPx, heightPx, ramp };
}
