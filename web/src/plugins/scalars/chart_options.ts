/**
 * How charts are drawn, as text for the page's address. The page's options stand there under their own names
 * (`x=relative&y=log`), those of single charts under `cards=` (`cards=train/loss~y=log~zero=1`); a chart's own beat
 * the page's.
 */

import type { Smoothing, XAxis } from "../../api/types.ts";
import { formatList, parseList } from "../../base/url_state.ts";
import { formatSmoothing, parseSmoothing } from "../../state/route.svelte.ts";

export type ScaleName = "linear" | "log" | "symlog";
/** Either end may be left to the data. */
export type Limits = readonly [low: number | null, high: number | null];

export interface XChoice {
  readonly axis: XAxis;
  /** Whose values are the axis, with `tag`. */
  readonly tag: string;
}

export interface ChartLimits {
  readonly x: Limits;
  readonly y: Limits;
  /** Of the second y axis. */
  readonly y2: Limits;
}

export interface ChartOptions {
  readonly x: XChoice;
  readonly xScale: ScaleName;
  readonly yScale: ScaleName;
  readonly smoothing: Smoothing;
  /** Zero is always on the y axis. */
  readonly includeZero: boolean;
  /** Axes fit the middle 90 % of the values; the rest is counted and marked. */
  readonly ignoreOutliers: boolean;
  /** Points that a restart replaced are drawn faintly. */
  readonly superseded: boolean;
  readonly lanes: "all" | "last";
  /** The last value stands beside each line. */
  readonly lastValue: boolean;
  readonly density: "auto" | "on" | "off";
  readonly limits: ChartLimits;
  /** Keys of lines (tags) on a second y axis; `auto`: those of another magnitude. */
  readonly right: "auto" | readonly string[];
}

export const NO_LIMITS: Limits = [null, null];
const FREE: ChartLimits = { x: NO_LIMITS, y: NO_LIMITS, y2: NO_LIMITS };

export const DEFAULT_OPTIONS: ChartOptions = {
  x: { axis: "step", tag: "" },
  xScale: "linear",
  yScale: "linear",
  smoothing: { kind: "exponential", weight: 0.6 },
  includeZero: false,
  ignoreOutliers: false,
  superseded: false,
  lanes: "all",
  lastValue: false,
  density: "auto",
  limits: FREE,
  right: "auto",
};

interface Codec<T> {
  /** Key in the address. */
  readonly name: string;
  /** Undefined for what is no value. */
  parse(text: string): T | undefined;
  format(value: T): string;
}

const oneOf = <T extends string>(name: string, ...values: T[]): Codec<T> => ({
  name,
  parse: (text) => values.find((each) => each === text),
  format: (value) => value,
});

const flag = (name: string): Codec<boolean> => ({
  name,
  parse: (text) => (text === "1" ? true : text === "0" ? false : undefined),
  format: (value) => (value ? "1" : "0"),
});

const AXES: readonly XAxis[] = ["step", "relative", "wall_time", "active", "relative_step"];

const codecs: { readonly [K in keyof ChartOptions]: Codec<ChartOptions[K]> } = {
  x: {
    name: "x",
    parse(text) {
      if (text.startsWith("tag:") && text.length > 4) return { axis: "tag", tag: text.slice(4) };
      const axis = AXES.find((each) => each === text);
      return axis && { axis, tag: "" };
    },
    format: ({ axis, tag }) => (axis === "tag" ? `tag:${tag}` : axis),
  },
  xScale: oneOf("xs", "linear", "log", "symlog"),
  yScale: oneOf("y", "linear", "log", "symlog"),
  smoothing: {
    name: "smooth",
    parse: (text) => parseSmoothing(text),
    format: (value) => formatSmoothing(value) ?? String(value.weight),
  },
  includeZero: flag("zero"),
  ignoreOutliers: flag("out"),
  superseded: flag("sup"),
  lanes: oneOf("lanes", "all", "last"),
  lastValue: flag("last"),
  density: oneOf("dens", "auto", "on", "off"),
  limits: { name: "lim", parse: parseLimits, format: formatLimits },
  right: {
    name: "y2",
    parse: (text) => (text === "auto" ? "auto" : text === "none" ? [] : text.split("|").map(unescape)),
    format: (value) => (value === "auto" ? "auto" : value.length === 0 ? "none" : value.map((each) => escape(each, /[%|]/g)).join("|")),
  },
};

export type OptionName = keyof ChartOptions;
export const OPTION_NAMES = Object.keys(codecs) as OptionName[];
export type Overrides = Partial<ChartOptions>;

/** Key of an option in the address. */
export function keyOfOption(name: OptionName): string {
  return codecs[name].name;
}

/** Text of one option; null for the default, which needs no words. */
export function formatOption<K extends OptionName>(name: K, value: ChartOptions[K]): string | null {
  const text = codecs[name].format(value);
  return text === codecs[name].format(DEFAULT_OPTIONS[name]) ? null : text;
}

/** Options by their keys in the address; what is missing or no value is left out. */
export function parseOptions(get: (key: string) => string | null | undefined): Overrides {
  const found: Partial<Record<OptionName, unknown>> = {};
  for (const name of OPTION_NAMES) {
    const text = get(codecs[name].name);
    const value = text == null ? undefined : codecs[name].parse(text);
    if (value !== undefined) found[name] = value;
  }
  return found as Overrides;
}

/** Own options of charts, by the cards' keys. */
export function parseCards(text: string | null): Map<string, Overrides> {
  const cards = new Map<string, Overrides>();
  for (const item of parseList(text)) {
    const [key, ...fields] = item.split("~").map(unescape);
    if (!key) continue;
    const texts = new Map(fields.map((field) => [field.slice(0, field.indexOf("=")), field.slice(field.indexOf("=") + 1)]));
    const options = parseOptions((name) => texts.get(name));
    if (Object.keys(options).length > 0) cards.set(key, options);
  }
  return cards;
}

/** The inverse; null if no chart has options of its own. */
export function formatCards(cards: ReadonlyMap<string, Overrides>): string | null {
  const items: string[] = [];
  for (const [key, options] of cards) {
    const names = OPTION_NAMES.filter((name) => options[name] !== undefined);
    if (names.length === 0) continue;
    const fields = names.map((name) => `${codecs[name].name}=${formatAny(name, options)}`);
    items.push([key, ...fields].map((each) => escape(each, /[%~]/g)).join("~"));
  }
  return items.length > 0 ? formatList(items) : null;
}

function formatAny<K extends OptionName>(name: K, options: Overrides): string {
  return codecs[name].format(options[name] as ChartOptions[K]);
}

export function sameOption<K extends OptionName>(name: K, a: ChartOptions[K], b: ChartOptions[K]): boolean {
  return codecs[name].format(a) === codecs[name].format(b);
}

function escape(text: string, what: RegExp): string {
  return text.replace(what, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
}

function unescape(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // written by hand: as it stands
  }
}

/** `0:100:::1`: x, y and the second y axis, low and high; empty is left to the data. */
function formatLimits({ x, y, y2 }: ChartLimits): string {
  return [...x, ...y, ...y2]
    .map((each) => (each === null ? "" : String(each).replace("e+", "e")))
    .join(":")
    .replace(/:+$/, "");
}

function parseLimits(text: string): ChartLimits | undefined {
  const ends = text.split(":").map((each) => (each === "" ? null : Number(each)));
  if (ends.length > 6 || ends.some((each) => each !== null && !Number.isFinite(each))) return undefined;
  const at = (index: number): Limits => {
    const [low, high] = [ends[index] ?? null, ends[index + 1] ?? null];
    return low !== null && high !== null && low >= high ? NO_LIMITS : [low, high];
  };
  return { x: at(0), y: at(2), y2: at(4) };
}

/** True if any limit was typed. */
export function hasLimits({ x, y, y2 }: ChartLimits): boolean {
  return [...x, ...y, ...y2].some((each) => each !== null);
}
