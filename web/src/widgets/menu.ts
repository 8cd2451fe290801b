import type { IconNode } from "./icons.ts";

export interface MenuAction {
  label: string;
  run: () => void;
  /** Shown beside the label; the shortcut itself is registered elsewhere. */
  keys?: string;
  icon?: IconNode;
  /** A second, quieter word at the end (a count). */
  note?: string;
  /** Makes it a radio or checkbox entry. */
  checked?: boolean;
  disabled?: boolean;
}

/** What stands in a menu: actions, headings, and lines between them. */
export type MenuEntry = MenuAction | { heading: string } | "line";

export function isAction(entry: MenuEntry): entry is MenuAction {
  return typeof entry === "object" && "run" in entry;
}

/**
 * Index of the entry that the keyboard goes to: from `at` (−1: nowhere) by one step, over lines, headings and what is
 * disabled, round the ends. −1 where there is none.
 */
export function nextEntry(entries: readonly MenuEntry[], at: number, by: 1 | -1): number {
  const usable = (index: number): boolean => {
    const entry = entries[index];
    return entry !== undefined && isAction(entry) && !entry.disabled;
  };
  for (let tried = 0, index = at; tried < entries.length; tried++) {
    index = index < 0 ? (by === 1 ? 0 : entries.length - 1) : (index + by + entries.length) % entries.length;
    if (usable(index)) return index;
  }
  return -1;
}

/** The next entry whose label begins with what was typed, from behind `at` on and round; −1 where there is none. */
export function entryByPrefix(entries: readonly MenuEntry[], at: number, typed: string): number {
  const wanted = typed.toLowerCase();
  for (let step = 1; step <= entries.length; step++) {
    const index = (Math.max(0, at) + step) % entries.length;
    const entry = entries[index];
    if (entry && isAction(entry) && !entry.disabled && entry.label.toLowerCase().startsWith(wanted)) return index;
  }
  return -1;
}
