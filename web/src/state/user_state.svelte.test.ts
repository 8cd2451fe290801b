import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { UserStateResult } from "../api/types.ts";
import { emptyRun } from "../base/user_changes.ts";

const server = vi.hoisted(() => ({ getUserState: vi.fn(), changeUserState: vi.fn() }));
vi.mock("../api/client.ts", async (original) => ({ ...(await original<object>()), ...server }));

const { ApiError } = await import("../api/client.ts");
const { userState } = await import("./user_state.svelte.ts");

let revision = 1000;
const answer = (runs: UserStateResult["runs"] = {}, at = ++revision): UserStateResult => ({
  revision: at,
  persistent: true,
  notice: "",
  runs,
  tags: {},
  views: {},
  prefs: {},
});
const starred = { ...emptyRun, star: true };
const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(async () => {
  vi.useFakeTimers();
  server.getUserState.mockReset().mockResolvedValue(answer());
  server.changeUserState.mockReset();
  userState.read();
  await settle();
});

afterEach(() => vi.useRealTimers());

describe("the user's state", () => {
  it("shows a change at once and tells the server of several in one request", async () => {
    server.changeUserState.mockResolvedValue(answer({ a: { ...starred, note: "ab" } }));
    userState.setRun("a", { star: true });
    userState.setRun("a", { note: "a" });
    userState.setRun("a", { note: "ab" });
    expect(userState.run("a")).toEqual({ ...starred, note: "ab" });
    await settle(1000);
    expect(server.changeUserState.mock.calls.map(([changes]) => changes as unknown)).toEqual([
      [{ section: "runs", key: "a", value: { star: true, note: "ab" } }],
    ]);
    expect(userState.run("a").note).toBe("ab");
  });

  it("keeps what was typed while the server answered an earlier change", async () => {
    let reply: (state: UserStateResult) => void = () => undefined;
    server.changeUserState.mockReturnValueOnce(new Promise((resolve) => (reply = resolve)));
    userState.setRun("a", { note: "one" });
    await settle(400);
    userState.setRun("a", { note: "one two" });
    server.changeUserState.mockResolvedValue(answer({ a: { ...emptyRun, note: "one two" } }));
    reply(answer({ a: { ...emptyRun, note: "one" } }));
    await settle();
    expect(userState.run("a").note).toBe("one two");
    await settle(1000);
    expect(server.changeUserState).toHaveBeenCalledTimes(2);
  });

  it("tries again while the server is away, and says so meanwhile", async () => {
    server.changeUserState.mockRejectedValueOnce(new ApiError(0, "offline", "The server does not answer."));
    userState.setRun("a", { star: true });
    await settle(400);
    expect(userState.error?.message).toContain("does not answer");
    expect(userState.run("a").star).toBe(true);
    server.changeUserState.mockResolvedValue(answer({ a: starred }));
    await settle(5000);
    expect(server.changeUserState).toHaveBeenCalledTimes(2);
    expect(userState.error).toBeNull();
  });

  it("does not repeat what the server refuses", async () => {
    server.changeUserState.mockRejectedValue(new ApiError(413, "too_large", "Too much."));
    userState.setRun("a", { star: true });
    await settle(10_000);
    expect(server.changeUserState).toHaveBeenCalledTimes(1);
    expect(userState.error?.message).toBe("Too much.");
  });

  it("drops an answer that is older than what it has", async () => {
    server.getUserState.mockResolvedValue(answer({ a: starred }, ++revision));
    userState.follow(revision);
    await settle();
    server.getUserState.mockResolvedValue(answer({}, revision - 1));
    userState.follow(revision - 1);
    await settle();
    expect(userState.run("a").star).toBe(true);
  });

  it("asks only when another page changed something", async () => {
    server.getUserState.mockClear();
    userState.follow(revision);
    await settle();
    expect(server.getUserState).not.toHaveBeenCalled();
    userState.follow(revision + 1);
    await settle();
    expect(server.getUserState).toHaveBeenCalledTimes(1);
  });
});
