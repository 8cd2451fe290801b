/**
 * Numbers, steps, times and sizes as people read them.
 *
 * Everything is locale-independent (a point as decimal sign, a comma between thousands) so that
 * screenshots, copied values and tests agree on every machine. Only wall times use the machine's
 * time zone, unless `utc` is asked for.
 */

const MINUS = "\u2212"; // a true minus: the hyphen is too short to read in a column of numbers

function signed(negative: boolean, text: string): string {
  return negative ? MINUS + text : text;
}

function groupThousands(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** NaN, ∞ and −∞ by name; null for finite numbers. */
function nonFinite(value: number): string | null {
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "\u221e";
  if (value === -Infinity) return `${MINUS}\u221e`;
  return null;
}

/** `1.5e−7` rather than JavaScript's `1.5e-7`; trailing zeros of the mantissa go. */
function scientific(value: number, digits: number): string {
  const [mantissa, exponent] = Math.abs(value).toExponential(Math.max(0, digits - 1)).split("e") as [string, string];
  const trimmed = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  return signed(value < 0, `${trimmed}e${exponent.replace("+", "").replace("-", MINUS)}`);
}

/**
 * A metric's value with `digits` significant digits (4 by default): `0.4387`, `1,234`, `1.5e−7`, `3.2e12`.
 * Trailing zeros stay, so that a column of values lines up; 0 is `0`.
 */
export function formatValue(value: number, digits = 4): string {
  const special = nonFinite(value);
  if (special !== null) return special;
  if (value === 0) return "0";
  const magnitude = Math.abs(value);
  if (magnitude < 1e-4 || magnitude >= 1e7) return scientific(value, digits);
  // rounding may carry into the next power of ten (9999.7 → 10,000), so round before counting places
  const rounded = Number(magnitude.toPrecision(digits));
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(rounded)));
  if (Number.isInteger(magnitude) && magnitude < 1e7) return signed(value < 0, groupThousands(String(magnitude)));
  const [whole, fraction] = rounded.toFixed(Math.min(decimals, 12)).split(".") as [string, string | undefined];
  return signed(value < 0, fraction === undefined ? groupThousands(whole) : `${groupThousands(whole)}.${fraction}`);
}

/** Every digit that a float64 needs to be read back exactly, for copying and for titles. */
export function formatExact(value: number): string {
  return nonFinite(value) ?? String(value).replace(/-/g, MINUS);
}

/**
 * A hyperparameter as it was set: `0.01`, `3e−5`, `12345`, `0.1` where a float32 was logged. No digit is added, and none
 * is lost but those that arithmetic leaves behind a float64 (`0.30000000000000004`).
 */
export function formatSetting(value: number): string {
  const special = nonFinite(value);
  if (special !== null) return special;
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return signed(value < 0, String(Math.abs(value)));
  let short = Number(value.toPrecision(14));
  if (Math.fround(value) === value) {
    for (let digits = 1; digits <= 9; digits++) {
      short = Number(value.toPrecision(digits));
      if (Math.fround(short) === value) break;
    }
  }
  const text = Math.abs(short) < 1e-4 ? short.toExponential() : String(short);
  return text.replace("e+", "e").replaceAll("-", MINUS);
}

/** A step with thousands separators: `12,400`. Fractions (an averaged step) keep up to two decimals. */
export function formatStep(step: number): string {
  const special = nonFinite(step);
  if (special !== null) return special;
  const magnitude = Math.abs(step);
  if (magnitude >= 1e21) return scientific(step, 4);
  if (Number.isInteger(step)) return signed(step < 0, groupThousands(BigInt(magnitude).toString()));
  const [whole, fraction] = magnitude.toFixed(2).replace(/\.?0+$/, "").split(".") as [string, string | undefined];
  return signed(step < 0, groupThousands(whole) + (fraction === undefined ? "" : `.${fraction}`));
}

/** A count with thousands separators; the same as a step. */
export const formatCount = formatStep;

const SI_STEPS: readonly (readonly [number, string])[] = [
  [1e15, "P"],
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

/** A large count in few characters: `950`, `4.2k`, `4.2M`, `12G`. At most three significant digits. */
export function formatCompact(value: number): string {
  const special = nonFinite(value);
  if (special !== null) return special;
  const magnitude = Math.abs(value);
  for (const [unit, suffix] of SI_STEPS) {
    // 999,950 reads 1M and not 1,000k
    if (magnitude >= unit * 0.9995) {
      const scaled = magnitude / unit;
      if (scaled >= 999.5 && suffix === "P") return scientific(value, 3);
      const decimals = scaled >= 99.95 ? 0 : 1;
      return signed(value < 0, scaled.toFixed(decimals).replace(/\.0$/, "") + suffix);
    }
  }
  return signed(value < 0, String(Number(magnitude.toPrecision(3))));
}

/**
 * Labels for axis ticks that belong together: all get the same unit (k, M, G, or a power of ten) and
 * just the decimals that their spacing needs. `spacing` is the distance between neighbouring ticks.
 */
export function formatTicks(values: readonly number[], spacing: number): string[] {
  const largest = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  if (largest === 0) return values.map(() => "0");
  const isTiny = largest < 1e-4 || (largest < 5e-3 && decimalsFor(spacing) > 3); // 7.5e−4 rather than 0.00075
  if (largest >= 1e15 || isTiny) return scientificTicks(values, spacing, largest);
  let [unit, suffix] = SI_STEPS.find(([size]) => largest >= size) ?? ([1, ""] as const);
  // 1,500 reads better than 1.5k, 16,999 better than 16.999k
  const inUnits = decimalsFor(spacing / unit);
  if ((inUnits > 2 && largest < 1e9) || (inUnits > 0 && largest < 1e4)) [unit, suffix] = [1, ""];
  const decimals = decimalsFor(spacing / unit);
  // far more digits than can be read: an offset view such as 1,000,000.001; let the exact digits stand
  if (decimals > 8) return scientificTicks(values, spacing, largest);
  return values.map((v) => {
    const text = (Math.abs(v) / unit).toFixed(decimals);
    if (Number(text) === 0) return "0";
    const [whole, fraction] = text.split(".") as [string, string | undefined];
    return signed(v < 0, groupThousands(whole) + (fraction === undefined ? "" : `.${fraction}`) + suffix);
  });
}

function decimalsFor(spacing: number): number {
  if (!(spacing > 0) || !Number.isFinite(spacing)) return 0;
  let decimals = Math.max(0, -Math.floor(Math.log10(spacing) + 1e-9));
  // 0.25 needs two decimals where 0.2 needs one
  while (decimals < 12) {
    const shifted = spacing * 10 ** decimals;
    if (Math.abs(shifted - Math.round(shifted)) < 1e-6 * shifted) break;
    decimals++;
  }
  return decimals;
}

function scientificTicks(values: readonly number[], spacing: number, largest: number): string[] {
  const digits = Math.min(16, Math.max(1, Math.ceil(Math.log10(largest / spacing) + 1e-9) + 1));
  return values.map((v) => (v === 0 ? "0" : scientific(v, digits)));
}

/** One decade tick of a log axis: `0.001`, `1`, `100`, `10k`, `1e−6`. */
export function formatLogTick(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-3 && magnitude < 1e4) return signed(value < 0, groupThousandsOf(magnitude));
  if (magnitude >= 1e4 && magnitude < 1e15) return formatCompact(value);
  return scientific(value, 1);
}

function groupThousandsOf(magnitude: number): string {
  const [whole, fraction] = String(Number(magnitude.toPrecision(12))).split(".") as [string, string | undefined];
  return groupThousands(whole) + (fraction === undefined ? "" : `.${fraction}`);
}

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** Sizes in decimal units, as disks and `ls -h --si` count them: `3.1 MB`. */
export function formatBytes(bytes: number): string {
  const special = nonFinite(bytes);
  if (special !== null) return special;
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, "");
  return signed(bytes < 0, `${digits} ${BYTE_UNITS[unit]!}`);
}
