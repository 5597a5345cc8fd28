/* The client's apply() on random steps that the server's code made: the tree
 * and the page after each must be the server's. LVT_STEPS says how many,
 * LVT_SEED repeats them. */
import test from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { builddir, load } from "./load.mjs";

const { apply, html } = await load("tree");
const program = join(builddir, "tests/unit/print_steps");
const wanted = Number(process.env.LVT_STEPS || 100000);

/* assert.deepEqual() takes ten times as long. */
function same(a, b) {
  if (typeof a !== "object" || a === null) return a === b;
  if (typeof b !== "object" || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);

  return names.length === Object.keys(b).length &&
    names.every((name) => name in b && same(a[name], b[name]));
}

test(`${wanted} random steps lead to the server's trees and pages`,
  { skip: existsSync(program) ? false : "print_steps is not built" },
  async (t) => {
    const child = spawn(program, { stdio: ["ignore", "pipe", "inherit"] });
    const ended = new Promise((done) => child.on("close", done));
    let tree, table, steps = 0, line = 0, seed;

    for await (const text of createInterface({ input: child.stdout })) {
      const next = JSON.parse(text);
      line++;
      if (next.seed) {
        seed = next.seed;
      } else if (next.table) {
        ({ tree, table } = next);
      } else {
        const where = `LVT_SEED=${seed}, line ${line}`;
        tree = apply(tree, next.update, table);
        assert.ok(same(tree, next.tree), `${where}: ${JSON.stringify(next)}`);
        assert.equal(html(tree, table), next.html, where);
        assert.equal(apply(tree, {}, table), tree);
        steps++;
      }
    }
    assert.equal(await ended, 0, `print_steps failed after LVT_SEED=${seed}`);
    assert.ok(steps >= wanted, `${steps} steps`);
    t.diagnostic(`LVT_SEED=${seed}, ${steps} steps`);
  });
