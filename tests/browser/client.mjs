/* The client in a browser: see mock.mjs for the page. */
import assert from "node:assert/strict";
import { mock } from "./mock.mjs";
import { newPerson, newTab, settled, state, test, text, until, value, view }
  from "./harness.mjs";

/* A test with a server and a tab of its own. */
function it(title, fn, options) {
  test(title, async () => {
    const server = await mock(options);
    try {
      const tab = await newTab(null, server.url);
      await fn(tab, server);
    } finally {
      await server.close();
    }
  });
}

const number = (tab) => text(tab, "#n");
const items = (tab) => tab.locator("#list li span").allTextContents();
const key = (post) => post.headers["lvt-key"];

/* --- actions ------------------------------------------------------------ */

it("a click on a form's button changes the text", async (tab, server) => {
  await tab.click("#count button");
  await until(() => number(tab), "1");
  await tab.click("#count button[value='-1']");
  await until(() => number(tab), "0");
  const [first] = server.posts();
  assert.deepEqual(JSON.parse(first.body), { action: "add", data: { add: "", value: "" } });
  assert.equal(first.headers["content-type"], "application/json");
  assert.match(key(first), /^[\w-]{22}$/);
  assert.equal(server.count("GET", "/"), server.log.filter((r) => r.method === "GET").length);
});

it("lvt-click sends its lvt-data", async (tab) => {
  await tab.click("#ten");
  await until(() => number(tab), "10");
});

it("lvt-input sends what was typed, after a pause, and keeps the caret", async (tab, server) => {
  await tab.click("#q");
  /* In one go: a slow machine may pause between keys. */
  await tab.evaluate(() => {
    for (const letter of "abc") document.execCommand("insertText", false, letter);
  });
  await tab.keyboard.press("ArrowLeft");
  await until(() => server.state.q, "abc");
  await until(() => tab.getAttribute("#q", "value"), "abc");
  assert.equal(server.posts().length, 1);
  assert.equal(JSON.parse(server.posts()[0].body).data.q, "abc");
  await tab.keyboard.type("X");
  await until(() => server.state.q, "abXc");
  await settled(tab);
  assert.equal(await value(tab, "#q"), "abXc");
  assert.equal(await tab.evaluate(() => document.activeElement.selectionStart), 3);
});

it("actions are sent in order, one at a time", async (tab, server) => {
  const results = await tab.evaluate(() => Promise.all([
    lvt.action("slow"), lvt.action("add", { value: 10 }), lvt.action("slow"),
  ]));
  assert.deepEqual(results.map((r) => r.success), [true, true, true]);
  assert.deepEqual(results.map((r) => r.reply && r.reply.n), [1, undefined, 12]);
  assert.equal(new Set(server.posts().map(key)).size, 3);
  assert.equal(await number(tab), "12");
});

it("a form that is on its way is not sent twice", async (tab, server) => {
  await tab.evaluate(() => {
    const form = document.querySelector("#say");
    form.setAttribute("lvt-submit", "slow");
    form.requestSubmit();
    form.requestSubmit();
  });
  await until(() => number(tab), "1");
  await settled(tab);
  assert.equal(server.posts().length, 1);
});

for (const fault of [503, 500, "drop-before", "drop-after"]) {
  it(`after ${fault} the retry has the same key, and the action happens once`,
    async (tab, server) => {
      server.faults.post.push(fault);
      await tab.click("#count button");
      await until(() => number(tab), "1");
      await until(() => server.posts().length, 2);
      await settled(tab);
      assert.equal(key(server.posts()[0]), key(server.posts()[1]));
      assert.equal(server.state.n, 1);
    });
}

it("an action that does not exist ends with an error", async (tab) => {
  const result = await tab.evaluate(() => lvt.action("nonsense"));

  assert.equal(result.success, false);
  assert.equal(result.error.message, "no such action");
});

it("an action that failed is not tried again", async (tab, server) => {
  const result = await tab.evaluate(() => lvt.action("broken"));

  assert.deepEqual(result.error, { code: "failed", message: "it is broken", status: 500 });
  assert.equal(server.posts().length, 1);
});

/* --- forms -------------------------------------------------------------- */

it("a form that went through is empty again", async (tab) => {
  await tab.fill("#say input", "hello");
  await tab.fill("#say textarea", "world");
  await tab.press("#say input", "Enter");
  await until(() => items(tab), ["first", "second", "hello"]);
  await until(() => value(tab, "#say input"), "");
  assert.equal(await value(tab, "#say textarea"), "");
  assert.equal(await tab.evaluate(() => document.activeElement.name), "text");
});

it("lvt-change on a form sends all of it and empties nothing", async (tab, server) => {
  await tab.evaluate(() => {
    document.querySelector("#say").setAttribute("lvt-change", "slow");
  });
  await tab.fill("#say textarea", "draft");
  await tab.press("#say textarea", "Tab");
  await until(() => number(tab), "1");
  await settled(tab);
  assert.equal(await value(tab, "#say textarea"), "draft");
  assert.deepEqual(JSON.parse(server.posts()[0].body).data,
    { text: "", more: "draft", value: "draft" });
});

it("a form with lvt-action names its action there", async (tab, server) => {
  await tab.evaluate(() => {
    const field = Object.assign(document.createElement("input"),
      { type: "hidden", name: "lvt-action", value: "add" });
    document.querySelector("#say").append(field);
  });
  await tab.click("#say button");
  await until(() => number(tab), "1");
  assert.equal(JSON.parse(server.posts()[0].body).action, "add");
});

it("a form whose action another field names goes as without a script", async (tab) => {
  await tab.evaluate(() => {
    document.querySelector("#say button").name = "unknown";
  });
  await tab.fill("#say input", "x");
  await tab.click("#say button");
  await until(() => tab.textContent("body"), "posted text=x&more=&unknown=");
});

it("what is typed while a form is on its way stays", async (tab) => {
  await tab.evaluate(() => document.querySelector("#say").setAttribute("lvt-submit", "slow"));
  await tab.fill("#say input", "one");
  await tab.press("#say input", "Enter");
  await tab.fill("#say input", "two");
  await settled(tab);
  assert.equal(await value(tab, "#say input"), "two");
});

it("input that is not valid keeps what was typed and shows the error", async (tab, server) => {
  const seen = tab.evaluate(() => new Promise((resolve) => {
    document.addEventListener("lvt:error", (event) => resolve(event.detail), { once: true });
  }));
  await tab.fill("#say textarea", "my draft");
  await tab.click("#say button");
  await until(() => text(tab, "#error"), "say something");
  assert.equal(await value(tab, "#say textarea"), "my draft");
  assert.equal(await tab.getAttribute("#say input", "aria-invalid"), "true");
  assert.deepEqual((await seen).errors, { text: "say something" });

  /* What others do goes on below the error. */
  server.commit((s) => { s.n = 7; });
  await until(() => number(tab), "7");
  assert.equal(await text(tab, "#error"), "say something");
  assert.equal(await tab.getAttribute("#say input", "aria-invalid"), "true");

  await tab.fill("#say input", "now");
  await tab.click("#say button");
  await until(() => tab.locator("#error").count(), 0);
  await until(() => tab.getAttribute("#say input", "aria-invalid"), null);
  await until(() => items(tab), ["first", "second", "now"]);
});

it("a conflict keeps what was typed", async (tab) => {
  await tab.evaluate(() => document.querySelector("#say").setAttribute("lvt-submit", "conflict"));
  const conflict = tab.evaluate(() => new Promise((resolve) => {
    document.addEventListener("lvt:error", (event) => resolve(event.detail.conflict));
  }));
  await tab.fill("#say input", "mine");
  await tab.click("#say button");
  assert.equal(await conflict, true);
  assert.equal(await value(tab, "#say input"), "mine");
});

it("a reply brings the companion to the same view", async (tab, server) => {
  server.hidden((s) => { s.n = 5; });
  await tab.click("#count button");
  await until(() => number(tab), "6");
  await until(() => [...server.streams][0].view, server.view);
});

/* --- updates ------------------------------------------------------------ */

it("an update of the stream changes text, title and attributes around", async (tab, server) => {
  server.commit((s) => { s.n = 42; });
  await until(() => number(tab), "42");
  assert.equal(await tab.title(), "n is 42");
  assert.equal(await tab.getAttribute("body", "data-n"), "42");
  assert.equal(await view(tab), server.view);
});

it("an update that is contained in a reply is not applied again", async (tab, server) => {
  for (let n = 1; n <= 5; n++) {
    await tab.click("#count button");
    await until(() => number(tab), String(n));
  }
  server.commit((s) => { s.n = 100; });
  await until(() => number(tab), "100");
  assert.equal(server.log.filter((r) => (r.headers.accept || "").includes("vnd") &&
    r.method === "GET").length, 0, "and nothing had to be synced");
});

it("lists: what is typed, focused and selected in an item survives changes around it",
  async (tab, server) => {
    const input = "[data-key=b] input";
    await tab.fill(input, "note");
    await tab.evaluate((selector) => {
      const el = document.querySelector(selector);
      el.setSelectionRange(1, 3, "backward");
      el.blurs = 0;
      el.addEventListener("blur", () => { el.blurs++; });
    }, input);
    server.commit((s) => { s.items.unshift(["z", "zero"]); });
    await until(() => items(tab), ["zero", "first", "second"]);
    server.commit((s) => { s.items.splice(1, 1); s.items.push(["y", "last"]); });
    await until(() => items(tab), ["zero", "second", "last"]);
    server.commit((s) => { s.items.reverse(); s.items[1][1] = "changed"; });
    await until(() => items(tab), ["last", "changed", "zero"]);
    assert.deepEqual(await tab.evaluate((selector) => {
      const el = document.querySelector(selector);
      return [document.activeElement === el, el.value, el.selectionStart, el.selectionEnd];
    }, input), [true, "note", 1, 3]);
  });

it("a control that was edited is not overwritten, one that was not is", async (tab, server) => {
  server.commit((s) => { s.q = "theirs"; });
  await until(() => value(tab, "#q"), "theirs");
  await tab.evaluate(() => { document.querySelector("#q").value = "mine"; });
  server.commit((s) => { s.q = "theirs again"; });
  await until(() => tab.getAttribute("#q", "value"), "theirs again");
  assert.equal(await value(tab, "#q"), "mine");
  await tab.selectOption("#pick", "b");
  server.commit((s) => { s.n++; });
  await until(() => number(tab), "1");
  assert.equal(await value(tab, "#pick"), "b");
});

it("details stay open, and what is under lvt-ignore is left alone", async (tab, server) => {
  await tab.click("#details summary");
  await tab.evaluate(() => { document.querySelector("#foreign").innerHTML = "<i>x</i>"; });
  server.commit((s) => { s.n = 3; });
  await until(() => tab.locator("#details").textContent(), "more3");
  assert.equal(await tab.evaluate(() => document.querySelector("#details").open), true);
  assert.equal(await tab.innerHTML("#foreign"), "<i>x</i>");
});

it("stale makes the page sync", async (tab, server) => {
  server.hidden((s) => { s.n = 8; });
  server.stale();
  await until(() => number(tab), "8");
  await until(() => [...server.streams][0].view, server.view);
});

it("what a hidden page put off is done by any sync", async (tab, server) => {
  await tab.evaluate(() => {
    Object.defineProperty(document, "hidden", { get: () => true });
    lvt.subscribe("room.1", () => { window.heard = true; });
  });
  await until(() => [...server.streams][0].channels, ["room.1"]);
  server.hidden((s) => { s.n = 8; });
  server.stale();
  server.say("room.1", {});
  await until(() => tab.evaluate(() => window.heard));
  await tab.evaluate(() => lvt.sync());
  await until(() => number(tab), "8");
  await until(() => server.log.some((r) => r.method === "POST" && r.body.includes(server.view)));
});

it("an update from another view makes the page sync", async (tab, server) => {
  server.hidden((s) => { s.n = 8; });
  server.row("update", { page: "/", base: "x".repeat(22), view: "y".repeat(22), rev: 9,
    tree: { 0: "never" } });
  [...server.streams][0].response.write(`id: ${server.head}\nevent: update\ndata: ${
    JSON.stringify(server.rows.at(-1).data)}\n\n`);
  await until(() => number(tab), "8");
});

it("an update that does not fit makes the page ask for all of it", async (tab, server) => {
  const from = server.view;
  server.hidden((s) => { s.n = 9; });
  server.row("update", { page: "/", base: from, view: server.view, rev: 9,
    tree: { 1: [["r", "no such item"]] } });
  await until(() => number(tab), "9");
});

it("statics that were late are fetched again", async (tab, server) => {
  server.faults.statics = 503;
  await tab.reload();
  server.commit((s) => { s.n = 4; });
  await until(() => server.count("GET", "statics") >= 2);
  server.faults.statics = null;
  await until(() => number(tab), "4");
});

/* --- connections -------------------------------------------------------- */

it("a stream that breaks is opened again and brings what was missed, once", async (tab, server) => {
  await tab.evaluate(() => {
    window.got = [];
    lvt.subscribe("room.*", (message) => got.push(message.payload));
  });
  await until(() => [...server.streams][0].channels, ["room.*"]);
  server.say("room.lobby", 1);
  await until(() => tab.evaluate(() => got), [1]);
  server.cut();
  server.say("room.lobby", 2);
  server.commit((s) => { s.n = 1; });
  server.say("room.lobby", 3);
  await until(() => number(tab), "1");
  await until(() => tab.evaluate(() => got), [1, 2, 3]);
  await until(() => state(tab), "live");
});

it("a page that is told late to sync goes back to no older position", async (tab, server) => {
  await tab.evaluate(() => {
    window.got = [];
    lvt.subscribe("room.*", (message) => got.push(message.payload));
  });
  await until(() => [...server.streams][0].channels, ["room.*"]);
  for (const n of [1, 2]) server.say("room.lobby", n);
  await until(() => tab.evaluate(() => got), [1, 2]);
  const before = server.count("GET", "/");
  [...server.streams][0].response.write(
    `id: ${server.rows.at(-2).id}\nevent: stale\ndata: {"page":"/","spread":0}\n\n`);
  await until(() => server.count("GET", "/") > before);
  server.cut();
  server.say("room.lobby", 3);
  await until(() => tab.evaluate(() => got.includes(3)));
  assert.deepEqual(await tab.evaluate(() => got), [1, 2, 3]);
});

it("a sync shows its token, so that the next one may replay as far back", async (tab, server) => {
  await tab.evaluate(() => lvt.sync());
  const [sync] = server.log.filter(({ headers }) => /vnd\.lvt/.test(headers.accept) &&
    headers["if-none-match"]);
  assert.equal(sync.headers["lvt-token"], server.good);
});

it("without a heartbeat the stream is given up and opened again", async (tab, server) => {
  await until(() => server.streams.size, 1);
  server.heartbeat = 100;
  server.cut();
  await until(() => server.count("GET", "stream?") >= 4);
}, { heartbeat: 100 });

test("a stream that is silent between its heartbeats stays open", async () => {
  const server = await mock({ heartbeat: 15000 });
  try {
    const person = await newPerson();
    await person.clock.install();
    const tab = await newTab(person, server.url);
    await person.clock.fastForward(14000);
    server.commit((s) => { s.n = 1; });
    await until(() => number(tab), "1");
    assert.equal(server.count("GET", "stream?"), 1);
  } finally {
    await server.close();
  }
});

it("a token that is no longer good is replaced", async (tab, server) => {
  server.good = "token-1";
  server.cut();
  server.commit((s) => { s.n = 1; });
  await until(() => number(tab), "1");
  await until(() => state(tab), "live");
});

it("a companion that does not know the stream makes the client reconnect", async (tab, server) => {
  [...server.streams][0].conn = "another";
  server.hidden((s) => { s.n = 5; });
  await tab.evaluate(() => lvt.sync());
  await until(() => server.count("GET", "stream?"), 2);
  server.commit((s) => { s.n++; });
  await until(() => number(tab), "6");
});

for (const fault of ["refuse", "html", "hang", 503, 404, 401]) {
  test(`where the stream is no use (${fault}) the client long-polls`, async () => {
    const server = await mock();
    server.faults.stream = fault;
    try {
      const tab = await newTab(null, server.url, { live: false });
      await until(() => server.count("GET", "mode=poll"));
      for (let n = 1; n <= 3; n++) {
        server.commit((s) => { s.n = n; });
        await until(() => number(tab), String(n));
      }
      assert.equal(await tab.evaluate(() => lvt.transport), "long-poll");
      await tab.click("#count button");
      await until(() => number(tab), "4");
    } finally {
      await server.close();
    }
  });
}

for (const [fault, why] of [["hang", "buffered"], ["html", "refused"], ["refuse", "broken"],
  [401, "refused"]]) {
  test(`a page whose streams come to nothing (${fault}) settles on polling, and says why`,
    async () => {
      const server = await mock();
      server.faults.stream = server.faults.longPoll = server.faults.told = fault;
      try {
        const tab = await newTab(null, server.url, { live: false });
        await until(() => state(tab), "polling");
        /* One try of each, of at most two seconds, before it first asked. */
        if (fault === "hang" || fault === "html") {
          const asked = server.log.findIndex(({ headers }) => /vnd\.lvt/.test(headers.accept));
          const tries = server.log.slice(0, asked).filter(({ method, url }) =>
            method === "GET" && url.includes("_lvt/stream?"));
          assert.deepEqual(tries.map(({ url }) => url.includes("mode=poll")), [false, true]);
        }
        assert.equal(await tab.getAttribute("[data-lvt-id]", "data-lvt-why"), why);
        assert.equal(await tab.evaluate(() => lvt.why), why);
        server.commit((s) => { s.n = 1; });
        await until(() => number(tab), "1");
        if (fault === "hang") return;
        server.faults.stream = server.faults.longPoll = null;
        await until(() => state(tab), "live");
        await until(() => tab.getAttribute("[data-lvt-id]", "data-lvt-why"), null);
      } finally {
        await server.close();
      }
    });
}

test("where neither works the client asks every few seconds", async () => {
  const server = await mock();
  server.faults.stream = server.faults.longPoll = "refuse";
  try {
    const tab = await newTab(null, server.url, { live: false });
    await until(() => state(tab), "polling");
    server.commit((s) => { s.n = 1; });
    await until(() => number(tab), "1");

    /* And takes the stream again when it can be had. */
    server.faults.stream = server.faults.longPoll = null;
    await until(() => state(tab), "live");
  } finally {
    await server.close();
  }
});

it("who leaves the page says so to the companion", async (tab, server) => {
  const [{ conn }] = server.streams;
  await tab.goto("about:blank");
  await until(() => server.byes, [conn]);
});

it("a page that is frozen says so, and has a stream again when it is resumed",
  async (tab, server) => {
    const [{ conn }] = server.streams;
    await tab.evaluate(() => document.dispatchEvent(new Event("freeze")));
    await until(() => server.byes, [conn]);
    await until(() => server.streams.size, 0);
    server.hidden((s) => { s.n = 5; });
    await tab.evaluate(() => document.dispatchEvent(new Event("resume")));
    await until(() => number(tab), "5");
    await until(() => server.streams.size, 1);
    assert.equal(server.log.filter((r) => (r.headers.accept || "").includes("vnd") &&
      r.method === "GET").length, 1, "one conditional request put it right");
  });

it("without a companion the client asks", async (tab, server) => {
  assert.equal(await state(tab), "polling");
  server.commit((s) => { s.n = 1; });
  await until(() => number(tab), "1");
  assert.equal(server.count("GET", "stream"), 0);
}, { companion: false });

it("offline is said, and online brings the page up to date", async (tab, server) => {
  await tab.context().setOffline(true);
  server.cut();
  await until(() => state(tab), "offline");
  server.hidden((s) => { s.n = 3; });
  const clicked = tab.evaluate(() => lvt.action("add"));
  await tab.context().setOffline(false);
  assert.equal((await clicked).success, true);
  await until(() => number(tab), "4");
  await until(() => state(tab), "live");
});

test("events tell of connections, actions and updates", async () => {
  const server = await mock();
  try {
    const person = await newPerson();
    await person.addInitScript(() => {
      window.seen = [];
      for (const name of ["connected", "disconnected", "pending", "success", "done", "updated"]) {
        addEventListener("lvt:" + name, () => seen.push(name));
      }
    });
    const tab = await newTab(person, server.url);
    await tab.click("#ten");
    await until(() => tab.evaluate(() => seen.includes("done")));
    server.cut();
    await until(() => tab.evaluate(() => seen.filter((name) => name === "connected").length), 2);
    const seen = (await tab.evaluate(() => seen)).filter((name) => name !== "updated");
    assert.deepEqual(seen, ["connected", "pending", "success", "done", "disconnected", "connected"]);
    assert.equal(await tab.evaluate(() => seen.includes("updated")), true);
  } finally {
    await server.close();
  }
});

test("without scripts the page is there", async () => {
  const server = await mock();
  try {
    const tab = await newTab(await newPerson({ js: false }), server.url);
    assert.equal(await number(tab), "0");
  } finally {
    await server.close();
  }
});
