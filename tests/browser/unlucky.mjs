/*
 * unlucky.mjs - users with bad luck: servers that fail, sessions that end, two
 * things at once, and scripts that meddle.
 */
import assert from "node:assert/strict";
import { newPerson, newTab, settled, test, text, until, value } from "./harness.mjs";
import { feature, it } from "./feature.mjs";

const PLAIN = { statics: ['<button id="bad" lvt-click="bad">x</button><form lvt-submit="save">' +
  '<input name="a"><button>Save</button></form><p>', "</p>"], slots: ["0"] };
const says = (tab) => text(tab, ".lvt-announcer");
const error = (message) => () => ({ status: 403, headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ error: { code: "denied", message } }) });

it("what failed is shown, not only heard, until the next try", PLAIN, async (tab, server) => {
  server.answers.bad = error("You may not do this.");
  await tab.click("#bad");
  await tab.waitForSelector(".lvt-failed");
  assert.equal(await says(tab), "You may not do this.");
  assert.deepEqual(await tab.evaluate(() => {
    const { x, y, bottom, right } = document.querySelector(".lvt-failed").getBoundingClientRect();
    return [x >= 0, y >= 0, bottom <= innerHeight, right <= innerWidth];
  }), [true, true, true, true]);
  server.answers.bad = () => ({});
  await tab.click("#bad");
  await until(() => tab.locator(".lvt-failed").count(), 0);
});

it("what failed does not cover what is said of the connection", PLAIN, async (tab, server) => {
  await tab.setViewportSize({ width: 320, height: 480 });
  server.answers.bad = error("You may not do this, and here is at length why it is so.");
  await tab.click("#bad");
  await tab.waitForSelector(".lvt-failed");
  await tab.context().setOffline(true);
  await until(() => tab.locator("[data-lvt-state=offline]").count(), 1);
  assert.ok(await tab.evaluate(() => {
    const label = getComputedStyle(document.querySelector("[data-lvt-id]"), "::after");
    const sum = (...names) => names.reduce((all, name) => all + parseFloat(label[name]), 0);
    const top = innerHeight - sum("bottom", "height", "paddingTop", "paddingBottom");
    return document.querySelector(".lvt-failed").getBoundingClientRect().bottom <= top;
  }));
});

it("a message for a field, or for none, is shown where the page has no place for it", PLAIN,
  async (tab, server) => {
    for (const name of ["a", "_general"]) {
      server.answers.save = () => ({ success: false, errors: { [name]: name + " is wrong" } });
      await tab.click("form button");
      await tab.waitForSelector(".lvt-failed");
      assert.equal(await says(tab), name + " is wrong");
    }
    await tab.evaluate(() => document.querySelector("form").append("a is wrong"));
    server.answers.save = () => ({ success: false, errors: { a: "a is wrong" } });
    await tab.click("form button");
    await until(() => says(tab), "a is wrong");
    await tab.evaluate(() => new Promise((done) => setTimeout(done)));
    assert.equal(await tab.locator(".lvt-failed").count(), 0);
  });

it("what fails in a modal dialog is seen and heard there, and elsewhere when that is closed", {
  statics: ['<button lvt-modal-open="d">open</button><button id="bad" lvt-click="bad">x</button>' +
    '<dialog id="d"><form lvt-submit="save"><button>Save</button></form><p>', "</p>" +
    '<button lvt-modal-close>close</button></dialog>'],
  slots: ["0"],
}, async (tab, server) => {
  const onTop = () => tab.evaluate(() => {
    const { x, y } = document.querySelector(".lvt-failed").getBoundingClientRect();
    return document.elementFromPoint(x + 5, y + 5).className;
  });

  server.answers.save = server.answers.bad = error("You may not do this.");
  await tab.click("text=open");
  await tab.click("dialog form button");
  await tab.waitForSelector("dialog .lvt-failed");
  assert.match(await onTop(), /lvt-failed/);
  /* What is said there is not what the page itself shows. */
  server.answers.save = () => ({ success: false, errors: { a: "a is wrong" } });
  for (let n = 1; n <= 2; n++) {
    await tab.click("dialog form button");
    await until(() => server.actions.filter(({ action }) => action === "save").length, n + 1);
    await tab.waitForSelector("dialog .lvt-failed");
  }
  server.update({ 0: "1" });
  await until(() => text(tab, "dialog p"), "1");
  assert.match(await onTop(), /lvt-failed/);
  await tab.click("text=close");
  await tab.click("#bad");
  await tab.waitForSelector("body > .lvt-failed");
  assert.match(await onTop(), /lvt-failed/);
});

it("a page that tells of its errors by itself prevents that", PLAIN, async (tab, server) => {
  server.answers.bad = error("No.");
  await tab.evaluate(() => addEventListener("lvt:error", (event) => event.preventDefault()));
  await tab.click("#bad");
  await settled(tab);
  await tab.evaluate(() => new Promise((done) => setTimeout(done)));
  assert.equal(await tab.locator(".lvt-failed").count(), 0);
});

it("the same error twice is heard twice", PLAIN, async (tab, server) => {
  server.answers.save = () => ({ success: false, errors: { a: "is missing" } });
  const heard = [];
  for (const n of [1, 2]) {
    await tab.click("form button");
    await until(() => server.actions.length, n);
    await settled(tab);
    assert.equal(await says(tab), "is missing");
    heard.push(await tab.textContent(".lvt-announcer"));
  }
  /* What is the same is no news to a screen reader. */
  assert.notEqual(heard[0], heard[1]);
});

for (const status of [503, 429]) {
  it(`${status} with Retry-After: it is tried again then, with the same key`, PLAIN,
    async (tab, server) => {
      const at = [];
      server.answers.save = () => {
        at.push(Date.now());
        return at.length > 1 ? {} : { status, headers: { "Retry-After": "2" } };
      };
      await tab.fill("[name=a]", "x");
      await tab.click("form button");
      await until(() => at.length, 2);
      await settled(tab);
      assert.ok(at[1] - at[0] >= 1990, `${at[1] - at[0]} ms`);
      assert.equal(server.actions[0].key, server.actions[1].key);
      assert.equal(await value(tab, "[name=a]"), "");
    });
}

it("a sync that is told to wait waits", PLAIN, async (tab, server) => {
  const at = [];
  server.syncs = (response) => {
    at.push(Date.now());
    response.writeHead(503, { "Retry-After": "3" }).end();
  };
  assert.equal(await tab.evaluate(() => lvt.sync()), false);
  await until(() => at.length, 2);
  assert.ok(at[1] - at[0] >= 2990, `${at[1] - at[0]} ms`);
});

for (const [what, answer] of Object.entries({
  "401": (response) => response.writeHead(401).end(),
  "the address of a login": (response) => response.writeHead(303, { Location: "/login" }).end(),
})) {
  it(`a session that ended (${what}): the page is loaded anew`, PLAIN, async (tab, server) => {
    server.syncs = answer;
    await Promise.all([tab.waitForEvent("load"), tab.evaluate(() => { lvt.sync(); })]);
    /* Once: what comes may be no better. */
    await until(() => tab.locator(".lvt-announcer").count(), 1);
    await tab.evaluate(() => { window.here = true; lvt.sync(); });
    await tab.waitForSelector(".lvt-failed");
    assert.equal(await tab.evaluate(() => window.here), true);
  });
}

it("a session that ended does not cost what was typed", PLAIN, async (tab, server) => {
  await tab.fill("[name=a]", "long text");
  server.syncs = (response) => response.writeHead(401).end();
  await tab.evaluate(() => { lvt.sync(); });
  await tab.waitForSelector(".lvt-failed");
  assert.match(await says(tab), /Reload/);
  assert.equal(await value(tab, "[name=a]"), "long text");
});

it("a page that is not found any more stays, says so, and goes on when it is there again", PLAIN,
  async (tab, server) => {
    await tab.evaluate(() => { window.here = true; });
    server.syncs = (response) => response.writeHead(404).end();
    await tab.evaluate(() => { lvt.sync(); });
    await tab.waitForSelector(".lvt-failed");
    server.set(["1"]);
    await until(() => text(tab, "p"), "1");
    assert.equal(await tab.evaluate(() => window.here), true);
  });

it("what waits for a pause is sent when the page is left", {
  statics: ['<input name="q" lvt-input="search" lvt-debounce="60000"><p>', "</p>"], slots: ["0"],
}, async (tab, server) => {
  await tab.fill("input", "half a wor");
  await tab.goto("about:blank");
  await until(() => server.actions.length, 1);
  assert.equal(server.actions[0].data.q, "half a wor");
});

it("lvt-infinite that brings nothing, or fails, does not ask on and on", {
  statics: ['<div id="end" lvt-infinite="more">…</div><p>', "</p>"], slots: ["0"],
}, async (tab, server) => {
  await until(() => server.actions.length, 1);
  await settled(tab);
  server.set(["1"]);
  await until(() => text(tab, "p"), "1");
  await tab.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
  assert.equal(server.actions.length, 1);
});

const LIKES = {
  statics: ['<b id="n">', '</b><ul id="l">', '</ul><template id="t"><li>{v}</li></template>' +
    '<button id="one" lvt-click="one" lvt-data-v="1" lvt-optimistic="text #n {v}; append #l #t">1</button>' +
    '<button id="two" lvt-click="two" lvt-data-v="2" lvt-optimistic="text #n {v}; append #l #t">2</button>'],
  slots: ["0", { s: ['<li data-key="', '">', "</li>"], d: [{ 0: "a", 1: "a" }] }],
};
const liked = (tab) => tab.evaluate(() => document.querySelector("#n").textContent + " " +
  document.querySelector("#l").textContent);

it("of two guesses the first fails and the second comes true, in this order", LIKES,
  async (tab, server) => {
    server.hold = true;
    server.answers.one = () => ({ success: false, errors: { v: "no" } });
    server.answers.two = () => ({ tree: { 0: "2", 1: [["i", null, "end", { 0: "b", 1: "two" }]] } });
    await tab.click("#one");
    await tab.click("#two");
    assert.equal(await liked(tab), "2 a12");
    server.update({ 1: [["i", null, "start", { 0: "c", 1: "c" }]] });
    await until(() => liked(tab), "2 ca12");
    const steps = await tab.evaluateHandle(() => {
      const seen = [];
      addEventListener("lvt:done", () => seen.push(document.querySelector("#n").textContent + " " +
        document.querySelector("#l").textContent));
      return seen;
    });
    server.go();
    await settled(tab);
    assert.deepEqual(await steps.jsonValue(), ["2 ca2", "2 catwo"]);
  });

it("of two guesses the second fails, and the first one's truth is left", LIKES,
  async (tab, server) => {
    server.hold = true;
    server.answers.one = () => ({ tree: { 0: "1", 1: [["i", null, "end", { 0: "b", 1: "one" }]] } });
    server.answers.two = () => ({ success: false, errors: { v: "no" } });
    await tab.click("#one");
    await tab.click("#two");
    server.go();
    await settled(tab);
    assert.equal(await liked(tab), "1 aone");
  });

test("files: a reply that got lost is asked for with the same key and the same bytes", async () => {
  const server = await feature({ statics: ['<form lvt-submit="store"><input type="file" name="f">' +
    '<progress></progress><button>x</button></form><p>', "</p>"], slots: ["0"] });
  let lost = 0;
  server.answers[undefined] = () => lost++ ? {} : null;
  try {
    const tab = await newTab(await newPerson(), server.url);
    await until(() => tab.locator(".lvt-announcer").count(), 1);
    await tab.setInputFiles("[type=file]",
      { name: "a.txt", mimeType: "text/plain", buffer: Buffer.alloc(300000, "x") });
    await tab.click("button");
    await until(() => server.actions.length, 2);
    await settled(tab);
    assert.equal(server.actions[0].key, server.actions[1].key);
    assert.equal(server.actions[0].type, server.actions[1].type);
    assert.equal(server.actions[0].size, server.actions[1].size);
    assert.equal(await value(tab, "[type=file]"), "");
  } finally {
    await server.close();
  }
});

it("a hook that fails costs itself: all else of the client is there, and updates are shown", {
  statics: ['<i lvt-hook="bad">', '</i><input name="q" lvt-input="find" lvt-debounce="50">'],
  slots: ["0"],
}, async (tab, server) => {
  await tab.addInitScript(() => {
    window.failed = [];
    addEventListener("error", (event) => {
      event.preventDefault();
      failed.push(event.error);
    });
    addEventListener("DOMContentLoaded", () => {
      lvt.hooks.bad = { mounted() { throw "mounted"; }, updated() { throw "updated"; } };
    });
  });
  await tab.reload();
  await until(() => tab.evaluate(() => failed), ["mounted"]);
  let asked = 0;
  server.syncs = (response) => {
    asked++;
    response.writeHead(503).end();
  };
  for (const n of ["1", "2"]) {
    server.update({ 0: n });
    await until(() => text(tab, "i"), n);
  }
  await until(() => tab.evaluate(() => failed), ["mounted", "updated", "updated"]);
  assert.equal(asked, 0);
  await tab.click("[name=q]");
  /* In one go: a slow machine may pause between keys. */
  await tab.evaluate(() => {
    for (const letter of "abc") document.execCommand("insertText", false, letter);
  });
  await until(() => server.actions.map(({ data }) => data.q), ["abc"]);
});

it("a translator in the browser puts other nodes in place: updates are shown all the same", {
  statics: ["<p>Hello <b>", "</b>, ", " times</p><i>", "</i>"], slots: ["Ann", "1", "x"],
}, async (tab, server) => {
  await tab.evaluate(() => {
    const walker = document.createTreeWalker(document.querySelector("p"), NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode);
    for (const one of texts) {
      const font = document.createElement("font");
      one.replaceWith(font);
      font.append(one.data.toUpperCase());
    }
  });
  server.set(["Bob", "2", "y"]);
  await until(() => text(tab, "i"), "y");
  assert.equal(await text(tab, "p"), "Hello Bob, 2 times");
});

const BOXES = {
  statics: ["<ul>", "</ul><p>", "</p>"],
  slots: [{ s: ['<li data-key="', '"><b>', '</b><iframe srcdoc="at home"></iframe><details><summary>more</summary>x' +
    '</details><div popover id="pop-', '">pop</div><ul>', "</ul></li>"],
  d: ["a", "b", "c"].map((k) => ({ 0: k, 1: k, 2: k,
    3: { s: ['<li data-key="', '"><input name="i"></li>'], d: [{ 0: k + "1" }, { 0: k + "2" }] } })) }, "0"],
};

it("items that move keep their frames, open details and popovers, and what is typed in lists in them",
  BOXES, async (tab, server) => {
    const item = (selector) => `[data-key=c] ${selector}`;
    await until(() => tab.evaluate(() => [...document.querySelectorAll("iframe")].every((frame) =>
      frame.contentDocument && /at/.test(frame.contentDocument.body.textContent))), true);
    await tab.evaluate(() => { document.querySelector("[data-key=c] iframe").contentWindow.here = 1; });
    await tab.click(item("summary"));
    await tab.evaluate(() => document.querySelector("#pop-c").showPopover());
    await tab.fill("[data-key=c2] input", "typed");
    await tab.focus("[data-key=c2] input");
    server.update({ 0: [["m", "c", null], ["u", "c", { 1: "C", 3: [["m", "c2", null]] }]], 1: "1" });
    await until(() => text(tab, "p"), "1");
    assert.deepEqual(await tab.evaluate(() => {
      const it = document.querySelector("li");
      return [it.dataset.key, it.querySelector("iframe").contentWindow.here,
        it.querySelector("details").open, it.querySelector("[popover]").matches(":popover-open"),
        it.querySelector("input").value, document.activeElement === it.querySelector("input")];
    }), ["c", 1, true, true, "typed", true]);
  });

it("an element with autofocus that an update brings has the focus, unless somebody types", {
  statics: ['<button id="b" lvt-click="edit">Edit</button><input id="other">', "<p>", "</p>"],
  slots: ["", "0"],
}, async (tab, server) => {
  const field = (id) => ({ s: [`<input id="${id}" autofocus>`] });
  const focus = () => tab.evaluate(() => document.activeElement.id);
  server.answers.edit = () => ({ tree: { 0: field("one") } });
  await tab.click("#b");
  await until(focus, "one");
  await tab.focus("#other");
  server.update({ 0: field("two"), 1: "1" });
  await until(() => text(tab, "p"), "1");
  assert.equal(await focus(), "other");
});
