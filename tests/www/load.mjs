/*
 * load.mjs - modules of the client for node: bundled as they are needed.
 *
 * LVT_SRCDIR and LVT_BUILDDIR say where the trees are; by default both are the
 * folder that these tests are in.
 */
import { webcrypto } from "node:crypto";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

/* As in browsers; node 18 keeps it elsewhere. */
globalThis.crypto ??= webcrypto;

export const srcdir = process.env.LVT_SRCDIR || resolve(here, "../..");
export const builddir = process.env.LVT_BUILDDIR || srcdir;
/* What www/build.sh installed. */
export const need = createRequire(join(builddir, "www/package.json"));

export async function load(name) {
  const { outputFiles } = await need("esbuild").build({
    entryPoints: [join(srcdir, "www/src", name + ".ts")],
    bundle: true,
    format: "esm",
    write: false,
  });
  const text = Buffer.from(outputFiles[0].contents).toString("base64");

  return import("data:text/javascript;base64," + text);
}

export function vectors(name) {
  return JSON.parse(readFileSync(join(srcdir, "tests/vectors", name + ".json")));
}

/* engine.ts as a script for a page, where it is window.engine; other modules
 * of www/node_modules may be added: { morphdom: "morphdom" }. */
export async function engine(others = {}) {
  const { outputFiles } = await need("esbuild").build({
    stdin: {
      contents: `export * from ${JSON.stringify(join(srcdir, "tests/www/engine.ts"))};` +
        Object.entries(others).map(([name, from]) =>
          `export { default as ${name} } from ${JSON.stringify(need.resolve(from))};`).join(""),
      resolveDir: srcdir,
    },
    bundle: true,
    format: "iife",
    globalName: "engine",
    minify: true,
    write: false,
  });
  return outputFiles[0].text;
}
