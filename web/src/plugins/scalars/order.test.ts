import { describe, expect, it } from "vitest";
import { addMove, applyMoves, formatMoves, type Move, parseMoves } from "./order.ts";

const items = ["a", "b", "c", "d"].map((key) => ({ key }));
const orderOf = (...moves: Move[]): string => applyMoves(items, moves).map(({ key }) => key).join("");
const move = (key: string, before: string): Move => ({ key, before });

describe("the order of cards", () => {
  it("is the natural one but for what was moved", () => {
    expect(orderOf()).toBe("abcd");
    expect(orderOf(move("d", "b"))).toBe("adbc");
    expect(orderOf(move("a", ""))).toBe("bcda");
    expect(orderOf(move("d", "a"), move("b", "d"))).toBe("bdac");
  });

  it("does not mind cards that are gone or not shown", () => {
    expect(orderOf(move("x", "a"), move("a", "x"), move("c", "c"))).toBe("abcd");
  });

  it("forgets an earlier place, unless another card was put beside it", () => {
    expect(addMove([move("d", "b")], move("d", "a"))).toEqual([move("d", "a")]);
    const kept = addMove([move("d", "a"), move("c", "d")], move("d", ""));
    expect(applyMoves(items, kept).map(({ key }) => key).join("")).toBe("cabd");
  });

  it("comes back from the address as it went", () => {
    const moves = [move("a~b,c%", "d e/ü"), move("z", "")];
    expect(parseMoves(formatMoves(moves))).toEqual(moves);
    expect(formatMoves([])).toBeNull();
    for (const text of [null, "", "a", "~b", "a~b~c"]) expect(parseMoves(text)).toEqual([]);
  });
});
