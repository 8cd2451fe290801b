/**
 * Colours of runs.
 *
 * What is stored and sent is a run's colour *index* (order of first appearance); the hex value is
 * resolved per theme here and nowhere else, so that a run keeps its colour in every dashboard and
 * both themes. The ten pairs maximise the worst pairwise difference (CAM02-UCS) over normal vision
 * and the three colour-blindnesses in both themes, with at least 3:1 contrast on the plot surface.
 */

export type ThemeMode = "light" | "dark";

interface PaletteColor {
  readonly name: string;
  readonly light: string;
  readonly dark: string;
}

export const PALETTE: readonly PaletteColor[] = [
  { name: "blue", light: "#2668D5", dark: "#6EA4FE" },
  { name: "amber", light: "#BD8130", dark: "#FAC17D" },
  { name: "wine", light: "#7E2A4A", dark: "#B35A78" },
  { name: "teal", light: "#11A68B", dark: "#6AE7C8" },
  { name: "forest", light: "#2D5A04", dark: "#5B8B3D" },
  { name: "brick", light: "#B64340", dark: "#F47B74" },
  { name: "lavender", light: "#957FD0", dark: "#D0C3FF" },
  { name: "plum", light: "#693375", dark: "#9A62A7" },
  { name: "mauve", light: "#9B5084", dark: "#D786BC" },
  { name: "indigo", light: "#2833BD", dark: "#4E6AF5" },
];

/** Dash patterns in CSS px for each further round through the palette, so that hue is never the only cue. */
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2.5], [8, 3, 2, 3]];

function wrap(index: number, size: number): number {
  const i = Math.trunc(index) % size;
  return i < 0 ? i + size : i;
}

/** CSS hex colour of a run with this colour index; indices past the palette reuse its hues (see runDash). */
export function runColor(index: number, mode: ThemeMode): string {
  // wrap() keeps the index inside the palette
  return PALETTE[wrap(index, PALETTE.length)]![mode];
}

/** The surface that lines are drawn on, by theme (`--surface` of theme/tokens.css). */
const PLOT_SURFACE: Record<ThemeMode, string> = { light: "#FFFFFF", dark: "#15171C" };
/** Contrast that WCAG 1.4.11 asks of a line on its surface. */
const LEAST_CONTRAST = 3;

/** Colour of runs that belong to no group, such as those that a regular expression does not match. */
const NEUTRAL: Record<ThemeMode, string> = { light: "#858E9E", dark: "#6A7383" };

export function neutralColor(mode: ThemeMode): string {
  return NEUTRAL[mode];
}

/**
 * Nine steps of matplotlib's `plasma`. Of the uniform maps it keeps the widest range of hues once the ends that cannot
 * be seen on the plot surface are cut off: yellow on white, dark blue on black.
 */
const PLASMA = ["#0D0887", "#4C02A1", "#7E03A8", "#AA2395", "#CC4778", "#E66C5C", "#F89540", "#FDC527", "#F0F921"] as const;
const SEQUENTIAL: Record<ThemeMode, readonly [number, number]> = { light: [0, 0.6], dark: [0.42, 1] };

/** Colour of a place between the lowest (0) and the highest (1) of numbers. */
export function sequentialColor(place: number, mode: ThemeMode): string {
  const [from, to] = SEQUENTIAL[mode];
  const at = (from + (to - from) * Math.min(1, Math.max(0, place))) * (PLASMA.length - 1);
  const below = Math.min(PLASMA.length - 2, Math.floor(at));
  return mixColors(PLASMA[below]!, PLASMA[below + 1]!, at - below);
}

/**
 * What a user picked for a run: an index into the palette ("3"), resolved per theme, or a colour of the user's own
 * ("#rrggbb"), taken towards black or white as far as it needs to be seen in this theme. Null for anything else.
 */
export function pickedColor(pick: string, mode: ThemeMode): string | null {
  if (/^\d+$/.test(pick)) return runColor(Number(pick), mode);
  return /^#[0-9a-f]{6}$/i.test(pick) ? withContrast(pick, PLOT_SURFACE[mode]) : null;
}

/** The colour itself where it stands out from the surface, else the nearest mix with black or white that does. */
function withContrast(hex: string, surface: string): string {
  const end = luminance(surface) > 0.5 ? "#000000" : "#ffffff";
  for (let amount = 0; amount < 1; amount += 0.05) {
    const mixed = amount === 0 ? hex : mixColors(hex, end, amount);
    if (contrastRatio(mixed, surface) >= LEAST_CONTRAST) return mixed;
  }
  return end;
}

/** Dash pattern in CSS px: solid for the first ten runs, then dashed, dotted, dash-dotted. */
export function runDash(index: number): number[] {
  const round = Math.floor(Math.max(0, index) / PALETTE.length);
  return [...DASHES[wrap(round, DASHES.length)]!];
}

/** [red, green, blue], each 0..255, of `#rgb` or `#rrggbb`. Throws on anything else: it is a programmer's error. */
export function parseHex(hex: string): [number, number, number] {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(hex);
  const long = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex);
  const parts = long?.slice(1) ?? short?.slice(1).map((c) => c + c);
  if (!parts) throw new RangeError(`not a hex colour: ${hex}`);
  return [parseInt(parts[0]!, 16), parseInt(parts[1]!, 16), parseInt(parts[2]!, 16)];
}

/** The same colour with an alpha of 0..1 as `rgb(r g b / a)`. */
export function withAlpha(hex: string, alpha: number): string {
  const [r, g, b] = parseHex(hex);
  return `rgb(${r} ${g} ${b} / ${Math.round(alpha * 1000) / 1000})`;
}

/** Opaque mix of two colours: 0 gives `from`, 1 gives `to`. Opaque strokes are cheaper than translucent ones. */
export function mixColors(from: string, to: string, amount: number): string {
  const a = parseHex(from);
  const b = parseHex(to);
  const channel = (i: 0 | 1 | 2): string =>
    Math.round(a[i] + (b[i] - a[i]) * amount)
      .toString(16)
      .padStart(2, "0");
  return `#${channel(0)}${channel(1)}${channel(2)}`;
}

/** WCAG 2 relative luminance, 0..1. */
export function luminance(hex: string): number {
  const linear = parseHex(hex).map((byte) => {
    const c = byte / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * linear[0]! + 0.7152 * linear[1]! + 0.0722 * linear[2]!;
}

/** WCAG 2 contrast ratio of two colours, 1..21. */
export function contrastRatio(a: string, b: string): number {
  const la = luminance(a);
  const lb = luminance(b);
  return (Math.max(la, lb) + 0.05) / (Math.min(la, lb) + 0.05);
}
