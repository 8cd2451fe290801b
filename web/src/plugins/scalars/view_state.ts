/** Zoom windows as text for the page's address. */

import type { XAxis } from "../../api/types.ts";
import { formatList, parseList } from "../../base/url_state.ts";

export interface Zoom {
  readonly x: readonly [low: number, high: number] | null;
  readonly y: readonly [low: number, high: number] | null;
  /** Of the second y axis. */
  readonly y2?: readonly [low: number, high: number] | null;
}

export interface SavedZoom extends Zoom {
  readonly key: string;
  /** A window in steps means nothing in hours. */
  readonly axis: XAxis;
}

const AXIS_LETTERS: Readonly<Record<XAxis, string>> = {
  step: "s",
  relative: "r",
  wall_time: "w",
  active: "a",
  relative_step: "d",
  tag: "t",
};

/** A window's ends with as many digits as a screen can tell apart: a ten-thousandth of its extent. */
function shorten([low, high]: readonly [number, number]): string[] {
  const decimals = Math.ceil(4 - Math.log10(high - low));
  return [low, high].map((value) => {
    let rounded = value;
    if (decimals > 0 && decimals <= 20 && Math.abs(value) < 1e20) rounded = Number(value.toFixed(decimals));
    else if (decimals <= 0 && Math.abs(value) < 2 ** 53) rounded = Math.round(value);
    return String(rounded).replace("e+", "e"); // a plus sign in an address is a blank
  });
}

/** `key~s~100~200~~`: card, axis, x window, y window, maybe a second y window; empty where an axis is fitted. */
export function formatZooms(zooms: readonly SavedZoom[]): string | null {
  if (zooms.length === 0) return null;
  const texts = zooms.map(({ key, axis, x, y, y2 }) =>
    [
      key.replaceAll("~", "%7E"),
      AXIS_LETTERS[axis],
      ...(x ? shorten(x) : ["", ""]),
      ...(y ? shorten(y) : ["", ""]),
      ...(y2 ? shorten(y2) : []),
    ].join("~"),
  );
  return formatList(texts);
}

/** The inverse; whatever is not a zoom window is left out. */
export function parseZooms(text: string | null): SavedZoom[] {
  const zooms: SavedZoom[] = [];
  for (const item of parseList(text)) {
    const [key, letter, x0, x1, y0, y1, z0, z1] = item.split("~");
    const axis = (Object.keys(AXIS_LETTERS) as XAxis[]).find((each) => AXIS_LETTERS[each] === letter);
    if (!key || !axis) continue;
    const x = parseWindow(x0, x1);
    const y = parseWindow(y0, y1);
    const y2 = parseWindow(z0, z1);
    if (x || y || y2) zooms.push({ key: key.replaceAll("%7E", "~"), axis, x, y, ...(y2 ? { y2 } : {}) });
  }
  return zooms;
}

function parseWindow(low: string | undefined, high: string | undefined): [number, number] | null {
  if (!low || !high) return null;
  const window: [number, number] = [Number(low), Number(high)];
  return window[0] < window[1] && Number.isFinite(window[1] - window[0]) ? window : null;
}
