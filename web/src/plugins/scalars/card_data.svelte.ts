/** What a card asks the server, and the lines that it makes of the answers. */

import { queryScalars } from "../../api/client.ts";
import type { ColumnsFrame } from "../../api/columns.ts";
import type { ScalarsHeader, ScalarsQuery, SeriesKey, XAxis } from "../../api/types.ts";
import { later } from "../../base/later.ts";
import type { LineSeries } from "../../charts/line_types.ts";
import { changes, makeResource, type Resource } from "../../state/resource.svelte.ts";
import { runs } from "../../state/runs.svelte.ts";
import { joinGroup } from "./aggregate.ts";
import { takeAhead } from "./ahead.ts";
import { makeAsked } from "./asked.ts";
import { keysOf, type ScalarCard } from "./cards.ts";
import type { ChartOptions } from "./chart_options.ts";
import { effectiveSmoothing, findRight, groupKey, hasNoSteps, makeLines, NO_LINES, questionWidth, type ScalarLines } from "./data.ts";
import { looks as pageLooks } from "./looks.svelte.ts";
import type { RunLooks } from "./run_looks.ts";
import { view } from "./view.svelte.ts";

type Frame = ColumnsFrame<ScalarsHeader>;
type Range = [number, number];

/** The runs that a line stands for, by what it highlights with (LineSeries.group): a run and its lines, or a group's runs. */
export function runsBehind(group: string): string[] {
  const isOfGroup = runs.isGrouped && runs.get(group) === undefined;
  if (!isOfGroup) return runs.withLines(group);
  return runs.list.filter(({ name }) => runs.isSelected(name) && groupKey(runs.groupOf(name)) === group).map(({ name }) => name);
}

/** The series of a card by its groups of runs: one group for each key, so that unlike things are never averaged. */
export function makeGroups(card: ScalarCard, wanted: readonly SeriesKey[]): { name: string; series: SeriesKey[] }[] {
  const labels = new Map<string, string>();
  for (const { tag, label, runs: indices } of card.tags) {
    for (const index of indices) labels.set(`${runs.list[index]?.name ?? ""}\n${tag}`, label);
  }
  const groups = new Map<string, SeriesKey[]>();
  for (const series of wanted) {
    const name = joinGroup(runs.groupOf(runs.host(series.run)), labels.get(`${series.run}\n${series.tag}`) ?? "");
    const members = groups.get(name);
    if (members) members.push(series);
    else groups.set(name, [series]);
  }
  return [...groups].map(([name, series]) => ({ name, series }));
}

/** The series of a card's checked runs, in the order of keys and runs. */
function seriesOf(card: ScalarCard, looks: RunLooks): SeriesKey[] {
  const { list } = runs;
  const found: SeriesKey[] = [];
  for (const { tag, runs: indices } of card.tags) {
    for (const index of indices) {
      const run = list[index]?.name;
      if (run !== undefined && looks.isShown(run)) found.push({ run, tag });
    }
  }
  return found;
}

interface Question {
  readonly card: ScalarCard;
  readonly options: ChartOptions;
  readonly axis: XAxis;
  readonly series: readonly SeriesKey[];
  readonly range: Range | null;
  readonly widthPx: number;
  /** Lines are groups of runs. */
  readonly grouped: boolean;
}

/** A question as the text that is sent. */
function write({ card, options, axis, series, range, widthPx, grouped }: Question): string {
  const query: ScalarsQuery = {
    series: grouped ? [] : [...series],
    x_axis: axis,
    x_range: range,
    width_px: widthPx,
    smoothing: effectiveSmoothing(options.smoothing),
  };
  if (axis === "tag") query.x_tag = options.x.tag;
  if (grouped) {
    query.groups = makeGroups(card, series);
    query.aggregate = view.aggregate;
  } else if (options.superseded) query.superseded = true;
  return JSON.stringify(query);
}

const widthOf = (plotPx: number): number => questionWidth(plotPx, globalThis.devicePixelRatio || 1);

/** What a card will ask first, once it is there and its plot has this width; null for nothing. */
export function firstQuestion(card: ScalarCard, plotPx: number): string | null {
  const options = view.optionsOf(card.key);
  const series = seriesOf(card, pageLooks.now);
  if (series.length === 0 || plotPx <= 0 || !runs.knowsGroups) return null;
  return write({ card, options, axis: options.x.axis, series, range: null, widthPx: widthOf(plotPx), grouped: runs.isGrouped });
}

export interface CardData {
  /** How the runs looked when its lines were made. */
  readonly looks: RunLooks;
  /** Series of the checked runs, in the order of runs and keys. */
  readonly wanted: readonly SeriesKey[];
  readonly axis: XAxis;
  /** The axis that the lines at hand lie on: an answer may be older than the choice. */
  readonly drawnAxis: XAxis;
  /** All points carry one step, so the axis is time. */
  readonly noSteps: boolean;
  readonly lines: ScalarLines;
  /** What is drawn: the lines, and the runs of an opened group behind them. */
  readonly drawn: readonly LineSeries[];
  /** The same without the window of a zoom. */
  readonly whole: ScalarLines;
  /** Keys of the card on the second y axis. */
  readonly right: ReadonlySet<string>;
  /** Points that have no place on the axis, as the tag that it shows has none there. */
  readonly unjoined: number;
  readonly error: Error | null;
  readonly hasAnswer: boolean;
  readonly busy: boolean;
  reload(): void;
}

export interface CardDataInput {
  card(): ScalarCard;
  options(): ChartOptions;
  /** CSS pixels of the plot; 0 while it is not known. */
  widthPx(): number;
  /** A group of runs whose members are shown behind its line; null for none. */
  openGroup(): string | null;
  /** Whether somebody sees the card: when runs are checked or coloured, the others follow when those that are seen have. */
  isSeen(): boolean;
}

/** Call it while a component initialises: its requests end with the component. */
export function makeCardData(input: CardDataInput): CardData {
  const card = $derived(input.card());
  const options = $derived(input.options());
  const width = $derived(widthOf(input.widthPx()));
  let heldLooks = $state.raw<RunLooks | null>(null);
  const looks: RunLooks = $derived(input.isSeen() ? pageLooks.now : (heldLooks ?? pageLooks.now));
  $effect(() => {
    const next = pageLooks.now;
    if (!input.isSeen()) return later(() => (heldLooks = next));
    heldLooks = next;
    return undefined;
  });
  const wanted: SeriesKey[] = $derived(seriesOf(card, looks));
  const wantsNothing = $derived(wanted.length === 0);
  /** Hiding a run and showing it again asks for nothing: the answer at hand has it until something newer is logged. */
  const covering = makeAsked();
  let turn = $state(0);
  const asked: readonly SeriesKey[] = $derived.by(() => {
    void turn;
    return isGrouped ? wanted : covering.cover(wanted);
  });
  /** Without steps, time is the axis to draw on, whatever the page's axis is. */
  let noSteps = $state(false);
  const axis: XAxis = $derived(noSteps && options.x.axis === "step" ? "relative" : options.x.axis);
  const isGrouped = $derived(runs.isGrouped);
  const knowsGroups = $derived(runs.knowsGroups);

  function question(series: readonly SeriesKey[], range: Range | null, widthPx: number, grouped: boolean): string | null {
    if (input.widthPx() === 0 || series.length === 0) return null;
    return write({ card, options, axis, series, range, widthPx, grouped });
  }
  const answerTo = (key: () => string | null): Resource<Frame> =>
    makeResource(key, (signal) => {
      const asked = key() ?? "{}";
      return takeAhead(asked) ?? queryScalars(JSON.parse(asked) as ScalarsQuery, signal);
    });

  /** As long as nobody knows the groups, what was asked before is asked. */
  const settled = (ask: () => string | null): (() => string | null) => {
    let last: string | null = null;
    return () => (knowsGroups ? (last = ask()) : last);
  };
  const askWhole = settled(() => (wantsNothing ? null : question(asked, null, width, isGrouped)));
  const wholeKey = $derived(askWhole());
  const whole = answerTo(() => wholeKey);
  $effect(() => {
    if (whole.data) noSteps = hasNoSteps(whole.data.result.series);
  });

  const zoomX = $derived(view.zoom(card.key, axis).x);
  /** A zoomed card asks again for its window, half a window more on both sides for panning. */
  function windowed(series: readonly SeriesKey[], grouped: boolean): string | null {
    if (!zoomX) return null;
    const [low, high] = zoomX;
    const margin = (high - low) / 2;
    return question(series, [low - margin, high + margin], 2 * width, grouped);
  }
  const askDetail = settled(() => (wantsNothing ? null : windowed(asked, isGrouped)));
  const detailKey = $derived(askDetail());
  const detail = answerTo(() => detailKey);

  const members = $derived.by(() => {
    const group = isGrouped ? input.openGroup() : null;
    return group === null ? [] : wanted.filter(({ run }) => runs.groupOf(runs.host(run)) === group);
  });
  const membersKey = $derived(members.length === 0 ? null : zoomX ? windowed(members, false) : question(members, null, width, false));
  const memberLines = answerTo(() => membersKey);

  // What changed on disk: only this card's series, and only while the card is mounted.
  $effect(() => {
    const names = new Set(asked.map((each) => each.run));
    const tags = card.tags.map((each) => each.tag);
    if (axis === "tag") tags.push(options.x.tag);
    return changes.watch(names, tags, () => {
      if (asked.length > wanted.length) {
        // what is hidden is not asked for again
        covering.forget();
        turn += 1;
        return;
      }
      whole.reload();
      if (zoomX) detail.reload();
    });
  });

  const keys = $derived(keysOf(card));
  /** Decided at the first data and whenever tags come or go: live data never move a line to the other axis. */
  let decided: { keys: string; right: ReadonlySet<string> } | null = null;
  const right: ReadonlySet<string> = $derived.by(() => {
    if (!card.parts || keys.length < 2) return new Set<string>();
    if (options.right !== "auto") return new Set(options.right.filter((key) => keys.includes(key)));
    const all = JSON.stringify(keys);
    if (decided?.keys === all) return decided.right;
    const series = whole.data?.result.series;
    const found = new Set(series ? findRight(series, card, looks) : []);
    const answered = new Set(series?.map(({ tag }) => tag));
    const isComplete = wanted.length > 0 && wanted.every(({ tag }) => answered.has(tag));
    if (isComplete) decided = { keys: all, right: found };
    return found;
  });

  const answer = $derived(zoomX && detail.data?.result.x_axis === axis ? detail.data : whole.data);
  const choices = $derived({ lanes: options.lanes, right });
  const lines = $derived(answer ? makeLines(answer, card, looks, choices) : NO_LINES);
  const drawn = $derived(membersKey && memberLines.data ? addMembers(lines, makeLines(memberLines.data, card, looks, choices), looks) : lines.lines);
  /** The summary and the badges speak of the whole series, not of the window. */
  const wholeLines = $derived(answer === whole.data || !whole.data ? lines : makeLines(whole.data, card, looks, choices));

  return {
    get looks() {
      return looks;
    },
    get wanted() {
      return wanted;
    },
    get axis() {
      return axis;
    },
    get drawnAxis() {
      return answer?.result.x_axis ?? axis;
    },
    get noSteps() {
      return noSteps && options.x.axis === "step";
    },
    get lines() {
      return lines;
    },
    get drawn() {
      return drawn;
    },
    get whole() {
      return wholeLines;
    },
    get right() {
      return right;
    },
    get unjoined() {
      return answer?.result.series.reduce((sum, { run, unjoined }) => sum + (isGrouped || looks.isShown(run) ? unjoined : 0), 0) ?? 0;
    },
    get error() {
      return whole.error ?? detail.error;
    },
    get hasAnswer() {
      return answer !== undefined;
    },
    get busy() {
      return (whole.loading && !whole.data) || detail.loading || !knowsGroups;
    },
    reload() {
      whole.reload();
      if (zoomX) detail.reload();
    },
  };
}

/** With the lines of a group's runs behind the groups' own, in the group's colour. The tooltip does not read them. */
function addMembers({ lines }: ScalarLines, members: ScalarLines, looks: RunLooks): LineSeries[] {
  const behind = members.lines.map((line) => {
    const color = looks.groupColor(runs.groupOf(line.group));
    return { ...line, faint: true, smoothed: null, y: line.smoothed ?? line.y, color };
  });
  return [...lines, ...behind];
}
