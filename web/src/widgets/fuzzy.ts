/** Fuzzy matching of names; only this file imports uFuzzy. */

import UFuzzy from "@leeoniya/ufuzzy";
import { foldCase } from "../base/fold_case.ts";

// One typing error per word; words in any order.
const latin = new UFuzzy({ intraMode: 1, intraIns: 1 });
// The letters of every script, at three times the cost.
const anyScript = new UFuzzy({
  unicode: true,
  interSplit: "[^\\p{L}\\d']+",
  intraSplit: "\\p{Ll}\\p{Lu}",
  intraBound: "\\p{L}\\d|\\d\\p{L}|\\p{Ll}\\p{Lu}",
  intraChars: "[\\p{L}\\d']",
  intraContr: "'\\p{L}{1,2}\\b",
  intraMode: 1,
  intraIns: 1,
});

const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text);

export interface Match {
  /** Index into the names. */
  index: number;
  /** Matched parts as pairs [from, to), for highlighting. */
  ranges: number[];
}

/** The best `limit` matches among the names, best first; none for an empty query. */
export function fuzzyMatch(names: string[], query: string, limit = 50): Match[] {
  const text = foldCase(query.trim());
  if (!text) return [];
  // The matcher ignores the case of ASCII itself, and reads humps in it: `trainLoss` is two words.
  const folded = names.map((name) => (isAscii(name) ? name : foldCase(name)));
  const [found, info, order] = (isAscii(text) ? latin : anyScript).search(folded, text, 1, 2000);
  if (!found) return [];
  if (!info || !order) return found.slice(0, limit).map((index) => ({ index, ranges: [] }));
  return order.slice(0, limit).map((at) => {
    const index = info.idx[at]!;
    // Places in a folded name are places in the name only if no letter became two.
    const isSame = folded[index]!.length === names[index]!.length;
    return { index, ranges: isSame ? (info.ranges[at] ?? []) : [] };
  });
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
