import type { Plugin } from "../types.ts";

/** No page yet: the app says what is logged, and that it does not show it. */
export const plugin: Plugin = {
  stem: "hparams",
  title: "HParams",
  key: "r",
  about: "Hyper-parameters of every run beside the metrics that they led to.",
};
