/* What the debug panel says of an update: places and bytes. */
import test from "node:test";
import assert from "node:assert/strict";
import { load } from "./load.mjs";

const { changes, plain } = await load("changes");
const { apply } = await load("tree");

const tree = {
  s: ["<p>", "</p>", "<ul>", "</ul>"], 0: "one", 1: { s: ["", ""], 0: "in" },
  2: { s: ["<li data-key=", ">", "</li>"], d: [{ 0: "a", 1: "1" }, { 0: "b", 1: "2" }, { 0: "c", 1: "3" }] },
};

for (const [name, update, expected] of [
  ["nothing", {}, []],
  ["a text", { 0: "two" }, [["0", 5]]],
  ["a text inside", { 1: { 0: "x" } }, [["1.0", 3]]],
  ["an item's text", { 2: [["u", "b", { 1: "9" }]] }, [["2[1].1", 3]]],
  ["an item that came", { 2: [["i", null, "start", { 0: "z", 1: "0" }]] }, [["2[+0]", 17]]],
  ["an item that went", { 2: [["r", "b"]] }, [["2[-1]", 0]]],
  ["an item that moved", { 2: [["m", "c", null]] }, [["2[moved]", 0]]],
  ["another structure", { 1: { s: ["<b>", "</b>"], 0: "in" } }, [["1", 29]]],
]) {
  test("changes: " + name, () => {
    const found = changes(tree, apply(tree, update, []));
    assert.deepEqual(found.map(({ place, bytes }) => [place, bytes]), expected);
  });
}

test("changes: the first tree is all of it", () => {
  assert.equal(changes(null, tree)[0].place, "all");
});

test("changes: a line of them ends where there are many", () => {
  const many = Array.from({ length: 10 }, (_, n) => ({ place: String(n), bytes: 1 }));
  assert.equal(plain(many, 2), "0, 1 and 8 more");
  assert.equal(plain([]), "none");
});
