/** Where a dragged card would land: beside another one, or on it. */

export type DropZone = "before" | "after" | "onto";

export interface DropRules {
  /** The two stand in one section whose order may be changed. */
  readonly canMove: boolean;
  /** One may be put on the other. */
  readonly canJoin: boolean;
}

/** This share of a card's width at each side means "beside it". */
const SIDE = 0.25;

/** What dropping at `x` of a card of `width` does; null for nothing. */
export function dropZone(x: number, width: number, { canMove, canJoin }: DropRules): DropZone | null {
  if (!canMove) return canJoin ? "onto" : null;
  if (!canJoin) return x < width / 2 ? "before" : "after";
  return x < SIDE * width ? "before" : x > (1 - SIDE) * width ? "after" : "onto";
}

/** Key of the card that a moved one comes before: the one it was dropped on or that one's successor; empty: the end. */
export function keyBefore(keys: readonly string[], moved: string, at: string, zone: "before" | "after"): string {
  const others = keys.filter((key) => key !== moved);
  return others[others.indexOf(at) + (zone === "before" ? 0 : 1)] ?? "";
}

/** Key of the card that comes next when a card goes one place on or back; null where it is at that end already. */
export function keyBeforeStep(keys: readonly string[], moved: string, by: 1 | -1): string | null {
  const at = keys.indexOf(moved);
  const to = at + by;
  if (at < 0 || to < 0 || to >= keys.length) return null;
  return keyBefore(keys, moved, keys[to]!, by === 1 ? "after" : "before");
}
