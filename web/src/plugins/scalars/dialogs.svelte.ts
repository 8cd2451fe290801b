/** The dialogs of the page: at most one is open, whichever card asked for it. */

import type { SeriesKey } from "../../api/types.ts";
import type { ScalarCard } from "./cards.ts";
import type { NameRow } from "./step_table.ts";

/** What a card lends to the dialog that saves it. */
export interface SaveSource {
  readonly card: ScalarCard;
  /** Series of the checked runs. */
  readonly wanted: readonly SeriesKey[];
  readonly nameRow: NameRow;
  /** The window in steps that is drawn; null for everything. */
  readonly range: readonly [number, number] | null;
  /** Both null before the first data. */
  png(): Promise<Blob | null>;
  svg(): Promise<string | null>;
}

export type Overlay =
  | { readonly kind: "marks"; readonly card: ScalarCard; readonly wanted: readonly SeriesKey[] }
  /** Without a source: all charts of the page. */
  | { readonly kind: "save"; readonly source: SaveSource | null };

class Dialogs {
  open: Overlay | null = $state.raw(null);

  close(): void {
    this.open = null;
  }
}

export const dialogs = new Dialogs();
