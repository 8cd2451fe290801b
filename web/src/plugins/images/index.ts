import type { Plugin } from "../types.ts";

export const plugin: Plugin = {
  stem: "images",
  title: "Images",
  key: "i",
  about: "Pictures over the steps of training: inputs, outputs, figures, attention maps.",
  snippet: `from epochal import SummaryWriter

with SummaryWriter("runs/exp1") as writer:
    for step in range(100):
        writer.add_image("samples", image, step)  # uint8 or float, 3×height×width`,
  load: () => import("./Panel.svelte"),
};
