/** How groups of runs become one line each, as text for the page's address: `mean,std`, `median,percentile,10,90`. */

export const CENTERS = [
  { value: "mean", label: "Mean" },
  { value: "median", label: "Median" },
  { value: "iqm", label: "Interquartile mean" },
] as const;

export const BANDS = [
  { value: "minmax", label: "Lowest to highest" },
  { value: "std", label: "± standard deviation" },
  { value: "sem", label: "± standard error" },
  { value: "ci95", label: "95 % confidence (bootstrap)" },
  { value: "percentile", label: "Percentiles" },
  { value: "none", label: "None" },
] as const;

export type Center = (typeof CENTERS)[number]["value"];
export type Band = (typeof BANDS)[number]["value"];

export interface Aggregate {
  readonly center: Center;
  readonly band: Band;
  /** Percentiles of the band, used with `percentile`. */
  readonly low: number;
  readonly high: number;
}

export const DEFAULT_AGGREGATE: Aggregate = { center: "mean", band: "minmax", low: 25, high: 75 };

export function parseAggregate(text: string | null): Aggregate {
  const [center, band, low, high] = (text ?? "").split(",");
  const found = {
    center: CENTERS.find((each) => each.value === center)?.value ?? DEFAULT_AGGREGATE.center,
    band: BANDS.find((each) => each.value === band)?.value ?? DEFAULT_AGGREGATE.band,
  };
  const [from, to] = [Number(low || 25), Number(high || 75)];
  const fits = from >= 0 && to <= 100 && from < to;
  return { ...found, low: fits ? from : DEFAULT_AGGREGATE.low, high: fits ? to : DEFAULT_AGGREGATE.high };
}

/** The inverse; null for the default. */
export function formatAggregate({ center, band, low, high }: Aggregate): string | null {
  const text = band === "percentile" ? `${center},${band},${low},${high}` : `${center},${band}`;
  return text === `${DEFAULT_AGGREGATE.center},${DEFAULT_AGGREGATE.band}` ? null : text;
}

const CENTER_WORDS: Readonly<Record<Center, string>> = { mean: "mean", median: "median", iqm: "IQM" };
const BAND_WORDS: Readonly<Record<Band, string>> = {
  none: "",
  minmax: ", lowest to highest",
  std: " ± std",
  sem: " ± std error",
  ci95: ", 95 % interval",
  percentile: "",
};

/** `mean ± std`, `median, 25th to 75th percentile`. */
export function describeAggregate({ center, band, low, high }: Aggregate): string {
  const range = band === "percentile" ? `, ${low}th to ${high}th percentile` : BAND_WORDS[band];
  return CENTER_WORDS[center] + range;
}

/** Between a group's name and the key of its line within a chart; in no name of either. */
const SEPARATOR = "\u001f";

export function joinGroup(group: string, key: string): string {
  return `${group}${SEPARATOR}${key}`;
}

export function splitGroup(name: string): { readonly group: string; readonly key: string } {
  const at = name.indexOf(SEPARATOR);
  return at < 0 ? { group: name, key: "" } : { group: name.slice(0, at), key: name.slice(at + 1) };
}
