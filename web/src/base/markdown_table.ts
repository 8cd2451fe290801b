/** A table as Markdown (GitHub's), for pasting into issues, notes and chats. */

export interface TableColumn {
  readonly name: string;
  /** Numbers stand on the right. */
  readonly numeric?: boolean;
}

/** One cell: pipes and backslashes escaped, on one line. */
function cellOf(text: string): string {
  return text.replace(/[\\|]/g, "\\$&").replace(/\s*[\r\n]+\s*/g, " ").trim();
}

/** Padded, so that the source is a table to read, too. */
export function formatMarkdownTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string {
  const head = columns.map((column) => cellOf(column.name));
  const body = rows.map((row) => columns.map((_, index) => cellOf(row[index] ?? "")));
  const widths = head.map((name, index) => Math.max(3, name.length, ...body.map((row) => row[index]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (columns[i]?.numeric ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join(" | ")} |`;
  const rule = columns.map((column, i) => (column.numeric ? `${"-".repeat((widths[i] ?? 3) - 1)}:` : "-".repeat(widths[i] ?? 3)));
  return [line(head), `| ${rule.join(" | ")} |`, ...body.map(line)].join("\n");
}

/** The same table for spreadsheets: tabs between cells. */
export function formatTabTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string {
  const clean = (text: string): string => text.replace(/[\t\r\n]+/g, " ");
  return [columns.map((column) => clean(column.name)), ...rows.map((row) => row.map(clean))].map((cells) => cells.join("\t")).join("\n");
}
