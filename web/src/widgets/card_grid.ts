/** Geometry of a grid of cards: every position follows from counts and fixed sizes, so nothing is ever measured. */

export interface GridGroup<T> {
  /** Stable: folding is remembered under it. */
  key: string;
  title: string;
  items: readonly T[];
  /** Items here and in the groups below; those here if left out. */
  total?: number;
  /** Keys of the groups that it is in: it is folded with them. */
  within?: readonly string[];
}

/** Folding a group folds all that are in it: they are left out. */
export function visibleGroups<G extends { within?: readonly string[] }>(groups: readonly G[], isClosed: (key: string) => boolean): readonly G[] {
  return groups.filter((group) => !group.within?.some(isClosed));
}

export interface GridSizes {
  /** Inner width of the grid, CSS pixels. */
  width: number;
  /** A column is at least this wide, unless the grid is narrower. */
  minCardWidth: number;
  cardHeight: number;
  gap: number;
  headerHeight: number;
  /** Height of folded-out groups' bottom margin. */
  groupGap: number;
}

export interface GroupLayout {
  key: string;
  /** Of the header, from the top of the grid. */
  top: number;
  /** Of the whole group, header included, bottom margin not. */
  height: number;
  count: number;
  closed: boolean;
}

export interface GridLayout {
  columns: number;
  cardWidth: number;
  groups: GroupLayout[];
  height: number;
}

export function layOutGrid(
  groups: readonly { key: string; items: { length: number } }[],
  isClosed: (key: string) => boolean,
  sizes: GridSizes,
): GridLayout {
  const { width, minCardWidth, cardHeight, gap, headerHeight, groupGap } = sizes;
  const columns = Math.max(1, Math.floor((width + gap) / (minCardWidth + gap)));
  const cardWidth = Math.max(0, (width - gap * (columns - 1)) / columns);
  let top = 0;
  const laidOut = groups.map(({ key, items }) => {
    const closed = isClosed(key);
    const rows = closed ? 0 : Math.ceil(items.length / columns);
    const height = headerHeight + (rows ? rows * (cardHeight + gap) - gap : 0);
    const layout = { key, top, height, count: items.length, closed };
    top += height + (rows ? groupGap : 4);
    return layout;
  });
  return { columns, cardWidth, groups: laidOut, height: Math.max(0, top) };
}

/** Items [from, to) of a group of which some part lies between two heights. */
export function visibleItems(
  group: GroupLayout,
  layout: GridLayout,
  sizes: GridSizes,
  top: number,
  bottom: number,
): [number, number] {
  if (group.closed || group.count === 0) return [0, 0];
  const pitch = sizes.cardHeight + sizes.gap;
  const start = group.top + sizes.headerHeight;
  const rows = Math.ceil(group.count / layout.columns);
  const first = Math.max(0, Math.floor((top - start + sizes.gap) / pitch));
  const last = Math.min(rows, Math.ceil((bottom - start) / pitch));
  if (last <= first) return [0, 0];
  return [first * layout.columns, Math.min(group.count, last * layout.columns)];
}

/** `train/aux/loss` as `train/aux/` and `loss`; a tag that ends in a slash has that in its leaf. */
export function splitTag(tag: string): { path: string; leaf: string } {
  const at = tag.length < 2 ? -1 : tag.lastIndexOf("/", tag.length - 2);
  return { path: tag.slice(0, at + 1), leaf: tag.slice(at + 1) };
}
