/** Per-card view state as text for the page's address: zoom windows and switched y axes. */

import { formatList, parseList } from "../../base/url_state.ts";

export interface Zoom {
  readonly x: readonly [low: number, high: number] | null;
  readonly y: readonly [low: number, high: number] | null;
}

export type ZoomAxis = "step" | "relative" | "wall_time";

export interface SavedZoom extends Zoom {
  readonly key: string;
  /** A window in steps means nothing in hours. */
  readonly axis: ZoomAxis;
}

const AXIS_LETTERS: Readonly<Record<ZoomAxis, string>> = { step: "s", relative: "r", wall_time: "w" };

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

/** `key~s~100~200~~`: card, axis, x window, y window; empty where an axis is fitted. */
export function formatZooms(zooms: readonly SavedZoom[]): string | null {
  if (zooms.length === 0) return null;
  const texts = zooms.map(({ key, axis, x, y }) =>
    [key.replaceAll("~", "%7E"), AXIS_LETTERS[axis], ...(x ? shorten(x) : ["", ""]), ...(y ? shorten(y) : ["", ""])].join("~"),
  );
  return formatList(texts);
}

/** The inverse; whatever is not a zoom window is left out. */
export function parseZooms(text: string | null): SavedZoom[] {
  const zooms: SavedZoom[] = [];
  for (const item of parseList(text)) {
    const [key, letter, x0, x1, y0, y1] = item.split("~");
    const axis = (Object.keys(AXIS_LETTERS) as ZoomAxis[]).find((each) => AXIS_LETTERS[each] === letter);
    if (!key || !axis) continue;
    const x = parseWindow(x0, x1);
    const y = parseWindow(y0, y1);
    if (x || y) zooms.push({ key: key.replaceAll("%7E", "~"), axis, x, y });
  }
  return zooms;
}

function parseWindow(low: string | undefined, high: string | undefined): [number, number] | null {
  if (!low || !high) return null;
  const window: [number, number] = [Number(low), Number(high)];
  return window[0] < window[1] && Number.isFinite(window[1] - window[0]) ? window : null;
}
