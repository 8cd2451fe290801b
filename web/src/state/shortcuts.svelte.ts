/** Every keyboard shortcut that is in force; pages add their own while they are shown. */

import { KeyMatcher, type Shortcut, showKeys } from "../base/keyboard.ts";
import { prefs } from "./prefs.svelte.ts";

export const apple = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);

class Shortcuts {
  #list: readonly Shortcut[] = $state.raw([]);
  #matcher = new KeyMatcher(apple);

  get list(): readonly Shortcut[] {
    return this.#list;
  }

  /** Adds shortcuts; the way to take them back is a fit for `$effect(() => shortcuts.add(…))`. Later ones win. */
  add(...added: Shortcut[]): () => void {
    this.#list = [...added, ...this.#list];
    return () => (this.#list = this.#list.filter((each) => !added.includes(each)));
  }

  /** First keys of a shortcut as people read them, for tooltips and menus. */
  keysOf(id: string): string | undefined {
    const keys = this.#list.find((each) => each.id === id)?.keys[0];
    return keys === undefined ? undefined : showKeys(keys, apple);
  }

  /** Give it every keydown of the window. */
  handle(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || event.repeat) return;
    const target = event.target as HTMLElement | null;
    const typing = isTyping(target);
    const inDialog = document.querySelector("dialog[open]") !== null;
    const usable = this.#list.filter((each) => {
      const chorded = each.keys.some((keys) => keys.startsWith("mod+"));
      return chorded || (!typing && !inDialog);
    });
    const found = this.#matcher.press(event, usable, prefs.singleKeys);
    if (found === null) return;
    event.preventDefault();
    if (found !== "wait") found.run(event);
  }
}

function isTyping(element: HTMLElement | null): boolean {
  if (!element) return false;
  if (element.isContentEditable || element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement) {
    return true;
  }
  if (!(element instanceof HTMLInputElement)) return false;
  return !["checkbox", "radio", "range", "button", "color", "file"].includes(element.type);
}

export const shortcuts = new Shortcuts();
