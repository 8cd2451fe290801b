/** Tells when an element comes within one window of being seen, and when it is far again. */

import type { Attachment } from "svelte/attachments";

export function near(callback: (isNear: boolean) => void): Attachment<Element> {
  return (element) => {
    // the margin counts only for the scroller itself, so it must be named
    const root = element.closest("[data-scroller]");
    const observer = new IntersectionObserver((entries) => callback(entries.at(-1)?.isIntersecting ?? false), {
      root,
      rootMargin: "100% 0px",
    });
    observer.observe(element);
    return () => observer.disconnect();
  };
}
