import type { Plugin } from "../types.ts";

/** No page yet: the app says what is logged, and that it does not show it. */
export const plugin: Plugin = {
  stem: "projector",
  title: "Projector",
  key: "p",
  about: "Embeddings as points in space, with their labels and pictures.",
};
