/** Runs as a tree of folders, by the slashes of their names: built once per list, flattened for what is unfolded. */

export interface TreeRun {
  name: string;
  label: string;
  /** Run under which this one folds though its name does not say so: torch's sub-runs of the root run. */
  parent?: string | null;
}

export interface RunNode<R extends TreeRun = TreeRun> {
  /** Path, unique; a run's node has the run's name. */
  key: string;
  /** What is shown: the part of the path that the parents do not show. */
  text: string;
  /** Leading part of the text that it shares with all its siblings, shown dimmed. */
  shared: number;
  /** The run at this path; null for a folder without event files. */
  run: R | null;
  children: RunNode<R>[];
  /** Runs here and below. */
  runs: number;
}

export interface FlatRow<R extends TreeRun = TreeRun> {
  node: RunNode<R>;
  depth: number;
  expanded: boolean | null;
  position: number;
  siblings: number;
}

/** Builds the tree; the order of the runs is kept, a folder stands where its first run stood. */
export function buildRunTree<R extends TreeRun>(runs: readonly R[]): RunNode<R>[] {
  const roots: RunNode<R>[] = [];
  const byPath = new Map<string, RunNode<R>>();
  for (const run of runs) {
    const parts = run.name.split("/");
    const host = run.parent === "." && run.name !== "." ? byPath.get(".") : undefined; // "." sorts first
    let level = host ? host.children : roots;
    if (host) host.runs += 1;
    for (let depth = 1; depth <= parts.length; depth++) {
      const path = parts.slice(0, depth).join("/");
      let node = byPath.get(path);
      if (!node) {
        node = { key: path, text: parts[depth - 1]!, shared: 0, run: null, children: [], runs: 0 };
        byPath.set(path, node);
        level.push(node);
      }
      node.runs += 1;
      if (depth === parts.length) {
        node.run = run;
        if (run.name === ".") node.text = run.label; // the log directory itself
      }
      level = node.children;
    }
  }
  return finish(roots);
}

function finish<R extends TreeRun>(nodes: RunNode<R>[]): RunNode<R>[] {
  const merged = nodes.map((node) => {
    let at = node;
    // A folder that holds nothing but one folder says nothing: one row for both.
    while (at.run === null && at.children.length === 1 && at.children[0]!.run === null) {
      const child = at.children[0]!;
      at = { ...child, text: `${at.text}/${child.text}` };
    }
    return { ...at, children: finish(at.children) };
  });
  const shared = sharedPrefix(merged.filter((node) => node.key !== ".").map((node) => node.text));
  for (const node of merged) node.shared = node.key === "." ? 0 : shared;
  return merged;
}

/** Length of what all texts begin with, cut back to the last separator, so that no word is split. */
export function sharedPrefix(texts: readonly string[]): number {
  const first = texts[0];
  if (first === undefined || texts.length < 2) return 0;
  let length = first.length;
  for (const text of texts) {
    let at = 0;
    while (at < length && text[at] === first[at]) at += 1;
    length = at;
  }
  while (length > 0 && !/[\s_\-=.,:;+@/]/.test(first[length - 1]!)) length -= 1;
  return length;
}

/** The rows that are unfolded, from top to bottom. */
export function flattenTree<R extends TreeRun>(
  nodes: readonly RunNode<R>[],
  isExpanded: (node: RunNode<R>) => boolean,
): FlatRow<R>[] {
  const rows: FlatRow<R>[] = [];
  const walk = (level: readonly RunNode<R>[], depth: number): void => {
    level.forEach((node, index) => {
      const expanded = node.children.length ? isExpanded(node) : null;
      rows.push({ node, depth, expanded, position: index + 1, siblings: level.length });
      if (expanded) walk(node.children, depth + 1);
    });
  };
  walk(nodes, 0);
  return rows;
}

/** How many runs of each node are selected, by key: one walk, since a row asks for it on every change. */
export function countSelected<R extends TreeRun>(
  nodes: readonly RunNode<R>[],
  isSelected: (name: string) => boolean,
): Map<string, number> {
  const counts = new Map<string, number>();
  const walk = (node: RunNode<R>): number => {
    let count = node.run && isSelected(node.run.name) ? 1 : 0;
    for (const child of node.children) count += walk(child);
    counts.set(node.key, count);
    return count;
  };
  nodes.forEach(walk);
  return counts;
}

/** State of a node's checkbox. */
export function triState(selected: number, runs: number): boolean | "mixed" {
  return selected === 0 ? false : selected === runs ? true : "mixed";
}

/** Names of the runs at a node and below, in order. */
export function runsBelow<R extends TreeRun>(node: RunNode<R>): string[] {
  const names = node.run ? [node.run.name] : [];
  for (const child of node.children) names.push(...runsBelow(child));
  return names;
}
