import type { Plugin } from "../types.ts";

export const plugin: Plugin = {
  stem: "distributions",
  title: "Distributions",
  data: "histograms",
  key: "d",
  about: "Histograms as percentiles over the steps of training: where the middle and the extremes of the values move.",
  snippet: `from epochal import SummaryWriter

with SummaryWriter("runs/exp1") as writer:
    for step in range(100):
        writer.add_histogram("weights/layer1", values, step)`,
  load: () => import("./Panel.svelte"),
};
