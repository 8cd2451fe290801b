/** Which tags a filter lets through, and the sections that pages put them into. */

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
      return { matches: (tag) => regex.test(tag), error: null };
    } catch (error) {
      const reason = (error as Error).message.replace(/^.*: (?=[^:]*$)/, "");
      return { matches: () => true, error: `Not a regular expression: ${reason.toLowerCase()}` };
    }
  }
  const words = trimmed.toLowerCase().split(/\s+/).filter((word) => word !== "" && word !== "-");
  return {
    matches(tag) {
      const low = tag.toLowerCase();
      return words.every((word) => (word.startsWith("-") ? !low.includes(word.slice(1)) : low.includes(word)));
    },
    error: null,
  };
}

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Natural order, path by path: `layer2` before `layer10`, `a/z` before `a0`. */
export function compareTags(a: string, b: string): number {
  const left = a.split("/");
  const right = b.split("/");
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = collator.compare(left[i]!, right[i]!) || (left[i]! < right[i]! ? -1 : left[i]! > right[i]! ? 1 : 0);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

export interface TagGroup<T> {
  readonly key: string;
  readonly title: string;
  readonly items: T[];
}

/** Key of the section of what has no section of its own; no folder is called so. */
export const generalKey = "\ngeneral";

/**
 * Sections by the first part of the path, in natural order. Tags without a path, and tags alone in their folder, share
 * one section above the others: a heading over a single card says nothing that the card does not.
 */
export function groupByPath<T>(items: readonly T[], nameOf: (item: T) => string): TagGroup<T>[] {
  const sorted = [...items].sort((a, b) => compareTags(nameOf(a), nameOf(b)));
  const folders = new Map<string, T[]>();
  const folderOf = (item: T): string => nameOf(item).slice(0, Math.max(0, nameOf(item).indexOf("/")));
  for (const item of sorted) {
    const folder = folderOf(item);
    const members = folders.get(folder);
    if (members) members.push(item);
    else folders.set(folder, [item]);
  }
  const isAlone = (item: T): boolean => folderOf(item) === "" || folders.get(folderOf(item))!.length === 1;
  const general = sorted.filter(isAlone);
  // one lone folder has nothing to share a section with
  const shares = general.length > 1 || (general.length === 1 && folders.has(""));
  const groups: TagGroup<T>[] = [];
  for (const [title, members] of folders) {
    if (title !== "" && !(shares && members.length === 1)) groups.push({ key: title, title, items: members });
  }
  return shares ? [{ key: generalKey, title: groups.length === 0 ? "All" : "General", items: general }, ...groups] : groups;
}
