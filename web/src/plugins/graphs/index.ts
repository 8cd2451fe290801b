import type { Plugin } from "../types.ts";

/** No page yet: the app says what is logged, and that it does not show it. */
export const plugin: Plugin = {
  stem: "graphs",
  title: "Graphs",
  key: "g",
  about: "The model as a graph: layers, operations, and the tensors between them.",
};
