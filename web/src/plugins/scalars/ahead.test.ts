import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { changes } from "../../state/resource.svelte.ts";
import { askAhead, takeAhead } from "./ahead.ts";

const sent: { body: string; signal: AbortSignal }[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  sent.length = 0;
  vi.stubGlobal("fetch", (_: string, { body, signal }: { body: string; signal: AbortSignal }) => {
    sent.push({ body, signal });
    return new Promise(() => undefined);
  });
});

afterEach(() => {
  changes.tell(null);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("questions asked ahead", () => {
  it("are sent at once, as the cards will write them", () => {
    askAhead(['{"width_px":384}', '{"width_px":256}']);
    expect(sent.map(({ body }) => body)).toEqual(['{"width_px":384}', '{"width_px":256}']);
  });

  it("are answered once, and only to who asks the same", () => {
    askAhead(['{"width_px":384}']);
    expect(takeAhead('{"width_px":512}')).toBeUndefined();
    expect(takeAhead('{"width_px":384}')).toBeInstanceOf(Promise);
    expect(takeAhead('{"width_px":384}')).toBeUndefined();
  });

  it("are given up when something newer is logged, when nobody asks, and when others are asked", () => {
    const question = '{"width_px":384}';
    askAhead([question]);
    changes.tell({ run: ["loss"] });
    expect(takeAhead(question)).toBeUndefined();
    askAhead([question]);
    vi.advanceTimersByTime(10_000);
    expect(takeAhead(question)).toBeUndefined();
    askAhead([question]);
    askAhead([]);
    expect(takeAhead(question)).toBeUndefined();
    expect(sent.map(({ signal }) => signal.aborted)).toEqual([true, true, true]);
  });

  it("belong to their card once it has taken them", () => {
    askAhead(['{"width_px":384}']);
    takeAhead('{"width_px":384}');
    changes.tell(null);
    expect(sent[0]?.signal.aborted).toBe(false);
  });
});
