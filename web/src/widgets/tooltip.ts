/** Tooltips: one element for the whole page, shown after a short rest of the pointer or at once on keyboard focus. */

import type { Attachment } from "svelte/attachments";
import { placeElement } from "./place.ts";

const delayMs = 450;
let bubble: HTMLElement | null = null;
let owner: Element | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

function show(anchor: Element, text: string, keys: string | undefined): void {
  bubble ??= makeBubble();
  owner = anchor;
  bubble.replaceChildren(text);
  if (keys) {
    const kbd = document.createElement("kbd");
    kbd.textContent = keys;
    bubble.append(kbd);
  }
  bubble.showPopover();
  placeElement(bubble, anchor, { align: "center", gap: 6 });
}

function hide(anchor?: Element): void {
  clearTimeout(timer);
  if (!bubble || (anchor && owner !== anchor)) return;
  owner = null;
  if (bubble.matches(":popover-open")) bubble.hidePopover();
}

function makeBubble(): HTMLElement {
  const element = document.createElement("div");
  element.className = "tooltip"; // styled in theme/global.css: it belongs to no component
  element.popover = "manual";
  element.setAttribute("role", "tooltip");
  document.body.append(element);
  window.addEventListener("scroll", () => hide(), { capture: true, passive: true });
  window.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  return element;
}

/**
 * Attach to the element that the text is about: `{@attach tooltip("Pin", "P")}`. An empty text shows nothing. The text
 * repeats what the element's accessible name or content says; nothing may be said in a tooltip alone.
 */
export function tooltip(text: string, keys?: string): Attachment<Element> {
  return (element) => {
    const later = (): void => {
      clearTimeout(timer);
      if (text) timer = setTimeout(() => show(element, text, keys), delayMs);
    };
    const focused = (): void => {
      if (!text || !element.matches(":focus-visible")) return;
      clearTimeout(timer);
      // not at once: a menu that closes hands the focus back amid its closing, when nothing may open
      timer = setTimeout(() => show(element, text, keys));
    };
    const gone = (): void => hide(element);
    const touched = (event: Event): void => {
      if ((event as PointerEvent).pointerType !== "touch") later();
    };
    const left = (): void => {
      clearTimeout(timer);
      gone();
    };
    element.addEventListener("pointerenter", touched);
    element.addEventListener("pointerleave", left);
    element.addEventListener("pointerdown", left);
    element.addEventListener("focus", focused);
    element.addEventListener("blur", gone);
    return () => {
      if (owner === element) hide();
      element.removeEventListener("pointerenter", touched);
      element.removeEventListener("pointerleave", left);
      element.removeEventListener("pointerdown", left);
      element.removeEventListener("focus", focused);
      element.removeEventListener("blur", gone);
    };
  };
}
