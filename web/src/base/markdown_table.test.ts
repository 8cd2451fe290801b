import { expect, it } from "vitest";
import { formatMarkdownTable, formatTabTable } from "./markdown_table.ts";

const columns = [{ name: "Run" }, { name: "Loss", numeric: true }];

it("aligns and pads", () => {
  expect(formatMarkdownTable(columns, [["a", "0.4100"], ["longer", "2"]])).toBe(
    ["| Run    |   Loss |", "| ------ | -----: |", "| a      | 0.4100 |", "| longer |      2 |"].join("\n"),
  );
});

it("escapes what would break the table", () => {
  const text = formatMarkdownTable(columns, [["a|b\\c\nd", "1"]]);
  expect(text.split("\n")).toHaveLength(3);
  expect(text).toContain("| a\\|b\\\\c d |");
});

it("stands for missing cells with blanks", () => {
  expect(formatMarkdownTable(columns, [["a"]])).toContain("| a   |      |");
});

it("writes tabs for spreadsheets", () => {
  expect(formatTabTable(columns, [["a\tb", "1"]])).toBe("Run\tLoss\na b\t1");
});
