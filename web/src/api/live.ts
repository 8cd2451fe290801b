/**
 * What became newer, as a stream: one WebSocket per page, polling where that fails (proxies that do not carry
 * WebSockets), reconnecting with 1-2-4-8 s pauses. Knows nothing of the app: messages and states go to callbacks.
 */

import type { ChangesResult, LiveMessage } from "./types.ts";

export type Connection = "live" | "polling" | "offline";

export interface LiveOptions {
  /** Absolute ws: or wss: address; the revision that is known is added as `since`. */
  url: string;
  onMessage: (message: LiveMessage) => void;
  onConnection: (connection: Connection, retryAt: number | null) => void;
  /** One round of polling; null since means "from now on". */
  poll: (since: number) => Promise<ChangesResult>;
  /** Replaceable for tests. */
  makeSocket?: (url: string) => WebSocket;
}

export interface Live {
  /** Connects again at once (the "Retry now" button, the browser's online event). */
  retry(): void;
  /** Stops delivering; what arrives meanwhile is told in one message on resume. */
  setPaused(paused: boolean): void;
  close(): void;
}

const retrySecs = [1, 2, 4, 8];
const pollSecs = 5;
/** Failed attempts to open a socket, while HTTP works, after which polling takes over. */
const socketAttempts = 2;

export function openLive(options: LiveOptions): Live {
  const makeSocket = options.makeSocket ?? ((url) => new WebSocket(url));
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let revision = -1;
  let closed = false;
  let paused = false;
  let held: LiveMessage | null = null;

  function deliver(message: LiveMessage): void {
    revision = message.revision;
    if (paused) {
      held = held ? mergeMessages(held, message) : message;
    } else {
      options.onMessage(message);
    }
  }

  function connect(): void {
    clearTimeout(timer);
    if (closed) return;
    let opened = false;
    let over = false;
    const current = makeSocket(revision < 0 ? options.url : `${options.url}?since=${revision}`);
    socket = current;

    current.onopen = () => {
      opened = true;
      failures = 0;
      current.send(JSON.stringify({ subscribe: { tags: null } }));
      options.onConnection("live", null);
    };
    current.onmessage = (event) => {
      const message = parseMessage(event.data);
      if (!message) return;
      // Revisions only grow: a lower one is another server, of which nothing is known here.
      const restarted = message.revision < revision;
      deliver(restarted ? { ...message, changed: null, structure: true } : message);
    };
    current.onclose = () => {
      if (over || current !== socket) return;
      over = true;
      socket = null;
      if (closed) return;
      failures = opened ? 1 : failures + 1;
      void afterFailure();
    };
    current.onerror = () => current.close();
  }

  /** A socket failed: is the server gone, or do only WebSockets not get through? One poll tells. */
  async function afterFailure(): Promise<void> {
    const result = await pollOnce();
    if (closed || socket) return;
    if (result === null) {
      const pause = retrySecs[Math.min(failures, retrySecs.length) - 1] ?? 8;
      options.onConnection("offline", Date.now() + pause * 1000);
      timer = setTimeout(connect, pause * 1000);
    } else if (failures < socketAttempts) {
      timer = setTimeout(connect, 250);
    } else {
      options.onConnection("polling", null);
      // Every twelfth round tries the socket again: the network may have changed.
      timer = setTimeout(() => pollLoop(1), pollSecs * 1000);
    }
  }

  async function pollLoop(round: number): Promise<void> {
    if (closed) return;
    if (round % 12 === 0) return connect();
    const result = await pollOnce();
    if (closed || socket) return;
    if (result === null) {
      failures = 1;
      options.onConnection("offline", Date.now() + 1000);
      timer = setTimeout(connect, 1000);
      return;
    }
    options.onConnection("polling", null);
    timer = setTimeout(() => pollLoop(round + 1), pollSecs * 1000);
  }

  async function pollOnce(): Promise<ChangesResult | null> {
    try {
      const since = revision;
      const result = await options.poll(Math.max(0, since));
      if (closed) return null;
      if (result.revision !== since) deliver(result);
      return result;
    } catch {
      return null;
    }
  }

  connect();
  return {
    retry() {
      if (socket && socket.readyState <= 1) return;
      failures = 0;
      connect();
    },
    setPaused(value) {
      paused = value;
      if (!paused && held) {
        const message = held;
        held = null;
        options.onMessage(message);
      }
    },
    close() {
      closed = true;
      clearTimeout(timer);
      socket?.close();
      socket = null;
    },
  };
}

/** Two messages as one: the newer state, the union of what changed. */
export function mergeMessages(older: LiveMessage, newer: LiveMessage): LiveMessage {
  const structure = older.structure || newer.structure;
  if (older.changed === null || newer.changed === null) return { ...newer, changed: null, structure };
  const changed: Record<string, string[]> = { ...older.changed };
  for (const [run, tags] of Object.entries(newer.changed)) {
    changed[run] = [...new Set([...(changed[run] ?? []), ...tags])];
  }
  return { ...newer, changed, structure };
}

function parseMessage(data: unknown): LiveMessage | null {
  if (typeof data !== "string") return null;
  try {
    const message = JSON.parse(data) as Partial<LiveMessage>;
    return typeof message.revision === "number" ? (message as LiveMessage) : null;
  } catch {
    return null;
  }
}
