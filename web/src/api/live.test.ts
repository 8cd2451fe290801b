import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Connection, type Live, mergeMessages, openLive } from "./live.ts";
import type { ChangesResult, LiveMessage } from "./types.ts";

const loading = { files_done: 1, files_total: 1, bytes_done: 1, bytes_total: 1, done: true };
const message = (revision: number, changed: LiveMessage["changed"] = {}, structure = false): LiveMessage => ({
  revision,
  changed,
  structure,
  loading,
  problems: 0,
  points: 0,
  state_revision: 0,
});

class FakeSocket {
  readyState = 0;
  sent: string[] = [];
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  constructor(readonly url: string) {}
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.();
  }
  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  tell(told: LiveMessage): void {
    this.onmessage?.({ data: JSON.stringify(told) });
  }
}

let sockets: FakeSocket[];
let heard: LiveMessage[];
let states: Connection[];
let poll: ReturnType<typeof vi.fn<(since: number) => Promise<ChangesResult>>>;
let live: Live;

const last = (): FakeSocket => sockets[sockets.length - 1]!;

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  heard = [];
  states = [];
  poll = vi.fn(() => Promise.reject(new Error("away")));
  live = openLive({
    url: "ws://host/api/live",
    onMessage: (told) => heard.push(told),
    onConnection: (connection) => states.push(connection),
    poll,
    makeSocket: (url) => {
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
  });
});

afterEach(() => {
  live.close();
  vi.useRealTimers();
});

describe("openLive", () => {
  it("subscribes and delivers", () => {
    last().open();
    expect(last().sent).toEqual(['{"subscribe":{"tags":null}}']);
    expect(states).toEqual(["live"]);
    last().tell(message(1, { a: ["loss"] }));
    expect(heard).toEqual([message(1, { a: ["loss"] })]);
  });

  it("ignores what it cannot read", () => {
    last().open();
    last().onmessage?.({ data: "{" });
    last().onmessage?.({ data: "{}" });
    last().onmessage?.({ data: new ArrayBuffer(2) });
    expect(heard).toEqual([]);
  });

  it("tries again after 1, 2, 4, 8 and 8 s while the server is away", async () => {
    const pauses: number[] = [];
    last().close();
    for (let attempt = 0; attempt < 5; attempt++) {
      await vi.advanceTimersByTimeAsync(0);
      const before = sockets.length;
      let waited = 0;
      while (sockets.length === before && waited < 20_000) {
        await vi.advanceTimersByTimeAsync(500);
        waited += 500;
      }
      pauses.push(waited / 1000);
      last().close();
    }
    expect(pauses).toEqual([1, 2, 4, 8, 8]);
    expect(new Set(states)).toEqual(new Set(["offline"]));
  });

  it("asks for what was missed when it is back", async () => {
    last().open();
    last().tell(message(7));
    last().close();
    await vi.advanceTimersByTimeAsync(1000);
    expect(sockets).toHaveLength(2);
    expect(last().url).toBe("ws://host/api/live?since=7");
    last().open();
    last().tell(message(9, { a: ["loss"] }));
    expect(heard[1]).toEqual(message(9, { a: ["loss"] }));
    expect(states[states.length - 1]).toBe("live");
  });

  it("reads everything anew from a server that was restarted", async () => {
    last().open();
    last().tell(message(7));
    last().close();
    await vi.advanceTimersByTimeAsync(1000);
    last().open();
    last().tell(message(2, { a: ["loss"] }));
    expect(heard[1]).toEqual(message(2, null, true));
  });

  it("polls where only WebSockets do not get through", async () => {
    let revision = 3;
    poll.mockImplementation(() => Promise.resolve({ ...message(revision, { a: ["loss"] }) }));
    last().close();
    await vi.advanceTimersByTimeAsync(300);
    last().close();
    await vi.advanceTimersByTimeAsync(0);
    expect(states[states.length - 1]).toBe("polling");
    const before = heard.length;
    await vi.advanceTimersByTimeAsync(5000);
    expect(heard).toHaveLength(before); // nothing newer: nothing told
    revision = 4;
    await vi.advanceTimersByTimeAsync(5000);
    expect(heard[heard.length - 1]?.revision).toBe(4);
    expect(poll).toHaveBeenLastCalledWith(3);
    // It tries the socket again now and then.
    const opened = sockets.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets.length).toBe(opened + 1);
    last().open();
    expect(states[states.length - 1]).toBe("live");
  });

  it("tells what came during a pause in one message", () => {
    last().open();
    live.setPaused(true);
    last().tell(message(1, { a: ["x"] }));
    last().tell(message(2, { a: ["y"], b: ["x"] }, true));
    expect(heard).toEqual([]);
    live.setPaused(false);
    expect(heard).toEqual([message(2, { a: ["x", "y"], b: ["x"] }, true)]);
  });

  it("tries at once on request, and never after close", async () => {
    last().close();
    await vi.advanceTimersByTimeAsync(0);
    live.retry();
    expect(sockets).toHaveLength(2);
    live.retry(); // one attempt is under way
    expect(sockets).toHaveLength(2);
    live.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(2);
  });
});

describe("mergeMessages", () => {
  it("knows nothing where one of them knows nothing", () => {
    expect(mergeMessages(message(1, null), message(2, { a: ["x"] })).changed).toBeNull();
    expect(mergeMessages(message(1, { a: ["x"] }), message(2, null)).changed).toBeNull();
  });
});
