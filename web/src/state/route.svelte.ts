/** What you look at, in the page's address: everything that a colleague should see who is sent the link. */

import type { Smoothing, SmoothingKind } from "../api/types.ts";
import { firstStem, formatHash, formatList, parseHash, parseList } from "../base/url_state.ts";
import { prefs } from "./prefs.svelte.ts";

/** The axes that every page over steps has. */
export type StepAxis = "step" | "relative" | "wall_time";

/** Scalars have more; on the other pages those are the nearest one. */
const stepAxes: Readonly<Record<string, StepAxis>> = { relative: "relative", wall_time: "wall_time", active: "relative" };
const smoothingKinds: readonly SmoothingKind[] = ["none", "exponential", "time_weighted", "mean", "median"];
/** What an address without `smooth=` means, on every machine. */
const plainSmoothing: Smoothing = { kind: "exponential", weight: 0.6 };
const writeEveryMs = 250; // browsers refuse more than about 100 replaceState calls in 30 s

class Route {
  #stem = $state(firstStem);
  #params: ReadonlyMap<string, string> = $state.raw(new Map());
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The tag filter of every page but this one: each page has its own tags. */
  #tagFilters = new Map<string, string>();

  #xAxis = $derived(stepAxes[this.get("x") ?? ""] ?? "step");
  #smoothing = $derived(parseSmoothing(this.get("smooth")));
  #pinned = $derived(parseList(this.get("pin")));

  constructor() {
    if (typeof window === "undefined") return;
    this.#read();
    if (location.hash) this.flush(); // TensorBoard's addresses become ours, so that a copied link is one of ours
    if (this.get("smooth") === null && prefs.smoothing !== plainSmoothing.weight) {
      this.smoothing = { kind: "exponential", weight: prefs.smoothing };
    }
    window.addEventListener("popstate", () => this.#read());
    window.addEventListener("hashchange", () => this.#read());
    window.addEventListener("pagehide", () => this.flush());
  }

  #read(): void {
    clearTimeout(this.#timer);
    const { stem, params } = parseHash(location.hash);
    this.#stem = stem;
    this.#params = params;
  }

  /** Stem of the page shown. */
  get stem(): string {
    return this.#stem;
  }

  get tagFilter(): string {
    return this.get("tags") ?? "";
  }
  set tagFilter(value: string) {
    this.set("tags", value);
  }

  get xAxis(): StepAxis {
    return this.#xAxis;
  }
  set xAxis(value: StepAxis) {
    this.set("x", value === "step" ? null : value);
  }

  get smoothing(): Smoothing {
    return this.#smoothing;
  }
  set smoothing(value: Smoothing) {
    this.set("smooth", formatSmoothing(value));
  }

  /** Tags pinned to the top, in order. */
  get pinned(): string[] {
    return this.#pinned;
  }
  set pinned(value: string[]) {
    this.set("pin", value.length ? formatList(value) : null);
  }

  /** State of one page under its own key (`images.step`); null where the address says nothing. */
  get(key: string): string | null {
    return this.#params.get(key) ?? null;
  }

  /** Empty and null remove the key. The address follows within 250 ms, without a step in the history. */
  set(key: string, value: string | null): void {
    if ((this.#params.get(key) ?? "") === (value ?? "")) return;
    const next = new Map(this.#params);
    if (value) next.set(key, value);
    else next.delete(key);
    this.#params = next;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), writeEveryMs);
  }

  /** Opens a page: one step in the history. The state of the others stays. */
  go(stem: string): void {
    if (stem === this.#stem) return;
    this.flush();
    const next = new Map(this.#params);
    this.#tagFilters.set(this.#stem, this.tagFilter);
    const filter = this.#tagFilters.get(stem);
    if (filter) next.set("tags", filter);
    else next.delete("tags");
    this.#stem = stem;
    this.#params = next;
    history.pushState(null, "", this.#hash());
  }

  /** The address of a page with everything as it is, for links that open in a new tab. */
  hrefOf(stem: string): string {
    const params = new Map(this.#params);
    params.delete("tags");
    return formatHash({ stem, params });
  }

  /** Writes the address now. */
  flush(): void {
    clearTimeout(this.#timer);
    if (typeof window === "undefined") return;
    const hash = this.#hash();
    if (hash !== location.hash) history.replaceState(null, "", hash);
  }

  #hash(): string {
    return formatHash({ stem: this.#stem, params: this.#params });
  }
}

/** `0.9`, `time_weighted:0.9`, `mean:50`, `none`; anything else is the default. */
export function parseSmoothing(text: string | null): Smoothing {
  if (text === null) return plainSmoothing;
  const [head, tail] = text.includes(":") ? (text.split(":") as [string, string]) : ["exponential", text];
  if (text === "none") return { kind: "none", weight: 0 };
  const kind = smoothingKinds.find((each) => each === head);
  const weight = Number(tail);
  if (!kind || !Number.isFinite(weight) || weight < 0) return plainSmoothing;
  const windowed = kind === "mean" || kind === "median";
  return { kind, weight: windowed ? Math.round(weight) : Math.min(weight, 0.999) };
}

/** The inverse; null for the default, which needs no words in the address. */
export function formatSmoothing({ kind, weight }: Smoothing): string | null {
  if (kind === "none") return "none";
  if (kind === plainSmoothing.kind && weight === plainSmoothing.weight) return null;
  const text = String(Number(weight.toFixed(3)));
  return kind === "exponential" ? text : `${kind}:${text}`;
}

export const route = new Route();
