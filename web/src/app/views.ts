/** What the dialog of views and the command palette both do with one. */

import { runs } from "../state/runs.svelte.ts";
import { userState } from "../state/user_state.svelte.ts";
import { viewHash } from "../state/view_address.ts";
import { toast } from "../widgets/toasts.svelte.ts";

/** Keeps what is shown now under a name. */
export function saveView(name: string, note: string): void {
  userState.setView(name, { hash: viewHash(), saved: Date.now() / 1000, note });
}

/** One step in the history: Back returns to what was shown before. */
export function openView(name: string): void {
  const view = Object.hasOwn(userState.views, name) ? userState.views[name] : undefined;
  if (!view?.hash.startsWith("#/")) return;
  runs.followAddress();
  location.hash = view.hash;
}

export function removeView(name: string): void {
  const view = Object.hasOwn(userState.views, name) ? userState.views[name] : undefined;
  if (!view) return;
  userState.removeView(name);
  toast(`Deleted the view “${name}”.`, { action: { label: "Undo", run: () => userState.setView(name, view) } });
}
