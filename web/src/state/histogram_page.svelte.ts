/** What the histograms and the distributions page share: which cards there are, and which sections are closed. */

import type { TagEntry } from "../api/types.ts";
import { parseTagFilter, type TagFilter, type TagGroup } from "../base/tag_groups.ts";
import { prefs } from "./prefs.svelte.ts";
import { route } from "./route.svelte.ts";
import { runs } from "./runs.svelte.ts";

type MakeGroups<Item> = (
  entries: readonly TagEntry[],
  filter: TagFilter,
  runsOf: (entry: TagEntry) => readonly { readonly name: string }[],
) => TagGroup<Item>[];

/** Call it while a component initialises. `makeGroups` makes the cards of the checked runs, in sections. */
export function makeHistogramPage<Item>(stem: string, makeGroups: MakeGroups<Item>) {
  const entries = $derived(runs.tags("histograms"));
  const filter = $derived(parseTagFilter(route.tagFilter));
  const groups = $derived(
    makeGroups(entries, filter, (entry) => runs.runsOf(entry).filter((run) => runs.isSelected(run.name))),
  );
  const count = $derived(groups.reduce((sum, group) => sum + group.items.length, 0));
  const closedKey = (group: string): string => `${stem}/${group}`;
  return {
    get filterError() {
      return filter.error;
    },
    get count() {
      return count;
    },
    /** What the grid of cards wants to know. */
    get grid() {
      return {
        groups,
        size: prefs.cardSize,
        tags: entries.length,
        anyMatches: entries.some((entry) => filter.matches(entry.display_name || entry.tag)),
        isCollapsed: (group: string) => prefs.isCollapsed(closedKey(group)),
        ontoggle: (group: string) => prefs.toggleCollapsed(closedKey(group)),
        oncheckall: () => runs.selectAll(),
        onclearfilter: () => (route.tagFilter = ""),
      };
    },
  };
}
