/** What stays on this machine: taste, not content. Versioned, so that a later shape can read an older one. */

export type ThemeChoice = "system" | "light" | "dark";
export type DensityChoice = "auto" | "comfortable" | "compact";
export type CardSize = "s" | "m" | "l" | "xl";

interface Stored {
  version: number;
  theme: ThemeChoice;
  density: DensityChoice;
  /** Width of the run panel in CSS pixels. */
  panelWidth: number;
  panelOpen: boolean;
  cardSize: CardSize;
  /** Keys of closed groups: `<stem>/<group>` for cards, `runs/<folder>` in the run panel. */
  collapsed: string[];
  /** Single-key shortcuts (WCAG 2.1.4 wants a switch). */
  singleKeys: boolean;
  /** Exponential smoothing that a new page starts with. */
  smoothing: number;
  /** The rest, by key of whoever stores it. */
  extra: Record<string, unknown>;
}

export const prefsKey = "epochal.prefs"; // public/start.js reads it before the first paint
const version = 1;

export const defaults: Stored = {
  version,
  theme: "system",
  density: "auto",
  panelWidth: 284,
  panelOpen: true,
  cardSize: "m",
  collapsed: [],
  singleKeys: true,
  smoothing: 0.6,
  extra: {},
};

/** Reads what an earlier page stored; whatever does not fit is the default, never an error. */
export function parsePrefs(text: string | null): Stored {
  let stored: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(text ?? "{}");
    if (parsed && typeof parsed === "object" && !Array.isArray(parsed)) stored = parsed as Record<string, unknown>;
  } catch {
    // Damaged or foreign: start afresh.
  }
  const oneOf = <T extends string>(key: string, allowed: readonly T[], fallback: T): T =>
    allowed.includes(stored[key] as T) ? (stored[key] as T) : fallback;
  const number = (key: string, lowest: number, highest: number, fallback: number): number => {
    const value = stored[key];
    return typeof value === "number" && Number.isFinite(value) ? Math.min(highest, Math.max(lowest, value)) : fallback;
  };
  const boolean = (key: string, fallback: boolean): boolean =>
    typeof stored[key] === "boolean" ? stored[key] : fallback;
  const collapsed = stored["collapsed"];
  const extra = stored["extra"];
  return {
    version,
    theme: oneOf("theme", ["system", "light", "dark"], defaults.theme),
    density: oneOf("density", ["auto", "comfortable", "compact"], defaults.density),
    panelWidth: number("panelWidth", 200, 640, defaults.panelWidth),
    panelOpen: boolean("panelOpen", defaults.panelOpen),
    cardSize: oneOf("cardSize", ["s", "m", "l", "xl"], defaults.cardSize),
    collapsed: Array.isArray(collapsed) ? collapsed.filter((key): key is string => typeof key === "string") : [],
    singleKeys: boolean("singleKeys", defaults.singleKeys),
    smoothing: number("smoothing", 0, 0.999, defaults.smoothing),
    extra: extra && typeof extra === "object" ? (extra as Record<string, unknown>) : {},
  };
}

function readStorage(): string | null {
  try {
    return localStorage.getItem(prefsKey);
  } catch {
    return null; // storage is forbidden in some frames
  }
}

class Prefs {
  #stored: Stored = $state.raw(parsePrefs(readStorage()));
  #collapsed = $derived(new Set(this.#stored.collapsed));

  constructor() {
    if (typeof window === "undefined") return;
    // Another tab changed them: follow, so that two windows never fight.
    window.addEventListener("storage", (event) => {
      if (event.key === prefsKey) this.#stored = parsePrefs(event.newValue);
    });
  }

  #change(change: Partial<Stored>): void {
    this.#stored = { ...this.#stored, ...change };
    try {
      localStorage.setItem(prefsKey, JSON.stringify(this.#stored));
    } catch {
      // No storage or no room: the choice holds for this page only.
    }
  }

  get theme(): ThemeChoice {
    return this.#stored.theme;
  }
  set theme(value: ThemeChoice) {
    this.#change({ theme: value });
  }

  get density(): DensityChoice {
    return this.#stored.density;
  }
  set density(value: DensityChoice) {
    this.#change({ density: value });
  }

  get panelWidth(): number {
    return this.#stored.panelWidth;
  }
  set panelWidth(value: number) {
    this.#change({ panelWidth: value });
  }

  get panelOpen(): boolean {
    return this.#stored.panelOpen;
  }
  set panelOpen(value: boolean) {
    this.#change({ panelOpen: value });
  }

  get cardSize(): CardSize {
    return this.#stored.cardSize;
  }
  set cardSize(value: CardSize) {
    this.#change({ cardSize: value });
  }

  get singleKeys(): boolean {
    return this.#stored.singleKeys;
  }
  set singleKeys(value: boolean) {
    this.#change({ singleKeys: value });
  }

  get smoothing(): number {
    return this.#stored.smoothing;
  }
  set smoothing(value: number) {
    this.#change({ smoothing: value });
  }

  get collapsed(): ReadonlySet<string> {
    return this.#collapsed;
  }

  isCollapsed(key: string): boolean {
    return this.#collapsed.has(key);
  }

  setCollapsed(key: string, closed: boolean): void {
    const next = new Set(this.#collapsed);
    if (closed) next.add(key);
    else next.delete(key);
    this.#change({ collapsed: [...next] });
  }

  toggleCollapsed(key: string): void {
    this.setCollapsed(key, !this.isCollapsed(key));
  }

  /** A preference of one page (`images.columns`), for which this file need not change. */
  get<T>(key: string, fallback: T): T {
    const value = this.#stored.extra[key];
    return value === undefined ? fallback : (value as T);
  }

  set(key: string, value: unknown): void {
    this.#change({ extra: { ...this.#stored.extra, [key]: value } });
  }

  /** Back to how the app comes. */
  reset(): void {
    this.#change(defaults);
  }
}

export const prefs = new Prefs();
