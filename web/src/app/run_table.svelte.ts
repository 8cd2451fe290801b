/** The table of runs: which columns it has, what stands in them, and in which order the rows come. */

import { queryRunColumns } from "../api/client.ts";
import type { Run, RunColumnKey, RunsResult } from "../api/types.ts";
import {
  type CellValue,
  clampWidth,
  type ColumnPlace,
  defaultWidth,
  difference,
  makeNumberFormat,
  moveColumn,
  parseColumn,
  parseColumns,
  type RunColumn,
  sortByValue,
  withDifferences,
} from "../base/run_columns.ts";
import { formatCompact, formatSetting } from "../base/format.ts";
import { formatDuration, formatWallTime } from "../base/time.ts";
import { findPlugin } from "../plugins/registry.ts";
import { clock } from "../state/clock.svelte.ts";
import { hparams } from "../state/hparams.svelte.ts";
import { prefs } from "../state/prefs.svelte.ts";
import { changes, makeResource, type Resource } from "../state/resource.svelte.ts";
import { route } from "../state/route.svelte.ts";
import { ageOf, durationOf, shortAge } from "../state/run_facts.ts";
import { runs } from "../state/runs.svelte.ts";
import { userState } from "../state/user_state.svelte.ts";

export interface ShownColumn {
  id: string;
  column: RunColumn;
  /** CSS pixels. */
  width: number;
  /** Numbers stand under each other at the right. */
  isNumber: boolean;
}

export interface Cell {
  text: string;
  /** Against the baseline, where the user said which way is better. */
  tone: "better" | "worse" | null;
}

export interface Order {
  /** `name`, or a column. */
  by: string;
  descending: boolean;
}

type Values = ReadonlyMap<string, number | null>;
type DifferenceKind = "delta" | "percent";

/** Live runs write all the time; the table follows this often, or less if the server takes long. */
const refreshMs = 2000;
const shareOfTime = 20;
/** That a run stalled or ended comes by time alone. */
const lookAgainSecs = 60;
const stateRank = { running: 0, stalled: 1, finished: 2 };
const emptyCell: Cell = { text: "", tone: null };

/** The charts of the page draw groups of runs, not runs. */
export function showsGroups(): boolean {
  return runs.isGrouped && findPlugin(route.stem)?.drawsGroups === true;
}

/** What tells a run's line in the charts of the page. */
export interface RunSwatch {
  color: string;
  dashed: boolean;
  /** The group whose line it is; null for the run's own. */
  group: string | null;
}

export function swatchOf(run: string): RunSwatch {
  if (!showsGroups()) return { color: runs.color(run), dashed: runs.dash(run).length > 0, group: null };
  const group = runs.groupOf(run);
  return { color: runs.groupColor(group), dashed: false, group: runs.groupLabel(group) };
}

export class RunTable {
  readonly #metrics: Resource<ReadonlyMap<string, Values>>;
  readonly #now: () => number;
  #pauseMs = refreshMs;
  /** The list of runs that the newest request was for. */
  #askedFor: RunsResult | null = null;

  #places: readonly ColumnPlace[] = $derived(parseColumns(userState.pref<unknown>("columns", undefined)));
  #differences = $derived(prefs.get<readonly DifferenceKind[]>("runs.differences", ["delta", "percent"]));
  #widths = $derived(new Map(Object.entries(prefs.get<Record<string, number>>("runs.widths", {}))));
  #shown: ShownColumn[] = $derived.by(() => {
    const kinds = runs.baseline === null ? [] : this.#differences;
    return withDifferences(this.#places, kinds, this.#widths).map(({ id, width }) => {
      const column = parseColumn(id)!; // parseColumns let through only what it reads
      return { id, column, width: width ?? defaultWidth(column), isNumber: this.#isNumber(column) };
    });
  });
  #wanted: readonly RunColumnKey[] = $derived.by(() => {
    const ids = new Set([...this.#places.map(({ id }) => id), this.order.by]);
    const found = new Map<string, RunColumnKey>();
    for (const id of ids) {
      const column = parseColumn(id);
      if (column && "tag" in column) found.set(keyOf(column), { tag: column.tag, stat: column.stat });
    }
    return [...found.values()];
  });
  /** How the numbers of each column are written, by column. */
  #formats = $derived(
    new Map(
      this.#shown.map(({ id, column }) => {
        const values = "tag" in column ? runs.visibleList.map((run) => this.value(id, run)) : [];
        return [id, makeNumberFormat(values)] as const;
      }),
    ),
  );

  /** Make it while a component initialises; `now` is in milliseconds and may stand still for a while. */
  constructor(now: () => number) {
    this.#now = now;
    this.#metrics = makeResource(
      () => (runs.list.length ? JSON.stringify(this.#wanted) : null),
      async (signal) => {
        const wanted = this.#wanted;
        const began = performance.now();
        this.#askedFor = runs.result;
        const answer = await queryRunColumns(wanted, signal);
        this.#pauseMs = Math.max(refreshMs, shareOfTime * (performance.now() - began));
        runs.freshen(answer);
        const { columns, runs: names } = answer;
        return new Map(
          columns.map((column) => {
            // JSON has no word for what is not finite: it is told apart by the run's name.
            const value = (name: string, at: number): number | null =>
              column.values[at] ?? (Object.hasOwn(column.not_finite, name) ? Number(column.not_finite[name]) : null);
            return [keyOf(column), new Map(names.map((name, at) => [name, value(name, at)]))];
          }),
        );
      },
    );
    $effect(() => {
      if (this.#shown.some(({ column }) => column.kind === "hparam") || this.order.by.startsWith("hparam:")) hparams.want();
    });
    $effect(() => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const stop = changes.watch(null, null, () => {
        timer ??= setTimeout(() => {
          timer = undefined;
          this.#metrics.reload();
        }, this.#pauseMs);
      });
      return () => {
        stop();
        clearTimeout(timer);
      };
    });
    let asked = clock.every(lookAgainSecs);
    $effect(() => {
      const due = clock.every(lookAgainSecs);
      // Runs came or went, so the answer's rows are others; or it is time.
      if (runs.result !== this.#askedFor || due !== asked) this.#metrics.reload();
      asked = due;
    });
  }

  /** Columns as chosen, without the baseline's differences. */
  get places(): readonly ColumnPlace[] {
    return this.#places;
  }

  /** What is shown, from left to right. */
  get columns(): readonly ShownColumn[] {
    return this.#shown;
  }

  /** Which differences to the baseline follow each tag's column. */
  get differences(): readonly DifferenceKind[] {
    return this.#differences;
  }
  set differences(kinds: readonly DifferenceKind[]) {
    prefs.set("runs.differences", kinds);
  }

  get order(): Order {
    const stored = prefs.get<string>("runs.sort", "name");
    return stored.startsWith("-") ? { by: stored.slice(1), descending: true } : { by: stored, descending: false };
  }
  set order({ by, descending }: Order) {
    prefs.set("runs.sort", descending ? `-${by}` : by);
  }

  /** A click on a heading: by it, the better end first where that is known, then the other way round. */
  sortBy(by: string): void {
    const { order } = this;
    if (order.by === by) this.order = { by, descending: !order.descending };
    else this.order = { by, descending: this.#startsDescending(by) };
  }

  #startsDescending(by: string): boolean {
    const column = parseColumn(by);
    if (column === null || !("tag" in column)) return by === "start" || by === "points" || by === "duration";
    return userState.tag(column.tag).lower_is_better === false;
  }

  add(id: string): void {
    if (!this.has(id)) this.#store([...this.#places, { id, width: null }]);
  }

  has(id: string): boolean {
    return this.#places.some((place) => place.id === id);
  }

  /** Takes a column away; of a difference, all of its kind. */
  remove(id: string): void {
    const column = parseColumn(id);
    if (column?.kind === "delta" || column?.kind === "percent") {
      this.differences = this.#differences.filter((kind) => kind !== column.kind);
    } else this.#store(this.#places.filter((place) => place.id !== id));
  }

  /** Puts a column where another stands. */
  move(id: string, target: string): void {
    this.#store(moveColumn(this.#places, id, target));
  }

  /** One place to the left or right. */
  shift(id: string, by: 1 | -1): void {
    const target = this.#places[this.#places.findIndex((place) => place.id === id) + by];
    if (target) this.move(id, target.id);
  }

  resize(id: string, width: number): void {
    const column = parseColumn(id);
    if (column?.kind === "delta" || column?.kind === "percent") {
      prefs.set("runs.widths", { ...Object.fromEntries(this.#widths), [id]: clampWidth(width) });
    } else this.#store(this.#places.map((place) => (place.id === id ? { id, width: clampWidth(width) } : place)));
  }

  #store(places: readonly ColumnPlace[]): void {
    userState.setPref("columns", places);
  }

  /** The same runs in the order asked for. */
  sort(list: readonly Run[]): readonly Run[] {
    const { by, descending } = this.order;
    if (by === "name") return descending ? [...list].reverse() : list;
    if (parseColumn(by) === null) return list;
    return sortByValue(list, (run) => this.#sortKey(by, run), descending);
  }

  #sortKey(id: string, run: Run): CellValue {
    if (id === "state") return stateRank[runs.fresh(run).state];
    if (id === "note") return userState.run(run.name).note || null;
    return this.value(id, run);
  }

  value(id: string, listed: Run): CellValue {
    const run = runs.fresh(listed);
    const column = parseColumn(id);
    switch (column?.kind) {
      case "age":
        return ageOf(run, this.#now());
      case "start":
        return run.start_time;
      case "duration":
        return durationOf(run);
      case "points":
        return run.points;
      case "state":
        return run.state;
      case "note":
        return userState.run(run.name).note;
      case "hparam":
        return runs.hparam(run.name, column.name) ?? null;
      case "tag":
        return this.#metric(column, run.name);
      case "delta":
      case "percent": {
        if (runs.baseline === null || run.name === runs.baseline) return null;
        return difference(column.kind, this.#metric(column, run.name), this.#metric(column, runs.baseline));
      }
      default:
        return null;
    }
  }

  #metric(column: RunColumnKey, run: string): number | null {
    return this.#metrics.data?.get(keyOf(column))?.get(run) ?? null;
  }

  cell({ id, column }: ShownColumn, run: Run): Cell {
    const value = this.value(id, run);
    if (value === null || value === "") return emptyCell;
    return { text: this.#write(id, column, value), tone: this.#toneOf(column, value) };
  }

  #write(id: string, column: RunColumn, value: NonNullable<CellValue>): string {
    if (typeof value !== "number") return column.kind === "note" ? String(value).split("\n", 1)[0]! : String(value);
    if (column.kind === "age") return shortAge(value);
    if (column.kind === "start") return formatWallTime(value).slice(5, 16); // the year stands in the details
    if (column.kind === "duration") return formatDuration(value);
    if (column.kind === "points") return formatCompact(value);
    if (column.kind === "hparam") return formatSetting(value);
    const text = (this.#formats.get(id) ?? String)(value);
    const sign = value > 0 && (column.kind === "delta" || column.kind === "percent") ? "+" : "";
    return column.kind === "percent" ? `${sign}${value.toFixed(1).replace("-", "\u2212")}` : `${sign}${text}`;
  }

  #toneOf(column: RunColumn, value: CellValue): Cell["tone"] {
    if ((column.kind !== "delta" && column.kind !== "percent") || typeof value !== "number" || value === 0) return null;
    const lower = userState.tag(column.tag).lower_is_better;
    if (lower === null || !["last", "min", "max", "mean", "first"].includes(column.stat)) return null;
    return value < 0 === lower ? "better" : "worse";
  }

  #isNumber(column: RunColumn): boolean {
    if (column.kind !== "hparam") return column.kind !== "note" && column.kind !== "state";
    return hparams.names.some((each) => each.name === column.name && each.isNumber);
  }
}

function keyOf({ stat, tag }: RunColumnKey): string {
  return `${stat}:${tag}`;
}
