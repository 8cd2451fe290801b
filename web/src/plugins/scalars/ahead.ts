/**
 * Questions of cards that are about to be mounted: the server answers while the page makes them. Each answer is handed
 * out once, to the card that asks exactly that; one that nobody takes is dropped, and so is one that may be out of date.
 */

import { queryScalars } from "../../api/client.ts";
import type { ColumnsFrame } from "../../api/columns.ts";
import type { ScalarsHeader, ScalarsQuery } from "../../api/types.ts";
import { changes } from "../../state/resource.svelte.ts";

type Frame = ColumnsFrame<ScalarsHeader>;

/** Cards ask as soon as they are mounted; who has not asked by then will not. */
const KEPT_MS = 3000;

let held = new Map<string, { answer: Promise<Frame>; abort: AbortController }>();

/** Asks now; `questions` are as the cards will write them. */
export function askAhead(questions: readonly string[]): void {
  const mine = new Map<string, { answer: Promise<Frame>; abort: AbortController }>();
  for (const question of questions) {
    const abort = new AbortController();
    const answer = queryScalars(JSON.parse(question) as ScalarsQuery, abort.signal);
    answer.catch(() => undefined); // whoever takes it hears of it
    mine.set(question, { answer, abort });
  }
  drop();
  held = mine;
  // what is logged meanwhile nobody would tell a card that is not there yet
  const stop = changes.watch(null, null, end);
  const timer = setTimeout(end, KEPT_MS);
  function end(): void {
    stop();
    clearTimeout(timer);
    if (held === mine) drop();
  }
}

/** The answer to a question that was asked ahead, once. */
export function takeAhead(question: string): Promise<Frame> | undefined {
  const found = held.get(question);
  held.delete(question);
  return found?.answer;
}

function drop(): void {
  for (const { abort } of held.values()) abort.abort();
  held.clear();
}
