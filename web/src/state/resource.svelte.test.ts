// @vitest-environment jsdom
import { flushSync } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../api/client.ts";
import { changes, makeResource, type Resource } from "./resource.svelte.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Asked {
  key: string;
  signal: AbortSignal;
  answer: (value: string) => void;
  fail: (error: Error) => void;
}

function setUp(): { asked: Asked[]; resource: Resource<string>; setKey: (key: string | null) => void; stop: () => void } {
  const asked: Asked[] = [];
  let key = $state<string | null>("a");
  let resource!: Resource<string>;
  const stop = $effect.root(() => {
    resource = makeResource(
      () => key,
      (signal) => new Promise((answer, fail) => asked.push({ key: key ?? "", signal, answer, fail })),
    );
  });
  flushSync();
  return {
    asked,
    resource,
    stop,
    setKey(next) {
      key = next;
      flushSync();
    },
  };
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

describe("makeResource", () => {
  it("keeps the old data while the new load", async () => {
    const { asked, resource, setKey, stop } = setUp();
    expect(resource).toMatchObject({ data: undefined, loading: true });
    asked[0]!.answer("one");
    await settle();
    expect(resource).toMatchObject({ data: "one", loading: false });
    setKey("b");
    expect(resource).toMatchObject({ data: "one", loading: true });
    asked[1]!.answer("two");
    await settle();
    expect(resource.data).toBe("two");
    stop();
  });

  it("drops the answer to an earlier key", async () => {
    const { asked, resource, setKey, stop } = setUp();
    setKey("b");
    expect(asked[0]!.signal.aborted).toBe(true);
    asked[1]!.answer("new");
    await settle();
    asked[0]!.answer("old");
    await settle();
    expect(resource.data).toBe("new");
    stop();
  });

  it("asks once more after an answer when reloads come faster than answers", async () => {
    const { asked, resource, stop } = setUp();
    resource.reload();
    resource.reload();
    expect(asked).toHaveLength(1);
    expect(asked[0]!.signal.aborted).toBe(false);
    asked[0]!.answer("one");
    await settle();
    expect(asked).toHaveLength(2);
    asked[1]!.answer("two");
    await settle();
    expect(asked).toHaveLength(2);
    expect(resource.data).toBe("two");
    stop();
  });

  it("tries again when the server was away, and keeps the data", async () => {
    const { asked, resource, stop } = setUp();
    asked[0]!.answer("one");
    await settle();
    resource.reload();
    asked[1]!.fail(new ApiError(0, "offline", "away"));
    await settle();
    expect(resource).toMatchObject({ data: "one", loading: false });
    expect(resource.error?.message).toBe("away");
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toHaveLength(3);
    asked[2]!.answer("two");
    await settle();
    expect(resource).toMatchObject({ data: "two", error: null });
    stop();
  });

  it("does not ask again what was refused", async () => {
    const { asked, resource, stop } = setUp();
    asked[0]!.fail(new ApiError(404, "not_found", "no"));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(asked).toHaveLength(1);
    expect(resource.error).toBeInstanceOf(ApiError);
    stop();
  });

  it("stops with its component, and forgets without a key", async () => {
    const { asked, resource, setKey, stop } = setUp();
    asked[0]!.answer("one");
    await settle();
    setKey(null);
    expect(resource.data).toBeUndefined();
    setKey("c");
    stop();
    expect(asked[1]!.signal.aborted).toBe(true);
  });
});

describe("changes", () => {
  it("calls back for a run and a tag that are watched", () => {
    const loss = vi.fn();
    const anything = vi.fn();
    const stop = changes.watch(new Set(["a"]), ["loss"], loss);
    const stopAnything = changes.watch(null, null, anything);
    changes.tell({ a: ["acc"], b: ["loss"] });
    expect(loss).not.toHaveBeenCalled();
    expect(anything).toHaveBeenCalledTimes(1);
    changes.tell({ a: ["acc", "loss"] });
    expect(loss).toHaveBeenCalledTimes(1);
    changes.tell(null);
    expect(loss).toHaveBeenCalledTimes(2);
    stop();
    stopAnything();
    changes.tell(null);
    expect(loss).toHaveBeenCalledTimes(2);
  });
});
