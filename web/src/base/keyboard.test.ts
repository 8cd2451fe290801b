import { describe, expect, it, vi } from "vitest";
import { chordOf, isSingleKey, KeyMatcher, type KeyEvent, type Shortcut, showKeys } from "./keyboard.ts";

const key = (name: string, modifiers: Partial<KeyEvent> = {}): KeyEvent => ({
  key: name,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...modifiers,
});

const shortcut = (id: string, ...keys: string[]): Shortcut => ({ id, keys, label: id, group: "", run: vi.fn() });

describe("chordOf", () => {
  it("takes the machine's main modifier", () => {
    expect(chordOf(key("k", { ctrlKey: true }), false)).toBe("mod+k");
    expect(chordOf(key("k", { metaKey: true }), true)).toBe("mod+k");
    expect(chordOf(key("k", { ctrlKey: true }), true)).toBe("k");
  });

  it("counts shift for letters and named keys, not for the characters that it makes", () => {
    expect(chordOf(key("D", { shiftKey: true }), false)).toBe("shift+d");
    expect(chordOf(key("?", { shiftKey: true }), false)).toBe("?");
    expect(chordOf(key("ArrowLeft", { shiftKey: true }), false)).toBe("shift+arrowleft");
  });
});

describe("KeyMatcher", () => {
  const list = [shortcut("palette", "mod+k"), shortcut("images", "g i"), shortcut("info", "i"), shortcut("theme", "Shift+D")];

  it("finds chords", () => {
    const matcher = new KeyMatcher(false);
    expect(matcher.press(key("k", { ctrlKey: true }), list)).toBe(list[0]);
    expect(matcher.press(key("k"), list)).toBeNull();
    expect(matcher.press(key("D", { shiftKey: true }), list)).toBe(list[3]);
    expect(matcher.press(key("d"), list)).toBeNull();
  });

  it("finds sequences, which win over single keys", () => {
    const matcher = new KeyMatcher(false);
    expect(matcher.press(key("i"), list)).toBe(list[2]);
    expect(matcher.press(key("g"), list)).toBe("wait");
    expect(matcher.press(key("i"), list)).toBe(list[1]);
    expect(matcher.press(key("i"), list)).toBe(list[2]);
  });

  it("forgets the first key after a while and after another key", () => {
    let now = 0;
    const matcher = new KeyMatcher(false, () => now);
    matcher.press(key("g"), list);
    now = 5000;
    expect(matcher.press(key("i"), list)).toBe(list[2]);
    matcher.press(key("g"), list);
    matcher.press(key("x"), list);
    expect(matcher.press(key("i"), list)).toBe(list[2]);
  });

  it("leaves out what is not possible now", () => {
    const never = { ...shortcut("never", "x"), when: () => false };
    expect(new KeyMatcher(false).press(key("x"), [never])).toBeNull();
  });

  it("turns single keys off and leaves chords", () => {
    const matcher = new KeyMatcher(false);
    expect(matcher.press(key("i"), list, false)).toBeNull();
    expect(matcher.press(key("g"), list, false)).toBeNull();
    expect(matcher.press(key("D", { shiftKey: true }), list, false)).toBeNull();
    expect(matcher.press(key("k", { ctrlKey: true }), list, false)).toBe(list[0]);
    expect(isSingleKey("g i")).toBe(true);
    expect(isSingleKey("mod+k")).toBe(false);
  });
});

describe("showKeys", () => {
  it("writes keys as they stand on the machine", () => {
    expect(showKeys("mod+k", true)).toBe("⌘K");
    expect(showKeys("mod+k", false)).toBe("Ctrl K");
    expect(showKeys("g i", false)).toBe("G then I");
    expect(showKeys("shift+arrowleft", true)).toBe("⇧←");
  });
});
