/** Which tags a filter lets through, and the sections that pages put them into. */

import { foldCase } from "./fold_case.ts";
import { compareNatural } from "./natural.ts";

export interface TagFilter {
  matches(text: string): boolean;
  /** Why the text cannot be used; then everything matches. */
  readonly error: string | null;
}

/** Blank-separated words that must all occur (a leading `-` forbids one), or `/regular expression/`; case is ignored. */
export function parseTagFilter(text: string): TagFilter {
  const trimmed = text.trim();
  const pattern = /^\/(.*?)\/?i?$/s.exec(trimmed)?.[1];
  if (pattern !== undefined) {
    try {
      const regex = new RegExp(pattern, "i");
      return { matches: (tag) => regex.test(tag) || regex.test(foldCase(tag)), error: null };
    } catch (error) {
      const reason = (error as Error).message.replace(/^.*: (?=[^:]*$)/, "");
      return { matches: () => true, error: `Not a regular expression: ${reason.toLowerCase()}` };
    }
  }
  const words = foldCase(trimmed).split(/\s+/).filter((word) => word !== "" && word !== "-");
  return {
    matches(tag) {
      const low = foldCase(tag);
      return words.every((word) => (word.startsWith("-") ? !low.includes(word.slice(1)) : low.includes(word)));
    },
    error: null,
  };
}

/** Natural order, path by path: `layer2` before `layer10`, `a/z` before `a0`. */
export function compareTags(a: string, b: string): number {
  const left = a.split("/");
  const right = b.split("/");
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = compareNatural(left[i]!, right[i]!);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

export interface TagGroup<T> {
  readonly key: string;
  readonly title: string;
  readonly items: T[];
}

export interface PathGroup<T> extends TagGroup<T> {
  /** Items here and in the groups below. */
  readonly total: number;
  /** Keys of the groups that it is in, outermost first. */
  readonly within: readonly string[];
}

/** Key of the section of what has no section of its own; no folder is called so. */
export const generalKey = "\ngeneral";

/**
 * Sections by path, in natural order, `levels` folders deep; a folder's own tags come before its subfolders. Tags
 * without a path, and tags alone in their folder, share one section above the others: a heading over a single card
 * says nothing that the card does not. For the same reason a tag alone in its subfolder stays with the folder's, and a
 * folder that has nothing but one subfolder shares its heading.
 */
export function groupByPath<T>(items: readonly T[], nameOf: (item: T) => string, levels = 1): PathGroup<T>[] {
  const sorted = items.map((item) => ({ item, name: nameOf(item) })).sort((a, b) => compareTags(a.name, b.name));
  const folders = splitByFolder(sorted, 0);
  const isAlone = (folder: string, members: readonly unknown[]): boolean => folder === "" || members.length === 1;
  const general = sorted.filter(({ name }) => {
    const folder = folderAt(name, 0);
    return isAlone(folder, folders.get(folder)!);
  });
  // one lone folder has nothing to share a section with
  const shares = general.length > 1 || (general.length === 1 && folders.has(""));
  const groups: PathGroup<T>[] = [];
  for (const [folder, members] of folders) {
    if (folder !== "" && !(shares && members.length === 1)) addFolder(groups, folder, members, [], levels);
  }
  if (!shares) return groups;
  const title = groups.length === 0 ? "All" : "General";
  return [{ key: generalKey, title, items: general.map(({ item }) => item), total: general.length, within: [] }, ...groups];
}

interface Named<T> {
  readonly item: T;
  readonly name: string;
}

/** The folder that begins at an index of a tag: up to the next slash; empty where there is none. */
function folderAt(name: string, from: number): string {
  return name.slice(from, Math.max(from, name.indexOf("/", from)));
}

function splitByFolder<T>(members: readonly Named<T>[], from: number): Map<string, Named<T>[]> {
  const folders = new Map<string, Named<T>[]>();
  for (const each of members) {
    const folder = folderAt(each.name, from);
    const others = folders.get(folder);
    if (others) others.push(each);
    else folders.set(folder, [each]);
  }
  return folders;
}

function addFolder<T>(groups: PathGroup<T>[], path: string, members: readonly Named<T>[], within: readonly string[], levels: number): void {
  const folders = levels > 1 ? splitByFolder(members, path.length + 1) : new Map<string, Named<T>[]>();
  const own = levels > 1 ? members.filter(({ name }) => {
    const folder = folderAt(name, path.length + 1);
    return folder === "" || folders.get(folder)!.length === 1;
  }) : members;
  const below = [...folders].filter(([folder, inside]) => folder !== "" && inside.length > 1);
  const [only] = below;
  if (only && below.length === 1 && own.length === 0) {
    addFolder(groups, `${path}/${only[0]}`, only[1], within, levels - 1);
    return;
  }
  groups.push({ key: path, title: path, items: own.map(({ item }) => item), total: members.length, within });
  for (const [folder, inside] of below) addFolder(groups, `${path}/${folder}`, inside, [...within, path], levels - 1);
}
