/**
 * Which runs are drawn, as few words for the address: `a,b` is a and b only, `-a,-b/` is all but run a and folder b,
 * an empty text none, no text (null) all. A token that ends in `/` means a run of that name and all below it.
 */

import { formatList, parseList } from "./url_state.ts";

export interface Selection {
  /** What holds for a run that no token names, hence for runs that appear later. */
  all: boolean;
  /** Exceptions from that: run names, folders with a trailing slash. */
  except: ReadonlySet<string>;
}

export const everything: Selection = { all: true, except: new Set() };

export function parseSelection(text: string | null): Selection {
  if (text === null) return everything;
  if (text === "-") return everything;
  if (text === "none") return { all: false, except: new Set() };
  const tokens = parseList(text);
  if (tokens.length && tokens.every((token) => token.startsWith("-"))) {
    return { all: true, except: new Set(tokens.map((token) => token.slice(1))) };
  }
  return { all: false, except: new Set(tokens.map((token) => token.replace(/^\\-/, "-"))) };
}

export function formatSelection({ all, except }: Selection): string | null {
  if (all) return except.size ? formatList([...except].map((token) => `-${token}`)) : null;
  return except.size ? formatList([...except].map((token) => token.replace(/^-/, "\\-"))) : "none";
}

export function isSelected({ all, except }: Selection, run: string): boolean {
  if (except.size === 0) return all;
  if (except.has(run) || except.has(`${run}/`)) return !all;
  for (let at = run.lastIndexOf("/"); at > 0; at = run.lastIndexOf("/", at - 1)) {
    if (except.has(run.slice(0, at + 1))) return !all;
  }
  return all;
}

/**
 * The shortest words for exactly these runs: whole folders by name, and whichever of "all but" and "only" says less;
 * a draw keeps what holds for later runs (`all`).
 */
export function makeSelection(selected: ReadonlySet<string>, names: readonly string[], all: boolean): Selection {
  const same: Selection = { all, except: exceptions(selected, names, all) };
  const other: Selection = { all: !all, except: exceptions(selected, names, !all) };
  return (formatSelection(other)?.length ?? 0) < (formatSelection(same)?.length ?? 0) ? other : same;
}

interface Folder {
  folders: Map<string, Folder>;
  /** Name of the run here, if there is one. */
  run: string | null;
  differs: number;
  runs: number;
}

function makeFolder(): Folder {
  return { folders: new Map(), run: null, differs: 0, runs: 0 };
}

function exceptions(selected: ReadonlySet<string>, names: readonly string[], all: boolean): Set<string> {
  const root = makeFolder();
  for (const name of names) {
    const differs = selected.has(name) === all ? 0 : 1;
    let at = root;
    at.runs += 1;
    at.differs += differs;
    for (const part of name.split("/")) {
      let next = at.folders.get(part);
      if (!next) at.folders.set(part, (next = makeFolder()));
      next.runs += 1;
      next.differs += differs;
      at = next;
    }
    at.run = name;
  }
  const found = new Set<string>();
  const walk = (folder: Folder, path: string): void => {
    if (folder.differs === 0) return;
    if (path && folder.differs === folder.runs) {
      found.add(folder.folders.size ? `${path}/` : path);
      return;
    }
    if (folder.run !== null && selected.has(folder.run) !== all) found.add(folder.run);
    for (const [part, child] of folder.folders) walk(child, path ? `${path}/${part}` : part);
  };
  walk(root, "");
  return found;
}
