/** What a card adds to its chart for reading: tooltip, lines and events, the shared step, what leaves the page. */

import type { SeriesGroup } from "../../api/types.ts";
import type { LineSeries, ReferenceLine, Reading, StepCursor } from "../../charts/line_types.ts";
import { rowsThatFit, type TooltipContent } from "../../charts/tooltip_content.ts";
import type { StepPlace } from "../../base/step_cursor.ts";
import { prefs } from "../../state/prefs.svelte.ts";
import { runs } from "../../state/runs.svelte.ts";
import { stepCursor } from "../../state/step_cursor.svelte.ts";
import { theme } from "../../state/theme.svelte.ts";
import { userState } from "../../state/user_state.svelte.ts";
import type { MenuEntry } from "../../widgets/menu.ts";
import { type Aggregate, splitGroup } from "./aggregate.ts";
import { type CardData, makeGroups } from "./card_data.svelte.ts";
import { keysOf, type ScalarCard } from "./cards.ts";
import { groupKey } from "./data.ts";
import { chartMarks, parseMarkers } from "./marks.ts";
import { exportEntries } from "./export_menu.ts";
import { dialogs, type SaveSource } from "./dialogs.svelte.ts";
import { describeReading } from "./reading.ts";
import type { NameGroup, NameRow, RowName } from "./step_table.ts";
import { tooltipChoices, tooltipPrefs } from "./tooltip_prefs.ts";
import { view } from "./view.svelte.ts";

/** Sharp on paper and on slides. */
const PICTURE_SCALE = 2;
/** A pinned tooltip scrolls. */
const MOST_PINNED = 200;

interface Chart {
  picture(scale: number): HTMLCanvasElement | null;
  svg(title: string, description: string): Promise<string | null>;
}

export interface CardReadingInput {
  card(): ScalarCard;
  readonly data: CardData;
  /** The window of x that is drawn; null for everything. */
  window(): readonly [number, number] | null;
  summary(): string;
  chart(): Chart | undefined;
}

/** The table under each chart of a shared step: shown unless somebody hid it. */
export const stepTables = {
  get shown(): boolean {
    return stepCursor.place !== null && prefs.get("scalars.table", true);
  },
  set shown(value: boolean) {
    prefs.set("scalars.table", value);
  },
};

/** What the tables ask of the groups that are drawn, and how they name their lines. */
export interface TableGroups {
  readonly groups: readonly SeriesGroup[];
  readonly aggregate: Aggregate;
  readonly nameGroup: NameGroup;
}

export interface CardReading {
  /** Shows the values as tables instead of the chart. */
  tables: boolean;
  tooltip(reading: Reading, pinned: boolean): TooltipContent | null;
  readonly tooltipChoices: readonly MenuEntry[];
  readonly lines: readonly ReferenceLine[];
  /** The shared step, where the chart's axis has a place for it; null where it has none. */
  readonly step: StepPlace | null;
  /** The shared step or range that the table under the chart is about, whatever its axis; null where steps say nothing. */
  readonly table: StepPlace | null;
  /** What the chart tells when its step is set; undefined on other axes. */
  readonly setStep: ((cursor: StepCursor | null) => void) | undefined;
  readonly nameRow: NameRow;
  /** Groups of runs that are drawn as one line each; null where each run has its own. */
  readonly groups: TableGroups | null;
  readonly source: SaveSource;
  /** For the card's menu. */
  readonly entries: MenuEntry[];
  isolate(group: string): void;
  /** A click on a line; with Alt only its run is drawn. */
  pick(line: LineSeries, event: PointerEvent): void;
  /** A key on the card or in its chart; true if it was one of these. */
  command(name: string): boolean;
}

export function makeCardReading(input: CardReadingInput): CardReading {
  const { data } = input;
  let tables = $state(false);
  const onSteps = $derived(data.drawnAxis === "step");
  const keys = $derived(keysOf(input.card()));
  const tags = $derived([...new Map(input.card().tags.map(({ tag, label }) => [tag, { tag, right: data.right.has(label) }])).values()]);
  const lines = $derived(chartMarks(tags, (tag) => userState.tag(tag), parseMarkers(userState.pref<unknown>("markers", [])), data.drawnAxis, data.looks));

  /** As the chart names and colours it, where it draws that line; groups draw none of their runs. */
  const drawn = $derived.by(() => {
    const names = new Map<string, RowName>();
    for (const { info, label, color, group, runGroup } of data.lines.lines) {
      if (runGroup === null && !info.is_superseded) names.set(`${info.run}\n${info.tag}\n${info.lane}`, { label, color, group });
    }
    return names;
  });
  function nameRow(run: string, tag: string, lane: number): RowName | null {
    const { looks } = data;
    if (!looks.isShown(run)) return null;
    const known = drawn.get(`${run}\n${tag}\n${lane}`);
    if (known) return known;
    const { host, label, color: own, key: ownKey } = looks.of(run);
    const key = ownKey ?? input.card().tags.find((each) => each.tag === tag)?.label ?? "";
    const name = keys.length > 1 && key ? `${label} · ${key}` : label;
    const color = !runs.isGrouped ? own : looks.groupColor(runs.groupOf(host));
    return { label: lane > 0 ? `${name} (lane ${lane + 1})` : name, color, group: host };
  }

  const nameGroup: NameGroup = (name) => {
    const { group, key } = splitGroup(name);
    const { looks } = data;
    const label = looks.groupLabel(group);
    return { label: keys.length > 1 && key ? `${label} · ${key}` : label, color: looks.groupColor(group), group: groupKey(group), isGroup: true };
  };
  const groups = $derived<TableGroups | null>(
    !runs.isGrouped ? null : { groups: makeGroups(input.card(), data.wanted), aggregate: view.aggregate, nameGroup },
  );

  const source: SaveSource = {
    get card() {
      return input.card();
    },
    get wanted() {
      return data.wanted;
    },
    nameRow,
    get range() {
      return onSteps ? input.window() : null;
    },
    async png() {
      const picture = input.chart()?.picture(PICTURE_SCALE);
      if (!picture) return null;
      const colors = theme.mode === "dark" ? { surface: "#15171C", text: "#E9EBEF" } : { surface: "#FFFFFF", text: "#171A21" };
      const { makePng } = await import("./picture.ts");
      const named = [...new Map(data.lines.lines.map((line) => [line.info, line])).values()];
      return makePng(picture, PICTURE_SCALE, input.card().title, named, colors);
    },
    svg: async () => (await input.chart()?.svg(input.card().title, input.summary())) ?? null,
  };

  const commands: Readonly<Record<string, () => void>> = {
    table: () => (tables = !tables),
    marks: () => (dialogs.open = { kind: "marks", card: input.card(), wanted: data.wanted }),
  };

  return {
    get tables() {
      return tables;
    },
    set tables(value) {
      tables = value;
    },
    tooltip(reading, pinned) {
      const most = pinned ? MOST_PINNED : Math.min(tooltipPrefs.most, rowsThatFit(innerHeight));
      return describeReading(reading, data.lines, data.drawnAxis, { order: tooltipPrefs.order, most, baseline: runs.baseline });
    },
    get tooltipChoices() {
      return tooltipChoices();
    },
    get lines() {
      return lines;
    },
    get step() {
      return onSteps ? stepCursor.place : null;
    },
    get table() {
      return stepTables.shown && !tables && !data.noSteps ? stepCursor.place : null;
    },
    get setStep() {
      return onSteps ? (cursor: StepCursor | null) => (cursor ? stepCursor.set(cursor.at, cursor.to) : stepCursor.clear()) : undefined;
    },
    nameRow,
    get groups() {
      return groups;
    },
    source,
    get entries() {
      const hasLines = data.lines.lines.length > 0;
      const own: MenuEntry[] = [
        { label: tables ? "Show the chart" : "Show as a table", keys: "T", run: () => (tables = !tables) },
        { label: "Lines and events…", keys: "M", run: () => commands["marks"]?.() },
        "line",
      ];
      return [...own, ...exportEntries(source, hasLines)];
    },
    isolate: (group) => runs.solo(runs.withLines(group)),
    pick(line, event) {
      if (event.altKey && line.group !== "") runs.solo(runs.withLines(line.group));
    },
    command(name) {
      const act = commands[name];
      act?.();
      return act !== undefined;
    },
  };
}
