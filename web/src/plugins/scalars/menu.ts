/** The menu of a card. */

import { formatCount } from "../../base/format.ts";
import { IconReset } from "../../widgets/icons.ts";
import type { MenuEntry } from "../../widgets/menu.ts";
import type { ChartOptions } from "./chart_options.ts";

export interface MenuState {
  /** Logged points of the drawn lines, and vertices that stand for them. */
  readonly points: number;
  readonly vertices: number;
  readonly options: ChartOptions;
  readonly isOwn: boolean;
  readonly isZoomed: boolean;
  readonly isPinned: boolean;
  /** Several tags were put together on the card. */
  readonly isCombined: boolean;
  toggleLog(): void;
  fit(): void;
  reset(): void;
  openOptions(): void;
  openLimits(): void;
  openOverlay(): void;
  dissolve(): void;
  togglePin(): void;
  /** Null where the card is at that end of its section. */
  moveBack: (() => void) | null;
  moveOn: (() => void) | null;
  /** Tables, copies, downloads, at the end. */
  readonly more: readonly MenuEntry[];
}

const nothing = (): void => undefined;

export function menuOf(state: MenuState): MenuEntry[] {
  const points = `${formatCount(state.points)} ${state.points === 1 ? "point" : "points"}`;
  const drawn = state.vertices < state.points ? `${formatCount(state.vertices)} vertices keep every extreme` : "all drawn";
  return [
    { heading: `${points}, ${drawn}` },
    { label: "Options of this chart…", keys: "O", run: state.openOptions },
    { label: "Limits of the axes…", run: state.openLimits },
    { label: "Logarithmic y axis", keys: "L", checked: state.options.yScale !== "linear", run: state.toggleLog },
    { label: "Show everything", keys: "0", icon: IconReset, disabled: !state.isZoomed, run: state.fit },
    ...(state.isOwn ? [{ label: "Follow the page's options again", icon: IconReset, run: state.reset }] : []),
    "line",
    { label: "Overlay another tag…", run: state.openOverlay },
    ...(state.isCombined ? [{ label: "Take the overlay apart", run: state.dissolve }] : []),
    { label: state.isPinned ? "Unpin" : "Pin to the top", keys: "P", run: state.togglePin },
    { label: "Move back", keys: "⇧←", disabled: state.moveBack === null, run: state.moveBack ?? nothing },
    { label: "Move on", keys: "⇧→", disabled: state.moveOn === null, run: state.moveOn ?? nothing },
    "line",
    ...state.more,
  ];
}
