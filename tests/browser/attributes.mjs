/*
 * attributes.mjs - what attributes promise, one page per promise: feature.mjs
 * serves the template that stands in the test.
 */
import assert from "node:assert/strict";
import { settled, text, until, value } from "./harness.mjs";
import { it } from "./feature.mjs";

it("lvt-key names keys, with Ctrl and the like", {
  statics: ['<input id="i" lvt-keydown="hit" lvt-key="ctrl+k,Enter"><p>', "</p>"],
  slots: ["0"],
}, async (tab, server) => {
  await tab.focus("#i");
  await tab.keyboard.press("k");
  await tab.keyboard.press("Control+k");
  await tab.keyboard.press("Enter");
  await tab.keyboard.press("Shift+Enter");
  await until(() => server.actions.length, 2);
  assert.deepEqual(server.actions.map(({ data }) => data.key), ["k", "Enter"]);
});

it("what is being composed is sent when it is written", {
  statics: ['<input id="i" name="q" lvt-input="search"><p>', "</p>"], slots: ["0"],
}, async (tab, server) => {
  const client = await tab.context().newCDPSession(tab);
  await tab.focus("#i");
  await client.send("Input.imeSetComposition", { text: "に", selectionStart: 1, selectionEnd: 1 });
  server.set(["1"]);
  await until(() => text(tab, "p"), "1");
  assert.equal(server.actions.length, 0);
  await client.send("Input.imeSetComposition", { text: "日", selectionStart: 1, selectionEnd: 1 });
  await client.send("Input.insertText", { text: "日本" });
  await until(() => value(tab, "#i"), "日本");
  await until(() => server.actions.length > 0 && server.actions.at(-1).data.q, "日本");
});

it("lvt-disable-with shows another text and takes no click until it is done", {
  statics: ['<form lvt-submit="ok"><button lvt-disable-with="Wait">Go</button></form><p>', "</p>"],
  slots: ["0"],
}, async (tab, server) => {
  server.hold = true;
  await tab.click("button");
  await until(() => text(tab, "button"), "Wait");
  assert.equal(await tab.isDisabled("button"), true);
  server.set(["1"]);
  await until(() => text(tab, "p"), "1");
  assert.equal(await tab.isDisabled("button"), true, "nor after an update");
  server.go();
  await until(() => text(tab, "button"), "Go");
  assert.equal(await tab.isDisabled("button"), false);
});

it("lvt-confirm asks before", {
  statics: ['<button lvt-click="hit" lvt-confirm="Sure?">x</button><p>', "</p>"], slots: ["0"],
}, async (tab, server) => {
  tab.once("dialog", (dialog) => dialog.dismiss());
  await tab.click("button");
  tab.once("dialog", (dialog) => dialog.accept());
  await tab.click("button");
  await until(() => server.actions.length, 1);
});

it("lvt-click-away, lvt-window-keydown and lvt-on:click", {
  statics: ['<div id="menu" lvt-click-away="close">m</div><div lvt-window-keydown="key" ' +
    'lvt-key="Escape"></div><button lvt-on:click="hit" lvt-value-id="7">x</button><p>', "</p>"],
  slots: ["0"],
}, async (tab, server) => {
  await tab.click("#menu");
  await tab.click("button");
  await tab.keyboard.press("Escape");
  await until(() => server.actions.length, 3);
  assert.deepEqual(server.actions.map(({ action }) => action), ["close", "hit", "key"]);
  assert.equal(server.actions[1].data.id, 7);
});

it("what is sent is typed: numbers, booleans, boxes, lists; texts stay texts", {
  statics: ['<form lvt-submit="save" lvt-change="look"><input name="n" value="42"><input name="zip" value="01234">' +
    '<input type="password" name="pin" value="1234"><textarea name="t"></textarea>' +
    '<input type="checkbox" name="yes" checked><input type="checkbox" name="no">' +
    '<input type="checkbox" name="some" value="1" checked><input type="checkbox" name="some" value="2">' +
    '<input type="checkbox" name="some" value="3" checked>' +
    '<input type="radio" name="r" value="1"><input type="radio" name="r" value="2" checked>' +
    '<select multiple name="m" id="m"><option value="1" selected>a<option value="b">b<option value="3" selected>c</select>' +
    '<select name="one"><option value="7">a</select><button name="save" value="3.5">x</button></form>' +
    '<button id="b" lvt-click="hit" lvt-data-a="1.5" lvt-value-b="true" lvt-data-c="false" ' +
    'lvt-data-d="1769358878696557000" value="9">x</button>' +
    '<input id="c" type="checkbox" lvt-change="tick" name="c"><p>', "</p>"], slots: ["0"],
}, async (tab, server) => {
  const form = { n: 42, zip: "01234", pin: "1234", t: "", yes: true, no: false,
    some: ["1", "3"], r: 2, m: [1, 3], one: 7 };
  await tab.click("form button");
  await tab.click("#b");
  await tab.check("#c");
  await tab.selectOption("#m", []);
  await until(() => server.actions.length, 4);
  assert.deepEqual(server.actions.map(({ action, data }) => [action, data]), [
    ["save", { ...form, save: 3.5, value: 3.5 }],
    ["hit", { value: 9, a: 1.5, b: true, c: false, d: "1769358878696557000" }],
    ["tick", { value: true, c: true }],
    ["look", { ...form, m: [], value: [] }],
  ]);
});

it("lvt-modal-open and lvt-modal-close, and an update leaves the dialog open", {
  statics: ['<button id="o" lvt-modal-open="d">open</button><dialog id="d"><p>',
    '</p><button id="c" lvt-modal-close>close</button></dialog>'], slots: ["0"],
}, async (tab, server) => {
  await tab.click("#o");
  assert.equal(await tab.evaluate(() => document.querySelector("#d").matches(":modal")), true);
  server.set(["1"]);
  await until(() => text(tab, "p"), "1");
  assert.equal(await tab.evaluate(() => document.querySelector("#d").matches(":modal")), true);
  await tab.click("#c");
  assert.equal(await tab.evaluate(() => document.querySelector("#d").open), false);
});

const LINES = { statics: ['<div id="log" lvt-scroll="HOW" class="log">', "</div>"],
  slots: [{ s: ['<p data-key="', '">', "</p>"],
    d: Array.from({ length: 60 }, (_, n) => ({ 0: "k" + n, 1: "line " + n })) }],
  css: ".log{height:200px;overflow:auto}p{margin:0;height:20px}" };
const log = (how) => ({ ...LINES, statics: LINES.statics.map((s) => s.replace("HOW", how)) });
const more = (server, where) => server.update({ 0: [["i", null, where,
  [{ 0: "new" + server.sequence, 1: "new" }]]] });
const scroll = (tab) => tab.evaluate(() => {
  const el = document.querySelector("#log");
  return [el.scrollTop, el.scrollHeight - el.clientHeight - el.scrollTop];
});

it("lvt-scroll=bottom-sticky follows the end, but not for one who reads above",
  log("bottom-sticky"), async (tab, server) => {
    assert.equal((await scroll(tab))[1], 0);
    more(server, "end");
    await until(() => tab.locator("#log p").count(), 61);
    await until(async () => (await scroll(tab))[1], 0);
    await tab.evaluate(() => { document.querySelector("#log").scrollTop = 100; });
    more(server, "end");
    await until(() => tab.locator("#log p").count(), 62);
    assert.equal((await scroll(tab))[0], 100);
  });

it("lvt-scroll=top shows the newest in front", log("top"), async (tab, server) => {
  await tab.evaluate(() => { document.querySelector("#log").scrollTop = 100; });
  more(server, "start");
  await until(() => tab.locator("#log p").count(), 61);
  await until(async () => (await scroll(tab))[0], 0);
});

it("what comes in front of what somebody reads does not move it", log("preserve"),
  async (tab, server) => {
    await tab.evaluate(() => { document.querySelector("#log").scrollTop = 400; });
    const place = () => tab.evaluate(() => document.querySelector("[data-key=k22]")
      .getBoundingClientRect().top);
    const before = await place();
    more(server, "start");
    await until(() => tab.locator("#log p").count(), 61);
    await until(place, before);
  });

it("lvt-hook: mounted, updated and destroyed, by functions of the page", {
  statics: ["<div>", "</div>"],
  slots: [{ s: ['<i lvt-hook="Chart" id="c">', "</i>"], 0: "1" }],
}, async (tab, server) => {
  await tab.evaluate(() => {
    window.calls = [];
    lvt.hooks.Chart = {};
    for (const name of ["mounted", "updated", "destroyed"]) {
      lvt.hooks.Chart[name] = function () { calls.push(name + " " + this.el.id); };
    }
  });
  server.update({ 0: { 0: "2" } });
  await until(() => tab.evaluate(() => calls), ["mounted c"]);
  server.update({ 0: { 0: "3" } });
  await until(() => tab.evaluate(() => calls), ["mounted c", "updated c"]);
  server.update({ 0: "" });
  await until(() => tab.evaluate(() => calls.at(-1)), "destroyed c");
});

it("lvt-highlight and lvt-animate show what changed and what is new", {
  statics: ['<b lvt-highlight="lime" id="b">', "</b><ul>", "</ul>"],
  slots: ["1", { s: ['<li lvt-animate="fade" data-key="', '">x</li>'], d: [{ 0: "a" }] }],
}, async (tab, server) => {
  /* They are over soon: noted as they begin. */
  await tab.evaluate(() => {
    window.lit = [];
    const animate = Element.prototype.animate;
    Element.prototype.animate = function (...args) {
      lit.push(this.id ? "#" + this.id : this.dataset.key);
      return animate.apply(this, args);
    };
  });
  server.update({ 0: "2", 1: [["i", null, "end", { 0: "b" }]] });
  await until(() => text(tab, "#b"), "2");
  await until(() => tab.evaluate(() => lit.sort()), ["#b", "b"]);
});

it("lvt-infinite asks for more when its element comes into sight", {
  statics: ['<div class="tall">', '</div><div id="end" lvt-infinite="more">…</div>'],
  slots: ["x"], css: ".tall{height:3000px}",
}, async (tab, server) => {
  assert.equal(server.actions.length, 0);
  await tab.evaluate(() => scrollTo(0, 3000));
  await until(() => server.actions.length > 0);
  assert.equal(server.actions[0].action, "more");
});

it("lvt-optimistic: reset empties a form at once; what is typed on stays, what is refused comes back", {
  statics: ['<form id="f" lvt-submit="say" lvt-optimistic="reset ."><input name="text" value="',
    '"><input type="checkbox" name="loud"><button>Say</button></form>'],
  slots: [""],
}, async (tab, server) => {
  const field = () => tab.inputValue("[name=text]");
  const say = async (words) => {
    await tab.fill("[name=text]", words);
    await tab.press("[name=text]", "Enter");
  };

  server.hold = true;
  await tab.check("[name=loud]");
  await say("one");
  assert.equal(await field(), "");
  assert.equal(await tab.isChecked("[name=loud]"), false);
  await tab.fill("[name=text]", "one");
  server.go();
  await settled(tab);
  assert.deepEqual(server.actions[0].data, { text: "one", loud: true });
  assert.equal(await field(), "one");

  /* Refused: the server shows what it was given. */
  server.answers.say = ({ data }) => ({ success: false, errors: { text: "no" },
    error_tree: { 0: data.text } });
  server.hold = true;
  await say("bad");
  assert.equal(await field(), "");
  server.go();
  await until(field, "bad");
  server.answers.say = () => ({});
  server.hold = true;
  await say("good");
  assert.equal(await field(), "");
  server.go();
  await settled(tab);
  assert.equal(await field(), "");

  server.answers.say = () => ({ status: 403 });
  server.hold = true;
  await tab.check("[name=loud]");
  await say("worse");
  server.go();
  await until(field, "worse");
  assert.equal(await tab.isChecked("[name=loud]"), true);
});

it("lvt-optimistic shows the guess at once, and takes it back when it failed", {
  statics: ['<b id="n">', '</b><ul id="l"></ul><template id="t"><li>{value}</li></template>' +
    '<button lvt-click="fail" lvt-value-value="9" lvt-optimistic="text #n {value}; class . on; ' +
    'append #l #t">x</button>'], slots: ["1"],
}, async (tab, server) => {
  server.hold = true;
  await tab.click("button");
  const now = () => tab.evaluate(() => [document.querySelector("#n").textContent,
    document.querySelector("button").className, document.querySelector("#l").textContent]);
  assert.deepEqual(await now(), ["9", "on", "9"]);
  server.set(["5"]);
  await until(() => tab.evaluate(() => lvt.rev), 2);
  assert.deepEqual(await now(), ["9", "on", "9"], "also while others change the page");
  server.go();
  await until(now, ["5", "", ""]);
});

it("lvt-hold: a form that somebody edits is held, and shows what it missed afterwards", {
  statics: ['<form id="f" lvt-hold lvt-submit="ok"><p id="in">', '</p><input name="a"></form><p id="out">',
    "</p>"], slots: ["1", "1"],
}, async (tab, server) => {
  await tab.fill("input", "mine");
  server.set(["2", "2"]);
  await until(() => text(tab, "#out"), "2");
  assert.equal(await text(tab, "#in"), "1");
  assert.equal(await tab.getAttribute("#f", "data-lvt-held"), "1");
  server.set(["3", "3"]);
  await until(() => text(tab, "#out"), "3");
  assert.equal(await tab.getAttribute("#f", "data-lvt-held"), "2");
  await tab.fill("input", "");
  await until(() => text(tab, "#in"), "3");
  assert.equal(await tab.getAttribute("#f", "data-lvt-held"), null);
});

it("lvt-draft: what was typed is there again after a reload, until it was sent", {
  statics: ['<form lvt-draft="note" lvt-submit="ok"><textarea name="t"></textarea>' +
    '<input type="checkbox" name="c"><button>x</button></form><p>', "</p>"], slots: ["1"],
}, async (tab) => {
  const ready = () => until(() => tab.locator(".lvt-announcer").count(), 1);
  await tab.fill("textarea", "long text");
  await tab.check("[type=checkbox]");
  await tab.reload();
  await ready();
  assert.equal(await value(tab, "textarea"), "long text");
  assert.equal(await tab.isChecked("[type=checkbox]"), true);
  await tab.click("button");
  await settled(tab);
  await tab.reload();
  await ready();
  assert.equal(await value(tab, "textarea"), "");
});

it("files go as multipart with progress; too big and of another type are refused here", {
  statics: ['<form lvt-submit="store"><input type="file" name="f" accept="text/*" ' +
    'lvt-max-size="2000000"><progress></progress><button>x</button></form><p>', "</p>"], slots: ["1"],
}, async (tab, server) => {
  const send = async (name, mimeType, size) => {
    await tab.setInputFiles("[type=file]", { name, mimeType, buffer: Buffer.alloc(size, "x") });
    await tab.click("button");
    await settled(tab);
  };
  await send("a.bin", "application/octet-stream", 10);
  await send("a.txt", "text/plain", 2000001);
  assert.equal(server.actions.length, 0);
  assert.match(await tab.textContent(".lvt-announcer"), /too big/);
  await send("a.txt", "text/plain", 1000000);
  await until(() => server.actions.length, 1);
  assert.match(server.actions[0].type, /^multipart\/form-data; boundary=/);
  assert.ok(server.actions[0].size > 1000000);
  await until(async () => await tab.getAttribute("progress", "value") ===
    await tab.getAttribute("progress", "max"));
});

it("lvt-nav turns to another page of the app; back comes back; one document all along", {
  statics: ['<nav lvt-nav><a href="/two">two</a></nav><p>', "</p>"], slots: ["one"],
}, async (tab, server) => {
  await tab.evaluate(() => { window.here = true; });
  await tab.click("a");
  await until(() => text(tab, "p"), "at /two");
  assert.equal(await tab.title(), "Page /two");
  assert.equal(new URL(tab.url()).pathname, "/two");
  await until(() => server.streams.some(({ url }) => url.includes("page=%2Ftwo")));
  await tab.goBack();
  await until(() => text(tab, "p"), "one");
  assert.equal(await tab.evaluate(() => window.here), true);
});

it("a field that is edited in rich text is left alone as long as it has the focus", {
  statics: ['<div id="e" contenteditable>', '</div><input id="i"><p>', "</p>"], slots: ["a", "a"],
}, async (tab, server) => {
  await tab.click("#e");
  await tab.keyboard.type("mine ");
  server.set(["b", "b"]);
  await until(() => text(tab, "p"), "b");
  assert.match(await text(tab, "#e"), /mine/);
  await tab.focus("#i");
  server.set(["c", "c"]);
  await until(() => text(tab, "#e"), "c");
});
