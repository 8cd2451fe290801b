import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import { defineConfig } from "eslint/config";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

/** Folders of src, lowest layer first. A folder may import the ones named beside it, and itself. */
const layers = {
  base: [],
  draw: ["base"],
  api: ["base"],
  state: ["base", "api"],
  widgets: ["base"],
  charts: ["base", "draw", "widgets"],
  plugins: ["base", "api", "state", "widgets", "charts"],
};
const folders = [...Object.keys(layers), "app", "theme"];
const withoutSvelte = new Set(["base", "draw", "api"]);

function layerRule(folder, allowed, extra = []) {
  const forbidden = folders.filter((each) => each !== folder && !allowed.includes(each));
  const patterns = [
    {
      regex: `^(\\./|(\\.\\./)+)(${forbidden.join("|")})(/|$)`,
      message: `${folder} may import ${allowed.join(", ") || "no other folder"} only.`,
    },
    ...extra,
  ];
  if (withoutSvelte.has(folder)) {
    patterns.push({ regex: "^svelte(/|$)|\\.svelte(\\.ts)?$", message: `${folder} stays free of any framework.` });
  }
  return { "no-restricted-imports": ["error", { patterns }] };
}

const siblings = (up) => ({
  regex: `^${"\\.\\./".repeat(up)}(?!\\.\\./|types(\\.ts)?$)`,
  message: "Plugins never import each other.",
});

export default defineConfig(
  { ignores: ["src/api/schema.gen.ts", "node_modules/"] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "max-lines": ["error", 500],
      "no-console": "error",
      "no-undef": "off", // TypeScript does this
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-non-null-assertion": "off", // the idiom for indices already checked, under noUncheckedIndexedAccess
      "svelte/no-at-html-tags": "error",
      "svelte/no-navigation-without-resolve": "off", // for SvelteKit
      "svelte/prefer-svelte-reactivity": "off", // sets are replaced, not mutated; see state/
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: {
      parserOptions: { parser: ts.parser, extraFileExtensions: [".svelte"], svelteConfig },
    },
  },
  {
    // noUncheckedIndexedAccess types every read of a typed array as possibly undefined; inner loops prove their indices
    files: ["src/base/**", "src/draw/**"],
    rules: { "@typescript-eslint/no-non-null-assertion": "off" },
  },
  ...Object.entries(layers).map(([folder, allowed]) => ({
    files: [`src/${folder}/**`],
    ignores: ["src/plugins/*/**"],
    rules: folder === "plugins" ? {} : layerRule(folder, allowed),
  })),
  { files: ["src/plugins/*/*"], rules: layerRule("plugins", layers.plugins, [siblings(1)]) },
  { files: ["src/plugins/*/*/*"], rules: layerRule("plugins", layers.plugins, [siblings(2)]) },
  {
    files: ["src/app/**", "src/main.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: "/plugins/(?!registry(\\.ts)?$|types(\\.ts)?$)",
              message: "The app knows plugins through the registry only.",
            },
          ],
        },
      ],
    },
  },
);
