/**
 * The page's address: `#/<stem>?key=value&…`. The hash works behind any proxy prefix and in saved files. Unknown keys
 * are kept, so that a link made by a newer page survives an older one. TensorBoard's `#scalars` and its `&key=value`
 * land on the same pages.
 */

export interface Address {
  stem: string;
  params: ReadonlyMap<string, string>;
}

export const firstStem = "scalars";

/** TensorBoard's names of pages that are named differently here. */
const aliases: Record<string, string> = {
  timeseries: "scalars",
  scalar: "scalars",
  image: "images",
  graph: "graphs",
  histogram: "histograms",
  distribution: "distributions",
  texts: "text",
  embeddings: "projector",
  "pr-curves": "pr_curves",
  "custom-scalars": "custom_scalars",
};

/** Reads `location.hash`; everything that is not an address of ours opens the first page. */
export function parseHash(hash: string): Address {
  const text = hash.replace(/^#/, "");
  const [path, query] = splitOnce(text, /[?&]/);
  const name = decode(path.replace(/^\/+|\/+$/g, "")).toLowerCase();
  const stem = aliases[name] ?? name;
  const params = new Map<string, string>();
  for (const part of query.split("&")) {
    if (!part) continue;
    const [key, value] = splitOnce(part, /=/);
    if (key) params.set(decode(key), decode(value));
  }
  return { stem: /^[a-z][a-z0-9_]*$/.test(stem) ? stem : firstStem, params };
}

/** The hash of an address, with only those characters escaped that would be misread. */
export function formatHash({ stem, params }: Address): string {
  const query = [...params].map(([key, value]) => `${encode(key)}=${encode(value)}`).join("&");
  return `#/${stem}${query ? `?${query}` : ""}`;
}

/** A list as one value; commas and percent signs inside an item are escaped. */
export function formatList(items: readonly string[]): string {
  return items.map((item) => item.replace(/[%,]/g, encodeURIComponent)).join(",");
}

export function parseList(text: string | null | undefined): string[] {
  return text ? text.split(",").map(unescaped) : [];
}

function splitOnce(text: string, at: RegExp): [string, string] {
  const found = at.exec(text);
  return found ? [text.slice(0, found.index), text.slice(found.index + 1)] : [text, ""];
}

/** Readable: slashes, commas and colons, which tags and runs are full of, stay as they are. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/%2F|%2C|%3A|%40|%24|%5B|%5D/gi, decodeURIComponent);
}

/** A blank may be written as a plus, in the address only: within a list, which was decoded before, a plus is one. */
function decode(text: string): string {
  return unescaped(text.replaceAll("+", " "));
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray percent sign: as it stands
  }
}
