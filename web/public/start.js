// What must not wait for the app: a file of its own because the content security policy allows no inline script.
(function () {
  // The theme, before the first paint. The key and the shape are those of src/state/prefs.svelte.ts.
  var wanted = "system";
  try {
    wanted = JSON.parse(localStorage.getItem("epochal.prefs") || "{}").theme || "system";
  } catch {
    // No storage (a private window, a sandboxed frame): follow the system.
  }
  var dark = wanted === "dark" || (wanted !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";

  // The files of the page that the address names, scalars without one. The build lists them (page_files.ts); where it
  // did not, or the address is one of TensorBoard's, the app fetches them once it runs.
  var pages = new Map(Object.entries(JSON.parse(document.currentScript.dataset.pages || "{}")));
  var named = /^#\/*([a-z][a-z0-9_]*)(?![=\w])/.exec(location.hash);
  (pages.get(named ? named[1] : "scalars") || []).forEach(function (file) {
    var link = document.createElement("link");
    var isStyle = /\.css$/.test(file);
    link.rel = isStyle ? "preload" : "modulepreload";
    if (isStyle) link.as = "style";
    link.crossOrigin = ""; // as the app asks for them: else they would be fetched twice
    link.href = "./" + file;
    document.head.append(link);
  });
})();
