import type { Plugin } from "../types.ts";

/** No page yet: the app says what is logged, and that it does not show it. */
export const plugin: Plugin = {
  stem: "pr_curves",
  title: "PR curves",
  key: "c",
  about: "Precision against recall at every threshold of a classifier, over the steps of training.",
};
