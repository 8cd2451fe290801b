/** Fuzzy matching of names; only this file imports uFuzzy. */

import UFuzzy from "@leeoniya/ufuzzy";

// One typing error per word; words in any order.
const matcher = new UFuzzy({ intraMode: 1, intraIns: 1 });

export interface Match {
  /** Index into the names. */
  index: number;
  /** Matched parts as pairs [from, to), for highlighting. */
  ranges: number[];
}

/** The best `limit` matches among the names, best first; none for an empty query. */
export function fuzzyMatch(names: string[], query: string, limit = 50): Match[] {
  const text = query.trim();
  if (!text) return [];
  const [found, info, order] = matcher.search(names, text, 1, 2000);
  if (!found) return [];
  if (!info || !order) return found.slice(0, limit).map((index) => ({ index, ranges: [] }));
  return order.slice(0, limit).map((at) => ({ index: info.idx[at]!, ranges: info.ranges[at] ?? [] }));
}

/** A name cut into parts that matched and parts that did not. */
export function splitRanges(name: string, ranges: readonly number[]): { text: string; hit: boolean }[] {
  const parts: { text: string; hit: boolean }[] = [];
  let at = 0;
  for (let i = 0; i + 1 < ranges.length; i += 2) {
    const [from, to] = [ranges[i]!, ranges[i + 1]!];
    if (from > at) parts.push({ text: name.slice(at, from), hit: false });
    parts.push({ text: name.slice(from, to), hit: true });
    at = to;
  }
  if (at < name.length) parts.push({ text: name.slice(at), hit: false });
  return parts;
}
