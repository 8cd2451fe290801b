/** The part of a card's menu that is about what leaves the page. */

import { viewHref } from "../../state/view_address.ts";
import { copyText } from "../../widgets/copy_text.ts";
import { IconCopy, IconDownload } from "../../widgets/icons.ts";
import type { MenuEntry } from "../../widgets/menu.ts";
import { toast } from "../../widgets/toasts.svelte.ts";
import type * as ExportModule from "./export.ts";
import { dialogs, type SaveSource } from "./dialogs.svelte.ts";

type Exports = typeof ExportModule;

/** Copying first, then files. `hasLines`: there is something to draw. */
export function exportEntries(source: SaveSource, hasLines: boolean): MenuEntry[] {
  const nothing = source.wanted.length === 0;
  const run = (act: (exports: Exports) => Promise<void>) => (): void => {
    void import("./export.ts").then((out) => act(out).catch(out.complain));
  };
  const copy = async (text: string, done: string): Promise<void> => {
    toast((await copyText(text)) ? done : "The browser does not allow copying.");
  };
  return [
    { label: "Copy link to this view", icon: IconCopy, run: () => void copy(viewHref(), "Link copied.") },
    { label: "Copy tag name", icon: IconCopy, run: () => void copy(source.card.title, "Tag name copied.") },
    { label: "Copy as Markdown table", icon: IconCopy, disabled: nothing, run: run((out) => out.copyAsMarkdown(source)) },
    "line",
    { label: "Download CSV, every point", icon: IconDownload, disabled: nothing, run: run((out) => out.saveData(source, "csv")) },
    { label: "Download JSON, every point", icon: IconDownload, disabled: nothing, run: run((out) => out.saveData(source, "json")) },
    { label: "Download PNG", icon: IconDownload, disabled: !hasLines, run: run((out) => out.savePng(source)) },
    { label: "Download SVG", icon: IconDownload, disabled: !hasLines, run: run((out) => out.saveSvg(source)) },
    { label: "Download one run, or all charts…", icon: IconDownload, disabled: nothing, run: () => (dialogs.open = { kind: "save", source }) },
  ];
}
