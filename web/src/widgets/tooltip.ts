/** Tooltips: one element for the whole page, shown after a short rest of the pointer or at once on keyboard focus. */

import type { Attachment } from "svelte/attachments";
import { placeElement } from "./place.ts";

const delayMs = 450;
let bubble: HTMLElement | null = null;
let owner: Element | null = null;
/** Whose tooltip is due. */
let next: Element | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

function show(anchor: Element, text: string, keys: string | undefined): void {
  if (text === "") return;
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
  next = null;
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
 * Attach to the element that the text is about: `{@attach tooltip("Pin", "P")}`. An empty text shows nothing; one that
 * takes work to write may be given as a function. The text repeats what the element's accessible name or content says;
 * nothing may be said in a tooltip alone.
 */
export function tooltip(text: string | (() => string), keys?: string): Attachment<Element> {
  return (element) => {
    if (text === "") return;
    const wait = (ms: number): void => {
      clearTimeout(timer);
      next = element;
      timer = setTimeout(() => show(element, typeof text === "string" ? text : text(), keys), ms);
    };
    const gone = (): void => hide(element);
    // the rest is listened for once one of these has come: of a page's hundreds of tooltips few are ever seen
    const entered = (event: Event): void => {
      element.addEventListener("pointerleave", gone);
      element.addEventListener("pointerdown", gone);
      if ((event as PointerEvent).pointerType !== "touch") wait(delayMs);
    };
    const focused = (): void => {
      if (!element.matches(":focus-visible")) return;
      element.addEventListener("blur", gone);
      // not at once: a menu that closes hands the focus back amid its closing, when nothing may open
      wait(0);
    };
    element.addEventListener("pointerenter", entered);
    element.addEventListener("focus", focused);
    return () => {
      if (owner === element || next === element) hide();
      element.removeEventListener("pointerenter", entered);
      element.removeEventListener("pointerleave", gone);
      element.removeEventListener("pointerdown", gone);
      element.removeEventListener("focus", focused);
      element.removeEventListener("blur", gone);
    };
  };
}
