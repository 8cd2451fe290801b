import type { Plugin } from "../types.ts";

export const plugin: Plugin = {
  stem: "text",
  title: "Text",
  key: "x",
  about: "Notes, configurations, samples of generated text: Markdown and tables over the steps of training.",
  snippet: `from epochal import SummaryWriter

with SummaryWriter("runs/exp1") as writer:
    writer.add_text("config", "| name | value |\\n|---|---|\\n| lr | 3e-4 |")`,
  load: () => import("./Panel.svelte"),
};
