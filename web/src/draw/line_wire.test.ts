import { describe, expect, it } from "vitest";
import { columnsUsed, decodeLines, encodeLines } from "./line_wire.ts";
import type { LineSeries, Values } from "./series.ts";
import { makeSeries } from "./testing.ts";

const x = Float64Array.from({ length: 100 }, (_, i) => i);
const y = Float32Array.from({ length: 100 }, (_, i) => i / 100);
const lines: LineSeries[] = Array.from({ length: 10 }, (_, k) => ({
  ...makeSeries([]),
  ...{ key: `run ${k}`, x, y, start: 10 * k, count: 10, color: k % 2 ? "#FF0000" : "#00FF00", dash: k % 3 ? [4, 2] : [] },
}));

describe("decodeLines", () => {
  const numbers = new Map<Values, number>();
  const columns = new Map<number, Values>();
  const decode = (list: readonly LineSeries[], before?: readonly LineSeries[]): LineSeries[] => {
    for (const column of columnsUsed(list)) {
      if (numbers.has(column)) continue;
      columns.set(numbers.size, column);
      numbers.set(column, numbers.size);
    }
    return decodeLines(encodeLines(list, (column) => numbers.get(column)!), columns, before);
  };

  it("brings everything that can be seen of a line", () => {
    const series: LineSeries = { ...lines[1]!, smoothed: y.slice(), band: { low: y.slice(), high: y.slice() }, xOffset: 3.5, faint: true, yAxis: 1 };
    const [decoded] = decode([series]);
    expect(decoded).toEqual({ ...series, key: decoded!.key, label: "", group: "" });
  });

  it("finds each line's own columns, whatever those before it lie in", () => {
    const other: LineSeries = { ...lines[1]!, x: x.slice(), y: y.slice() };
    const smoothed: LineSeries = { ...lines[2]!, smoothed: y.slice() };
    const banded: LineSeries = { ...lines[3]!, band: { low: y.slice(), high: y.slice() } };
    const list = [lines[0]!, other, smoothed, lines[0]!, banded, smoothed, other, banded];
    const decoded = decode(list);
    list.forEach((series, k) => {
      expect(decoded[k]!.x).toBe(series.x);
      expect(decoded[k]!.y).toBe(series.y);
      expect(decoded[k]!.smoothed).toBe(series.smoothed);
      expect(decoded[k]!.band?.low).toBe(series.band?.low);
      expect(decoded[k]!.band?.high).toBe(series.band?.high);
    });
  });

  it("gives the objects of before for lines that stayed, wherever they stand now", () => {
    const before = decode(lines);
    const now = decode(lines.toReversed().filter((_, k) => k !== 4), before);
    expect(now).toEqual(before.toReversed().filter((_, k) => k !== 4));
    now.forEach((series) => expect(before).toContain(series));
  });

  it("makes anew what looks different, and a line that is there twice", () => {
    const banded: LineSeries = { ...lines[1]!, band: { low: y, high: y } };
    const before = decode([banded]);
    const changes: Partial<LineSeries>[] = [
      { x: x.slice() },
      { y: y.slice() },
      { smoothed: y.slice() },
      { band: undefined },
      { band: { low: y.slice(), high: y } },
      { band: { low: y, high: y.slice() } },
      { start: 11 },
      { count: 9 },
      { xOffset: 1 },
      { color: "#0000FF" },
      { dash: [] },
      { dash: [4, 3] },
      { dash: [4, 2, 1] },
      { faint: true },
      { yAxis: 1 },
    ];
    for (const change of changes) expect(decode([{ ...banded, ...change }], before)[0], JSON.stringify(Object.keys(change))).not.toBe(before[0]);
    const [one, other] = decode([banded, banded], before);
    expect(one).toBe(before[0]);
    expect(other).not.toBe(before[0]);
  });
});
