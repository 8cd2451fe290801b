/**
 * Lines and views as messages between the page and a line worker. Columns travel once, by number; a
 * list of lines is a table of numbers over them, so that hiding one run of a thousand sends kilobytes.
 */

import type { DensityRamp } from "./density_ramp.ts";
import type { Projection } from "./project.ts";
import { makeScale, type Scale, type ScaleKind } from "./scale.ts";
import { isSameDash, type LineSeries, type Values } from "./series.ts";

/** What a picture of lines is drawn for. */
export interface LayerView {
  readonly projection: Projection;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Colours of a density picture; null draws lines. */
  readonly ramp: DensityRamp | null;
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

/** The columns that lines lie in. The lines of an answer share theirs: thousands of lines speak of three arrays. */
export function columnsUsed(list: readonly LineSeries[]): Set<Values> {
  const used = new Set<Values>();
  let before: LineSeries | null = null;
  for (const series of list) {
    const { x, y, smoothed, band } = series;
    if (x !== before?.x) used.add(x);
    if (y !== before?.y) used.add(y);
    if (smoothed && smoothed !== before?.smoothed) used.add(smoothed);
    if (band && band.low !== before?.band?.low) used.add(band.low);
    if (band && band.high !== before?.band?.high) used.add(band.high);
    before = series;
  }
  return used;
}

/** `find` with the last answer at hand: of lines that follow each other most ask the same. */
function remembering(find: (column: Values) => number): (column: Values | null | undefined) => number {
  let last: Values | null = null;
  let number = NONE;
  return (column) => {
    if (!column) return NONE;
    if (column !== last) [last, number] = [column, find(column)];
    return number;
  };
}

/** `numberOf` numbers the columns. */
export function encodeLines(list: readonly LineSeries[], numberOf: (column: Values) => number): WireLines {
  const [xNumber, yNumber, smoothedNumber, lowNumber, highNumber] = Array.from({ length: 5 }, () => remembering(numberOf));
  const table = new Float64Array(FIELDS * list.length);
  const colors = new Map<string, number>();
  // patterns of the page are few and shared; two that are equal may be sent twice
  const dashes = new Map<readonly number[], number>();
  let at = 0;
  for (const { start, count, xOffset, x, y, smoothed, band, color, dash, faint, yAxis } of list) {
    let colorAt = colors.get(color);
    if (colorAt === undefined) colors.set(color, (colorAt = colors.size));
    let dashAt = dashes.get(dash);
    if (dashAt === undefined) dashes.set(dash, (dashAt = dashes.size));
    table[at++] = start;
    table[at++] = count;
    table[at++] = xOffset;
    table[at++] = xNumber!(x);
    table[at++] = yNumber!(y);
    table[at++] = smoothedNumber!(smoothed);
    table[at++] = lowNumber!(band?.low);
    table[at++] = highNumber!(band?.high);
    table[at++] = colorAt;
    table[at++] = dashAt;
    table[at++] = faint ? 1 : 0;
    table[at++] = yAxis ?? 0;
  }
  return { table, colors: [...colors.keys()], dashes: [...dashes.keys()].map((dash) => [...dash]) };
}

/**
 * The lines of a message as far as they can be seen: without names. Those that were there `before`, just the same, are
 * the same objects again: what was found out about them stays known.
 */
export function decodeLines({ table, colors, dashes }: WireLines, columns: ReadonlyMap<number, Values>, before: readonly LineSeries[] = []): LineSeries[] {
  const known = new Map(before.map((series) => [series.key, series]));
  return Array.from({ length: table.length / FIELDS }, (_, index): LineSeries => {
    const at = FIELDS * index;
    const column = (field: number): Values | null => columns.get(table[at + field]!) ?? null;
    const [x, y, low, high] = [column(3), column(4), column(6), column(7)];
    if (!(x instanceof Float64Array) || !y) throw new Error(`line ${index} speaks of a column that was not sent`);
    const series: LineSeries = {
      // lines may lie in one column, one behind the other
      key: `${table[at + 4]} ${table[at]}`,
      group: "",
      label: "",
      start: table[at]!,
      count: table[at + 1]!,
      xOffset: table[at + 2]!,
      x,
      y,
      smoothed: column(5),
      ...(low && high ? { band: { low, high } } : {}),
      color: colors[table[at + 8]!] ?? "#000000",
      dash: dashes[table[at + 9]!] ?? [],
      faint: table[at + 10] === 1,
      yAxis: table[at + 11] === 1 ? 1 : 0,
    };
    const same = known.get(series.key);
    if (!same || !looksLike(same, series)) return series;
    // each only once: a chart may show the same line twice
    known.delete(series.key);
    return same;
  });
}

function looksLike(a: LineSeries, b: LineSeries): boolean {
  return (
    a.x === b.x &&
    a.y === b.y &&
    a.smoothed === b.smoothed &&
    a.band?.low === b.band?.low &&
    a.band?.high === b.band?.high &&
    a.start === b.start &&
    a.count === b.count &&
    a.xOffset === b.xOffset &&
    a.color === b.color &&
    a.faint === b.faint &&
    a.yAxis === b.yAxis &&
    isSameDash(a.dash, b.dash)
  );
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
