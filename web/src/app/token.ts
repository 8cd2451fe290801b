/**
 * The link printed at start carries the token in the fragment, which browsers never send. Where the page was let in
 * without it (a loopback connection), the token is traded for the cookie all the same, so that it leaves the address.
 */

import { apiUrl } from "../api/client.ts";

/** The address without the token, and the token; null where there is none. */
export function takeToken(hash: string): { token: string; rest: string } | null {
  const found = /(^#|[&?])token=([^&]*)/.exec(hash);
  if (!found) return null;
  const rest = hash.replace(found[0], found[1] === "#" ? "#" : "").replace(/^#&/, "#").replace(/^#$/, "");
  return { token: decodeURIComponent(found[2] ?? ""), rest };
}

/** Takes a token out of the address and the history, and trades it for the cookie in the background. */
export function logIn(): void {
  const taken = takeToken(location.hash);
  if (!taken) return;
  history.replaceState(null, "", location.pathname + location.search + taken.rest);
  fetch(apiUrl("api/login"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: taken.token }),
  }).catch(() => {
    // The server is away; the next request says so.
  });
}
