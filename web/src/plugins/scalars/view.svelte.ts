/** What the page shows beyond its data: options, zoom, pins, order, overlays, full screen. All of it in the address. */

import type { Viewport } from "../../charts/line_types.ts";
import { prefs } from "../../state/prefs.svelte.ts";
import { route } from "../../state/route.svelte.ts";
import type { XAxis } from "../../api/types.ts";
import { type Aggregate, formatAggregate, parseAggregate } from "./aggregate.ts";
import {
  type ChartOptions,
  DEFAULT_OPTIONS,
  formatCards,
  formatOption,
  keyOfOption,
  OPTION_NAMES,
  type OptionName,
  type Overrides,
  parseCards,
  parseOptions,
  sameOption,
} from "./chart_options.ts";
import { formatOverlays, type Overlay, parseOverlays } from "./overlays.ts";
import { addMove, formatMoves, parseMoves } from "./order.ts";
import { formatZooms, parseZooms, type Zoom } from "./view_state.ts";

const ZOOM = "zoom";
const CARDS = "cards";
const OVER = "over";
const ORDER = "order";
const FULL = "full";
const SHARE_X = "sharex";
const SHARE_Y = "sharey";
const LINK = "link";
const GROUP = "group";
const AGGREGATE = "agg";
const LEVELS = "scalars.levels";
const EMPTY = "scalars.empty";
const FITTED: Zoom = { x: null, y: null };
/** Key of the window that all charts follow while their zoom is linked. */
const EVERY = "*";

export type ShareY = "off" | "section" | "page";

class ScalarsView {
  // texts first: what they say is made anew only when they change, not whenever anything of the address does
  #zoomText = $derived(route.get(ZOOM));
  #cardsText = $derived(route.get(CARDS));
  #overText = $derived(route.get(OVER));
  #orderText = $derived(route.get(ORDER));
  #aggregateText = $derived(route.get(AGGREGATE));
  #zooms = $derived(parseZooms(this.#zoomText));
  #pinned = $derived(new Set(route.pinned));
  #page: ChartOptions = $derived({ ...DEFAULT_OPTIONS, ...parseOptions((key) => route.get(key)) });
  #own = $derived(parseCards(this.#cardsText));
  #overlays = $derived(parseOverlays(this.#overText));
  #moves = $derived(parseMoves(this.#orderText));
  #aggregate = $derived(parseAggregate(this.#aggregateText));
  #known = new Map<string, ChartOptions>();

  /** What holds for all charts without options of their own. */
  get page(): ChartOptions {
    return this.#page;
  }

  setPage<K extends OptionName>(name: K, value: ChartOptions[K]): void {
    route.set(keyOfOption(name), formatOption(name, value));
  }

  /** The options in force for a chart; the same object as long as they are the same. */
  optionsOf(key: string): ChartOptions {
    const next = { ...this.#page, ...this.#own.get(key) };
    const known = this.#known.get(key);
    if (known && OPTION_NAMES.every((name) => sameOption(name, known[name], next[name]))) return known;
    this.#known.set(key, next);
    return next;
  }

  /** What a chart has of its own. */
  ownOf(key: string): Overrides {
    return this.#own.get(key) ?? {};
  }

  /** Gives a chart an option of its own; the page's value again takes that away. */
  setOwn<K extends OptionName>(key: string, name: K, value: ChartOptions[K]): void {
    const { [name]: _, ...others } = this.ownOf(key);
    const next: Overrides = sameOption(name, value, this.#page[name]) ? others : { ...others, [name]: value };
    this.#writeOwn(key, next);
  }

  /** The chart follows the page again. */
  resetOwn(key: string): void {
    this.#writeOwn(key, {});
  }

  resetAllOwn(): void {
    route.set(CARDS, null);
  }

  get hasOwn(): boolean {
    return this.#own.size > 0;
  }

  #writeOwn(key: string, options: Overrides): void {
    const next = new Map(this.#own);
    if (Object.keys(options).length > 0) next.set(key, options);
    else next.delete(key);
    route.set(CARDS, formatCards(next));
  }

  toggleLog(key: string, axis: "x" | "y" = "y"): void {
    const name = axis === "x" ? "xScale" : "yScale";
    this.setOwn(key, name, this.optionsOf(key)[name] === "linear" ? "log" : "linear");
  }

  zoom(key: string, axis: XAxis): Zoom {
    const find = (wanted: string): Zoom | undefined => this.#zooms.find((each) => each.key === wanted && each.axis === axis);
    const own = find(key) ?? FITTED;
    return this.linkedZoom ? { ...own, x: find(EVERY)?.x ?? null } : own;
  }

  setZoom(key: string, axis: XAxis, { x, y, y2 = null }: Viewport): void {
    const pair = (range: Viewport["x"]): Zoom["x"] => range && [range.low, range.high];
    const windows = { x: pair(x), y: pair(y), ...(y2 ? { y2: pair(y2) } : {}) };
    const saved = this.#zooms.filter((each) => each.key !== key && !(this.linkedZoom && each.key === EVERY));
    if (this.linkedZoom) {
      if (windows.x) saved.push({ key: EVERY, axis, x: windows.x, y: null });
      windows.x = null;
    }
    if (windows.x || windows.y || y2) saved.push({ key, axis, ...windows });
    route.set(ZOOM, formatZooms(saved));
  }

  /** Whether any chart shows a window. */
  get isZoomed(): boolean {
    return this.#zooms.length > 0;
  }

  fitAll(): void {
    route.set(ZOOM, null);
  }

  get linkedZoom(): boolean {
    return route.get(LINK) === "1";
  }
  set linkedZoom(value: boolean) {
    route.set(LINK, value ? "1" : null);
  }

  get shareX(): boolean {
    return route.get(SHARE_X) === "1";
  }
  set shareX(value: boolean) {
    route.set(SHARE_X, value ? "1" : null);
  }

  get shareY(): ShareY {
    const text = route.get(SHARE_Y);
    return text === "page" ? "page" : text === "1" ? "section" : "off";
  }
  set shareY(value: ShareY) {
    route.set(SHARE_Y, value === "page" ? "page" : value === "section" ? "1" : null);
  }

  /** How runs are grouped (see base/run_groups.ts); empty: they are not. */
  get grouping(): string {
    return route.get(GROUP) ?? "";
  }
  set grouping(value: string) {
    route.set(GROUP, value);
  }

  get aggregate(): Aggregate {
    return this.#aggregate;
  }
  set aggregate(value: Aggregate) {
    route.set(AGGREGATE, formatAggregate(value));
  }

  isPinned(key: string): boolean {
    return this.#pinned.has(key);
  }

  togglePin(key: string): void {
    route.pinned = this.isPinned(key) ? route.pinned.filter((each) => each !== key) : [...route.pinned, key];
  }

  /** Moves a pinned card before another one; empty: to the end. */
  movePin(key: string, before: string): void {
    const others = route.pinned.filter((each) => each !== key);
    const at = before === "" ? others.length : others.indexOf(before);
    if (at >= 0) route.pinned = others.toSpliced(at, 0, key);
  }

  get overlays(): readonly Overlay[] {
    return this.#overlays;
  }
  set overlays(value: readonly Overlay[]) {
    route.set(OVER, formatOverlays(value));
  }

  get moves(): ReturnType<typeof parseMoves> {
    return this.#moves;
  }

  /** Moves a card before another one of its section; empty: to the end. */
  move(key: string, before: string): void {
    route.set(ORDER, formatMoves(addMove(this.#moves, { key, before })));
  }

  resetOrder(): void {
    route.set(ORDER, null);
  }

  /** Key of the chart that fills the window. */
  get full(): string | null {
    return route.get(FULL);
  }
  set full(key: string | null) {
    route.set(FULL, key);
  }

  /** How many folders deep sections go. */
  get levels(): number {
    return prefs.get(LEVELS, 9);
  }
  set levels(value: number) {
    prefs.set(LEVELS, value);
  }

  /** Charts without any checked run stay in their places. */
  get showEmpty(): boolean {
    return prefs.get(EMPTY, true);
  }
  set showEmpty(value: boolean) {
    prefs.set(EMPTY, value);
  }

  /** The sections that one sees only: a filter for their folder. */
  get only(): string | null {
    return /^\/\^(.*)\/\/$/s.exec(route.tagFilter)?.[1]?.replace(/\\(.)/g, "$1") ?? null;
  }
  set only(folder: string | null) {
    route.tagFilter = folder === null ? "" : `/^${folder.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}//`;
  }
}

export const view = new ScalarsView();
