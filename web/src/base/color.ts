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
