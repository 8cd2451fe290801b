import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { later } from "./later.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.runAllTimers();
  vi.useRealTimers();
});

it("waits until nothing has come for a while, then does one piece at a time", () => {
  const done: string[] = [];
  later(() => done.push("a"));
  vi.advanceTimersByTime(250);
  later(() => done.push("b"));
  later(() => done.push("c"));
  vi.advanceTimersByTime(250);
  expect(done).toEqual([]);
  vi.advanceTimersByTime(50);
  expect(done).toEqual(["a"]);
  vi.advanceTimersByTime(50);
  expect(done).toEqual(["a", "b"]);
  vi.runAllTimers();
  expect(done).toEqual(["a", "b", "c"]);
});

it("does not do what was taken back", () => {
  const work = vi.fn();
  const [first, second] = [later(work), later(work)];
  first();
  vi.runAllTimers();
  expect(work).toHaveBeenCalledOnce();
  second();
  later(work);
  vi.runAllTimers();
  expect(work).toHaveBeenCalledTimes(2);
});

it("goes on after a piece that fails", () => {
  const work = vi.fn();
  later(() => {
    throw new Error("no");
  });
  later(work);
  expect(() => vi.advanceTimersByTime(300)).toThrow("no");
  vi.runAllTimers();
  expect(work).toHaveBeenCalledOnce();
});
