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
  /** The node's. */
  key: string;
  node: RunNode<R>;
  depth: number;
  expanded: boolean | null;
  position: number;
  siblings: number;
}

/** A node while the tree is built: children by the part of the path that they stand for. */
interface Growing<R extends TreeRun> extends RunNode<R> {
  byPart: Map<string, Growing<R>> | null;
  children: Growing<R>[];
}

function grow<R extends TreeRun>(key: string, text: string): Growing<R> {
  return { key, text, shared: 0, run: null, children: [], runs: 0, byPart: null };
}

/** Builds the tree; the order of the runs is kept, a folder stands where its first run stood. */
export function buildRunTree<R extends TreeRun>(runs: readonly R[]): RunNode<R>[] {
  const root = grow<R>("", "");
  for (const run of runs) {
    const { name } = run;
    // Sub-runs of the root run are named without it; "." comes first wherever it is.
    const host = run.parent === "." && name !== "." ? root.byPart?.get(".") : undefined;
    let at = host ?? root;
    if (host) host.runs += 1;
    for (let from = 0; from <= name.length; ) {
      const slash = name.indexOf("/", from);
      const end = slash < 0 ? name.length : slash;
      const part = name.slice(from, end);
      at.byPart ??= new Map();
      let next = at.byPart.get(part);
      if (!next) {
        next = grow(name.slice(0, end), part);
        at.byPart.set(part, next);
        at.children.push(next);
      }
      next.runs += 1;
      at = next;
      from = end + 1;
    }
    at.run = run;
    if (name === ".") at.text = run.label; // the log directory itself
  }
  finish(root.children);
  return root.children;
}

/** Joins folders that hold nothing but one folder: two rows would say no more than one. Finds shared beginnings. */
function finish<R extends TreeRun>(nodes: Growing<R>[]): void {
  for (let index = 0; index < nodes.length; index++) {
    let node = nodes[index]!;
    node.byPart = null;
    while (node.run === null && node.children.length === 1 && node.children[0]!.run === null) {
      const child = node.children[0]!;
      child.text = `${node.text}/${child.text}`;
      child.byPart = null;
      nodes[index] = node = child;
    }
    if (node.children.length) finish(node.children);
  }
  const named = nodes.filter((node) => node.key !== ".");
  const shared = sharedPrefix(named.map((node) => node.text));
  for (const node of named) node.shared = shared;
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
      rows.push({ key: node.key, node, depth, expanded, position: index + 1, siblings: level.length });
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

/** The same rows for a list without folders: each run by its full name, lines of another run's charts left out. */
export function flatRows<R extends TreeRun & { key?: string | null }>(runs: readonly R[]): FlatRow<R>[] {
  const own = runs.filter((run) => run.key == null);
  return own.map((run, index) => {
    const text = run.name === "." ? run.label : run.name;
    const node: RunNode<R> = { key: run.name, text, shared: 0, run, children: [], runs: 1 };
    return { key: run.name, node, depth: 0, expanded: null, position: index + 1, siblings: own.length };
  });
}
