/* What is shipped: types, size, syntax. */
import test from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { builddir, need, srcdir } from "./load.mjs";

const built = join(builddir, "www/lvt.js");
const bundle = readFileSync(existsSync(built) ? built : join(srcdir, "www/lvt.js"));

test("the sources have no type errors", () => {
  execFileSync(process.execPath, [need.resolve("typescript/bin/tsc"),
    "-p", join(srcdir, "www/tsconfig.json")], { stdio: ["ignore", 2, 2] });
});

test("lvt.d.ts fits what a page's script does, and refuses what it cannot do", () => {
  execFileSync(process.execPath, [need.resolve("typescript/bin/tsc"), "--noEmit", "--strict",
    "--target", "es2019", "--lib", "es2020,dom,dom.iterable", "--moduleResolution", "bundler",
    "--module", "esnext", join(srcdir, "tests/www/sample.ts")], { stdio: ["ignore", 2, 2] });
});

test("lvt.js is at most 12 KiB gzip", (t) => {
  const size = gzipSync(bundle, { level: 9 }).length;

  t.diagnostic(`${bundle.length} bytes, ${size} gzip`);
  assert.ok(size <= 12 * 1024, `${size} bytes`);
});

test("lvt.js makes no code from text and no markup with scripts or styles", () => {
  assert.doesNotMatch(bundle.toString(),
    /\beval\(|new Function|document\.write|setAttribute\("style"|javascript:/);
});

test("the lock file names no host", () => {
  assert.doesNotMatch(readFileSync(join(srcdir, "www/package-lock.json"), "utf8"),
    /https?:|resolved/);
});
