/** The part of a card's menu that is about what leaves the page. */

import { IconCopy, IconDownload } from "../../widgets/icons.ts";
import type { MenuEntry } from "../../widgets/menu.ts";
import type * as OutModule from "./out.ts";
import { overlays, type SaveSource } from "./overlays.svelte.ts";

type Out = typeof OutModule;

/** Copying first, then files. `hasLines`: there is something to draw. */
export function outEntries(source: SaveSource, hasLines: boolean): MenuEntry[] {
  const nothing = source.wanted.length === 0;
  const run = (act: (out: Out) => Promise<void>) => (): void => {
    void import("./out.ts").then((out) => act(out).catch(out.complain));
  };
  return [
    { label: "Copy as Markdown table", icon: IconCopy, disabled: nothing, run: run((out) => out.copyAsMarkdown(source)) },
    "line",
    { label: "Download CSV, every point", icon: IconDownload, disabled: nothing, run: run((out) => out.saveData(source, "csv")) },
    { label: "Download JSON, every point", icon: IconDownload, disabled: nothing, run: run((out) => out.saveData(source, "json")) },
    { label: "Download PNG", icon: IconDownload, disabled: !hasLines, run: run((out) => out.savePng(source)) },
    { label: "Download SVG", icon: IconDownload, disabled: !hasLines, run: run((out) => out.saveSvg(source)) },
    { label: "Download one run, or all charts…", icon: IconDownload, disabled: nothing, run: () => (overlays.open = { kind: "save", source }) },
  ];
}
