/* The schemas of docs/schemas/: what the server writes is valid, and what is
 * not the protocol is not. A worker's and a stream's output: protocol.test.mjs. */
import test from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { builddir, vectors } from "./load.mjs";
import { schema, why } from "./schema.mjs";

const position = "12-00ab34cd", view = "A".repeat(22);
const program = join(builddir, "tests/unit/print_steps");
const meta = { view, base: null, rev: 0, head: position, statics: "0".repeat(16) };

for (const [title, name, value, valid] of [
  ["a tree with a slot", "tree", { s: ["<p>", "</p>"], 0: "x" }, true],
  ["a tree of numbered statics", "tree", { s: 3, 0: { s: 4, d: [{ 0: "" }] } }, true],
  ["a tree without statics", "tree", { 0: "x" }, false],
  ["statics that are no strings", "tree", { s: [1], 0: "" }, false],
  ["a slot that is a number", "tree", { s: ["", ""], 0: 1 }, false],
  ["a slot with a leading zero", "tree", { s: ["", ""], "00": "" }, false],
  ["an empty range", "tree", { s: ["", ""], 0: { s: [""], d: [] } }, false],
  ["nothing changed", "update", {}, true],
  ["a whole tree as update", "update", { s: ["x"] }, true],
  ["every operation", "update", { 0: [["i", null, "start", { 0: "" }],
    ["i", "k", "after", [{ 0: "" }]], ["r", 0], ["u", "k", { 1: "x" }], ["m", 1, null],
    ["m", "k", 2], ["o", ["a", 1]]] }, true],
  ["an unknown operation", "update", { 0: [["x", 1]] }, false],
  ["a removal of two", "update", { 0: [["r", 1, 2]] }, false],
  ["a removal of nothing", "update", { 0: [["r"]] }, false],
  ["an insertion at the start of an item", "update", { 0: [["i", "k", "start", {}]] }, false],
  ["an empty key as id", "update", { 0: [["r", ""]] }, false],
  ["a negative index", "update", { 0: [["r", -1]] }, false],
  ["an update that is a list", "update", [], false],
  ["an envelope", "envelope", { tree: {}, meta }, true],
  ["an envelope without a view", "envelope", { tree: {}, meta: { ...meta, view: "x" } }, false],
  ["an envelope with more", "envelope", { tree: {}, meta, more: 1 }, false],
  ["a message", "event", { id: position, event: "message",
    data: { channel: "a.b", event: "c", payload: null } }, true],
  ["a message without position", "event", { event: "message",
    data: { channel: "a.b", event: "c", payload: null } }, false],
  ["an update with a message's name", "event", { id: position, event: "message",
    data: { page: "/", base: view, view, rev: 1, tree: {} } }, false],
  ["an event of another name", "event", { id: position, event: "x", data: {} }, false],
]) {
  test(`${title} is ${valid ? "" : "not "}valid`, () => {
    const reason = why(schema(name), value);
    assert.equal(reason === "", valid, reason);
  });
}

test("the vectors' trees and updates are valid where they are applied", () => {
  for (const { name, tree, update, result } of vectors("apply")) {
    if (!result) continue;
    for (const [kind, value] of [["tree", tree], ["update", update]]) {
      assert.equal(why(schema(kind), value), "", `${name}: ${JSON.stringify(value)}`);
    }
  }
});

test("random trees and updates are valid",
  { skip: existsSync(program) ? false : "print_steps is not built" }, () => {
    const { stdout, status } = spawnSync(program, { maxBuffer: 1 << 28,
      env: { ...process.env, LVT_STEPS: "2000" } });

    assert.equal(status, 0);
    for (const line of stdout.toString().split("\n").filter(Boolean)) {
      const { tree, update } = JSON.parse(line);
      if (tree) assert.equal(why(schema("tree"), tree), "", line);
      if (update) assert.equal(why(schema("update"), update), "", line);
    }
  });
