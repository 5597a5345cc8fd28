/* The reporter: what a suite that goes wrong says, as prove gets it. */
import test from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { srcdir } from "./load.mjs";

const reporter = join(srcdir, "tests/www/tap.mjs");

/* A suite of its own, with the titles ab and cd around what is given. */
function run(text) {
  const dir = mkdtempSync(join(tmpdir(), "lvt-tap-"));
  const suite = join(dir, "suite.mjs");
  /* Else it would take itself for a part of this run. */
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;

  writeFileSync(suite, `import test from "node:test"; import assert from "node:assert/strict";
    test("ab", () => 0);\n${text}\ntest("cd", () => 0);`);
  const { status, stdout, stderr } = spawnSync(process.execPath,
    ["--test-reporter=" + reporter, suite], { encoding: "utf8", env });
  rmSync(dir, { recursive: true });
  return { status, tests: stdout.split("\n").filter((line) => /^ *(not |ok|\d)/.test(line)), stderr };
}

test("tests that pass are a plan and their titles, and no word more", () => {
  const { status, tests, stderr } = run(`test("a #b \\\\", (t) => t.diagnostic("12 bytes"));`);

  assert.deepEqual(tests, ["ok 1 - ab", "ok 2 - a \\#b \\\\", "ok 3 - cd", "1..3"]);
  assert.deepEqual([status, stderr], [0, ""]);
});

test("a test that fails says what was there and what should be, and where", () => {
  const { status, tests, stderr } = run(
    `test("bad", () => assert.deepEqual({ list: [{ a: [1] }] }, { list: [{ a: [2] }] }));`);

  assert.deepEqual(tests, ["ok 1 - ab", "not ok 2 - bad", "ok 3 - cd", "1..3"]);
  assert.notEqual(status, 0);
  for (const line of [/^# bad: AssertionError/m, /^# actual: {\n# +list: \[ { a: \[ 1 \] } \]/m,
    /^# expected: {\n# +list: \[ { a: \[ 2 \] } \]/m, /^# .* at .*suite\.mjs:3:/m]) {
    assert.match(stderr, line);
  }
  assert.doesNotMatch(stderr, /^(?!#)./m, "all of it is comments");
});

test("so does one that throws anything, and one within another", () => {
  const { tests, stderr } = run(`test("odd", () => { throw "no"; });
    test("out", (t) => t.test("in", () => { throw new TypeError("boo", { cause: "why" }); }));`);

  assert.deepEqual(tests, ["ok 1 - ab", "not ok 2 - odd", "    not ok 1 - in", "    1..1",
    "not ok 3 - out", "ok 4 - cd", "1..4"]);
  assert.match(stderr, /^# odd: no$/m);
  assert.match(stderr, /^# in: TypeError: boo$/m);
  assert.match(stderr, /^# because of why$/m);
});

test("a test that is left out says why", () => {
  assert.deepEqual(run(`test("not here", { skip: "no #3" }, () => 0);
    test("nor this", { skip: false }, () => 0);`).tests,
  ["ok 1 - ab", "ok 2 - not here # SKIP no \\#3", "ok 3 - nor this", "ok 4 - cd", "1..4"]);
});

test("a test that hangs fails by its time, or when nothing can come any more", () => {
  const { tests, stderr } = run(`test("slow", { timeout: 100 }, () =>
    new Promise((resolve) => setTimeout(resolve, 1000)));
    test("never", () => new Promise(() => 0));`);

  assert.deepEqual(tests.slice(1, 3), ["not ok 2 - slow", "not ok 3 - never"]);
  assert.match(stderr, /^# slow: test timed out after 100ms/m);
  assert.match(stderr, /^# never: Promise resolution is still pending/m);
});

test("a suite that cannot be loaded, throws or waits for ever fails, with the reason", () => {
  for (const [text, reason] of [
    [`await import("./nothere.mjs");`, /Cannot find module .*nothere/],
    [`import { no } from "node:fs";`, /SyntaxError.*'no'/],
    [`await new Promise((r) => setTimeout(r, 50)); throw new Error("it broke");`, /it broke/],
    [`await new Promise(() => 0);`, /^# the suite waits for what will never be, after: ab/m],
  ]) {
    const { status, stderr } = run(text);

    assert.notEqual(status, 0, text);
    assert.match(stderr, reason);
  }
});
