/** Texts as pages of items, tensors of strings as tables, JSON in lines. */

import type { TextItem } from "../../api/types.ts";

/** One line that says what a text is about: its first words, without Markdown's marks, after what the reader `knows`. */
export function firstLine(item: TextItem, knows: readonly string[] = []): string {
  let last = "";
  for (const line of item.cells.join("\n").split("\n", 40)) {
    const plain = line
      .replace(/^(?:[\s>|]|#{1,6}\s|[-*+]\s)+|[|\s]+$/g, "")
      .replace(/(\*{1,3}|`+|~~)(\S(?:.*?\S)?)\1/g, "$2")
      .replace(/(?<![\p{L}\p{N}_])_{1,3}(\S(?:.*?\S)?)_{1,3}(?![\p{L}\p{N}_])/gu, "$1")
      .replace(/\s*\|\s*/g, " · ");
    if (!/[\p{L}\p{N}{[]/u.test(plain)) continue;
    last = plain.slice(0, 200);
    if (!knows.includes(plain)) return last;
  }
  return last;
}

/** A tensor of rank 1 or more as tables of two dimensions, one for each index of the dimensions before. */
export interface TextTable {
  /** Which slice of a tensor of rank 3 and more: `[0, 1, :, :]`; empty for the whole. */
  readonly caption: string;
  readonly rows: readonly (readonly string[])[];
}

/** null for a single text (rank 0, or one element as torch writes it). A tensor that is not as long as its shape says is cut, never padded. */
export function toTables({ shape, cells }: Pick<TextItem, "shape" | "cells">): TextTable[] | null {
  if (shape.every((length) => length === 1)) return null;
  const columns = shape.length === 1 ? 1 : shape.at(-1)!;
  const rows = shape.length === 1 ? shape[0]! : shape.at(-2)!;
  const outer = shape.slice(0, Math.max(0, shape.length - 2));
  const size = rows * columns;
  const tables: TextTable[] = [];
  const count = outer.reduce((product, length) => product * length, 1);
  for (let t = 0; t < count && (t === 0 || (size > 0 && t * size < cells.length)); t++) {
    const index: number[] = [];
    for (let rest = t, d = outer.length - 1; d >= 0; d--) {
      index.unshift(rest % outer[d]!);
      rest = Math.floor(rest / outer[d]!);
    }
    const table: string[][] = [];
    for (let r = 0; r < rows; r++) {
      const row = cells.slice(t * size + r * columns, Math.min(t * size + (r + 1) * columns, cells.length));
      if (row.length === 0) break;
      table.push(row);
    }
    tables.push({ caption: outer.length ? `[${index.join(", ")}, :, :]` : "", rows: table });
  }
  return tables;
}

export interface JsonToken {
  readonly kind: "key" | "string" | "number" | "word" | "mark";
  readonly text: string;
}

/** A line of pretty JSON: its depth and its tokens, each exactly as written (no number loses a digit). */
export interface JsonLine {
  readonly depth: number;
  readonly tokens: JsonToken[];
}

const tokenPattern = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/g;

/** Lines of an object or array in JSON; null if the text is anything else. */
export function prettyJson(text: string): JsonLine[] | null {
  if (!/^\s*[[{]/.test(text)) return null;
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const lines: JsonLine[] = [];
  let depth = 0;
  let current: JsonToken[] = [];
  const finish = (): void => {
    if (current.length) lines.push({ depth, tokens: current });
    current = [];
  };
  const parts = text.match(tokenPattern) ?? [];
  parts.forEach((part, i) => {
    const next = parts[i + 1];
    if (part === "{" || part === "[") {
      current.push({ kind: "mark", text: part });
      if (next === "}" || next === "]") return;
      finish();
      depth++;
    } else if (part === "}" || part === "]") {
      const opened = parts[i - 1] === "{" || parts[i - 1] === "[";
      if (!opened) {
        finish();
        depth--;
      }
      current.push({ kind: "mark", text: part });
    } else if (part === ",") {
      current.push({ kind: "mark", text: part });
      finish();
    } else if (part === ":") {
      current.push({ kind: "mark", text: ": " });
    } else {
      const kind = part.startsWith('"') ? (next === ":" ? "key" : "string") : /^[-\d]/.test(part) ? "number" : "word";
      current.push({ kind, text: part });
    }
  });
  finish();
  return lines;
}

export const pageSize = 50;

/** Start of the page that holds item `index`. */
export function pageStart(index: number): number {
  return Math.floor(index / pageSize) * pageSize;
}

/**
 * Index of the item whose step is nearest to `step` among `total` items in ascending order, asking for as few as it
 * can: `stepAt` may fetch. The last of several with that step.
 */
export async function findStep(total: number, step: number, stepAt: (index: number) => Promise<number>): Promise<number> {
  if (total === 0) return -1;
  let low = 0;
  let high = total; // first index whose step is above
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((await stepAt(middle)) <= step) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return 0;
  if (low === total) return total - 1;
  const [below, above] = [await stepAt(low - 1), await stepAt(low)];
  return step - below <= above - step ? low - 1 : low;
}
