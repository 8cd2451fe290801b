// @vitest-environment jsdom
import { cleanup, render } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { route } from "../../state/route.svelte.ts";
import Reader from "./Reader.svelte";

const signals: AbortSignal[] = [];

/** As fetch does: nothing comes, and what is aborted fails, also if it was before it began. */
vi.mock("../../api/client.ts", async (original) => ({
  ...(await original<object>()),
  getText: (_run: string, _tag: string, _page: object, signal: AbortSignal) =>
    new Promise((_answer, refuse) => {
      signals.push(signal);
      const end = (): void => refuse(new DOMException("aborted", "AbortError"));
      if (signal.aborted) end();
      else signal.addEventListener("abort", end);
    }),
}));

beforeEach(() => {
  signals.length = 0;
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

it("does nothing with what arrives after it was closed", async () => {
  const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const { unmount } = render(Reader, { props: { run: "run", tag: "notes", title: "notes", description: "" } });
  expect(signals).toHaveLength(1);
  unmount();
  expect(signals[0]!.aborted).toBe(true);
  route.set("text.step", "7");
  await new Promise((resolve) => setTimeout(resolve));
  expect(warned).not.toHaveBeenCalled();
});
