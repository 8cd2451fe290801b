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

/** Sections by the first part of the path, in natural order; tags without a path come under their own name. */
export function groupByPath<T>(items: readonly T[], nameOf: (item: T) => string): TagGroup<T>[] {
  const sorted = [...items].sort((a, b) => compareTags(nameOf(a), nameOf(b)));
  const groups = new Map<string, TagGroup<T>>();
  for (const item of sorted) {
    const name = nameOf(item);
    const at = name.indexOf("/");
    const title = at > 0 ? name.slice(0, at) : name;
    const group = groups.get(title) ?? { key: title, title, items: [] };
    group.items.push(item);
    groups.set(title, group);
  }
  return [...groups.values()];
}
