/** Widths of short texts, measured once per font: tick labels are measured anew in every frame of a zoom. */

/** More than so many are not the labels of one page any more. */
const MOST = 4000;

const widths = new Map<string, number>();

// a text is as wide as in the fallback until its font has come
globalThis.document?.fonts?.addEventListener("loadingdone", () => widths.clear());

/** Width in CSS px; `measure` finds out what is not known. */
export function textWidth(text: string, font: string, measure: () => number): number {
  const key = `${font}\n${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    if (widths.size >= MOST) widths.clear();
    width = measure();
    widths.set(key, width);
  }
  return width;
}
