/**
 * Runs in groups: by folder, by what a regular expression finds in their names, by the value of a hyperparameter.
 * One text says how (`folder`, `folder:1`, `regex:(lr=\S+)`, `hparam:lr`); colours and the charts' means use the same.
 */

export type HparamValue = number | string | boolean | null;

export type GroupSpec =
  /** The first `depth` folders of the name; 0: the whole path but the last part. */
  | { by: "folder"; depth: number }
  | { by: "regex"; source: string; expression: RegExp }
  | { by: "hparam"; name: string };

/** What a grouping needs to know of a run. */
export interface GroupedRun {
  name: string;
  hparam: (name: string) => HparamValue | undefined;
}

/** Null for a text that says no grouping: empty, `run`, or an expression that is none. */
export function parseGroupSpec(text: string | null): GroupSpec | null {
  const colon = text?.indexOf(":") ?? -1;
  const by = colon < 0 ? text : text!.slice(0, colon);
  const value = colon < 0 ? "" : text!.slice(colon + 1);
  if (by === "folder") return { by, depth: /^\d+$/.test(value) ? Number(value) : 0 };
  if (by === "hparam" && value) return { by, name: value };
  if (by !== "regex" || !value) return null;
  try {
    return { by, source: value, expression: new RegExp(value, "i") };
  } catch {
    return null;
  }
}

/** Why a text groups nothing although it wants to, as the end of a sentence; null for one that groups, and for none. */
export function explainGroupSpec(text: string | null): string | null {
  if (!text || text === "run" || parseGroupSpec(text)) return null;
  if (text.startsWith("regex:")) return (explainRegExp(text.slice("regex:".length)) ?? "There is no regular expression").replace(/^./, (first) => first.toLowerCase());
  return text === "hparam:" ? "no hyperparameter is named" : `“${text}” is not a way to group`;
}

/** Why a text is no regular expression; null if it is one. */
export function explainRegExp(source: string): string | null {
  try {
    new RegExp(source, "i");
    return null;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^Invalid regular expression: /, "") : "";
    return `Not a regular expression: ${reason}`;
  }
}

/**
 * Name of the run's group; null for a run that is in none: the expression finds nothing, the hyperparameter is not
 * logged. Of an expression with groups in parentheses these are the name, as in TensorBoard; without any, all runs
 * that it finds are one group.
 */
export function groupOf(spec: GroupSpec, run: GroupedRun): string | null {
  if (spec.by === "folder") {
    const parts = run.name.split("/").slice(0, -1);
    return (spec.depth > 0 ? parts.slice(0, spec.depth) : parts).join("/");
  }
  if (spec.by === "hparam") {
    const value = run.hparam(spec.name);
    return value == null ? null : String(value);
  }
  const found = spec.expression.exec(run.name);
  if (!found) return null;
  return found.length > 1 ? found.slice(1).map((part) => part ?? "").join(", ") : spec.source;
}

/** What a person reads for a group. */
export function groupLabel(spec: GroupSpec, group: string | null): string {
  if (spec.by === "folder") return group || "no folder";
  if (group === null) return spec.by === "hparam" ? `no ${spec.name}` : "no match";
  return spec.by === "hparam" ? `${spec.name} = ${group}` : group || "(empty)";
}

/** Group → its place among the groups: in the order of the runs given, so that later runs change no earlier colour. */
export function indexGroups(groups: Iterable<string | null>): Map<string, number> {
  const indices = new Map<string, number>();
  for (const group of groups) if (group !== null && !indices.has(group)) indices.set(group, indices.size);
  return indices;
}

/** Places numbers between their lowest (0) and highest (1); null if they are fewer than two different ones. */
export function makeScale(values: Iterable<number>): ((value: number) => number) | null {
  const finite = [...values].filter(Number.isFinite);
  const low = finite.reduce((least, value) => Math.min(least, value), Infinity);
  const high = finite.reduce((most, value) => Math.max(most, value), -Infinity);
  if (!(low < high)) return null;
  // Learning rates and the like: 1e-5, 1e-4 and 1e-3 are equally far apart.
  const isWide = low > 0 && high / low >= 30;
  const place = (value: number): number => (isWide ? Math.log(value) : value);
  const span = place(high) - place(low);
  return (value) => (Number.isNaN(value) ? 0 : Math.min(1, Math.max(0, (place(value) - place(low)) / span)));
}
