/** What the dialog of views and the command palette both do with one. */

import { formatHash, parseHash } from "../base/url_state.ts";
import { route } from "../state/route.svelte.ts";
import { runs } from "../state/runs.svelte.ts";
import { userState } from "../state/user_state.svelte.ts";
import { toast } from "../widgets/toasts.svelte.ts";

/** Keeps what is shown now under a name: the address, with a selection of runs that is too long for it. */
export function saveView(name: string, note: string): void {
  route.flush();
  const { stem, params } = parseHash(location.hash);
  const selection = runs.outsideAddress;
  const hash = formatHash({ stem, params: selection === null ? params : new Map([...params, ["runs", selection]]) });
  userState.setView(name, { hash, saved: Date.now() / 1000, note });
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
