// Sets the theme before the first paint. A file of its own because the content security policy allows no inline script.
// The key and the shape are those of src/state/prefs.svelte.ts.
(function () {
  var wanted = "system";
  try {
    wanted = JSON.parse(localStorage.getItem("epochal.prefs") || "{}").theme || "system";
  } catch {
    // No storage (a private window, a sandboxed frame): follow the system.
  }
  var dark = wanted === "dark" || (wanted !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
