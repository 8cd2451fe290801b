import { describe, expect, it } from "vitest";
import { findStep, firstLine, prettyJson, toTables } from "./data.ts";

function item(cells: string[], shape: number[] = []): Parameters<typeof firstLine>[0] {
  return { step: 0, wall_time: 0, lane: 0, superseded: false, shape, cells, truncated: false };
}

describe("firstLine", () => {
  it("is the first line with words, without marks", () => {
    expect(firstLine(item(["\n\n## Results **of** `x`\nmore"]))).toBe("Results of x");
    expect(firstLine(item(["| name | value |\n|---|---|"]))).toBe("name · value");
    expect(firstLine(item(["---\n***\n> quoted"]))).toBe("quoted");
    expect(firstLine(item(["- **host**: `vm`\n- **python**: 3"]))).toBe("host: vm");
    expect(firstLine(item(["**bold** first, -1 later"]))).toBe("bold first, -1 later");
    expect(firstLine(item(['{"a": 1}']))).toBe('{"a": 1}');
    expect(firstLine(item(["", "second cell"], [2]))).toBe("second cell");
    expect(firstLine(item([" \n "]))).toBe("");
    expect(firstLine(item(["snake_case_name and 2 * 3"]))).toBe("snake_case_name and 2 * 3");
  });

  it("passes over what stands beside it already", () => {
    expect(firstLine(item(["# sweep/a\n\nA network of 64"]), ["model", "sweep/a"])).toBe("A network of 64");
    expect(firstLine(item(["# sweep/a\n"]), ["sweep/a"])).toBe("sweep/a");
  });
});

describe("toTables", () => {
  it("leaves a single text alone", () => {
    expect(toTables(item(["x"]))).toBeNull();
    expect(toTables(item(["x"], [1]))).toBeNull();
  });

  it("makes a column of rank 1, a table of rank 2", () => {
    expect(toTables(item(["a", "b"], [2]))).toEqual([{ caption: "", rows: [["a"], ["b"]] }]);
    expect(toTables(item(["a", "b", "c", "d"], [2, 2]))).toEqual([{ caption: "", rows: [["a", "b"], ["c", "d"]] }]); // prettier-ignore
  });

  it("names each slice of a higher rank", () => {
    const cells = Array.from({ length: 8 }, (_, i) => String(i));
    expect(toTables(item(cells, [2, 1, 2, 2]))?.map((table) => [table.caption, table.rows])).toEqual([
      ["[0, 0, :, :]", [["0", "1"], ["2", "3"]]],
      ["[1, 0, :, :]", [["4", "5"], ["6", "7"]]],
    ]); // prettier-ignore
  });

  it("survives shapes that promise more than there is", () => {
    expect(toTables(item(["a"], [1000000, 3]))?.[0]?.rows.slice(0, 2)).toEqual([["a"]]);
    expect(toTables(item([], [0, 3]))).toEqual([{ caption: "", rows: [] }]);
  });
});

describe("prettyJson", () => {
  const print = (text: string): string | undefined =>
    prettyJson(text)
      ?.map(({ depth, tokens }) => "  ".repeat(depth) + tokens.map((token) => token.text).join(""))
      .join("\n");

  it("prints as JSON.stringify does", () => {
    const value = { a: [1, { b: null }, []], c: {}, "d:e,{": "x\"y]", f: [true, -1.5e-7] };
    expect(print(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
  });

  it("keeps every digit", () => {
    expect(print('{"id": 12345678901234567890, "x": 1.10}')).toBe('{\n  "id": 12345678901234567890,\n  "x": 1.10\n}');
  });

  it("tells keys from strings", () => {
    const kinds = prettyJson('{"a": "b"}')?.[1]?.tokens.map((token) => token.kind);
    expect(kinds).toEqual(["key", "mark", "string"]);
  });

  it("is only for objects and arrays", () => {
    for (const text of ["12", '"x"', "{a: 1}", "", "[1,"]) expect(prettyJson(text), text).toBeNull();
  });
});

describe("findStep", () => {
  it("finds the nearest with few questions", async () => {
    const steps = Array.from({ length: 1000 }, (_, i) => i * 10);
    let asked = 0;
    const stepAt = async (i: number): Promise<number> => {
      asked++;
      return steps[i]!;
    };
    for (const [step, index] of [[-3, 0], [0, 0], [4, 0], [6, 1], [9990, 999], [1e9, 999], [505, 50]] as const) {
      asked = 0;
      expect(await findStep(1000, step, stepAt)).toBe(index);
      expect(asked).toBeLessThan(14);
    } // prettier-ignore
    expect(await findStep(0, 5, stepAt)).toBe(-1);
  });
});
