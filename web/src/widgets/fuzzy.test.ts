import { expect, test } from "vitest";
import { fuzzyMatch, splitRanges } from "./fuzzy.ts";

const names = ["train/loss", "trainLoss", "İSTANBUL/kayıp", "потери/обучение", "손실/훈련", "ISPARTA/doğruluk"];
const found = (query: string): string[] => fuzzyMatch(names, query).map(({ index }) => names[index]!);

test.each([
  ["istanbul", "İSTANBUL/kayıp"],
  ["KAYIP", "İSTANBUL/kayıp"],
  ["ПОТЕРИ", "потери/обучение"],
  ["훈련", "손실/훈련"],
  ["손실".normalize("NFD"), "손실/훈련"],
  ["ısparta", "ISPARTA/doğruluk"],
])("%s finds %s", (query, name) => {
  expect(found(query)).toEqual([name]);
});

test("words in any order, parts marked where they stand", () => {
  expect(found("loss train")).toContain("train/loss");
  const [best] = fuzzyMatch(names, "обучение");
  expect(splitRanges(names[best!.index]!, best!.ranges)).toEqual([
    { text: "потери/", hit: false },
    { text: "обучение", hit: true },
  ]);
  expect(fuzzyMatch(names, "kayıp")[0]?.ranges).toEqual([9, 14]);
  // The ligature is two letters to the matcher: no mark is better than a wrong one.
  expect(fuzzyMatch(["ﬁnal/loss"], "loss")).toEqual([{ index: 0, ranges: [] }]);
});
