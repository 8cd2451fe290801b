import { expect, test } from "vitest";
import { foldCase } from "./fold_case.ts";

test.each([
  ["Loss", "LOSS"],
  ["İSTANBUL/kayıp", "istanbul/KAYIP"],
  ["ISPARTA", "ısparta"],
  ["ПОТЕРИ/Обучение", "потери/обучение"],
  ["손실", "손실".normalize("NFD")],
  ["Präzision", "PRÄZISION".normalize("NFD")],
  ["ΟΔΟΣ", "οδοσ"],
])("%s is found as %s", (one, other) => {
  expect(foldCase(one)).toBe(foldCase(other));
});

test("other letters stay apart", () => {
  expect(foldCase("loss/a")).not.toBe(foldCase("loss/ä"));
  expect(foldCase("й")).not.toBe(foldCase("и"));
});
