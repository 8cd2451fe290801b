import type { Plugin } from "../types.ts";

export const plugin: Plugin = {
  stem: "histograms",
  title: "Histograms",
  key: "h",
  about: "How many values lie where, over the steps of training: weights, gradients, activations.",
  snippet: `from epochal import SummaryWriter

with SummaryWriter("runs/exp1") as writer:
    for step in range(100):
        writer.add_histogram("weights/layer1", values, step)`,
  load: () => import("./Panel.svelte"),
};
