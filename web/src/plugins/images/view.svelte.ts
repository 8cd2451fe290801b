/** What the images page remembers: in the address what others should see, on this machine what is a matter of taste. */

import { untrack } from "svelte";
import { formatList, parseList } from "../../base/url_state.ts";
import { prefs } from "../../state/prefs.svelte.ts";
import { route } from "../../state/route.svelte.ts";
import { stepCursor } from "../../state/step_cursor.svelte.ts";
import { formatTagNumbers, parseTagNumbers } from "./data.ts";

/** Widths of a picture in CSS pixels. The usual one puts three runs into half a window, two into a phone's. */
export const sizes = { lowest: 64, highest: 640, usual: typeof innerWidth === "number" && innerWidth < 600 ? 156 : 168 };

function readNumber(key: string, fallback: number): number {
  const text = route.get(key);
  const value = text === null ? NaN : Number(text);
  return Number.isFinite(value) ? value : fallback;
}

class ImagesView {
  #held = $derived(parseTagNumbers(parseList(route.get("images.held"))));
  #samples = $derived(parseTagNumbers(parseList(route.get("images.sample"))));
  /** Steps of every tag whose card has been seen. Cards never take theirs back: a page that goes must write nothing. */
  #known: ReadonlyMap<string, readonly number[]> = $state.raw(new Map());

  /** Step asked for on every card that does not hold its own; null is the newest. A step that all pages share goes first. */
  get step(): number | null {
    const value = readNumber("images.step", NaN);
    return stepCursor.follow(Number.isNaN(value) ? null : value);
  }
  set step(value: number | null) {
    route.set("images.step", value === null ? null : String(value));
  }

  isHeld(tag: string): boolean {
    return this.#held.has(tag);
  }

  askedStep(tag: string): number | null {
    return this.#held.get(tag) ?? this.step;
  }

  /** A held card keeps its step when the bar above moves; null lets it follow again. */
  hold(tag: string, step: number | null): void {
    const next = new Map(this.#held);
    if (step === null) next.delete(tag);
    else next.set(tag, step);
    route.set("images.held", next.size ? formatList(formatTagNumbers(next)) : null);
  }

  sample(tag: string): number {
    return this.#samples.get(tag) ?? 0;
  }

  setSample(tag: string, sample: number): void {
    const next = new Map(this.#samples);
    if (sample === 0) next.delete(tag);
    else next.set(tag, sample);
    route.set("images.sample", next.size ? formatList(formatTagNumbers(next)) : null);
  }

  /** What the bar above the cards of these tags goes through. */
  stepsOf(tags: readonly string[]): readonly number[] {
    return [...new Set(tags.flatMap((tag) => this.#known.get(tag) ?? []))].sort((a, b) => a - b);
  }

  tellSteps(tag: string, steps: readonly number[]): void {
    // Cards tell from effects: what they only add to must not start them again.
    this.#known = new Map(untrack(() => this.#known)).set(tag, steps);
  }

  /** Factors of CSS filters; 1 changes nothing. */
  get brightness(): number {
    return readNumber("images.brightness", 1);
  }
  set brightness(value: number) {
    route.set("images.brightness", value === 1 ? null : String(value));
  }

  get contrast(): number {
    return readNumber("images.contrast", 1);
  }
  set contrast(value: number) {
    route.set("images.contrast", value === 1 ? null : String(value));
  }

  get filter(): string {
    if (this.brightness === 1 && this.contrast === 1) return "none";
    return `brightness(${this.brightness}) contrast(${this.contrast})`;
  }

  /** Width of a picture in CSS pixels. */
  get size(): number {
    return Math.min(sizes.highest, Math.max(sizes.lowest, prefs.get("images.size", sizes.usual)));
  }
  set size(value: number) {
    prefs.set("images.size", value);
  }

  /** One image pixel per CSS pixel. */
  get actualSize(): boolean {
    return prefs.get("images.actual", false);
  }
  set actualSize(value: boolean) {
    prefs.set("images.actual", value);
  }

  /** Interpolate between the pixels of enlarged images. */
  get smooth(): boolean {
    return prefs.get("images.smooth", false);
  }
  set smooth(value: boolean) {
    prefs.set("images.smooth", value);
  }

  /** [run, tag] of the image that fills the window. */
  get open(): [string, string] | null {
    const [run, tag] = parseList(route.get("images.open"));
    return run !== undefined && tag !== undefined ? [run, tag] : null;
  }
  set open(value: [string, string] | null) {
    route.set("images.open", value && formatList(value));
  }
}

export const view = new ImagesView();
