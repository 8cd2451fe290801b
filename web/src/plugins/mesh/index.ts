import type { Plugin } from "../types.ts";

/** No page yet: the app says what is logged, and that it does not show it. */
export const plugin: Plugin = {
  stem: "mesh",
  title: "Mesh",
  key: "m",
  about: "Point clouds and triangle meshes in three dimensions.",
};
