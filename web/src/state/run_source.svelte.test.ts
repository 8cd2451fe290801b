// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { LiveOptions } from "../api/live.ts";
import type { LiveMessage, RunsResult } from "../api/types.ts";

const server = vi.hoisted(() => ({ revision: 7, live: null as LiveOptions | null }));

vi.mock("../api/client.ts", async (load) => ({
  ...(await load<object>()),
  getRuns: () => Promise.resolve({ revision: server.revision, runs: [], tags: {} } as unknown as RunsResult),
  getUserState: () => new Promise(() => undefined),
}));
vi.mock("../api/live.ts", () => ({
  openLive: (options: LiveOptions) => {
    server.live = options;
    return { retry: () => undefined, setPaused: () => undefined, close: () => undefined };
  },
}));

let stop: () => void;
let told: number;

beforeEach(async () => {
  vi.resetModules();
  const { changes } = await import("./resource.svelte.ts");
  const { RunSource } = await import("./run_source.svelte.ts");
  told = 0;
  changes.watch(null, null, () => (told += 1));
  stop = new RunSource().start();
});
afterEach(() => stop());

function hear(revision: number, changed: LiveMessage["changed"] = null): void {
  server.live?.onMessage({ revision, changed, structure: changed === null, loading: null, points: 0, problems: 0 } as unknown as LiveMessage);
}

it("asks for nothing again when the stream begins where the list of runs ended", async () => {
  await vi.waitFor(() => expect(server.live).not.toBeNull());
  await new Promise((resolve) => setTimeout(resolve));
  hear(server.revision);
  expect(told).toBe(0);
  hear(server.revision + 1, { run: ["loss"] });
  expect(told).toBe(1);
});

it("asks again for everything when the stream begins later, and when it begins anew", async () => {
  await new Promise((resolve) => setTimeout(resolve));
  hear(server.revision + 1);
  expect(told).toBe(1);
  hear(server.revision); // another server: its numbers say nothing about this one's
  expect(told).toBe(2);
});
