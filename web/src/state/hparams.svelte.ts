/** Hyperparameters by run. Read only once somebody wants them: a column, a colour, a filter. */

import { getHparams } from "../api/client.ts";
import type { HparamsResult } from "../api/types.ts";
import type { HparamValue } from "../base/run_groups.ts";

export interface HparamName {
  name: string;
  isNumber: boolean;
  /** Not the same in all sessions. */
  differs: boolean;
}

type Values = ReadonlyMap<string, HparamValue>;

class Hparams {
  #names: readonly HparamName[] = $state.raw([]);
  #byRun: ReadonlyMap<string, Values> = $state.raw(new Map());
  #loaded = $state(false);
  #tried = $state(false);
  #wanted = false;
  #reading = false;
  #stale = false;

  /** Every hyperparameter of any session; empty until `want` was called and answered. */
  get names(): readonly HparamName[] {
    return this.#names;
  }

  get loaded(): boolean {
    return this.#loaded;
  }

  /** Whether there is nothing to wait for: they are read, or could not be. */
  get settled(): boolean {
    return this.#tried;
  }

  /** From now on they are read, and read again with the list of runs. */
  want(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    void this.#read();
  }

  /** The list of runs is new. */
  refresh(): void {
    if (this.#wanted) void this.#read();
  }

  /** What the run itself logged, as columns are called; undefined for a run without a session. */
  of(run: string): Values | undefined {
    return this.#byRun.get(run);
  }

  async #read(): Promise<void> {
    this.#stale = this.#reading;
    if (this.#reading) return;
    this.#reading = true;
    try {
      this.#take(await getHparams());
    } catch {
      // The old ones stay, and the next list of runs asks again; the live status tells that the server is away.
    }
    this.#tried = true;
    this.#reading = false;
    if (this.#stale) void this.#read();
  }

  #take({ hparams, sessions }: HparamsResult): void {
    this.#names = hparams.map(({ name, type, differs }) => ({ name, isNumber: type === "number", differs }));
    this.#byRun = new Map(
      sessions.map((session) => [
        session.run,
        new Map(
          hparams.flatMap(({ name, type }, index): [string, HparamValue][] => {
            const value = session.hparams[index] ?? null;
            // JSON has no word for what is not finite.
            return value === null ? [] : [[name, type === "number" ? Number(value) : value]];
          }),
        ),
      ]),
    );
    this.#loaded = true;
  }
}

export const hparams = new Hparams();
