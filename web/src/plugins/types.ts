import type { Component } from "svelte";

/** One tab of the app. The stem is the plugin_name in event files and the folder name at every layer. */
export interface Plugin {
  stem: string;
  /** The tab's label, as every TensorBoard tutorial writes it. */
  title: string;
  /** Stem whose data this page shows when it is not its own (distributions shows histograms). */
  data?: string;
  /** Second key of the keyboard sequence `G <key>` that opens the page, one lower-case letter. */
  key?: string;
  /** Charts draw groups of runs (`group=` in the address) as one line each: the panel shows runs in their group's colour. */
  drawsGroups?: boolean;
  /** What the page shows, for people who have none of it yet: one sentence. */
  about?: string;
  /** Python that logs such data; shown with a copy button while there is none. */
  snippet?: string;
  /** Loads the page. It gets no props: it reads the state modules. Missing: the page is not built yet, see app/NotShown.svelte. */
  load?: () => Promise<{ default: Component }>;
}
