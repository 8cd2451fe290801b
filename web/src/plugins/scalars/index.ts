import type { Plugin } from "../types.ts";

export const plugin: Plugin = {
  stem: "scalars",
  title: "Scalars",
  key: "t",
  drawsGroups: true,
  about: "Numbers over the steps of training: losses, accuracies, learning rates.",
  snippet: `from epochal import SummaryWriter

with SummaryWriter("runs/exp1") as writer:
    for step in range(100):
        writer.add_scalar("train/loss", loss, step)`,
  load: () => import("./Panel.svelte"),
};
