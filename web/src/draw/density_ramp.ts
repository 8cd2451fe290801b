/** Colours for densities: even steps of lightness from what the plot stands on to what stands out most. */

import { parseHex } from "../base/color.ts";
import type { ChartTheme } from "./chart_theme.ts";

type Triple = [number, number, number];

const toLinear = (channel: number): number => {
  const value = channel / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
};
const fromLinear = (value: number): number =>
  255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * Math.max(0, value) ** (1 / 2.4) - 0.055);

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

const known = new WeakMap<ChartTheme, Uint8ClampedArray>();

/** 256 opaque colours from the surface through the accent to the text, as RGBA bytes: uint8[1024]. */
export function densityRamp(theme: ChartTheme): Uint8ClampedArray {
  let ramp = known.get(theme);
  if (!ramp) {
    ramp = new Uint8ClampedArray(1024);
    const [surface, accent, text] = [theme.surface, theme.accent, theme.text].map((hex) => toOklab(parseHex(hex))) as [Triple, Triple, Triple];
    // the accent stands where its own lightness lies between the two ends
    const middle = (accent[0] - surface[0]) / (text[0] - surface[0]);
    for (let i = 0; i < 256; i++) {
      const share = i / 255;
      const [from, to, along] = share < middle ? [surface, accent, share / middle] : [accent, text, (share - middle) / (1 - middle)];
      const mixed = from.map((value, k) => value + along * (to[k]! - value)) as Triple;
      ramp.set([...fromOklab(mixed), 255], 4 * i);
    }
    known.set(theme, ramp);
  }
  return ramp;
}
