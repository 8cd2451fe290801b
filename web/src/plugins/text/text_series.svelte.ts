/** The texts of one (run, tag), fetched page by page as they are looked at. */

import { getText } from "../../api/client.ts";
import type { TextItem } from "../../api/types.ts";
import { findStep, pageSize, pageStart } from "./data.ts";

export class TextSeries {
  readonly run: string;
  readonly tag: string;
  /** Items in all; null until the first answer. */
  total = $state<number | null>(null);
  error = $state.raw<Error | null>(null);
  /** What has been fetched, by index. */
  items: ReadonlyMap<number, TextItem> = $state.raw(new Map());
  /** Steps for the slider; NaN where they are not known yet. float64[total] */
  readonly steps = $derived.by(() => {
    const steps = new Float64Array(this.total ?? 0).fill(NaN);
    for (const [index, item] of this.items) if (index < steps.length) steps[index] = item.step;
    return steps;
  });

  #abort = new AbortController();
  #pages = new Map<number, Promise<void>>();

  constructor(run: string, tag: string) {
    this.run = run;
    this.tag = tag;
  }

  /** Fetches the page of `index` unless it is there or under way. */
  ensure(index: number): Promise<void> {
    const start = pageStart(index);
    let page = this.#pages.get(start);
    if (!page) {
      page = this.#fetch(start, pageSize, false);
      this.#pages.set(start, page);
      page.catch(() => this.#pages.delete(start));
    }
    return page;
  }

  /** The whole of a text that was cut. */
  loadAll(index: number): Promise<void> {
    return this.#fetch(index, 1, true);
  }

  /** Index of the item nearest to a step; null is the newest that no restart replaced. −1 where there is none. */
  async indexOf(step: number | null): Promise<number> {
    if (this.total === null) await this.ensure(0);
    const total = this.total ?? 0;
    if (step === null) {
      await this.ensure(total - 1);
      for (let i = total - 1; i >= pageStart(total - 1); i--) if (!this.items.get(i)?.superseded) return i;
      return total - 1;
    }
    return findStep(total, step, async (index) => {
      await this.ensure(index);
      return this.items.get(index)?.step ?? 0;
    });
  }

  /** The stream says that there is more: the last page and what comes after it are asked for again. */
  async refresh(): Promise<void> {
    const last = pageStart(Math.max(0, (this.total ?? 1) - 1));
    this.#pages.delete(last);
    await this.ensure(last);
  }

  close(): void {
    this.#abort.abort();
  }

  /** Nobody looks at it any more: what is still on its way comes to nothing, and must change nothing. */
  get closed(): boolean {
    return this.#abort.signal.aborted;
  }

  async #fetch(start: number, count: number, full: boolean): Promise<void> {
    const { signal } = this.#abort;
    try {
      const answer = await getText(this.run, this.tag, { start, count, full }, signal);
      const items = new Map(this.items);
      answer.items.forEach((item, i) => {
        const old = items.get(answer.start + i);
        // a text that was loaded whole stays whole
        if (old && !old.truncated && item.truncated && old.step === item.step && old.wall_time === item.wall_time) return;
        items.set(answer.start + i, item);
      });
      for (const index of items.keys()) if (index >= answer.total) items.delete(index);
      if (this.total !== null && answer.total < this.total) this.#pages.clear(); // started anew
      this.items = items;
      this.total = answer.total;
      this.error = null;
    } catch (reason) {
      if (signal.aborted) return;
      this.error = reason instanceof Error ? reason : new Error(String(reason));
      throw reason;
    }
  }
}
