/**
 * Which runs are drawn, as few words for the address: `a,b` is a and b only, `-a,-b/` is all but run a and folder b,
 * `none` none, no text (null) all, `@latest` the newest run, whichever that is. A token that ends in `/` means a run of
 * that name and all below it. A backslash before a name says that it is one and none of these words.
 */

import { formatList, parseList } from "./url_state.ts";

export interface Selection {
  /** The newest run only, following new ones; `all` and `except` say nothing then. */
  latest?: boolean;
  /** What holds for a run that no token names, hence for runs that appear later. */
  all: boolean;
  /** Exceptions from that: run names, folders with a trailing slash. */
  except: ReadonlySet<string>;
}

export const everything: Selection = { all: true, except: new Set() };

/** The newest run, and the next one when that begins. */
export const latest: Selection = { latest: true, all: false, except: new Set() };

const latestWord = "@latest";

export function parseSelection(text: string | null): Selection {
  if (text === null) return everything;
  if (text === "-") return everything;
  if (text === "none") return { all: false, except: new Set() };
  if (text === latestWord) return latest;
  const tokens = parseList(text);
  if (tokens.length && tokens.every((token) => token.startsWith("-"))) {
    return { all: true, except: new Set(tokens.map((token) => token.slice(1))) };
  }
  return { all: false, except: new Set(tokens.map((token) => token.replace(/^\\/, ""))) };
}

export function formatSelection({ latest: isLatest, all, except }: Selection): string | null {
  if (isLatest) return latestWord;
  if (all) return except.size ? formatList([...except].map((token) => `-${token}`)) : null;
  return except.size ? formatList([...except].map(escapeWord)) : "none";
}

function escapeWord(token: string): string {
  return token === "none" || token === latestWord || /^[-\\]/.test(token) ? `\\${token}` : token;
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
  const root = countFolders(selected, names);
  const same: Selection = { all, except: exceptions(root, all) };
  const other: Selection = { all: !all, except: exceptions(root, !all) };
  return (formatSelection(other)?.length ?? 0) < (formatSelection(same)?.length ?? 0) ? other : same;
}

interface Folder {
  path: string;
  folders: Map<string, Folder> | null;
  /** Whether the run of this name is selected; null where there is no such run. */
  run: boolean | null;
  /** Runs here and below, and how many of them are selected. */
  runs: number;
  selected: number;
}

function makeFolder(path: string): Folder {
  return { path, folders: null, run: null, runs: 0, selected: 0 };
}

function countFolders(selected: ReadonlySet<string>, names: readonly string[]): Folder {
  const root = makeFolder("");
  for (const name of names) {
    const on = selected.has(name);
    let at = root;
    at.runs += 1;
    if (on) at.selected += 1;
    for (let from = 0; from <= name.length; ) {
      const slash = name.indexOf("/", from);
      const end = slash < 0 ? name.length : slash;
      const part = name.slice(from, end);
      at.folders ??= new Map();
      let next = at.folders.get(part);
      if (!next) at.folders.set(part, (next = makeFolder(name.slice(0, end))));
      next.runs += 1;
      if (on) next.selected += 1;
      at = next;
      from = end + 1;
    }
    at.run = on;
  }
  return root;
}

/** What has to be named where everything else is selected (`all`) or is not. */
function exceptions(root: Folder, all: boolean): Set<string> {
  const found = new Set<string>();
  const walk = (folder: Folder): void => {
    const differ = all ? folder.runs - folder.selected : folder.selected;
    if (differ === 0) return;
    if (folder.path && differ === folder.runs) {
      found.add(folder.folders ? `${folder.path}/` : folder.path);
      return;
    }
    if (folder.run === !all) found.add(folder.path);
    folder.folders?.forEach(walk);
  };
  walk(root);
  return found;
}
