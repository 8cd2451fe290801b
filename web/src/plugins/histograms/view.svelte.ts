/** Which of the four drawings of histograms is shown; in the address. */

import { route } from "../../state/route.svelte.ts";

export const views = [
  { value: "ridgeline", label: "Ridgeline" },
  { value: "overlay", label: "Overlay" },
  { value: "heatmap", label: "Heatmap" },
  { value: "bands", label: "Bands" },
] as const;

export type View = (typeof views)[number]["value"];

export function view(): View {
  const wanted = route.get("histograms.view");
  return views.find(({ value }) => value === wanted)?.value ?? "ridgeline";
}

export function setView(next: View): void {
  route.set("histograms.view", next === "ridgeline" ? null : next);
}
