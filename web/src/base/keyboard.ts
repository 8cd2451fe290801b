/**
 * Keyboard shortcuts as a list: the help dialog, the palette and the dispatcher read the same entries. Keys are written
 * as people read them: `mod+k` (⌘ on Apple's machines, Ctrl elsewhere), `shift+d`, `/`, `g i` (one after the other).
 */

export interface Shortcut {
  id: string;
  /** Any of these. */
  keys: readonly string[];
  label: string;
  /** Heading in the help dialog. */
  group: string;
  run: (event: KeyboardEvent) => void;
  /** Not now: the key goes its usual way. */
  when?: () => boolean;
}

export interface KeyEvent {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

const sequenceMs = 1200;

/** One chord in its canonical form: modifiers in order, the key in lower case. */
export function canonicalChord(chord: string): string {
  const parts = chord.toLowerCase().split("+");
  const key = parts.pop() || "+";
  const modifiers = ["mod", "alt", "shift"].filter((each) => parts.includes(each));
  return [...modifiers, key].join("+");
}

/**
 * The chord of a key press. Shift is part of it for letters only: on the characters that Shift makes (`?`, `*`, `|`)
 * it depends on the keyboard's layout.
 */
export function chordOf(event: KeyEvent, apple: boolean): string {
  const mod = apple ? event.metaKey : event.ctrlKey;
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  const shift = event.shiftKey && (key.length > 1 || key !== event.key);
  return [mod ? "mod" : "", event.altKey ? "alt" : "", shift ? "shift" : "", key].filter(Boolean).join("+");
}

/** A single character without modifiers: what the switch "single-key shortcuts" turns off (WCAG 2.1.4). */
export function isSingleKey(keys: string): boolean {
  return keys.split(" ").every((chord) => !/^(mod|alt)\+/.test(canonicalChord(chord)));
}

/** Finds the shortcut of a key press; remembers the first key of a sequence for a moment. */
export class KeyMatcher {
  #pending = "";
  #pendingAt = 0;

  constructor(
    readonly apple: boolean,
    readonly now: () => number = () => performance.now(),
  ) {}

  /** The shortcut to run; `"wait"` where the press begins a sequence; null where it is none of ours. */
  press(event: KeyEvent, shortcuts: Iterable<Shortcut>, singleKeys = true): Shortcut | "wait" | null {
    const chord = chordOf(event, this.apple);
    const pending = this.#pending && this.now() - this.#pendingAt < sequenceMs ? this.#pending : "";
    this.#pending = "";
    let begins = false;
    let single: Shortcut | null = null;
    for (const shortcut of shortcuts) {
      for (const keys of shortcut.keys) {
        if (!singleKeys && isSingleKey(keys)) continue;
        const chords = keys.split(" ").map(canonicalChord);
        if (shortcut.when && !shortcut.when()) continue;
        if (chords.length === 2 && pending === chords[0] && chord === chords[1]) return shortcut;
        if (chords.length === 2 && chord === chords[0]) begins = true;
        if (chords.length === 1 && chord === chords[0]) single ??= shortcut;
      }
    }
    if (single) return single;
    if (!begins) return null;
    this.#pending = chord;
    this.#pendingAt = this.now();
    return "wait";
  }
}

/** Keys for people: `⌘K` or `Ctrl K`, `G then I`. */
export function showKeys(keys: string, apple: boolean): string {
  const names: Record<string, string> = {
    mod: apple ? "⌘" : "Ctrl",
    alt: apple ? "⌥" : "Alt",
    shift: apple ? "⇧" : "Shift",
    arrowleft: "←",
    arrowright: "→",
    arrowup: "↑",
    arrowdown: "↓",
    escape: "Esc",
    enter: "Enter",
    space: "Space",
  };
  return keys
    .split(" ")
    .map((chord) =>
      canonicalChord(chord)
        .split("+")
        .map((part) => names[part] ?? part.toUpperCase())
        .join(apple ? "" : " "),
    )
    .join(" then ");
}
