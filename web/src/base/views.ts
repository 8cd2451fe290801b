/** Named views as a file: what a page's address says under a name, to hand on or to take to another log directory. */

export interface SavedView {
  /** Address behind "#", with it. */
  readonly hash: string;
  /** Seconds since the epoch. */
  readonly saved: number;
  readonly note: string;
}

export type Views = Readonly<Record<string, SavedView>>;

const LONGEST_NAME = 200;

/** Names in natural order. */
export function viewNames(views: Views): string[] {
  return Object.keys(views).sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
}

export function formatViews(views: Views): string {
  const sorted = Object.fromEntries(viewNames(views).map((name) => [name, views[name]]));
  return `${JSON.stringify({ epochal_views: 1, views: sorted }, null, 2)}\n`;
}

/** The views of a file; an Error with a sentence for people if it is none of ours. What is no view is left out. */
export function parseViews(text: string): Map<string, SavedView> {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw new Error("This is not a JSON file.");
  }
  const views = (file as { epochal_views?: unknown; views?: unknown } | null)?.views;
  if (typeof views !== "object" || views === null || Array.isArray(views)) throw new Error("This file holds no views.");
  const found = new Map<string, SavedView>();
  for (const [name, each] of Object.entries(views)) {
    const { hash, saved, note } = (each ?? {}) as Partial<Record<keyof SavedView, unknown>>;
    const cleaned = cleanName(name);
    // an address of ours and nothing else: it is opened at a click
    if (!cleaned || typeof hash !== "string" || !hash.startsWith("#/")) continue;
    found.set(cleaned, {
      hash,
      saved: typeof saved === "number" && Number.isFinite(saved) ? saved : 0,
      note: typeof note === "string" ? note : "",
    });
  }
  if (found.size === 0) throw new Error("This file holds no views.");
  return found;
}

/** A name as it is kept: on one line, not too long; empty for none. */
export function cleanName(text: string): string {
  return text.replace(/\s+/g, " ").trim().slice(0, LONGEST_NAME);
}

/** A name that is not taken: `loss`, `loss 2`, `loss 3`. */
export function freeName(name: string, taken: (name: string) => boolean): string {
  if (!taken(name)) return name;
  for (let n = 2; ; n++) if (!taken(`${name} ${n}`)) return `${name} ${n}`;
}
