import { afterEach, expect, it, vi } from "vitest";
import { watchSight } from "./sight.ts";

afterEach(() => vi.unstubAllGlobals());

it("tells when an element comes into sight or goes, and nothing else", () => {
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
  const changed = vi.fn();
  const sight = watchSight({} as Element, changed);
  expect(sight.visible).toBe(true);
  tell([{ isIntersecting: true }]);
  expect(changed).not.toHaveBeenCalled();
  tell([{ isIntersecting: true }, { isIntersecting: false }]);
  expect(sight.visible).toBe(false);
  tell([{ isIntersecting: true }]);
  expect(sight.visible).toBe(true);
  expect(changed.mock.calls).toEqual([[false], [true]]);
  sight.stop();
  expect(disconnect).toHaveBeenCalledOnce();
});

it("takes everything for visible where the browser cannot tell", () => {
  vi.stubGlobal("IntersectionObserver", undefined);
  expect(watchSight({} as Element, () => undefined).visible).toBe(true);
});
