/** What each card of the page shows beyond its data: zoom, y axis, pin. All of it stands in the address. */

import { formatList, parseList } from "../../base/url_state.ts";
import { route } from "../../state/route.svelte.ts";
import { formatZooms, parseZooms, type Zoom, type ZoomAxis } from "./view_state.ts";

const ZOOM = "zoom";
const FLIPPED = "flip";
const FITTED: Zoom = { x: null, y: null };

class ScalarsView {
  #zooms = $derived(parseZooms(route.get(ZOOM)));
  #flipped = $derived(new Set(parseList(route.get(FLIPPED))));
  #pinned = $derived(new Set(route.pinned));

  zoom(key: string, axis: ZoomAxis): Zoom {
    return this.#zooms.find((each) => each.key === key && each.axis === axis) ?? FITTED;
  }

  setZoom(key: string, axis: ZoomAxis, zoom: Zoom): void {
    const others = this.#zooms.filter((each) => each.key !== key);
    route.set(ZOOM, formatZooms(zoom.x || zoom.y ? [...others, { key, axis, ...zoom }] : others));
  }

  /** Whether a card's y axis is logarithmic: the page's choice, or the opposite where the card was switched. */
  isLog(key: string): boolean {
    return (route.yScale === "log") !== this.#flipped.has(key);
  }

  toggleLog(key: string): void {
    const next = new Set(this.#flipped);
    if (!next.delete(key)) next.add(key);
    route.set(FLIPPED, next.size > 0 ? formatList([...next]) : null);
  }

  /** The page's y axis; cards follow again, whatever they were switched to. */
  setScale(scale: "linear" | "log"): void {
    route.set(FLIPPED, null);
    route.yScale = scale;
  }

  isPinned(key: string): boolean {
    return this.#pinned.has(key);
  }

  togglePin(key: string): void {
    route.pinned = this.isPinned(key) ? route.pinned.filter((each) => each !== key) : [...route.pinned, key];
  }
}

export const view = new ScalarsView();
