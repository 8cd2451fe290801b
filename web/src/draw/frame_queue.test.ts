import { describe, expect, it } from "vitest";
import { makeFrameQueue } from "./frame_queue.ts";

function setup(budgetMs = 10) {
  let time = 0;
  const pending: (() => void)[] = [];
  const queue = makeFrameQueue({ budgetMs, schedule: (callback) => void pending.push(callback), now: () => time });
  const log: string[] = [];
  return {
    queue,
    log,
    pending,
    work: (name: string, ms = 0) => () => {
      log.push(name);
      time += ms;
    },
    frame: () => pending.shift()?.(),
  };
}

describe("makeFrameQueue", () => {
  it("draws an owner once per frame, with what it asked last", () => {
    const { queue, log, work, frame, pending } = setup();
    const owner = {};
    queue.request(owner, work("old"));
    queue.request(owner, work("new"));
    expect(pending).toHaveLength(1);
    frame();
    expect(log).toEqual(["new"]);
    expect(pending).toHaveLength(0);
  });

  it("spreads patient work over frames and never delays urgent work", () => {
    const { queue, log, work, frame } = setup(10);
    queue.request({}, work("a", 8));
    queue.request({}, work("b", 8));
    queue.request({}, work("c", 8));
    queue.request({}, work("urgent", 8), true);
    frame();
    expect(log).toEqual(["urgent", "a"]);
    frame();
    expect(log).toEqual(["urgent", "a", "b", "c"]);
  });

  it("forgets what is cancelled, also from within a frame", () => {
    const { queue, log, work, frame } = setup();
    const [a, b] = [{}, {}];
    queue.request(a, () => {
      log.push("a");
      queue.cancel(b);
    });
    queue.request(b, work("b"));
    frame();
    expect(log).toEqual(["a"]);
  });

  it("runs in the next frame what was asked for while drawing", () => {
    const { queue, log, frame, work } = setup();
    const owner = {};
    queue.request(owner, () => {
      log.push("first");
      queue.request(owner, work("second"));
    });
    frame();
    expect(log).toEqual(["first"]);
    frame();
    expect(log).toEqual(["first", "second"]);
  });
});
