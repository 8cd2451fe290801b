import type { Plugin } from "../types.ts";

/** No page yet: the app says what is logged, and that it does not show it. */
export const plugin: Plugin = {
  stem: "audio",
  title: "Audio",
  key: "a",
  about: "Sounds over the steps of training: generated speech and music, inputs, noise.",
};
