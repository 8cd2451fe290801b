/** Colours of lines as colours of text. */

import { contrastRatio, mixColors } from "../base/color.ts";
import type { ChartTheme } from "./chart_theme.ts";

/** WCAG AA for small text; lines have 3:1. */
const LEAST_CONTRAST = 4.5;

const known = new Map<string, string>();

/** A line's colour, moved towards the text's only as far as small text on the plot needs. */
export function inkOf(color: string, { surface, text }: Pick<ChartTheme, "surface" | "text">): string {
  const key = `${color} ${surface}`;
  let ink = known.get(key);
  if (ink === undefined) {
    ink = color;
    for (let amount = 0; amount < 1 && contrastRatio(ink, surface) < LEAST_CONTRAST; amount += 0.05) ink = mixColors(color, text, amount);
    known.set(key, ink);
  }
  return ink;
}
