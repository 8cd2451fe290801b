/** Where a floating element goes: beside its anchor, inside the window. Positions are CSS pixels of the viewport. */

export interface PlaceOptions {
  side?: "below" | "above" | "right";
  align?: "start" | "center" | "end";
  gap?: number;
}

interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

const margin = 6;

/** Left and top for an element of this size; the other side of the anchor where there is more room. */
export function placeBeside(
  anchor: Box,
  size: { width: number; height: number },
  window: { width: number; height: number },
  { side = "below", align = "start", gap = 4 }: PlaceOptions = {},
): { left: number; top: number } {
  if (side === "right") {
    const fits = anchor.left + anchor.width + gap + size.width <= window.width - margin;
    const left = fits ? anchor.left + anchor.width + gap : anchor.left - gap - size.width;
    return { left: clamp(left, window.width - size.width), top: clamp(anchor.top, window.height - size.height) };
  }
  const below = anchor.top + anchor.height + gap;
  const above = anchor.top - gap - size.height;
  const fitsBelow = below + size.height <= window.height - margin;
  const fitsAbove = above >= margin;
  const top = side === "below" ? (fitsBelow || !fitsAbove ? below : above) : fitsAbove || !fitsBelow ? above : below;
  const shift = align === "start" ? 0 : align === "end" ? anchor.width - size.width : (anchor.width - size.width) / 2;
  return {
    left: clamp(anchor.left + shift, window.width - size.width),
    top: clamp(top, window.height - size.height),
  };
}

function clamp(value: number, room: number): number {
  return Math.max(margin, Math.min(value, room - margin));
}

/** An element, or a place on the page. */
export type Anchor = Pick<Element, "getBoundingClientRect">;

/** A point as an anchor, CSS pixels of the viewport. */
export function anchorAt(left: number, top: number): Anchor {
  return { getBoundingClientRect: () => new DOMRect(left, top, 0, 0) };
}

/** Moves a shown element (position: fixed) beside its anchor. */
export function placeElement(element: HTMLElement, anchor: Anchor, options?: PlaceOptions): void {
  // near the window's edge its text would wrap, and the size be another one than where it goes
  element.style.left = "0";
  element.style.top = "0";
  const { width, height } = element.getBoundingClientRect();
  const window = { width: innerWidth, height: innerHeight };
  const { left, top } = placeBeside(anchor.getBoundingClientRect(), { width, height }, window, options);
  element.style.left = `${Math.round(left)}px`;
  element.style.top = `${Math.round(top)}px`;
}
