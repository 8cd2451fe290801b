import type { Plugin } from "./types.ts";

/** Tab order. A stem without a folder here is not in the app; a folder that is not named comes last. */
const order = [
  "scalars",
  "images",
  "audio",
  "video",
  "graphs",
  "distributions",
  "histograms",
  "text",
  "pr_curves",
  "projector",
  "hparams",
  "mesh",
];

const modules = import.meta.glob<{ plugin: Plugin }>("./*/index.ts", { eager: true });

/** Every page of the app, in tab order. Only this file imports plugins. */
export const plugins: readonly Plugin[] = Object.values(modules)
  .map((module) => module.plugin)
  .sort((a, b) => rank(a.stem) - rank(b.stem) || a.stem.localeCompare(b.stem));

function rank(stem: string): number {
  const at = order.indexOf(stem);
  return at < 0 ? order.length : at;
}

export function findPlugin(stem: string): Plugin | undefined {
  return plugins.find((plugin) => plugin.stem === stem);
}
