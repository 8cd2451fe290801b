/** Ticks of axes that are not linear where base/ticks.ts has none: symlog, and durations on a log axis. */

import { formatLogTick } from "../base/format.ts";
import { linearTicks, type Tick } from "../base/ticks.ts";
import type { Scale } from "./scale.ts";

/** Up to this many times its linear part a symlog axis is better read as a linear one. */
const NEARLY_LINEAR = 3;

/** Zero, and decades on both sides of it, as many labelled as there is room for. */
export function symlogTicks(scale: Scale, count: number): Tick[] {
  const { low, high, linear } = scale;
  if (Math.max(-low, high) <= NEARLY_LINEAR * linear) return linearTicks(low, high, count);
  const apart = (scale.warpedHigh - scale.warpedLow) / Math.max(1, count);
  const factors = apart <= 0.17 ? [1, 2, 5] : [1];
  const stride = Math.max(1, Math.ceil(apart));
  const firstDecade = Math.round(Math.log10(linear));
  // the labels nearest to zero keep clear of the one at zero
  let anchor = firstDecade;
  while (scale.warp(Number(`1e${anchor}`)) < apart && anchor < firstDecade + 20) anchor++;
  const side = (sign: 1 | -1): Tick[] => {
    const reach = sign > 0 ? high : -low;
    const from = sign > 0 ? low : -high;
    const ticks: Tick[] = [];
    for (let decade = firstDecade; Number(`1e${decade}`) <= reach * (1 + 1e-9) && decade < 309; decade++) {
      for (const factor of stride > 1 ? [1] : [1, 2, 5]) {
        const value = Number(`${factor}e${decade}`);
        if (value > reach * (1 + 1e-9) || value < from * (1 - 1e-9)) continue;
        const named = factors.includes(factor) && decade >= anchor && (decade - anchor) % stride === 0;
        if (named || decade >= anchor || factor === 1) ticks.push({ value: sign * value, label: named ? formatLogTick(sign * value) : "" });
      }
    }
    return ticks;
  };
  const zero = low <= 0 && high >= 0 ? [{ value: 0, label: "0" }] : [];
  const ticks = [...side(-1).reverse(), ...zero, ...side(1)];
  // far from zero and close together: a linear choice reads better
  return ticks.filter((tick) => tick.label !== "").length >= 3 ? ticks : linearTicks(low, high, count);
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** Round durations about a decade apart, with finer ones between them. */
const DURATIONS: readonly (readonly [seconds: number, label: string])[] = [
  [1e-6, "1µs"], [1e-5, "10µs"], [1e-4, "100µs"], [1e-3, "1ms"], [1e-2, "10ms"], [0.1, "100ms"],
  [1, "1s"], [2, ""], [5, ""], [10, "10s"], [30, ""], [MINUTE, "1m"], [2 * MINUTE, ""], [5 * MINUTE, ""], [10 * MINUTE, "10m"],
  [30 * MINUTE, ""], [HOUR, "1h"], [2 * HOUR, ""], [5 * HOUR, ""], [10 * HOUR, "10h"],
  [DAY, "1d"], [2 * DAY, ""], [5 * DAY, ""], [10 * DAY, "10d"], [100 * DAY, "100d"], [1000 * DAY, "1,000d"],
]; // prettier-ignore

/** Ticks of a log or symlog axis in seconds: `1s 10s 1m 10m 1h`. */
export function durationLogTicks(scale: Scale, count: number): Tick[] {
  const { low, high } = scale;
  const apart = (scale.warpedHigh - scale.warpedLow) / Math.max(1, count);
  const isSymlog = scale.kind === "symlog";
  const positive = DURATIONS.filter(([seconds]) => !isSymlog || seconds >= scale.linear);
  const inside = ([seconds]: readonly [number, string]): boolean => seconds >= low * (1 - 1e-9) && seconds <= high * (1 + 1e-9);
  const zero: readonly (readonly [number, string])[] = isSymlog ? [[0, "0"]] : [];
  let last = -Infinity;
  return [...zero, ...positive].filter(inside).map(([value, label]) => {
    const at = scale.warp(value);
    if (label === "" || at - last < apart) return { value, label: "" };
    last = at;
    return { value, label };
  });
}
