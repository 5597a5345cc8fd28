/* parts.mjs - whatever way a page came about, it looks as if it was just
 * loaded; and a change touches what changed. */
import assert from "node:assert/strict";
import { engine } from "../www/load.mjs";
import { newPerson, test } from "./harness.mjs";

const script = await engine();

async function blank() {
  const tab = await (await newPerson()).newPage();

  await tab.setContent("<!doctype html><body><div id=w></div>");
  await tab.addScriptTag({ content: script });
  return tab;
}

/* In the page: trees of every shape that a template can have. */
function shapes(seed) {
  const random = (n) => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return (seed >> 8) % n;
  };
  const pick = (...all) => all[random(all.length)]();
  const text = () => pick(() => "", () => "a", () => "b &amp; c", () => " x ",
    () => "<b>bold</b>", () => "&lt;i&gt;", () => "<i>1</i> two <!--three-->");
  const word = () => "w" + random(4);
  const list = (s, item, most) => {
    const d = Array.from({ length: random(most) }, item);
    return d.length ? { s, d } : "";
  };
  let next = 0;
  const slots = (s, ...values) => Object.assign({ s }, values);
  const tree = (depth) => pick(
    () => slots(["<p class=\"", "\">", "</p>"], word(), inner(depth)),
    () => slots(["<section ", "><h2>", "</h2>", "</section>"],
      random(2) ? slots([" hidden"]) : "", text(), inner(depth)),
    () => slots(["<ul>", "</ul>"], list(["<li data-key=\"", "\">", " ", "</li>"],
      () => ({ 0: "k" + next++, 1: text(), 2: inner(depth) }), 5)),
    () => slots(["<ul>", "</ul>"], list(["<li>", ""], () => ({ 0: text() }), 4)),
    () => slots(["<table>", "</table>"], list(["<tr id=\"", "\"><td>", "</td></tr>"],
      () => ({ 0: "r" + next++, 1: text() }), 4)),
    () => slots(["<table><tbody>\n", "</tbody></table>"], list(["<tr><td>", "</td></tr>\n"],
      () => ({ 0: inner(depth) }), 4)),
    () => slots(["<form><textarea>", "</textarea><select>", "</select><input value=\"", "\"></form>"],
      word(), list(["<option value=", ">", "</option>"], () => ({ 0: word(), 1: word() }), 4), word()),
    () => slots(["<svg viewBox=\"0 0 9 9\">", "</svg>"], list(["<circle r=\"", "\"/>"],
      () => ({ 0: word() }), 4)),
    () => slots(["text ", "", " and ", "!"], text(), text(), text()),
    () => slots(["<div>", "<!-- ", " --></div><style>", "</style>"], inner(depth), word(), word()));
  const inner = (depth) => depth > 0 && random(3) ? tree(depth - 1) : text();
  /* The same again with some places changed. */
  const change = (value, strict = false) => {
    if (typeof value === "string") return random(3) ? value : text().replace(/[<>]/g, "");
    if (!strict && !random(8)) return tree(1);
    const out = { s: value.s };
    if (value.d) {
      out.d = value.d.filter(() => random(6)).map((item) => {
        if (random(2)) return item;
        const changed = change({ s: value.s, ...item });
        if (changed.s !== value.s) return item;
        const { s, ...rest } = changed;
        return { ...rest, 0: item[0] };
      });
      if (!random(3)) out.d.reverse();
      if (!random(3) && out.d.length) out.d.unshift(out.d.pop());
      if (!random(3)) out.d.splice(random(out.d.length + 1), 0, { ...value.d[0], 0: "n" + next++ });
      return out.d.length ? out : "";
    }
    const names = Object.keys(value).filter((name) => name !== "s");
    for (const name of names) {
      const context = value.s[name].slice(-3) + value.s[+name + 1].slice(0, 2);
      /* What does not belong in a table or select is a mistake of the template. */
      const rows = /^(le>|y>\n|ct>)/.test(context);
      const raw = /["= ]|<sec|area|style|!--/.test(context);
      out[name] = raw ? (random(2) || typeof value[name] !== "string" ? value[name] : word())
        : random(2) || (rows && !value[name]) ? value[name] : change(value[name], rows);
    }
    return out;
  };
  return { tree: () => tree(4), change };
}

test("after any changes the page is what a fresh one would be", async () => {
  const tab = await blank();

  await tab.addScriptTag({ content: `window.shapes = ${shapes}` });
  const wrong = await tab.evaluate(() => {
    const wrapper = document.querySelector("#w");
    const fresh = document.createElement("template");
    const look = (html) => { fresh.innerHTML = html; return fresh.innerHTML; };
    for (let seed = 1; seed <= 150; seed++) {
      const { tree, change } = shapes(seed * 7919);
      let now = tree();
      wrapper.innerHTML = engine.html(now, []);
      const table = [];
      for (let step = 0; step < 12; step++) {
        const before = wrapper.innerHTML;
        engine.present(wrapper, now, table);
        const want = look(engine.html(now, []));
        if (wrapper.innerHTML !== want) {
          return { seed, step, before, is: wrapper.innerHTML, want };
        }
        now = change(now);
        if (!now.s) now = tree();
      }
    }
    return null;
  });
  assert.equal(wrong, null);
});

const LIST = `
  window.w = document.querySelector("#w");
  window.tree = { s: 0, 0: "title", 1: { s: 1, d: Array.from({ length: 1000 },
    (_, n) => ({ 0: "k" + n, 1: "text " + n })) } };
  window.table = [["<h1>", "</h1><ul>", "</ul>"],
    ['<li data-key="', '"><b>', "</b> <input></li>"]];
  w.innerHTML = engine.html(tree, table);
  window.step = (update) => {
    tree = engine.apply(tree, update, table);
    engine.present(w, tree, table);
  };
  step({ 0: "other" });
  window.watch = (update) => {
    const seen = new MutationObserver(() => 0);
    seen.observe(w, { subtree: true, childList: true, attributes: true, characterData: true });
    step(update);
    return seen.takeRecords().map((r) => [r.type, r.addedNodes.length, r.removedNodes.length]);
  };`;

test("one item of a thousand changes one text, and the others are not touched", async () => {
  const tab = await blank();

  await tab.addScriptTag({ content: LIST });
  assert.deepEqual(await tab.evaluate(() => watch({ 1: [["u", "k500", { 1: "new" }]] })),
    [["characterData", 0, 0]]);
  assert.equal(await tab.locator("[data-key=k500] b").textContent(), "new");
});

test("what comes in front, goes or moves is all that the document hears of", async () => {
  const tab = await blank();

  await tab.addScriptTag({ content: LIST });
  const sum = (records) => records.reduce(([a, r], [, added, removed]) =>
    [a + added, r + removed], [0, 0]);
  assert.deepEqual(sum(await tab.evaluate(() =>
    watch({ 1: [["i", null, "start", { 0: "new", 1: "first" }]] }))), [1, 0]);
  assert.deepEqual(sum(await tab.evaluate(() => watch({ 1: [["r", "k0"]] }))), [0, 1]);
  assert.deepEqual(sum(await tab.evaluate(() => watch({ 1: [["m", "k999", null]] }))), [1, 1]);
  assert.deepEqual(await tab.evaluate(() =>
    Array.from(w.querySelectorAll("li"), (li) => li.dataset.key).slice(0, 3)),
  ["k999", "new", "k1"]);
});

test("an attribute around a list changes without the list being looked at", async () => {
  const tab = await blank();

  await tab.addScriptTag({ content: LIST });
  const records = await tab.evaluate(() => {
    table[0] = 0;
    table = [["<main class='", "'><ul>", "</ul></main>"], table[1]];
    tree = { s: 0, 0: "a", 1: tree[1] };
    engine.present(w, tree, table);
    w.querySelector("li").foreign = w.querySelector("input").value = "kept";
    return watch({ 0: "b" });
  });
  assert.deepEqual(records, [["attributes", 0, 0]]);
  assert.equal(await tab.locator("main").getAttribute("class"), "b");
});

test("where another script emptied the list, the next change puts it right", async () => {
  const tab = await blank();

  await tab.addScriptTag({ content: LIST });
  await tab.evaluate(() => {
    w.querySelector("ul").innerHTML = "";
    step({ 1: [["u", "k3", { 1: "back" }]] });
  });
  assert.equal(await tab.locator("#w li").count(), 1000);
  assert.equal(await tab.locator("[data-key=k3] b").textContent(), "back");
});
