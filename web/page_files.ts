/**
 * Which files a page of the app needs. The first page's lie in a few chunks of some size (each file costs the server,
 * the browser and their threads some milliseconds, however small it is), and public/start.js is told all pages' files,
 * so that they come along with the app's own instead of after it has run.
 */

import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin, Rolldown } from "vite";

/** The page of an address without a name: `firstStem` in src/base/url_state.ts. */
const FIRST = "scalars";

const panelPattern = /\/plugins\/(\w+)\/Panel\.svelte$/;
const pluginsFolder = new URL("src/plugins/", import.meta.url);
const panelOf = (stem: string): string => fileURLToPath(new URL(`${stem}/Panel.svelte`, pluginsFolder));
const stemOfChunk = ({ moduleIds }: Rolldown.OutputChunk): string | undefined =>
  moduleIds.map((id) => panelPattern.exec(id)?.[1]).find((stem) => stem !== undefined);

interface Modules {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

/** Everything that follows from some roots. */
function closure(roots: readonly string[], next: (id: string) => readonly string[]): Set<string> {
  const found = new Set<string>();
  const open = [...roots];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    open.push(...next(id));
  }
  return found;
}

/**
 * Names the chunk of a module that the first page needs: `charts` (the chart core), `cards` (what other pages need,
 * too), or the page's own. Null for all other modules.
 */
export function makeChunkNames(): (id: string, modules: Modules) => string | null {
  const others = readdirSync(pluginsFolder).filter((stem) => stem !== FIRST && existsSync(panelOf(stem))).map(panelOf);
  let first: ReadonlySet<string> | undefined;
  let shared: ReadonlySet<string> | undefined;
  return (id, modules) => {
    const imports = (each: string): readonly string[] => modules.getModuleInfo(each)?.importedIds ?? [];
    first ??= closure([panelOf(FIRST)], imports);
    shared ??= closure(others, imports);
    if (!first.has(id)) return null;
    return /\/src\/(draw|charts)\//.test(id) ? "charts" : shared.has(id) ? "cards" : FIRST;
  };
}

/** Writes into index.html which files, beyond the app's own, each page needs; public/start.js fetches them. */
export function listPages(): Plugin {
  return {
    name: "list-pages",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(html, { bundle = {} }) {
        const chunks = new Map(Object.values(bundle).flatMap((each) => (each.type === "chunk" ? [[each.fileName, each] as const] : [])));
        const filesOf = ({ fileName }: Rolldown.OutputChunk): string[] => {
          const names = [...closure([fileName], (name) => chunks.get(name)?.imports ?? [])];
          return names.flatMap((name) => [name, ...(chunks.get(name)?.viteMetadata?.importedCss ?? [])]);
        };
        const app = new Set([...chunks.values()].filter(({ isEntry }) => isEntry).flatMap(filesOf));
        const pages: Record<string, string[]> = {};
        for (const chunk of chunks.values()) {
          const stem = stemOfChunk(chunk);
          if (stem !== undefined) pages[stem] = filesOf(chunk).filter((name) => !app.has(name));
        }
        const marked = html.replace('src="./start.js"', `$& data-pages='${JSON.stringify(pages)}'`);
        if (marked === html) throw new Error("index.html does not load start.js");
        return marked;
      },
    },
  };
}

/**
 * Has Chromium compile all functions of the first page's files on another thread while they arrive; else it compiles
 * each when it is first called, on the page's own thread. Other browsers see a comment.
 */
export function compileAhead(): Plugin {
  return {
    name: "compile-ahead",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post", // the comment counts on the first line only
      handler(_, bundle) {
        const chunks = Object.values(bundle).filter((each) => each.type === "chunk");
        const roots = chunks.filter((chunk) => chunk.isEntry || stemOfChunk(chunk) === FIRST).map(({ fileName }) => fileName);
        const files = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
        for (const name of closure(roots, (each) => files.get(each)?.imports ?? [])) {
          const chunk = files.get(name);
          if (chunk) chunk.code = `//# allFunctionsCalledOnLoad\n${chunk.code}`;
        }
      },
    },
  };
}
