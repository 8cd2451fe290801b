/**
 * Several tags in one chart, put together in the viewer: tags drawn onto another one's card, or all tags that match a
 * filter on a card of their own.
 */

import { formatList, parseList } from "../../base/url_state.ts";
import { parseTagFilter } from "../../base/tag_groups.ts";
import { cardMatches, type CardTag, type ScalarCard } from "./cards.ts";

/** `onto`: cards drawn on the host's card. `matching`: a card of all that match, but some. Cards go by their keys. */
export type Overlay =
  | { readonly kind: "onto"; readonly host: string; readonly keys: readonly string[] }
  | { readonly kind: "matching"; readonly filter: string; readonly without: readonly string[] };

/** More tags than this cannot be told apart in one chart. */
export const MOST_TAGS = 40;
/** Stands before a filter to make the key of its card; no tag begins so. */
const MATCHING = "\nmatching ";

export function matchingKey(filter: string): string {
  return MATCHING + filter;
}

/** `host~tag~tag`, and `~filter~without` with nothing before the filter. */
export function formatOverlays(overlays: readonly Overlay[]): string | null {
  const texts = overlays.map((each) => {
    const parts = each.kind === "onto" ? [each.host, ...each.keys] : ["", each.filter, ...each.without];
    return parts.map((part) => part.replace(/[%~]/g, (found) => (found === "~" ? "%7E" : "%25"))).join("~");
  });
  return texts.length > 0 ? formatList(texts) : null;
}

export function parseOverlays(text: string | null): Overlay[] {
  const overlays: Overlay[] = [];
  for (const item of parseList(text)) {
    const [head = "", ...rest] = item.split("~").map((part) => part.replaceAll("%7E", "~").replaceAll("%25", "%"));
    if (head !== "" && rest.length > 0) overlays.push({ kind: "onto", host: head, keys: [...new Set(rest)] });
    else if (head === "" && rest[0]) overlays.push({ kind: "matching", filter: rest[0], without: rest.slice(1) });
  }
  return overlays;
}

/** With the cards `keys` drawn on `host`'s. A card is drawn once, and not on itself. */
export function addOnto(overlays: readonly Overlay[], host: string, keys: readonly string[]): Overlay[] {
  const added = keys.filter((key) => key !== host);
  if (added.length === 0) return [...overlays];
  const at = overlays.findIndex((each) => each.kind === "onto" && each.host === host);
  const before = overlays[at];
  if (before?.kind !== "onto") return [...overlays, { kind: "onto", host, keys: [...new Set(added)] }];
  return overlays.with(at, { ...before, keys: [...new Set([...before.keys, ...added])] });
}

export function addMatching(overlays: readonly Overlay[], filter: string): Overlay[] {
  const others = overlays.filter((each) => !(each.kind === "matching" && each.filter === filter));
  return [{ kind: "matching", filter, without: [] }, ...others];
}

/** Without the card `key` on the card `from`; an overlay without anything over it is gone. */
export function removeFrom(overlays: readonly Overlay[], from: string, key: string): Overlay[] {
  return overlays.flatMap((each): Overlay[] => {
    if (each.kind === "onto") {
      if (each.host !== from) return [each];
      const keys = each.keys.filter((other) => other !== key);
      return keys.length > 0 ? [{ ...each, keys }] : [];
    }
    return matchingKey(each.filter) === from ? [{ ...each, without: [...each.without, key] }] : [each];
  });
}

/** Without any overlay on the card. */
export function dissolve(overlays: readonly Overlay[], from: string): Overlay[] {
  return overlays.filter((each) => (each.kind === "onto" ? each.host !== from : matchingKey(each.filter) !== from));
}

export interface Combined {
  /** All cards, those with something over them in their own places. */
  readonly cards: readonly ScalarCard[];
  /** The cards of filters. */
  readonly matching: readonly ScalarCard[];
}

export function combine(cards: readonly ScalarCard[], overlays: readonly Overlay[]): Combined {
  if (overlays.length === 0) return { cards, matching: [] };
  const byKey = new Map(cards.map((card) => [card.key, card]));
  const known = (keys: readonly string[]): ScalarCard[] => keys.map((key) => byKey.get(key)).filter((card) => card !== undefined);
  const replaced = new Map<string, ScalarCard>();
  const matching: ScalarCard[] = [];
  for (const each of overlays) {
    if (each.kind === "onto") {
      const host = byKey.get(each.host);
      const others = known(each.keys);
      if (host && others.length > 0) replaced.set(host.key, { ...host, ...joinParts([host, ...others]) });
      continue;
    }
    const filter = parseTagFilter(each.filter);
    const parts = cards.filter((card) => !each.without.includes(card.key) && cardMatches(card, filter));
    if (filter.error !== null || parts.length === 0) continue;
    const title = parts.length > MOST_TAGS ? `${each.filter} (${MOST_TAGS} of ${parts.length} tags)` : each.filter;
    matching.push({ key: matchingKey(each.filter), title, description: "", ...joinParts(parts.slice(0, MOST_TAGS)) });
  }
  return { cards: replaced.size > 0 ? cards.map((card) => replaced.get(card.key) ?? card) : cards, matching };
}

function joinParts(parts: readonly ScalarCard[]): Pick<ScalarCard, "tags" | "parts"> {
  const tags = parts.flatMap((part) =>
    part.tags.map((each): CardTag => ({ ...each, label: each.label === "" ? part.title : `${part.title}/${each.label}`, part: part.key })),
  );
  return { tags, parts: parts.map(({ key, title }) => ({ key, title })) };
}

export interface Extent {
  readonly key: string;
  readonly low: number;
  readonly high: number;
}

/** On an axis with another one, a line must keep at least this share of the height to be readable. */
const READABLE = 0.12;

/**
 * Which keys go to a second y axis: those that the first one's axis, or they themselves, would make unreadably flat.
 * The first key always stays left.
 */
export function chooseRight(extents: readonly Extent[]): string[] {
  const finite = extents.filter(({ low, high }) => Number.isFinite(low) && Number.isFinite(high));
  const [first, ...others] = finite;
  if (!first) return [];
  const left = { low: first.low, high: first.high };
  const right: string[] = [];
  for (const { key, low, high } of others) {
    const all = Math.max(left.high, high) - Math.min(left.low, low);
    // a constant has no course that could become unreadable
    const heightOf = (from: number, to: number): number => (to > from ? to - from : all);
    const flat = Math.min(heightOf(left.low, left.high), heightOf(low, high)) < READABLE * all;
    if (flat) right.push(key);
    else {
      left.low = Math.min(left.low, low);
      left.high = Math.max(left.high, high);
    }
  }
  return right;
}
