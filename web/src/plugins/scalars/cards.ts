/** Which cards the page has: one per tag, one per group of add_scalars, pinned ones first. */

import type { Run, TagEntry } from "../../api/types.ts";
import { compareTags, groupByPath, type TagFilter } from "../../base/tag_groups.ts";
import type { CardSize } from "../../state/prefs.svelte.ts";
import { applyMoves, type Move } from "./order.ts";

export interface CardTag {
  readonly tag: string;
  /** Key within an add_scalars group; empty for a card of one tag. Several tags may stand for one key. */
  readonly label: string;
  /** Indices into the list of runs. */
  readonly runs: readonly number[];
  /** Key of the card that it came from, where several are drawn in one chart. */
  readonly part?: string;
}

/** A card drawn in another one's chart. */
export interface CardPart {
  readonly key: string;
  readonly title: string;
}

export interface ScalarCard {
  /** Identity in the address: the tag, or the group's name with a star behind it. */
  readonly key: string;
  readonly title: string;
  /** Markdown source, or empty. */
  readonly description: string;
  readonly tags: readonly CardTag[];
  /** What was put together in the viewer, the card's own tags first. */
  readonly parts?: readonly CardPart[];
}

export interface CardGroup {
  readonly key: string;
  readonly title: string;
  readonly items: readonly ScalarCard[];
  /** Cards here and in the groups below. */
  readonly total: number;
  /** Keys of the groups that it is in. */
  readonly within: readonly string[];
}

/** "\n" stands in no tag, so a tag called "pinned" has a section of its own. */
export const pinnedKey = "\npinned";
export const combinedKey = "\ncombined";

/** What a card has to know of runs: of torch's sub-runs, which key's line each is. */
export type CardRun = Pick<Run, "key">;

/**
 * Cards of all tags in natural order. What one add_scalars call logged is one card with a line per key, be the keys
 * tags of the run (Epochal's writer) or sub-runs of it (torch's and tensorboardX's).
 */
export function makeCards(entries: readonly TagEntry[], list: readonly CardRun[] = []): ScalarCard[] {
  const cards: ScalarCard[] = [];
  const groups = new Map<string, CardTag[]>();
  const hasKeys = list.some((run) => run.key !== null);
  const addTo = (group: string, tag: CardTag): void => {
    const members = groups.get(group);
    if (members) members.push(tag);
    else groups.set(group, [tag]);
  };
  for (const entry of entries) {
    const { tag, group } = entry;
    const keyed = hasKeys ? runsByKey(entry, list) : noKeys;
    for (const [label, runs] of keyed) addTo(tag, { tag, label, runs });
    const runs = keyed.size > 0 ? entry.runs.filter((index) => keyOf(list[index]) === null) : entry.runs;
    if (runs.length === 0 && keyed.size > 0) continue;
    if (group === "") {
      cards.push({ key: tag, title: entry.display_name || tag, description: entry.description, tags: [{ tag, label: "", runs }] });
      continue;
    }
    addTo(group, { tag, label: tag.startsWith(`${group}/`) ? tag.slice(group.length + 1) : tag, runs });
  }
  for (const [group, tags] of groups) cards.push({ key: `${group}/*`, title: group, description: "", tags });
  // once, here: sections and filters go over sorted cards at each keystroke
  return cards.sort((a, b) => compareTags(a.title, b.title));
}

const noKeys: ReadonlyMap<string, number[]> = new Map();

function keyOf(run: CardRun | undefined): string | null {
  return run?.key ?? null;
}

function runsByKey(entry: TagEntry, list: readonly CardRun[]): ReadonlyMap<string, number[]> {
  const found = new Map<string, number[]>();
  for (const index of entry.runs) {
    const key = keyOf(list[index]);
    if (key === null) continue;
    const members = found.get(key);
    if (members) members.push(index);
    else found.set(key, [index]);
  }
  return found;
}

/** The keys of a card's lines, each once. */
export function keysOf(card: ScalarCard): string[] {
  return [...new Set(card.tags.map((each) => each.label))];
}

/** A card matches if its title or one of its tags does. */
export function cardMatches(card: ScalarCard, filter: TagFilter): boolean {
  return filter.matches(card.title) || card.tags.some(({ tag }) => filter.matches(tag));
}

export interface Arrangement {
  /** Keys of pinned cards, in the order of pinning. */
  readonly pinned: readonly string[];
  readonly filter: TagFilter;
  /** Cards that filters made, in a section of their own. */
  readonly matching: readonly ScalarCard[];
  readonly moves: readonly Move[];
  /** Folders deep that sections go. */
  readonly levels: number;
  /** Cards that have something to draw. */
  isShown(card: ScalarCard): boolean;
}

/** The page's sections: pinned cards, cards put together by filters, then all cards by their paths. */
export function groupCards(cards: readonly ScalarCard[], arrangement: Arrangement): CardGroup[] {
  const { pinned, filter, matching, moves, levels, isShown } = arrangement;
  const passes = (card: ScalarCard): boolean => cardMatches(card, filter) && isShown(card);
  const combined = matching.filter(passes);
  const shown = cards.filter(passes);
  const byKey = new Map([...shown, ...combined].map((card) => [card.key, card]));
  const stars = pinned.map((key) => byKey.get(key)).filter((card) => card !== undefined);
  const groups: CardGroup[] = [];
  const addPlain = (key: string, title: string, items: readonly ScalarCard[]): void => {
    if (items.length > 0) groups.push({ key, title, items, total: items.length, within: [] });
  };
  addPlain(pinnedKey, "Pinned", stars);
  addPlain(combinedKey, "Overlays", combined);
  // all cards make the sections, so that no card changes its section while a filter is typed
  const isMatching = new Set(shown);
  const sections = groupByPath(cards, (card) => card.title, levels).map((section) => ({
    ...section,
    items: applyMoves(section.items.filter((card) => isMatching.has(card)), moves),
  }));
  const totals = new Map<string, number>();
  for (const { key, items, within } of sections) {
    for (const each of [key, ...within]) totals.set(each, (totals.get(each) ?? 0) + items.length);
  }
  for (const { key, title, items, within } of sections) {
    const total = totals.get(key) ?? 0;
    if (total > 0) groups.push({ key, title, items, total, within });
  }
  return groups;
}

/** Runs (by index) that have any of the card's tags. */
export function runsOfCard(card: ScalarCard): Set<number> {
  return new Set(card.tags.flatMap((each) => each.runs));
}

export const cardSizes: Readonly<Record<CardSize, { minCardWidth: number; cardHeight: number }>> = {
  s: { minCardWidth: 250, cardHeight: 192 },
  m: { minCardWidth: 340, cardHeight: 250 },
  l: { minCardWidth: 500, cardHeight: 340 },
  xl: { minCardWidth: 900, cardHeight: 440 },
};

/** What of a card's width is not its plot's, CSS pixels: borders, and the margins of `.chart` in Card.svelte. */
export const BESIDE_PLOT = 12;
