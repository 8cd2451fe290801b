/** Sizes of the tables under charts, CSS pixels. */

export const ROW_PX = 22;
export const HEAD_PX = 24;
const MOST_ROWS = 5;

/** What a card gives to its table of so many rows. */
export function tableHeight(rows: number): number {
  return rows === 0 ? 0 : HEAD_PX + ROW_PX * Math.min(MOST_ROWS, rows) + 2;
}
