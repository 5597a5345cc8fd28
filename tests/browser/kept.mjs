/*
 * kept.mjs - what somebody typed, chose or opened stays theirs, whatever the
 * server says meanwhile; and what nobody touched is the server's.
 */
import assert from "node:assert/strict";
import { settled, text, until, value } from "./harness.mjs";
import { it } from "./feature.mjs";

const TWO_FORMS = {
  statics: ['<form id="a" lvt-submit="sign"><input name="mail" value="', '"><textarea name="why">',
    '</textarea><input type="checkbox" name="news"', '>', '<button>Sign</button></form>' +
    '<form id="b" lvt-submit="ok"><input name="other"><button>Ok</button></form><p>', "</p>"],
  slots: ["", "", "", "", "0"],
};

/* As templates with .lvt.Value and .lvt.Error do. */
const refuse = ({ data }) => data.mail === "right" ? {} : { success: false,
  errors: { mail: "no" }, error_tree: { 0: data.mail, 1: data.why, 2: data.news ? " checked" : "",
    3: { s: ["<small>no</small>"] } } };

async function refused(tab, server) {
  server.answers.sign = refuse;
  await tab.fill("[name=mail]", "wrong");
  await tab.fill("[name=why]", "because");
  await tab.check("[name=news]");
  await tab.click("#a button");
  await until(() => text(tab, "small"), "no");
}

const typed = async (tab) => [await value(tab, "[name=mail]"), await value(tab, "[name=why]"),
  await tab.isChecked("[name=news]")];

it("what was typed in a form that was refused stays when another form goes through", TWO_FORMS,
  async (tab, server) => {
    await refused(tab, server);
    await tab.fill("[name=other]", "x");
    await tab.click("#b button");
    await settled(tab);
    assert.equal(await tab.locator("small").count(), 0);
    assert.equal(await value(tab, "[name=other]"), "");
    assert.deepEqual(await typed(tab), ["wrong", "because", true]);
  });

it("what was typed in a form that was refused stays when others change the page", TWO_FORMS,
  async (tab, server) => {
    await refused(tab, server);
    server.set({ 0: "theirs", 1: "theirs", 4: "1" });
    await until(() => text(tab, "p"), "1");
    assert.deepEqual(await typed(tab), ["wrong", "because", true]);
  });

it("a form that was refused is empty when it went through", TWO_FORMS, async (tab, server) => {
  await refused(tab, server);
  await tab.fill("[name=mail]", "right");
  await tab.click("#a button");
  await settled(tab);
  assert.deepEqual(await typed(tab), ["", "", false]);
  server.set({ 0: "theirs" });
  await until(() => value(tab, "[name=mail]"), "theirs");
});

it("a form that was refused twice stays, too", TWO_FORMS, async (tab, server) => {
  await refused(tab, server);
  await tab.fill("[name=mail]", "wrong again");
  await tab.click("#a button");
  await settled(tab);
  await tab.click("#b button");
  await settled(tab);
  assert.deepEqual(await typed(tab), ["wrong again", "because", true]);
});

it("a form that was refused and then undone is the server's again", TWO_FORMS,
  async (tab, server) => {
    server.answers.sign = () => ({ success: false, errors: { mail: "no" }, error_tree: {} });
    await tab.fill("[name=mail]", "wrong");
    await tab.click("#a button");
    await settled(tab);
    await tab.evaluate(() => document.querySelector("#a").reset());
    server.set({ 0: "theirs", 4: "1" });
    await until(() => text(tab, "p"), "1");
    assert.equal(await value(tab, "[name=mail]"), "theirs");
  });

it("a choice among several stays, and one that nobody made is the server's", {
  statics: ['<form><input type="radio" name="r" value="a"', '><input type="radio" name="r" value="b"',
    '><input type="radio" name="r" value="c"', "></form><p>", "</p>"],
  slots: [" checked", "", "", "0"],
}, async (tab, server) => {
  const chosen = () => tab.evaluate(() =>
    (document.querySelector("[name=r]:checked") || {}).value);
  server.set(["", "", " checked", "1"]);
  await until(() => text(tab, "p"), "1");
  assert.equal(await chosen(), "c");
  await tab.check("[value=b]");
  server.set([" checked", "", "", "2"]);
  await until(() => text(tab, "p"), "2");
  assert.equal(await chosen(), "b");
  server.set(["", "", " checked", "3"]);
  await until(() => text(tab, "p"), "3");
  assert.equal(await chosen(), "b");
});

it("where somebody only looks, the server's word is shown when they leave", {
  statics: ['<input id="i" value="', '"><input id="j"><p>', "</p>"], slots: ["a", "0"],
}, async (tab, server) => {
  await tab.focus("#i");
  server.set(["b", "1"]);
  await until(() => text(tab, "p"), "1");
  assert.equal(await value(tab, "#i"), "a");
  await tab.focus("#j");
  await until(() => value(tab, "#i"), "b");
  await tab.focus("#i");
  server.set(["c", "2"]);
  await until(() => text(tab, "p"), "2");
  await tab.keyboard.type("x");
  await tab.focus("#j");
  assert.match(await value(tab, "#i"), /x/);
});

it("a slider that nobody moved follows the server, and holds no form", {
  statics: ['<form id="f" lvt-hold><input type="range" name="r"', '><b>', "</b></form><p>", "</p>"],
  slots: ["", "0", "0"],
}, async (tab, server) => {
  server.set([' value="70"', "1", "1"]);
  await until(() => text(tab, "p"), "1");
  assert.equal(await text(tab, "b"), "1");
  assert.equal(await value(tab, "[name=r]"), "70");
  await tab.fill("[name=r]", "20");
  server.set([' value="90"', "2", "2"]);
  await until(() => text(tab, "p"), "2");
  assert.equal(await value(tab, "[name=r]"), "20");
});

it("half a number is typed text, too", {
  statics: ['<div title="', '"><input type="number" id="n"></div><input id="j"><p>', "</p>"],
  slots: ["0", "0"],
}, async (tab, server) => {
  await tab.focus("#n");
  await tab.keyboard.type("12e");
  await tab.focus("#j");
  server.set(["1", "1"]);
  await until(() => text(tab, "p"), "1");
  await tab.focus("#n");
  await tab.keyboard.press("End");
  await tab.keyboard.type("1");
  assert.equal(await value(tab, "#n"), "12e1");
});

const HELD = {
  statics: ['<form id="f" lvt-hold lvt-submit="save"><input type="hidden" name="version" value="',
    '"><input name="a"><b>', "</b>", '<button name="of" value="', '">Save</button></form><p>', "</p>"],
  slots: ["1", "old", "", "1", "0"],
};

it("lvt-hold: the form's own errors are shown, and it still names the version it began with", HELD,
  async (tab, server) => {
    server.answers.save = ({ data }) => data.a === "right" ? {} : { success: false,
      errors: { a: "no" }, error_tree: { 2: { s: ["<small>no</small>"] } } };
    await tab.fill("[name=a]", "wrong");
    server.set(["2", "new", "", "2", "1"]);
    await until(() => text(tab, "p"), "1");
    assert.equal(await text(tab, "b"), "old");
    await tab.click("button");
    await until(() => text(tab, "small"), "no");
    assert.equal(await value(tab, "[name=a]"), "wrong");
    await tab.fill("[name=a]", "right");
    await tab.click("button");
    await until(() => server.actions.length, 2);
    assert.deepEqual(server.actions.map(({ data }) => [data.version, data.of]), [[1, 1], [1, 1]]);
    await settled(tab);
    await until(() => tab.locator("small").count(), 0);
    await until(() => tab.getAttribute("[name=version]", "value"), "2");
    assert.equal(await tab.getAttribute("button", "value"), "2");
    await until(() => tab.getAttribute("#f", "data-lvt-held"), null);
  });

it("lvt-hold: each of two forms counts what it waits for", {
  statics: ['<form id="f" lvt-hold><b>', '</b><input name="a"></form><form id="g" lvt-hold><b>',
    '</b><input name="b"></form><p>', "</p>"],
  slots: ["0", "0", "0"],
}, async (tab, server) => {
  await tab.fill("[name=a]", "x");
  await tab.fill("[name=b]", "x");
  for (const n of ["1", "2", "3"]) {
    server.set([n, n, n]);
    await until(() => text(tab, "p"), n);
  }
  for (const form of ["#f", "#g"]) {
    assert.equal(await tab.getAttribute(form, "data-lvt-held"), "3");
  }
});

it("a box that is an action shows what the server knows when it did not do it", {
  statics: ['<input type="checkbox" id="c" lvt-change="fail"><input type="checkbox" id="d" lvt-change="ok"><p>',
    "</p>"], slots: ["0"],
}, async (tab) => {
  await tab.click("#c");
  await tab.click("#d");
  await settled(tab);
  assert.equal(await tab.isChecked("#c"), false);
  assert.equal(await tab.isChecked("#d"), true);
});

it("lvt-disable-with: by keyboard, the button has the focus again afterwards", {
  statics: ['<button id="b" lvt-click="ok" lvt-disable-with="Wait">Go</button><p>', "</p>"],
  slots: ["0"],
}, async (tab, server) => {
  server.hold = true;
  await tab.focus("#b");
  await tab.keyboard.press("Enter");
  await until(() => tab.isDisabled("#b"));
  await tab.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  server.go();
  await settled(tab);
  assert.equal(await tab.evaluate(() => document.activeElement.id), "b");
});

it("lvt-draft: what was refused is in the draft as well, and fields outside of the form", {
  statics: ['<form id="f" lvt-draft="d" lvt-submit="sign"><input name="mail" value="', '"><input name="why">',
    '<button>x</button></form><textarea form="f" name="far"></textarea><p>', "</p>"],
  slots: ["", "", "0"],
}, async (tab, server) => {
  server.answers.sign = ({ data }) => ({ success: false, errors: { mail: "no" },
    error_tree: { 0: data.mail, 1: { s: ["<small>no</small>"] } } });
  await tab.fill("[name=mail]", "wrong");
  await tab.click("button");
  await until(() => tab.locator("small").count(), 1);
  await tab.fill("[name=why]", "because");
  await tab.fill("[name=far]", "away");
  await tab.reload();
  await until(() => value(tab, "[name=far]"), "away");
  assert.deepEqual([await value(tab, "[name=mail]"), await value(tab, "[name=why]")],
    ["wrong", "because"]);
});
