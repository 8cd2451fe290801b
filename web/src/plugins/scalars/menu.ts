/** The menu of a card. */

import type { SeriesKey } from "../../api/types.ts";
import { formatCount } from "../../base/format.ts";
import type { LineSeries } from "../../charts/line_types.ts";
import { copyText } from "../../widgets/copy_text.ts";
import { IconCopy, IconDownload, IconReset } from "../../widgets/icons.ts";
import type { MenuEntry } from "../../widgets/menu.ts";
import { toast } from "../../widgets/toasts.svelte.ts";
import type { ScalarCard } from "./cards.ts";
import { downloadCsv, downloadPng } from "./download.ts";

export interface MenuState {
  readonly card: ScalarCard;
  readonly lines: readonly LineSeries[];
  /** Series of the checked runs. */
  readonly wanted: readonly SeriesKey[];
  /** Logged points of the drawn lines. */
  readonly points: number;
  readonly isLog: boolean;
  readonly isZoomed: boolean;
  readonly dark: boolean;
  toggleLog(): void;
  fit(): void;
  picture(scale: number): HTMLCanvasElement | null;
}

/** Sharp on paper and on slides. */
const PICTURE_SCALE = 2;

const complain = (error: unknown): void => {
  toast(error instanceof Error ? error.message : String(error), { tone: "danger" });
};

export function menuOf(state: MenuState): MenuEntry[] {
  const { card, lines, wanted, dark } = state;
  const copy = (text: string, done: string) => async (): Promise<void> => {
    toast((await copyText(text)) ? done : "The browser does not allow copying.");
  };
  const savePicture = (): void => {
    const picture = state.picture(PICTURE_SCALE);
    if (!picture) return;
    const colors = dark ? { surface: "#15171C", text: "#E9EBEF" } : { surface: "#FFFFFF", text: "#171A21" };
    downloadPng(picture, PICTURE_SCALE, card.title, lines, colors).catch(complain);
  };
  const drawn = lines.reduce((sum, line) => sum + line.count, 0);
  const points = `${formatCount(state.points)} ${state.points === 1 ? "point" : "points"}`;
  return [
    { heading: drawn < state.points ? `${points}, ${formatCount(drawn)} vertices keep every extreme` : `${points}, all drawn` },
    { label: "Logarithmic y axis", keys: "L", checked: state.isLog, run: state.toggleLog },
    { label: "Show everything", keys: "0", icon: IconReset, disabled: !state.isZoomed, run: state.fit },
    "line",
    { label: "Copy link to this view", icon: IconCopy, run: () => void copy(location.href, "Link copied.")() },
    { label: "Copy tag name", icon: IconCopy, run: () => void copy(card.title, "Tag name copied.")() },
    "line",
    {
      label: "Download CSV, every point",
      icon: IconDownload,
      disabled: wanted.length === 0,
      run: () => void downloadCsv(wanted, card.title).catch(complain),
    },
    { label: "Download PNG", icon: IconDownload, disabled: lines.length === 0, run: savePicture },
  ];
}
