/* Trees: every case of tests/vectors/apply.json and keys.json, and what only
 * the client promises. */
import test from "node:test";
import assert from "node:assert/strict";
import { load, vectors } from "./load.mjs";

const { apply, html, keyOf, collide } = await load("tree");

for (const { name, tree, update, result, error, statics, html: page } of
  vectors("apply")) {
  test("apply " + name, () => {
    const before = JSON.stringify(tree);
    const run = () => {
      const after = apply(tree, update, statics || []);
      return [after, html(after, statics || [])];
    };
    if (error) {
      assert.throws(run);
    } else {
      const [after, text] = run();
      assert.deepEqual(after, result);
      if (page !== undefined) assert.equal(text, page);
    }
    assert.equal(JSON.stringify(tree), before, "the old tree is as it was");
  });
}

for (const { name, html: text, key } of vectors("keys")) {
  test("key of an item: " + name, () => assert.equal(keyOf(text), key));
}

test("what did not change is the same object afterwards", () => {
  const tree = { s: ["", "", ""], 0: { s: ["a"] }, 1: "x" };

  assert.equal(apply(tree, {}, []), tree);
  assert.equal(apply(tree, { 1: "y" }, [])[0], tree[0]);
});

test("names of JavaScript's own are no slots", () => {
  for (const name of ["__proto__", "constructor", "d", "s0"]) {
    const update = JSON.parse(`{"${name}":"x"}`);
    assert.throws(() => apply({ s: ["", ""], 0: "" }, update, []));
  }
});

for (const [name, a, b, expected] of [
  ["different slots do not collide", { 0: "x" }, { 1: "x" }, false],
  ["the same slot collides", { 0: "x" }, { 0: "y" }, true],
  ["different slots of one tree do not", { 0: { 1: "" } }, { 0: { 2: "" } }, false],
  ["a tree and a slot in it collide", { 0: { s: ["x"] } }, { 0: { 2: "" } }, true],
  ["two changes of one list collide", { 0: [["r", 0]] }, { 0: [["r", 1]] }, true],
  ["a whole tree collides with all", { s: [""] }, { 0: "x" }, true],
  ["nothing collides with nothing", {}, { 0: "x" }, false],
]) {
  test("collide: " + name, () => assert.equal(collide(a, b), expected));
}
