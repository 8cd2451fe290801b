import { afterEach, expect, it, vi } from "vitest";
import { watchSight } from "./sight.ts";

afterEach(() => vi.unstubAllGlobals());

it("tells when an element comes into sight, and not before it was out of it", () => {
  let tell: (entries: { isIntersecting: boolean }[]) => void = () => undefined;
  const disconnect = vi.fn();
  vi.stubGlobal(
    "IntersectionObserver",
    class {
      constructor(callback: typeof tell) {
        tell = callback;
      }
      observe(): void {}
      disconnect = disconnect;
    },
  );
  const seen = vi.fn();
  const sight = watchSight({} as Element, seen);
  expect(sight.visible).toBe(true);
  tell([{ isIntersecting: true }]);
  expect(seen).not.toHaveBeenCalled();
  tell([{ isIntersecting: true }, { isIntersecting: false }]);
  expect(sight.visible).toBe(false);
  tell([{ isIntersecting: true }]);
  expect(sight.visible).toBe(true);
  expect(seen).toHaveBeenCalledOnce();
  sight.stop();
  expect(disconnect).toHaveBeenCalledOnce();
});

it("takes everything for visible where the browser cannot tell", () => {
  vi.stubGlobal("IntersectionObserver", undefined);
  expect(watchSight({} as Element, () => undefined).visible).toBe(true);
});
