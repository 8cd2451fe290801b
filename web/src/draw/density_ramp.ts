/** Colours for densities: even steps of lightness from what the plot stands on to what stands out most. */

import { parseHex } from "../base/color.ts";
import type { ChartTheme } from "./chart_theme.ts";

type Triple = [number, number, number];

const toLinear = (channel: number): number => {
  const value = channel / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
};
const fromLinear = (value: number): number =>
  255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);

/** sRGB bytes to OKLab (Björn Ottosson, 2020): lightness 0..1, and two axes of colour. */
export function toOklab(rgb: Triple): Triple {
  const [r, g, b] = rgb.map(toLinear) as Triple;
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([lightness, a, b]: Triple): Triple {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    fromLinear(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    fromLinear(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    fromLinear(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** How a density looks. */
export interface DensityRamp {
  /** 256 opaque colours from the surface through the accent to the text, as RGBA bytes: uint8[1024]. */
  readonly colors: Uint8ClampedArray;
  /** Lightness alone says how many lines there are; the hue is the mean of theirs. */
  readonly tinted: boolean;
}

const known = { plain: new WeakMap<ChartTheme, DensityRamp>(), tinted: new WeakMap<ChartTheme, DensityRamp>() };

/** The same object for the same theme and way. */
export function densityRamp(theme: ChartTheme, tinted = false): DensityRamp {
  const ramps = tinted ? known.tinted : known.plain;
  let ramp = ramps.get(theme);
  if (!ramp) {
    const colors = new Uint8ClampedArray(1024);
    ramp = { colors, tinted };
    const [surface, accent, text] = [theme.surface, theme.accent, theme.text].map((hex) => toOklab(parseHex(hex))) as [Triple, Triple, Triple];
    // the accent stands where its own lightness lies between the two ends
    const middle = (accent[0] - surface[0]) / (text[0] - surface[0]);
    for (let i = 0; i < 256; i++) {
      const share = i / 255;
      const [from, to, along] = share < middle ? [surface, accent, share / middle] : [accent, text, (share - middle) / (1 - middle)];
      const mixed = from.map((value, k) => value + along * (to[k]! - value)) as Triple;
      colors.set([...fromOklab(mixed), 255], 4 * i);
    }
    ramps.set(theme, ramp);
  }
  return ramp;
}

/** The hue of a CSS hex colour, and how strong it is: OKLab's two axes of colour, each within ±TINT_REACH. */
export function tintOf(hex: string): readonly [a: number, b: number] {
  const [, a, b] = toOklab(parseHex(hex));
  return [a, b];
}

export const TINT_REACH = 0.32;
/** Tints are told apart in steps that the eye hardly can: 0.02. */
const TINT_STEPS = 33;
/** Hues cannot be told apart next to black or white: a tinted ramp ends before the text's lightness. */
const TINTED_END = 0.8;
/** From this level on a tint has its full strength; paler ones have as much less as there is less of it. */
const FULL_TINT_LEVEL = 110;

/** The colour of a tinted density for a level (0..255) and a tint, as a pixel: RGBA bytes in the machine's order. */
export type TintTable = (level: number, a: number, b: number) => number;

/** Colours are made when they are first asked for. */
export function makeTintTable(colors: DensityRamp["colors"]): TintTable {
  const lightnessAt = (i: number): number => toOklab([colors[4 * i]!, colors[4 * i + 1]!, colors[4 * i + 2]!])[0];
  const [first, last] = [lightnessAt(0), lightnessAt(255)];
  const table = new Uint32Array(256 * TINT_STEPS * TINT_STEPS);
  const bytes = new Uint8ClampedArray(table.buffer);
  const indexOf = (part: number): number => Math.round(((Math.max(-1, Math.min(1, part / TINT_REACH)) + 1) / 2) * (TINT_STEPS - 1));
  const partOf = (index: number): number => ((2 * index) / (TINT_STEPS - 1) - 1) * TINT_REACH;
  return (level, a, b) => {
    const [column, row] = [indexOf(a), indexOf(b)];
    const at = (level * TINT_STEPS + column) * TINT_STEPS + row;
    if (table[at] === 0) {
      const lightness = first + (last - first) * TINTED_END * (level / 255);
      const strength = Math.min(1, level / FULL_TINT_LEVEL);
      bytes.set([...withinScreen(lightness, partOf(column) * strength, partOf(row) * strength), 255], 4 * at);
    }
    return table[at]!;
  };
}

/** The colour of this lightness and hue, as strong as asked or as a screen can show. */
function withinScreen(lightness: number, a: number, b: number): Triple {
  const at = (share: number): Triple => fromOklab([lightness, a * share, b * share]);
  const fits = (rgb: Triple): boolean => rgb.every((channel) => channel > -0.5 && channel < 255.5);
  let [low, high] = [0, 1];
  if (fits(at(1))) return at(1);
  for (let turn = 0; turn < 7; turn++) {
    const middle = (low + high) / 2;
    if (fits(at(middle))) low = middle;
    else high = middle;
  }
  return at(low);
}
