import { expect, it, vi } from "vitest";
import { textWidth } from "./text_width.ts";

it("measures a text once per font", () => {
  const measure = vi.fn(() => 12);
  expect([textWidth("0.5", "11px A", measure), textWidth("0.5", "11px A", measure)]).toEqual([12, 12]);
  expect(measure).toHaveBeenCalledTimes(1);
  textWidth("0.5", "12px A", measure);
  textWidth("0.6", "12px A", measure);
  expect(measure).toHaveBeenCalledTimes(3);
});

it("keeps no more than a page has", () => {
  const measure = vi.fn(() => 1);
  for (let i = 0; i < 10_000; i++) textWidth(String(i), "bound", measure);
  textWidth("0", "bound", measure);
  expect(measure).toHaveBeenCalledTimes(10_001);
});
