/*
 * frozen.mjs - tabs that the browser hides and freezes in earnest, behind lighttpd.
 *
 * Playwright makes every page of its own look visible, and what is visible is not
 * frozen. So these tabs are opened and spoken to past it, by Chromium's own protocol.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { launch, test, until } from "./harness.mjs";
import { mock } from "./mock.mjs";
import { serve } from "./site.mjs";

const browser = await launch();
const cdp = await browser.newBrowserCDPSession();
const site = await serve(["tests/browser/pagesapp"], {
  env: { LVT_TEMPLATES: join(process.env.LVT_SRCDIR, "tests/browser") },
});
const answers = new Map();
let calls = 0;

cdp.on("Target.receivedMessageFromTarget", ({ message }) => {
  const { id, result, error } = JSON.parse(message);
  if (answers.has(id)) answers.get(id)(error || result);
  answers.delete(id);
});

/* The last one that is opened is in front; it hides the others. */
async function open(url) {
  const { targetId } = await cdp.send("Target.createTarget", { url });
  const { sessionId } = await cdp.send("Target.attachToTarget", { targetId, flatten: false });
  const send = (method, params) => new Promise((resolve) => {
    answers.set(++calls, resolve);
    cdp.send("Target.sendMessageToTarget",
      { sessionId, message: JSON.stringify({ id: calls, method, params }) });
  });
  return {
    async evaluate(fn) {
      const { result } = await send("Runtime.evaluate",
        { expression: `(${fn})()`, returnByValue: true, awaitPromise: true });
      return result && result.value;
    },
    freeze: () => send("Page.setWebLifecycleState", { state: "frozen" }),
    resume: () => send("Page.setWebLifecycleState", { state: "active" }),
    show: () => cdp.send("Target.activateTarget", { targetId }),
    close: () => cdp.send("Target.closeTarget", { targetId }),
  };
}

const state = (tab) => tab.evaluate(() => window.lvt && lvt.state);
const leads = (tab) => tab.evaluate(() => !!window.lvt && !!lvt.leading);
const count = (tab) => tab.evaluate(() => +document.querySelector("output").textContent);
const events = (tab) => tab.evaluate(() => window.events);

async function add() {
  const { status } = await fetch(site.url(), { method: "POST",
    headers: { "Content-Type": "application/json" }, body: '{"action":"add","data":{}}' });
  assert.equal(status, 200);
}

async function live(url) {
  const tab = await open(url);
  await until(() => state(tab), "live");
  await tab.evaluate(() => {
    window.events = [];
    for (const name of ["freeze", "resume"]) {
      document.addEventListener(name, () => events.push(name));
    }
  });
  return tab;
}

test("a page that is frozen says so to the companion, and is current when it is resumed", async () => {
  const server = await mock();
  try {
    const tab = await live(server.url);
    const [{ conn }] = server.streams;
    const blank = await open("about:blank");
    await until(() => tab.evaluate(() => document.hidden), true);
    await tab.freeze();
    await until(() => server.byes, [conn]);
    server.hidden((s) => { s.n = 5; });
    await tab.resume();
    await until(() => events(tab), ["freeze", "resume"]);
    await until(() => tab.evaluate(() => document.querySelector("#n").textContent), "5");
    await blank.close();
    await tab.close();
  } finally {
    await server.close();
  }
});

test("a leader that is frozen is replaced, and follows when it is resumed", async () => {
  const first = await live(site.url());
  await until(() => leads(first), true);
  const second = await live(site.url());
  assert.equal(await leads(second), false);
  const before = await count(second);
  await first.freeze();
  await until(() => leads(second), true);
  await add();
  await until(() => count(second), before + 1);
  await first.resume();
  await until(() => count(first), before + 1);
  await add();
  for (const tab of [first, second]) await until(() => count(tab), before + 2);
  assert.equal((await Promise.all([first, second].map(leads))).filter(Boolean).length, 1);
  await first.close();
  await second.close();
});
