import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { compileAhead, listPages, makeChunkNames } from "./page_files.ts";

const staticFolder = fileURLToPath(new URL("../src/epochal/server/static", import.meta.url));
const apiServer = process.env["EPOCHAL_API"] ?? "http://127.0.0.1:6006";

/** Writes `name.br` and `name.gz` beside every text asset, so that the server never compresses at run time. */
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    enforce: "post",
    // Only once the files are there: after a failed build nothing may hide its error.
    async writeBundle({ dir: folder = staticFolder }) {
      const names = await readdir(folder, { recursive: true });
      for (const name of names.filter((each) => /\.(js|css|html|svg|json|webmanifest|txt)$/.test(each))) {
        const path = join(folder, name);
        const content = await readFile(path);
        if (content.length < 512) continue; // the header would cost more than it saves
        const quality = { [constants.BROTLI_PARAM_QUALITY]: 11 };
        await writeFile(`${path}.br`, brotliCompressSync(content, { params: quality }));
        await writeFile(`${path}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}

// The Host header stays the page's own: the server compares it with Origin.
const proxy = { target: apiServer, changeOrigin: false, ws: true };

export default defineConfig({
  base: "./", // every address is relative: the page works behind any path prefix
  plugins: [svelte(), svelteTesting({ autoCleanup: false }), listPages(), compileAhead(), precompress()],
  build: {
    outDir: staticFolder,
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // the content security policy allows no data: fonts or scripts
    modulePreload: { polyfill: false }, // the polyfill is only for browsers older than the target
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // changes with its version only
            { name: "svelte", test: /node_modules\/(svelte|esm-env|clsx)\//, priority: 3 },
            { name: "app", tags: ["$initial"], priority: 2 },
            { name: makeChunkNames(), debugName: "the first page", priority: 1 },
          ],
        },
        chunkFileNames: ({ facadeModuleId }) => {
          const stem = /\/plugins\/(\w+)\/Panel\.svelte$/.exec(facadeModuleId ?? "")?.[1];
          return `assets/${stem ?? "[name]"}-[hash].js`;
        },
      },
    },
  },
  worker: { format: "es" },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": proxy, "/data": proxy },
  },
  test: {
    include: ["src/**/*.test.ts", "build.test.ts"],
    environment: "node", // component tests ask for jsdom in their first line
    restoreMocks: true,
  },
});
