/*
 * newer.mjs - LiveTemplate's newer spellings, with a family before the name: what
 * lvt-NAME does, lvt-on:NAME, lvt-mod:NAME, lvt-form:NAME and lvt-fx:NAME do.
 */
import assert from "node:assert/strict";
import { settled, text, until, value } from "./harness.mjs";
import { it } from "./feature.mjs";

const said = ({ actions }) => actions.map(({ action }) => action);

it("lvt-on:EVENT, and data-NAME is its data", {
  statics: ['<button lvt-on:click="hit" data-id="7" data-key="k" data-lvt-x="y" data-some-name="true">' +
    'x</button><input lvt-on:keydown="key" lvt-key="Enter"><form lvt-on:submit="save"><input name="a">' +
    '</form><button lvt-click="old" data-id="8" class="old">y</button><p>', "</p>"], slots: ["0"],
}, async (tab, server) => {
  await tab.click("button");
  await tab.press("[lvt-key]", "Enter");
  await tab.fill("[name=a]", "b");
  await tab.press("[name=a]", "Enter");
  await tab.click(".old");
  await until(() => server.actions.length, 4);
  assert.deepEqual(server.actions.map(({ action, data }) => [action, data]), [
    ["hit", { id: 7, "some-name": true }],
    ["key", { value: "", key: "Enter" }],
    ["save", { a: "b" }],
    ["old", {}],
  ]);
});

it("lvt-on:window:EVENT happens anywhere", {
  statics: ['<div lvt-on:window:keydown="close" lvt-key="Escape"></div><p>', "</p>"], slots: ["0"],
}, async (tab, server) => {
  await tab.keyboard.press("a");
  await tab.keyboard.press("Escape");
  await until(() => server.actions.length, 1);
  assert.deepEqual(server.actions[0].data, { key: "Escape" });
});

it("lvt-mod:debounce and lvt-mod:throttle", {
  statics: ['<input lvt-on:input="search" lvt-mod:debounce="50" name="q"><button lvt-on:click="hit" ' +
    'lvt-mod:throttle="60000">x</button><p>', "</p>"], slots: ["0"],
}, async (tab, server) => {
  await tab.focus("input");
  await tab.evaluate(() => {
    for (const letter of "abc") document.execCommand("insertText", false, letter);
    document.querySelector("button").click();
    document.querySelector("button").click();
  });
  await until(() => server.actions.length, 2);
  await settled(tab);
  assert.deepEqual(said(server), ["search", "hit"]);
  assert.equal(server.actions[0].data.q, "abc");
});

it("lvt-form:action, lvt-form:preserve, lvt-form:disable-with", {
  statics: ['<form method="post" lvt-form:action="save" lvt-form:preserve><input name="a">' +
    '<button name="b" value="c" lvt-form:disable-with="Wait">Go</button></form><p>', "</p>"], slots: ["0"],
}, async (tab, server) => {
  server.hold = true;
  await tab.fill("[name=a]", "x");
  await tab.click("button");
  await until(() => text(tab, "button"), "Wait");
  server.go();
  await until(() => text(tab, "button"), "Go");
  assert.equal(await value(tab, "[name=a]"), "x");
  assert.deepEqual(server.actions.map(({ action, data }) => [action, data.a, data.b]), [["save", "x", "c"]]);
});

it("lvt-form:no-intercept leaves a form to the browser, lvt-nav:no-intercept a link", {
  statics: ['<form method="post" lvt-form:no-intercept><button name="save">x</button></form>' +
    '<nav lvt-nav><a href="/two" lvt-nav:no-intercept>two</a></nav><p>', "</p>"], slots: ["0"],
}, async (tab, server) => {
  await tab.evaluate(() => { window.here = true; });
  await tab.click("a");
  await until(() => text(tab, "p"), "at /two");
  assert.equal(await tab.evaluate(() => window.here), undefined);
  await tab.goBack();
  await tab.click("button");
  await until(() => server.actions.length, 1);
  assert.match(server.actions[0].type, /urlencoded/);
});

it("lvt-fx:scroll, lvt-fx:highlight and lvt-fx:animate", {
  statics: ['<div id="log" lvt-fx:scroll="bottom">', '</div><b id="b" lvt-fx:highlight="flash">', "</b>"],
  slots: [{ s: ['<p lvt-fx:animate="fade" data-key="', '">x</p>'],
    d: Array.from({ length: 40 }, (_, n) => ({ 0: "k" + n })) }, "1"],
  css: "#log{height:100px;overflow:auto}",
}, async (tab, server) => {
  await tab.evaluate(() => {
    window.lit = [];
    Element.prototype.animate = function () { lit.push(this.id || this.dataset.key); };
    document.querySelector("#log").scrollTop = 0;
  });
  server.update({ 0: [["i", null, "end", { 0: "new" }]], 1: "2" });
  await until(() => tab.evaluate(() => lit.sort()), ["b", "new"]);
  assert.equal(await tab.evaluate(() => {
    const el = document.querySelector("#log");
    return el.scrollHeight - el.clientHeight - el.scrollTop;
  }), 0);
});

it("lvt-key: Mod, Control, Cmd and Option; and no plain key with one of them", {
  statics: ['<input lvt-keydown="hit" lvt-key="Mod+Enter,Control+Shift+k,Option+x,j"><p>', "</p>"],
  slots: ["0"],
}, async (tab, server) => {
  await tab.focus("input");
  for (const keys of ["j", "Control+j", "Control+Enter", "Control+Shift+K", "Alt+x", "x", "Enter"]) {
    await tab.keyboard.press(keys);
  }
  await until(() => server.actions.length >= 4);
  await settled(tab);
  assert.deepEqual(server.actions.map(({ data }) => data.key), ["j", "Enter", "K", "x"]);
});

it("lvt-key=Enter leaves Shift and Enter to a new line", {
  statics: ['<textarea name="t" lvt-keydown="send" lvt-key="Enter"></textarea><p>', "</p>"], slots: ["0"],
}, async (tab, server) => {
  await tab.focus("textarea");
  await tab.keyboard.press("Shift+Enter");
  await tab.keyboard.press("Enter");
  await until(() => server.actions.length, 1);
  await settled(tab);
  assert.equal(server.actions.length, 1);
});
