/** What the dialog of views and the command palette both do with one. */

import { userState } from "../state/user_state.svelte.ts";
import { toast } from "../widgets/toasts.svelte.ts";

/** One step in the history: Back returns to what was shown before. */
export function openView(name: string): void {
  const view = Object.hasOwn(userState.views, name) ? userState.views[name] : undefined;
  if (view?.hash.startsWith("#/")) location.hash = view.hash;
}

export function removeView(name: string): void {
  const view = Object.hasOwn(userState.views, name) ? userState.views[name] : undefined;
  if (!view) return;
  userState.removeView(name);
  toast(`Deleted the view “${name}”.`, { action: { label: "Undo", run: () => userState.setView(name, view) } });
}
