/** The lines of groups of runs as the tables ask for them. */

import { queryScalars } from "../../api/client.ts";
import type { ColumnsFrame } from "../../api/columns.ts";
import type { ScalarsHeader, Smoothing } from "../../api/types.ts";
import type { TableGroups } from "./card_reading.svelte.ts";

/** The server sends so many times 1.5 points as they are; of more, each stretch's extremes. */
export const MOST_WIDTH = 100_000;

/** Lines of the groups in a range of steps (null: everything), with a neighbour on each side. */
export function queryGroups(
  { groups, aggregate }: Pick<TableGroups, "groups" | "aggregate">,
  range: [number, number] | null,
  smoothing: Smoothing | undefined,
  signal: AbortSignal,
): Promise<ColumnsFrame<ScalarsHeader>> {
  return queryScalars(
    {
      series: [],
      groups: [...groups],
      aggregate,
      x_axis: "step",
      x_range: range,
      width_px: MOST_WIDTH,
      ...(smoothing ? { smoothing } : {}),
    },
    signal,
  );
}
