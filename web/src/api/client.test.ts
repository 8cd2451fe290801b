import { afterEach, describe, expect, it, vi } from "vitest";
import { type ApiError, apiUrl, blobUrl, getRuns, getText } from "./client.ts";

afterEach(() => vi.unstubAllGlobals());

const answer = (body: BodyInit | null, init: ResponseInit): void => {
  vi.stubGlobal("fetch", vi.fn(() => Promise.resolve(new Response(body, init))));
};

describe("addresses", () => {
  it("are relative, so that a path prefix holds", () => {
    expect(apiUrl("api/runs")).toBe("./api/runs");
    expect(apiUrl("api/text", { run: "a/b", tag: "x&y", full: undefined })).toBe("./api/text?run=a%2Fb&tag=x%26y");
    expect(blobUrl("k/1", 2)).toBe("./api/blobs/k%2F1/2");
  });

  it("carry only what was asked for", async () => {
    answer("{}", { status: 200 });
    await getText("r", "t", { start: 0, full: true });
    expect(fetch).toHaveBeenCalledWith("./api/text?run=r&tag=t&start=0&full=1", expect.anything());
  });
});

describe("errors", () => {
  const failure = (): Promise<ApiError> => getRuns().then(() => Promise.reject(new Error("no error")), (error) => error);

  it("say what the server says", async () => {
    answer('{"error":{"code":"not_found","message":"No such run."}}', { status: 404 });
    expect(await failure()).toMatchObject({ status: 404, code: "not_found", message: "No such run.", temporary: false });
  });

  it("say the status where somebody else answers", async () => {
    answer("<html>", { status: 502, statusText: "Bad Gateway" });
    expect(await failure()).toMatchObject({ code: "http_error", message: "The server answered 502 Bad Gateway.", temporary: true });
  });

  it("know a server that is away", async () => {
    vi.stubGlobal("fetch", vi.fn(() => Promise.reject(new TypeError("failed"))));
    expect(await failure()).toMatchObject({ status: 0, code: "offline", temporary: true });
  });

  it("leave an abort what it is", async () => {
    const abort = new AbortController();
    abort.abort();
    vi.stubGlobal("fetch", vi.fn(() => Promise.reject(abort.signal.reason)));
    await expect(getRuns(abort.signal)).rejects.toBe(abort.signal.reason);
  });
});
