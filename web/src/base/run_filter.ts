/**
 * The language of the run filter, one line: words that must all be in the name (any case), `"two words"`,
 * `/regular expression/` (with `i` by default, as names are typed carelessly), `-word` for what must not be there,
 * `status:running` (or `state:`; also stalled, finished, broken), `is:starred` (also hidden, noted), `note:word`, `age<2d`
 * (since the last event; s, m, h, d, w), `points>=1000`, and hyperparameters: `lr<=3e-4`, `optimizer:adam`.
 */

import { foldCase } from "./fold_case.ts";
import type { HparamValue } from "./run_groups.ts";

export type RunState = "running" | "stalled" | "finished";

export interface FilterFacts {
  name: string;
  label: string;
  /** Name and label without regard to case (foldCase): words are looked for in it, on every key press. */
  text: string;
  points: number;
  problems: number;
  /** Seconds since anything was written; null where nobody knows. */
  age: number | null;
  state: RunState;
  star: boolean;
  hidden: boolean;
  note: string;
  /** A hyperparameter's value; undefined where the run has none of this name. */
  hparam: (name: string) => HparamValue | undefined;
}

export interface RunFilter {
  /** Nothing was asked for: every run passes. */
  empty: boolean;
  /** It may ask for hyperparameters, which are read only when somebody wants them. */
  usesHparams: boolean;
  test: (facts: FilterFacts) => boolean;
}

export type FilterResult = { filter: RunFilter; error: null } | { filter: null; error: string };

type Test = (facts: FilterFacts) => boolean;

const unitSecs: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const everything: RunFilter = { empty: true, usesHparams: false, test: () => true };

/** Reads a filter; `error` says in one sentence what cannot be understood. */
export function parseRunFilter(text: string): FilterResult {
  const tests: Test[] = [];
  const tokens = tokenize(text);
  for (const token of tokens) {
    const made = makeTest(token);
    if (typeof made === "string") return { filter: null, error: made };
    tests.push(made);
  }
  if (tests.length === 0) return { filter: everything, error: null };
  const usesHparams = tokens.some(({ kind, text: word }) => kind === "word" && comparisonWord.test(word));
  return { filter: { empty: false, usesHparams, test: (facts) => tests.every((test) => test(facts)) }, error: null };
}

/** What who typed a bare regular expression, as TensorBoard takes it, may have meant; null if it is none. */
export function suggestRegExp(text: string): string | null {
  const bare = text.trim();
  if (bare.startsWith("/") || /\s/.test(bare) || !/[|*^$\\]|\.[+?]|\[.+\]|\(.+\)/.test(bare)) return null;
  try {
    new RegExp(bare);
  } catch {
    return null;
  }
  return `/${bare.replaceAll("/", "\\/")}/`;
}

interface Token {
  text: string;
  kind: "word" | "quoted" | "regex";
  flags: string;
  negated: boolean;
  closed: boolean;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at]!)) {
      at += 1;
      continue;
    }
    // A lone minus is a word: names contain it.
    const negated = text[at] === "-" && at + 1 < text.length && !/\s/.test(text[at + 1]!);
    if (negated) at += 1;
    const opener = text[at]!;
    if (opener === "/" || opener === '"') {
      const end = findEnd(text, at + 1, opener);
      const inner = text.slice(at + 1, end < 0 ? undefined : end);
      at = end < 0 ? text.length : end + 1;
      const flags = opener === "/" ? /^[a-z]*/.exec(text.slice(at))![0] : "";
      at += flags.length;
      tokens.push({ text: inner, kind: opener === "/" ? "regex" : "quoted", flags, negated, closed: end >= 0 });
    } else {
      const word = /^\S+/.exec(text.slice(at))![0];
      at += word.length;
      tokens.push({ text: word, kind: "word", flags: "", negated, closed: true });
    }
  }
  return tokens;
}

function findEnd(text: string, from: number, closer: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === closer) return at;
  }
  return -1;
}

function makeTest(token: Token): Test | string {
  const test = makePositive(token);
  if (typeof test === "string" || !token.negated) return test;
  return (facts) => !test(facts);
}

function makePositive({ text: word, kind, flags, closed }: Token): Test | string {
  if (kind === "regex") {
    if (!closed) {
      // Half typed, or a path that begins with a slash: words until the second slash makes it an expression.
      const path = foldCase(`/${word}`);
      return (facts) => facts.text.includes(path);
    }
    try {
      const expression = new RegExp(word, /[su]/.test(flags) ? `i${flags.replace(/[^su]/g, "")}` : "i");
      return ({ name, label }) => expression.test(name) || (label !== name && expression.test(label));
    } catch (error) {
      const reason = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, "") : "";
      return `Not a regular expression: ${reason}`;
    }
  }
  // as the table of runs calls its column; of anything else it is a hyperparameter
  if (kind === "word" && /^state:(running|stalled|finished|broken)$/i.test(word)) return makeCondition("status", "", word.slice(6).toLowerCase());
  const condition = kind === "word" ? /^(status|is|note|age|points):?(<=|>=|<|>|=|)(.*)$/i.exec(word) : null;
  if (condition && (condition[2] || word.includes(":"))) {
    return makeCondition(condition[1]!.toLowerCase(), condition[2]!, condition[3]!.toLowerCase());
  }
  const wanted = foldCase(word);
  const compared = kind === "word" ? comparisonWord.exec(word) : null;
  if (!compared) return ({ text }) => text.includes(wanted);
  const holds = compareHparam(compared[2]!, compared[3]!);
  // A name may well contain "lr=3e-4" too.
  return ({ text, hparam }) => text.includes(wanted) || holds(hparam(compared[1]!));
}

const comparisonWord = /^(.+?)(<=|>=|<|>|=|:)(.+)$/s;

/** A number is compared as one, everything else as words without regard to case. */
function compareHparam(operator: string, value: string): (found: HparamValue | undefined) => boolean {
  const number = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value) ? Number(value) : NaN;
  const word = foldCase(value);
  const isNumber = comparison(operator === ":" ? "=" : operator, number);
  return (found) => {
    if (found == null) return false;
    if (typeof found === "number") return isNumber(found);
    if (operator === ":") return foldCase(String(found)).includes(word);
    return operator === "=" && foldCase(String(found)) === word;
  };
}

function makeCondition(key: string, operator: string, value: string): Test | string {
  if (key === "status") {
    if (value === "broken") return (facts) => facts.problems > 0;
    if (value === "running" || value === "stalled" || value === "finished") return (facts) => facts.state === value;
    return "status: is running, stalled, finished or broken";
  }
  if (key === "is") {
    if (value === "starred") return (facts) => facts.star;
    if (value === "hidden") return (facts) => facts.hidden;
    if (value === "noted") return (facts) => facts.note !== "";
    return "is: says starred, hidden or noted";
  }
  if (key === "note") {
    const wanted = foldCase(value);
    return (facts) => foldCase(facts.note).includes(wanted);
  }
  const found = /^(\d+(?:\.\d+)?)([a-z]?)$/.exec(value);
  const scale = key === "age" ? unitSecs[found?.[2] || "d"] : { "": 1, k: 1e3, m: 1e6, g: 1e9 }[found?.[2] ?? "?"];
  if (!found || scale === undefined) {
    return key === "age" ? "age needs a number and s, m, h, d or w, as in age<2d" : "points needs a number, as in points>=1000";
  }
  const limit = Number(found[1]) * scale;
  const holds = comparison(operator, limit);
  return key === "age" ? ({ age }) => age !== null && holds(age) : ({ points }) => holds(points);
}

function comparison(operator: string, limit: number): (value: number) => boolean {
  switch (operator) {
    case "<":
      return (value) => value < limit;
    case "<=":
      return (value) => value <= limit;
    case ">":
      return (value) => value > limit;
    case ">=":
      return (value) => value >= limit;
    default:
      return (value) => value === limit;
  }
}
