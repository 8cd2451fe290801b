/** The step that charts, images, histograms and texts look at together; it stands in the address as `step=`. */

import { followPlace, formatStepPlace, makePlace, parseStepPlace, type StepPlace } from "../base/step_cursor.ts";
import { route } from "./route.svelte.ts";

class StepCursor {
  #place: StepPlace | null = $derived(parseStepPlace(route.get("step")));
  /** Its field is shown although no step is set yet. */
  editing = $state(false);

  /** Null while every page shows what it would by itself. */
  get place(): StepPlace | null {
    return this.#place;
  }

  get at(): number | null {
    return this.#place?.at ?? null;
  }

  /** End of a range; null for one step. */
  get to(): number | null {
    return this.#place?.to ?? null;
  }

  set(at: number, to: number | null = null): void {
    route.set("step", formatStepPlace(makePlace(at, to)));
  }

  clear(): void {
    this.editing = false;
    route.set("step", null);
  }

  /** The step that a page shows whose own choice is `own` (null: the newest). */
  follow(own: number | null): number | null {
    return followPlace(this.#place, own);
  }

  /** A page's slider was moved: with a shared step it moves that, for all; true if it did. */
  moveTo(step: number): boolean {
    if (this.#place?.to !== null) return false; // none, or a range within which each page chooses
    this.set(step);
    return true;
  }
}

export const stepCursor = new StepCursor();
