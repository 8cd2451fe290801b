/** Which cards the page has: one per tag, one per group of add_scalars, pinned ones first. */

import type { Run, TagEntry } from "../../api/types.ts";
import { compareTags, groupByPath, type TagFilter } from "../../base/tag_groups.ts";
import type { CardSize } from "../../state/prefs.svelte.ts";

export interface CardTag {
  readonly tag: string;
  /** Key within an add_scalars group; empty for a card of one tag. Several tags may stand for one key. */
  readonly label: string;
  /** Indices into the list of runs. */
  readonly runs: readonly number[];
}

export interface ScalarCard {
  /** Identity in the address: the tag, or the group's name with a star behind it. */
  readonly key: string;
  readonly title: string;
  /** Markdown source, or empty. */
  readonly description: string;
  readonly tags: readonly CardTag[];
}

export interface CardGroup {
  readonly key: string;
  readonly title: string;
  readonly items: readonly ScalarCard[];
  readonly pinned: boolean;
}

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

/** The page's sections: pinned cards in the order of pinning, then all cards by the first part of their path. */
export function groupCards(cards: readonly ScalarCard[], pinned: readonly string[], filter: TagFilter): CardGroup[] {
  const shown = cards.filter((card) => cardMatches(card, filter));
  const byKey = new Map(shown.map((card) => [card.key, card]));
  const stars = pinned.map((key) => byKey.get(key)).filter((card) => card !== undefined);
  // all cards make the sections, so that no card changes its section while a filter is typed
  const matching = new Set(shown);
  const groups: CardGroup[] = groupByPath(cards, (card) => card.title)
    .map((group) => ({ ...group, items: group.items.filter((card) => matching.has(card)), pinned: false }))
    .filter((group) => group.items.length > 0);
  // "\n" stands in no tag, so a tag called "pinned" has a section of its own
  return stars.length > 0 ? [{ key: "\npinned", title: "Pinned", items: stars, pinned: true }, ...groups] : groups;
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
