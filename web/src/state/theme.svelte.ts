/** The theme in force: the choice in prefs, resolved against the system's. */

import { prefs } from "./prefs.svelte.ts";

export type ThemeMode = "light" | "dark";

class Theme {
  #systemDark = $state(false);

  constructor() {
    if (typeof window === "undefined" || typeof matchMedia !== "function") return;
    const query = matchMedia("(prefers-color-scheme: dark)");
    this.#systemDark = query.matches;
    query.addEventListener("change", (event) => (this.#systemDark = event.matches));
  }

  get mode(): ThemeMode {
    if (prefs.theme !== "system") return prefs.theme;
    return this.#systemDark ? "dark" : "light";
  }

  /** Light, dark, system, and round again. */
  cycle(): void {
    prefs.theme = prefs.theme === "light" ? "dark" : prefs.theme === "dark" ? "system" : "light";
  }
}

export const theme = new Theme();
