/** Widths of short texts, measured once per font: tick labels are measured anew in every frame of a zoom. */

/** More than so many are not the labels of one page any more. */
const MOST = 4000;

const fonts = new Map<string, Map<string, number>>();

// a text is as wide as in the fallback until its font has come
globalThis.document?.fonts?.addEventListener("loadingdone", () => fonts.clear());

/** Width in CSS px; `measure` finds out what is not known. */
export function textWidth(text: string, font: string, measure: () => number): number {
  let widths = fonts.get(font);
  if (!widths) fonts.set(font, (widths = new Map()));
  let width = widths.get(text);
  if (width === undefined) {
    if (widths.size >= MOST) widths.clear();
    width = measure();
    widths.set(text, width);
  }
  return width;
}
