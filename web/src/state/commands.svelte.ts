/** What the command palette offers beyond shortcuts, pages, tags and runs; pages add their own while they are shown. */

import { untrack } from "svelte";

export interface Command {
  /** Heading in the palette: `Actions`, `Views`, … */
  readonly group: string;
  readonly label: string;
  readonly note?: string;
  readonly keys?: string;
  run(): void;
}

class Commands {
  #sources: readonly (() => readonly Command[])[] = $state.raw([]);

  /** Made anew at each opening of the palette: sources may be as lazy as they like. */
  list(): Command[] {
    return this.#sources.flatMap((source) => source());
  }

  /** Adds a source; the way to take it back is a fit for `$effect(() => commands.add(…))`. */
  add(source: () => readonly Command[]): () => void {
    // an effect that adds must not run again because something was added
    this.#sources = [...untrack(() => this.#sources), source];
    return () => (this.#sources = this.#sources.filter((each) => each !== source));
  }
}

export const commands = new Commands();
