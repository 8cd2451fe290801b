/** What leaves the page from a card: data, pictures, tables. Loaded when somebody asks for it. */

import { exportScalars, queryScalarStats } from "../../api/client.ts";
import type { SeriesKey } from "../../api/types.ts";
import { copyText } from "../../widgets/copy_text.ts";
import { fileName, saveBlob } from "../../widgets/save_file.ts";
import { toast } from "../../widgets/toasts.svelte.ts";
import type { SaveSource } from "./dialogs.svelte.ts";
import { type ColumnKey, rowsOfStats, tableAsMarkdown } from "./step_table.ts";

export type DataFormat = "csv" | "json" | "jsonl";

/** What a chart's table says of each line. */
const TABLE_COLUMNS: readonly ColumnKey[] = ["last", "min", "argmin", "max", "argmax", "mean", "last_step"];

/** Says what went wrong instead of failing in silence. */
export function complain(error: unknown): void {
  toast(error instanceof Error ? error.message : String(error), { tone: "danger" });
}

/** More keys than these are said by runs and tags: a request has a limit. */
const MOST_KEYS = 1000;

/** Every point of every series, as logged: one series as TensorBoard's downloads have it, several with run and tag. */
export async function saveSeries(series: readonly SeriesKey[], format: DataFormat, title: string): Promise<void> {
  const choice =
    series.length <= MOST_KEYS
      ? { series }
      : { runs: [...new Set(series.map(({ run }) => run))], tags: [...new Set(series.map(({ tag }) => tag))] };
  saveBlob(await exportScalars(choice, format), fileName(title, format));
}

export async function saveData({ card, wanted }: SaveSource, format: DataFormat, run: string | null = null): Promise<void> {
  const series = run === null ? wanted : wanted.filter((each) => each.run === run);
  await saveSeries(series, format, run === null ? card.title : `${run}-${card.title}`);
}

export async function savePng({ card, png }: SaveSource): Promise<void> {
  const blob = await png();
  if (blob) saveBlob(blob, fileName(card.title, "png"));
}

export async function saveSvg({ card, svg }: SaveSource): Promise<void> {
  const text = await svg();
  if (text !== null) saveBlob(new Blob([text], { type: "image/svg+xml" }), fileName(card.title, "svg"));
}

/** The chart as a table of its lines, over what is drawn of them. */
export async function copyAsMarkdown({ wanted, range, nameRow }: SaveSource): Promise<void> {
  const { series } = await queryScalarStats({ series: [...wanted], x_axis: "step", x_range: range && [range[0], range[1]] });
  const rows = rowsOfStats(series, nameRow);
  toast((await copyText(tableAsMarkdown(rows, TABLE_COLUMNS))) ? "Copied the chart as a Markdown table." : "The browser does not allow copying.");
}
