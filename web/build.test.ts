import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const web = fileURLToPath(new URL(".", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "epochal-web-"));
const kib = 1024;

beforeAll(() => {
  const vite = join(web, "node_modules/vite/bin/vite.js");
  const environment = { ...process.env, NODE_ENV: "production" };
  const options = ["build", "--outDir", folder, "--emptyOutDir", "--logLevel", "error"];
  execFileSync(process.execPath, [vite, ...options], { cwd: web, env: environment });
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true }));

const read = (name: string): string => readFileSync(join(folder, name), "utf8");
const assets = (ending: string): string[] => readdirSync(join(folder, "assets")).filter((name) => name.endsWith(ending));
const gzipped = (name: string): number => readFileSync(join(folder, "assets", `${name}.gz`)).length;

/** A chunk and everything that it imports before it runs. */
function withImports(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  for (const [, next] of read(`assets/${name}`).matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) {
    withImports(next!, found);
  }
  return found;
}

const chunk = (stem: string): string => {
  const name = assets(".js").find((each) => each.startsWith(`${stem}-`));
  if (!name) throw new Error(`no chunk for ${stem}`);
  return name;
};

/** What start.js adds to the page at an address: `<rel> <path>`. */
function fetchedAtStart(html: string, hash: string): string[] {
  const fetched: string[] = [];
  const pages = /src="\.\/start\.js" data-pages='([^']*)'/.exec(html)?.[1];
  const page = {
    currentScript: { dataset: { pages } },
    documentElement: { dataset: {} },
    createElement: () => ({}),
    head: { append: ({ rel, href }: { rel: string; href: string }) => fetched.push(`${rel} ${href}`) },
  };
  const run = new Function("document", "location", "localStorage", "matchMedia", read("start.js"));
  run(page, { hash }, { getItem: () => null }, () => ({ matches: false }));
  return fetched;
}

describe("the built page", () => {
  it("needs little JavaScript before the first chart", () => {
    // the worker too: charts of many lines start it
    const first = new Set([...withImports(chunk("index")), ...withImports(chunk("scalars")), chunk("line_worker")]);
    const total = [...first].reduce((sum, name) => sum + (existsSync(join(folder, "assets", `${name}.gz`)) ? gzipped(name) : 0), 0);
    expect(first.size).toBeGreaterThan(2);
    expect(total).toBeLessThan(140 * kib);
  });

  it("fetches the named page's files before the app runs, and no others", () => {
    const html = read("index.html");
    const pages = readdirSync(join(web, "src/plugins")).filter((stem) => existsSync(join(web, "src/plugins", stem, "Panel.svelte")));
    expect(pages.length).toBeGreaterThan(3);
    for (const stem of pages) {
      const app = withImports(chunk("index"));
      const needed = [...withImports(chunk(stem))].filter((name) => !app.has(name)).map((name) => `modulepreload ./assets/${name}`);
      const fetched = fetchedAtStart(html, `#/${stem}?tags=loss`);
      expect(fetched.filter((each) => each.startsWith("modulepreload")).sort(), stem).toEqual(needed.sort());
      expect(fetched.some((each) => /^preload \.\/assets\/[^/]+\.css$/.test(each)), stem).toBe(true);
    }
    const first = fetchedAtStart(html, "#/scalars");
    expect(first.length).toBeLessThan(8);
    for (const hash of ["", "#", "#token=abc", "#scalars&x=step"]) expect(fetchedAtStart(html, hash), hash).toEqual(first);
    for (const hash of ["#/scalar", "#/constructor", "#/pr-curves"]) expect(fetchedAtStart(html, hash), hash).toEqual([]);
  });

  it("has all of the first page's code compiled off the page's thread, and nothing else", () => {
    const first = new Set([...withImports(chunk("index")), ...withImports(chunk("scalars"))]);
    for (const name of assets(".js")) {
      expect(read(`assets/${name}`).startsWith("//# allFunctionsCalledOnLoad\n"), name).toBe(first.has(name));
    }
  });

  it("keeps its style sheets small", () => {
    const css = assets(".css").filter((name) => existsSync(join(folder, "assets", `${name}.gz`)));
    expect(css.reduce((sum, name) => sum + gzipped(name), 0)).toBeLessThan(24 * kib);
  });

  it("does not load Markdown or the palette before they are wanted", () => {
    for (const name of [...withImports(chunk("index")), ...withImports(chunk("scalars"))]) {
      expect(read(`assets/${name}`)).not.toContain("DOMPurify");
      expect(name).not.toMatch(/^Palette/);
    }
  });

  it("has relative addresses only", () => {
    const html = read("index.html");
    const addresses = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map((found) => found[1]);
    expect(addresses.length).toBeGreaterThan(3);
    for (const address of addresses) expect(address).toMatch(/^\.\//);
    for (const name of assets(".css")) {
      for (const [, url] of read(`assets/${name}`).matchAll(/url\(([^)]*)\)/g)) expect(url).toMatch(/^["']?\.\//);
    }
  });

  it("obeys its content security policy: no script, style or font inside the page or the templates", () => {
    const html = read("index.html");
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/);
    expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=/);
    for (const name of assets(".js")) {
      // Templates become HTML strings; a style attribute in one is refused when it is cloned.
      expect(read(`assets/${name}`), name).not.toMatch(/<[a-z][^<>`]*\sstyle="/);
    }
    for (const name of assets(".css")) expect(read(`assets/${name}`)).not.toContain("data:font");
  });

  it("asks no other host for anything", () => {
    const hosts = new Set<string>();
    for (const name of assets(".js")) {
      for (const [, host] of read(`assets/${name}`).matchAll(/["'`]https?:\/\/([a-z0-9.-]+)/gi)) hosts.add(host!);
    }
    // Namespaces and links to explanations, which nothing fetches.
    for (const known of ["www.w3.org", "svelte.dev"]) hosts.delete(known);
    expect([...hosts]).toEqual([]);
  });

  it("lies beside its compressed copies", () => {
    for (const name of [...assets(".js"), ...assets(".css")]) {
      const path = join(folder, "assets", name);
      if (readFileSync(path).length < 512) continue;
      expect(existsSync(`${path}.br`), name).toBe(true);
      expect(readFileSync(`${path}.br`).length).toBeLessThan(readFileSync(path).length);
    }
  });
});
