/** Every request the page makes. Addresses are relative, so that the app works behind any path prefix. */

import { type ColumnsFrame, decodeFrame } from "./columns.ts";
import type {
  ChangesResult,
  HistogramsHeader,
  HparamsResult,
  ImagesResult,
  ProblemsResult,
  RunColumnKey,
  RunColumnsResult,
  RunsResult,
  ScalarsHeader,
  ScalarsQuery,
  ScalarStatsQuery,
  ScalarStatsResult,
  SeriesKey,
  StateChange,
  TextResult,
  UserStateResult,
} from "./types.ts";

/** A refusal by the server, or no answer at all (`status` 0, code `offline`). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** Asking again may help: the server was unreachable, restarting or overloaded. */
  get temporary(): boolean {
    return this.status === 0 || this.status >= 500 || this.status === 429;
  }
}

type Parameters = Record<string, string | number | boolean | null | undefined>;

/** Address of a route relative to the page, with its query. */
export function apiUrl(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) {
    if (value != null) query.set(key, String(value));
  }
  const text = query.toString();
  return `./${path}${text ? `?${text}` : ""}`;
}

async function request(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, "offline", "The server does not answer.");
  }
  if (!response.ok) throw await readError(response);
  return response;
}

async function readError(response: Response): Promise<ApiError> {
  let code = "http_error";
  let message = `The server answered ${response.status} ${response.statusText}`.trim() + ".";
  try {
    const body = (await response.json()) as { error?: { code?: string; message?: string } };
    code = body.error?.code ?? code;
    message = body.error?.message ?? message;
  } catch {
    // Not ours: a proxy's error page. The status line is all there is to say.
  }
  return new ApiError(response.status, code, message);
}

async function getJson<T>(path: string, parameters?: Parameters, signal?: AbortSignal): Promise<T> {
  const response = await request(apiUrl(path, parameters), { signal: signal ?? null });
  return (await response.json()) as T;
}

async function postJson<T>(path: string, body: unknown, signal?: AbortSignal, keepalive = false): Promise<T> {
  const response = await request(apiUrl(path), {
    keepalive,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: signal ?? null,
  });
  return (await response.json()) as T;
}

async function getFrame<Header>(url: string, init: RequestInit): Promise<ColumnsFrame<Header>> {
  const response = await request(url, init);
  return decodeFrame<Header>(await response.arrayBuffer());
}

export function getRuns(signal?: AbortSignal): Promise<RunsResult> {
  return getJson("api/runs", {}, signal);
}

export function queryScalars(query: ScalarsQuery, signal?: AbortSignal): Promise<ColumnsFrame<ScalarsHeader>> {
  return getFrame(apiUrl("api/scalars"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(query),
    signal: signal ?? null,
  });
}

export function queryScalarStats(query: ScalarStatsQuery, signal?: AbortSignal): Promise<ScalarStatsResult> {
  return postJson("api/scalars/stats", query, signal);
}

/** Which series: by their keys, or every one that these runs have of these tags (null: all there are). */
export type ExportChoice = { series: readonly SeriesKey[] } | { runs: readonly string[] | null; tags: readonly string[] | null };

/** Every logged point as a file: one series in TensorBoard's shape, several with their run and tag. */
export async function exportScalars(choice: ExportChoice, format: "csv" | "json" | "jsonl"): Promise<Blob> {
  const response = await request(apiUrl("api/export"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...choice, format, layout: "long" }),
  });
  return response.blob();
}

export function getImages(run: string, tag: string, signal?: AbortSignal): Promise<ImagesResult> {
  return getJson("api/images", { run, tag }, signal);
}

export interface TextOptions {
  start?: number;
  count?: number;
  /** Without the cap of 64 KiB per item. */
  full?: boolean;
}

export function getText(run: string, tag: string, options: TextOptions = {}, signal?: AbortSignal): Promise<TextResult> {
  const { start, count, full } = options;
  return getJson("api/text", { run, tag, start, count, full: full ? 1 : undefined }, signal);
}

/** Columns: step, wall_time (float64[n]), bucket_start (uint32[n+1]), left, right, bucket_count (float64). */
export function getHistograms(
  run: string,
  tag: string,
  maxSteps = 200,
  signal?: AbortSignal,
): Promise<ColumnsFrame<HistogramsHeader>> {
  return getFrame(apiUrl("api/histograms", { run, tag, max_steps: maxSteps }), { signal: signal ?? null });
}

/** Address of one stored sample; the answer never changes, so browsers keep it. */
export function blobUrl(key: string, sample = 0): string {
  return apiUrl(`api/blobs/${encodeURIComponent(key)}/${sample}`);
}

export function getProblems(signal?: AbortSignal): Promise<ProblemsResult> {
  return getJson("api/problems", {}, signal);
}

export function getChanges(since: number, signal?: AbortSignal): Promise<ChangesResult> {
  return getJson("api/changes", { since }, signal);
}

/** Asks the server to look at the log directory now rather than at its next turn. */
export async function reload(): Promise<{ revision: number }> {
  const response = await request(apiUrl("api/reload"), { method: "POST" });
  return (await response.json()) as { revision: number };
}

export function getHparams(signal?: AbortSignal): Promise<HparamsResult> {
  return getJson("api/hparams", {}, signal);
}

/** One value for each run for each column, and what changes of runs as they are written. */
export function queryRunColumns(columns: readonly RunColumnKey[], signal?: AbortSignal): Promise<RunColumnsResult> {
  return postJson("api/runs/columns", { columns }, signal);
}

/** What the user said of runs, tags and views. */
export function getUserState(): Promise<UserStateResult> {
  return getJson("api/state");
}

/** Makes changes; answers with all of it. `leaving`: the page goes, the request must not (64 KiB at most). */
export function changeUserState(changes: readonly StateChange[], leaving = false): Promise<UserStateResult> {
  return postJson("api/state", { changes }, undefined, leaving);
}
