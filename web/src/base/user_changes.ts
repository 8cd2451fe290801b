/** Changes to what the user said of runs, tags and views, made to a page's copy as the server makes them to its own. */

export interface RunMarks {
  label: string | null;
  hidden: boolean;
  star: boolean;
  note: string;
  color: string | null;
}

export interface TagMarks {
  lines: { y: number; label: string }[];
  lower_is_better: boolean | null;
}

export interface SectionChange {
  section: "runs" | "tags" | "views" | "prefs";
  key: string;
  /** Of runs and tags the fields that change, of views and preferences all of it; null forgets the key. */
  value: unknown;
}

export const emptyRun: Readonly<RunMarks> = { label: null, hidden: false, star: false, note: "", color: null };
export const emptyTag: Readonly<TagMarks> = { lines: [], lower_is_better: null };

const nothingSaid: Partial<Record<SectionChange["section"], object>> = { runs: emptyRun, tags: emptyTag };

function isPatch({ section, value }: SectionChange): boolean {
  return (section === "runs" || section === "tags") && value !== null;
}

/** As few changes as have the same effect, one for each key unless it was forgotten in between. */
export function mergeChanges(changes: readonly SectionChange[]): SectionChange[] {
  const made = new Map<string, SectionChange[]>();
  for (const change of changes) {
    const place = `${change.section}\n${change.key}`;
    const before = made.get(place) ?? [];
    const last = before.at(-1);
    if (last && isPatch(last) && isPatch(change)) {
      const value = { ...(last.value as object), ...(change.value as object) };
      made.set(place, [...before.slice(0, -1), { ...change, value }]);
    } else made.set(place, isPatch(change) ? [...before, change] : [change]);
  }
  return [...made.values()].flat();
}

type Sections = Record<SectionChange["section"], object>;

/** The state after the changes; sections that no change touches stay the same objects. */
export function applyChanges<S extends Sections>(state: S, changes: readonly SectionChange[]): S {
  if (changes.length === 0) return state;
  const next: Sections = { ...state };
  const copied = new Set<string>();
  for (const change of changes) {
    const { section, key, value } = change;
    if (!copied.has(section)) next[section] = { ...next[section] };
    copied.add(section);
    const entries = next[section] as Record<string, unknown>;
    if (value === null) Reflect.deleteProperty(entries, key);
    else {
      const before = Object.hasOwn(entries, key) ? entries[key] : nothingSaid[section];
      const after = isPatch(change) ? { ...(before as object), ...(value as object) } : value;
      // "__proto__" is a name like any other.
      Object.defineProperty(entries, key, { value: after, writable: true, enumerable: true, configurable: true });
    }
  }
  return next as S;
}
