import type { Plugin } from "../types.ts";

/** No page yet: the app says what is logged, and that it does not show it. */
export const plugin: Plugin = {
  stem: "video",
  title: "Video",
  key: "v",
  about: "Short films over the steps of training: rollouts, generated clips.",
};
