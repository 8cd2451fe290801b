/** What a chart's tooltip says, how it is copied, and where it goes. */

import { formatMarkdownTable, formatTabTable, type TableColumn } from "../base/markdown_table.ts";

export interface TooltipRow {
  readonly key: string;
  /** What is isolated by choosing the row: the line's run. */
  readonly group: string;
  readonly color: string;
  readonly dashed: boolean;
  readonly label: string;
  /** Values as text, under the columns of `columns`. */
  readonly cells: readonly string[];
  /** The line that is being read. */
  readonly strong: boolean;
  /** A word after the label (its own step, where it differs from the head's). */
  readonly note: string;
}

export interface TooltipContent {
  /** Left and right of the first line: where, and when. */
  readonly head: string;
  readonly aside: string;
  readonly columns: readonly string[];
  readonly rows: readonly TooltipRow[];
  /** Lines that are not shown. */
  readonly more: number;
}

/** Rows as a table: the head's words over the labels' column; notes of single rows go with their labels. */
function tableOf({ head, columns, rows }: TooltipContent): { columns: TableColumn[]; rows: string[][] } {
  return {
    columns: [{ name: head }, ...columns.map((name) => ({ name, numeric: true }))],
    rows: rows.map((row) => [row.note ? `${row.label} (${row.note})` : row.label, ...row.cells]),
  };
}

export function tooltipAsMarkdown(content: TooltipContent): string {
  const { columns, rows } = tableOf(content);
  return formatMarkdownTable(columns, rows);
}

/** For spreadsheets and plain text: tabs between cells. */
export function tooltipAsText(content: TooltipContent): string {
  const { columns, rows } = tableOf(content);
  return formatTabTable(columns, rows);
}

/** Rows that fit into a window of this height with everything else that a tooltip says. */
export function rowsThatFit(windowHeight: number): number {
  return Math.max(3, Math.floor((windowHeight - 2 * EDGE_PX - FRAME_PX) / ROW_PX));
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const GAP_PX = 16;
const EDGE_PX = 6;
/** Head, column names, "+n more", padding. */
const FRAME_PX = 84;
const ROW_PX = 18;

/**
 * Beside a point (window coordinates): right of it if there is room, else left; its top a little
 * above the point; never outside the window, and over the point only if the window is too narrow for
 * anything else.
 */
export function placeTooltip(at: { x: number; y: number }, size: Size, window: Size): { left: number; top: number } {
  const right = at.x + GAP_PX;
  const left = at.x - GAP_PX - size.width;
  const fitsRight = right + size.width <= window.width - EDGE_PX;
  const wanted = fitsRight || left < EDGE_PX ? right : left;
  const clamp = (value: number, extent: number, room: number): number =>
    Math.round(Math.max(EDGE_PX, Math.min(value, room - EDGE_PX - extent)));
  const isCramped = !fitsRight && left < EDGE_PX;
  // no room beside the point: above or below it instead
  const above = at.y - GAP_PX - size.height;
  const top = isCramped ? (above >= EDGE_PX ? above : at.y + GAP_PX) : at.y - 18;
  return { left: clamp(wanted, size.width, window.width), top: clamp(top, size.height, window.height) };
}
