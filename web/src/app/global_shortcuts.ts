/** Shortcuts of the whole app. Pages add their own. */

import type { Shortcut } from "../base/keyboard.ts";
import { plugins } from "../plugins/registry.ts";
import { prefs } from "../state/prefs.svelte.ts";
import { route } from "../state/route.svelte.ts";
import { runs } from "../state/runs.svelte.ts";
import { stepCursor } from "../state/step_cursor.svelte.ts";
import { theme } from "../state/theme.svelte.ts";
import { toast } from "../widgets/toasts.svelte.ts";
import { ui } from "./ui.svelte.ts";

export function toggleRunPanel(): void {
  if (ui.narrow) ui.drawer = !ui.drawer;
  else prefs.panelOpen = !prefs.panelOpen;
}

function focusRunFilter(): void {
  if (ui.narrow) ui.drawer = true;
  else prefs.panelOpen = true;
  // The panel may only now come into being.
  requestAnimationFrame(() => document.querySelector<HTMLInputElement>("[data-run-filter]")?.focus());
}

function focusTagFilter(): void {
  const field = document.querySelector<HTMLInputElement>(
    "main [data-tag-filter], main input[type=search], main input[type=text]:not([inputmode])",
  );
  field?.focus();
  field?.select();
}

/** Moves the focus from card to card in reading order. */
function focusCard(by: 1 | -1): void {
  const cards = [...document.querySelectorAll<HTMLElement>("main [data-card]")];
  const current = document.activeElement?.closest<HTMLElement>("[data-card]");
  const at = current ? cards.indexOf(current) + by : firstInView(cards);
  const card = cards[at];
  card?.focus({ preventScroll: true });
  card?.scrollIntoView({ block: "nearest" });
}

function firstInView(cards: readonly HTMLElement[]): number {
  const at = cards.findIndex((card) => card.getBoundingClientRect().top >= 0);
  return Math.max(0, at);
}

/** Pages that show steps have a field for the shared one. */
function focusStep(): void {
  stepCursor.editing = true;
  requestAnimationFrame(() => document.querySelector<HTMLInputElement>("[data-step]")?.focus());
}

export function togglePause(): void {
  runs.paused = !runs.paused;
  toast(runs.paused ? "Live updates are paused. Shift+P goes on." : "Live updates go on.");
}

export function makeGlobalShortcuts(): Shortcut[] {
  const pages = plugins
    .filter((plugin) => plugin.key)
    .map((plugin) => ({
      id: `go.${plugin.stem}`,
      keys: [`g ${plugin.key}`],
      label: plugin.title,
      group: "Go to",
      run: () => route.go(plugin.stem),
    }));
  return [
    { id: "palette", keys: ["mod+k"], label: "Search tags, runs, actions", group: "General", run: () => (ui.palette = true) },
    { id: "help", keys: ["?"], label: "Keyboard shortcuts", group: "General", run: () => (ui.help = true) },
    { id: "theme", keys: ["shift+d"], label: "Next theme: light, dark, system", group: "General", run: () => theme.cycle() },
    { id: "pause", keys: ["shift+p"], label: "Pause or resume live updates", group: "General", run: togglePause },
    { id: "views", keys: ["v"], label: "Views: save, open, hand on", group: "General", run: () => (ui.views = true) },
    { id: "step", keys: ["shift+s"], label: "Look at one step, or a range", group: "Cards", run: focusStep },
    { id: "panel", keys: ["\\"], label: "Show or hide the runs", group: "Runs", run: toggleRunPanel },
    { id: "runs.filter", keys: ["r"], label: "Filter runs", group: "Runs", run: focusRunFilter },
    { id: "tags.filter", keys: ["/"], label: "Filter tags", group: "Cards", run: focusTagFilter },
    { id: "card.next", keys: ["j"], label: "Next card", group: "Cards", run: () => focusCard(1) },
    { id: "card.previous", keys: ["k"], label: "Previous card", group: "Cards", run: () => focusCard(-1) },
    ...pages,
  ];
}
