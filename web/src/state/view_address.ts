/** The address of what is shown, with what is too long to stand in it all the time: for links and for named views. */

import { formatHash, parseHash } from "../base/url_state.ts";
import { route } from "./route.svelte.ts";
import { runs } from "./runs.svelte.ts";

/** From "#" on. */
export function viewHash(): string {
  route.flush();
  const selection = runs.outsideAddress;
  if (selection === null) return location.hash;
  const { stem, params } = parseHash(location.hash);
  return formatHash({ stem, params: new Map([...params, ["runs", selection]]) });
}

export function viewHref(): string {
  const address = new URL(location.href);
  address.hash = viewHash();
  return address.href;
}
