/** The order of cards that a user made by dragging, as moves over the natural order. */

import { formatList, parseList } from "../../base/url_state.ts";

/** A card stands directly before another one of its section, or at the end (empty). */
export interface Move {
  readonly key: string;
  readonly before: string;
}

export function formatMoves(moves: readonly Move[]): string | null {
  const escape = (text: string): string => text.replace(/[%~]/g, (found) => (found === "~" ? "%7E" : "%25"));
  return moves.length > 0 ? formatList(moves.map(({ key, before }) => `${escape(key)}~${escape(before)}`)) : null;
}

export function parseMoves(text: string | null): Move[] {
  const unescape = (part: string): string => part.replaceAll("%7E", "~").replaceAll("%25", "%");
  return parseList(text).flatMap((item) => {
    const [key, before, ...rest] = item.split("~").map(unescape);
    return key && before !== undefined && rest.length === 0 ? [{ key, before }] : [];
  });
}

/** A card that is moved again forgets its earlier place, unless another one was put beside it there. */
export function addMove(moves: readonly Move[], move: Move): Move[] {
  const needed = moves.some((each) => each.before === move.key);
  return [...moves.filter((each) => each.key !== move.key || needed), move];
}

/** Items in the order that the moves make; moves whose card or neighbour is not here change nothing. */
export function applyMoves<T extends { readonly key: string }>(items: readonly T[], moves: readonly Move[]): readonly T[] {
  if (moves.length === 0) return items;
  const here = new Set(items.map((item) => item.key));
  const fitting = moves.filter(({ key, before }) => here.has(key) && key !== before && (before === "" || here.has(before)));
  if (fitting.length === 0) return items;
  const list = [...items];
  for (const { key, before } of fitting) {
    const [item] = list.splice(list.findIndex((each) => each.key === key), 1);
    const at = before === "" ? list.length : list.findIndex((each) => each.key === before);
    if (item) list.splice(at, 0, item);
  }
  return list;
}
