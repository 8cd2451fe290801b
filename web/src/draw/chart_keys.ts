/**
 * Reading a chart by keyboard: which key does what, and where the cursor goes. Pure; line_chart.ts
 * carries it out.
 */

import { leading, nearestIndex, type LineSeries } from "./series.ts";

export type ChartCommand =
  | { do: "point"; by: number }
  | { do: "edge"; end: "first" | "last" }
  | { do: "series"; by: number }
  | { do: "zoom"; factor: number }
  | { do: "pan"; share: number }
  | { do: "fit" }
  | { do: "log"; axis: "x" | "y" }
  | { do: "step"; end: "at" | "to" }
  | { do: "leave" };

/** The command of a key press; null for keys that are not the chart's. */
export function commandOf(event: Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey">): ChartCommand | null {
  if (event.altKey) return null;
  const jump = event.ctrlKey || event.metaKey;
  switch (event.key) {
    case "ArrowLeft":
    case "ArrowRight": {
      const direction = event.key === "ArrowLeft" ? -1 : 1;
      if (event.shiftKey) return { do: "pan", share: direction * 0.2 };
      return { do: "point", by: direction * (jump ? 10 : 1) };
    }
    case "ArrowUp":
    case "ArrowDown":
      return jump ? null : { do: "series", by: event.key === "ArrowUp" ? 1 : -1 };
    case "Home":
      return { do: "edge", end: "first" };
    case "End":
      return { do: "edge", end: "last" };
  }
  if (jump) return null; // Ctrl+L and its like belong to the browser
  switch (event.key) {
    case "+":
    case "=":
      return { do: "zoom", factor: 1.5 };
    case "-":
    case "_":
      return { do: "zoom", factor: 1 / 1.5 };
    case "0":
      return { do: "fit" };
    case "l":
    case "L":
      return { do: "log", axis: "y" };
    case "x":
    case "X":
      return { do: "log", axis: "x" };
    case "s":
    case "S":
      return { do: "step", end: event.shiftKey ? "to" : "at" };
    case "Escape":
      return { do: "leave" };
    default:
      return null;
  }
}

/** Where the keyboard cursor stands: a series and one of its points. */
export interface ChartFocus {
  readonly key: string;
  readonly x: number;
  /** Which point, as long as the one there still has this x: several may where x does not ascend. */
  readonly index: number;
}

/** The point that a focus stands on, also after the data have changed. */
export function focusedIndex(series: LineSeries, { x, index }: ChartFocus): number {
  const isThere = index >= series.start && index < series.start + series.count && series.x[index]! - series.xOffset === x;
  return isThere ? index : nearestIndex(series, x);
}

/** Higher on the screen is more. */
type HeightOf = (series: LineSeries, value: number) => number;

/** The series by the height of their lines at x, highest first; lines without a finite value come last. */
export function orderByValue(list: readonly LineSeries[], x: number, heightOf: HeightOf = (_, value) => value): number[] {
  const heights = list.map((series) => {
    const index = nearestIndex(series, x);
    const height = index < 0 ? NaN : heightOf(series, leading(series)[index]!);
    return Number.isNaN(height) ? -Infinity : height;
  });
  return list.map((_, i) => i).sort((a, b) => heights[b]! - heights[a]! || a - b);
}

/** The focus after a move; null if there is nothing to stand on. `heightOf` matters where there are two y axes. */
export function moveFocus(list: readonly LineSeries[], focus: ChartFocus | null, command: ChartCommand, heightOf?: HeightOf): ChartFocus | null {
  const filled = list.filter((series) => series.count > 0);
  const current = filled.find((series) => series.key === focus?.key) ?? filled[0];
  if (!current) return null;
  const last = current.start + current.count - 1;
  const at = focus ? focusedIndex(current, focus) : last;
  const stand = (series: LineSeries, index: number): ChartFocus => ({ key: series.key, x: series.x[index]! - series.xOffset, index });
  switch (command.do) {
    case "point":
      return stand(current, focus ? Math.min(last, Math.max(current.start, at + command.by)) : last);
    case "edge":
      return stand(current, command.end === "first" ? current.start : last);
    case "series": {
      if (!focus) return stand(current, last);
      const x = current.x[at]! - current.xOffset;
      const order = orderByValue(filled, x, heightOf);
      const place = order.indexOf(filled.indexOf(current));
      const next = filled[order[Math.min(order.length - 1, Math.max(0, place - command.by))]!]!;
      return stand(next, nearestIndex(next, x));
    }
    default:
      return focus;
  }
}
