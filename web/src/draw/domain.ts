/** Which part of each axis a chart shows: a zoomed view before typed limits before what fits the data. */

import type { AxisUnit } from "./axis.ts";
import type { AxisLimits, LineChartData } from "./line_chart_data.ts";
import { robustExtent } from "./outliers.ts";
import { makeScale, padDomain, type Range, type Scale, type ScaleKind } from "./scale.ts";
import type { LineSeries } from "./series.ts";
import { wholeX, windowExtent } from "./x_index.ts";
import { linearOfX, linearOfY } from "./symlog.ts";

export interface ValueDomain {
  readonly scale: Scale;
  /** No value has a place on the axis: there is nothing to read off it. */
  readonly unlabelled: boolean;
  /** Something may lie outside although nobody zoomed. */
  readonly clips: boolean;
}

export interface Domains {
  readonly x: Scale;
  readonly y: ValueDomain;
  /** Null if no series stands on the right axis. */
  readonly y2: ValueDomain | null;
}

const Y_MARGIN = 0.06;
/** A reference line further away than this many times the data's extent is pointed at, not shown. */
const REACH_FOR_LINES = 1;

function fitX(list: readonly LineSeries[], kind: ScaleKind, unit: AxisUnit): Range {
  const extent = wholeX(list, kind === "log");
  if (!extent) return padDomain(kind, NaN, NaN, 0);
  if (extent.low === extent.high && kind === "linear") {
    // one step or one moment: as much room as the neighbouring ones would take
    const half = unit === "time" || unit === "duration" ? 30 : Math.max(1, Math.abs(extent.low) * 1e-9);
    return { low: extent.low - half, high: extent.high + half };
  }
  return padDomain(kind, extent.low, extent.high, 0);
}

/** A fitted range with its typed ends. Limits that leave no extent, or have no place on the scale, are not followed. */
export function applyLimits(kind: ScaleKind, fitted: Range, limits: AxisLimits | null | undefined): Range {
  if (!limits) return fitted;
  const usable = (end: number | null): end is number => end !== null && Number.isFinite(end) && (kind !== "log" || end > 0);
  const low = usable(limits.low) ? limits.low : null;
  const high = usable(limits.high) ? limits.high : null;
  if (low !== null && high !== null) return low < high ? { low, high } : fitted;
  // the data lie wholly beyond the typed end: the free one gives way
  if (low !== null) return { low, high: low < fitted.high ? fitted.high : kind === "log" ? low * 10 : low + (fitted.high - fitted.low) };
  if (high !== null) return { low: high > fitted.low ? fitted.low : kind === "log" ? high / 10 : high - (fitted.high - fitted.low), high };
  return fitted;
}

function isUsable(range: Range | null | undefined, kind: ScaleKind): range is Range {
  return !!range && (kind !== "log" || range.low > 0);
}

/** The extent of the values to fit to; null if no value has a place on the axis. */
function extentToFit(list: readonly LineSeries[], kind: ScaleKind, within: Range, data: LineChartData): Range | null {
  const positive = kind === "log";
  const find = data.outliers === "ignore" ? robustExtent : windowExtent;
  // a window between two points shows no point, yet a line runs through it
  return find(list, within, positive) ?? find(list, null, positive);
}

/** Grown to reference lines that are near enough. */
function withLines(extent: Range, kind: ScaleKind, axis: "y" | "y2", data: LineChartData): Range {
  let { low, high } = extent;
  const reach = REACH_FOR_LINES * (extent.high - extent.low);
  for (const line of data.lines ?? []) {
    if (line.axis !== axis || !Number.isFinite(line.at) || (kind === "log" && line.at <= 0)) continue;
    const near = kind === "log" ? line.at * 10 >= extent.low && line.at / 10 <= extent.high : line.at >= extent.low - reach && line.at <= extent.high + reach;
    if (!near) continue;
    low = Math.min(low, line.at);
    high = Math.max(high, line.at);
  }
  return { low, high };
}

function valueDomain(list: readonly LineSeries[], axis: "y" | "y2", kind: ScaleKind, within: Range, data: LineChartData): ValueDomain {
  const linear = kind === "symlog" ? linearOfY(list) : 1;
  const set = data.viewport[axis];
  if (isUsable(set, kind)) return { scale: makeScale(kind, set.low, set.high, linear), unlabelled: false, clips: false };
  const extent = extentToFit(list, kind, within, data);
  const limits = data.limits?.[axis];
  const isLimited = limits != null && (limits.low !== null || limits.high !== null);
  let fitted = padDomain(kind, NaN, NaN, 0);
  if (extent) {
    const grown = withLines(extent, kind, axis, data);
    fitted = padDomain(kind, grown.low, grown.high, Y_MARGIN);
    if (data.includeZero && kind !== "log") fitted = { low: Math.min(0, fitted.low), high: Math.max(0, fitted.high) };
  }
  const range = applyLimits(kind, fitted, limits);
  const clips = isLimited || data.outliers === "ignore";
  return { scale: makeScale(kind, range.low, range.high, linear), unlabelled: !extent && !isLimited, clips };
}

const knownSides = new WeakMap<readonly LineSeries[], { left: readonly LineSeries[]; right: readonly LineSeries[] }>();

/** The lines of both axes: the same lists in every frame, since what is found out about a list is kept by it. */
function sidesOf(list: readonly LineSeries[]): { left: readonly LineSeries[]; right: readonly LineSeries[] } {
  let sides = knownSides.get(list);
  if (!sides) {
    const right = list.filter((each) => each.yAxis === 1);
    sides = { left: right.length > 0 ? list.filter((each) => each.yAxis !== 1) : list, right };
    knownSides.set(list, sides);
  }
  return sides;
}

/** The scales of all axes. */
export function findDomains(data: LineChartData): Domains {
  const { series, viewport, limits } = data;
  // the logarithm of a date says nothing
  const xKind = data.xUnit === "time" ? "linear" : data.xKind;
  const xRange = isUsable(viewport.x, xKind) ? viewport.x : applyLimits(xKind, fitX(series, xKind, data.xUnit), limits?.x);
  const x = makeScale(xKind, xRange.low, xRange.high, xKind === "symlog" ? linearOfX(series) : 1);
  const { left, right } = sidesOf(series);
  if (right.length === 0) return { x, y: valueDomain(left, "y", data.yKind, xRange, data), y2: null };
  return {
    x,
    y: valueDomain(left, "y", data.yKind, xRange, data),
    y2: valueDomain(right, "y2", data.y2Kind ?? "linear", xRange, data),
  };
}
