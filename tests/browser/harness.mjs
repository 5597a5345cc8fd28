/*
 * harness.mjs - a headless Chromium for tests, and words to speak about tabs.
 *
 * A suite is FOO.mjs with tests by node's test runner (a title is a sentence),
 * and FOO.t, the two lines of shell that prove runs:
 *
 *     import { test, launch, newPerson, newTab, text, until } from "./harness.mjs";
 *
 *     const anna = await newPerson();            // own cookies, own storage
 *     test("two tabs of one person follow each other", async () => {
 *       const [one, two] = [await newTab(anna, url), await newTab(anna, url)];
 *       await one.click("#count button");
 *       await until(() => text(two, "#n"), "1");
 *     });
 *
 *     #!/bin/sh
 *     exec sh "$(dirname "$0")/run.sh" FOO.mjs
 *
 * test(title, fn)          a test; tabs that it opened are closed after it, and
 *                          script errors of a page make it fail
 * launch(flags, without)   the browser, started once, with these flags and without
 *                          those of Playwright; ends with the process
 * newPerson({ js: false }) a browser of its own as far as a server can tell
 * newTab(person, url)      a Playwright Page there; without a person a new one's.
 *                          Waits until the page is live by a stream, or polls as
 *                          there is none, unless { live: false }
 * text(tab, selector)      what an element says, without space around it
 * value(tab, selector)     what a control holds
 * state(tab)               data-lvt-state of the wrapper
 * until(fn, wanted, ms)    wait until fn() gives what is wanted (or something
 *                          true); at most ms, a minute by default, which a busy
 *                          machine may need; fails with both
 * settled(tab)             wait until no action of the tab is under way
 * view(tab)                the view id that the tab stands at
 * leads(tab)               whether it has the stream that tabs share
 * leaderOf(tabs)           waits until one of these does: that one
 * hang(tab)                stops it with all its locks: goOn()
 * freePort()               a TCP port that nobody has just now
 *
 * Environment: LVT_CHROMIUM (default /usr/bin/chromium), LVT_SRCDIR, LVT_BUILDDIR.
 */
import { after as afterAll, test as nodeTest } from "node:test";
import assert from "node:assert/strict";
import { setDefaultResultOrder } from "node:dns";
import { createServer } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { need } from "../www/load.mjs";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
  "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

/* Sites listen at 127.0.0.1. A browser tries that for "localhost", too; node 18
 * tries what the system names first, which may be ::1. */
setDefaultResultOrder("ipv4first");

let browser = null;
let opened = [];		/* what the present test opened */
let problems = [];

afterAll(() => browser && browser.close(), { timeout: 60000 });

/* Playwright makes a new --user-data-dir for each start, and removes it. */
export async function launch(flags = [], without = []) {
  if (!browser) {
    const { chromium } = need("playwright-core");
    const start = () => chromium.launch({
      executablePath: process.env.LVT_CHROMIUM || "/usr/bin/chromium",
      args: [...FLAGS, ...flags],
      ignoreDefaultArgs: without,
    });
    /* Where many start at once one may not come up: not twice in a row. */
    browser = await start().catch((error) => {
      process.stderr.write(`${error.stack}\n`.replace(/^/gm, "# "));
      return start();
    });
  }
  return browser;
}

export async function newPerson({ js = true, ...options } = {}) {
  const context = await (await launch()).newContext({ javaScriptEnabled: js, ...options });

  context.setDefaultTimeout(60000);
  context.js = js;
  opened.push(context);
  return context;
}

export async function newTab(person, url, { live = true } = {}) {
  const tab = await (person || await newPerson()).newPage();

  opened.push(tab);
  tab.on("pageerror", (error) => problems.push(error));
  tab.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) problems.push(message.text());
  });
  await tab.goto(url);
  if (live && tab.context().js !== false) {
    await until(() => ready(tab));
  }
  return tab;
}

/* A stream whose first event is late gives way to long polls for a while. */
async function ready(tab) {
  const why = await tab.getAttribute("[data-lvt-id]", "data-lvt-why") || "";

  return await state(tab) + " " + why === (why ? "polling none" : "live ");
}

export function test(title, fn) {
  return nodeTest(title, { timeout: 600000 }, async (t) => {
    const before = opened;
    opened = [];
    problems = [];
    try {
      await fn(t);
      assert.deepEqual(problems, [], "the pages' scripts had errors");
    } finally {
      for (const one of opened.reverse()) await one.close().catch(() => 0);
      opened = before;
    }
  });
}

export async function until(fn, wanted = Boolean, ms = 60000) {
  const end = Date.now() + ms;
  const right = typeof wanted === "function" ? wanted
    : (is) => isDeepStrictEqual(is, wanted);

  for (;;) {
    const is = await fn();
    if (right(is)) return is;
    if (Date.now() > end) {
      if (typeof wanted === "function") assert.fail(`never so: ${fn}, is ${is}`);
      assert.deepEqual(is, wanted);
    }
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

export async function text(tab, selector) {
  return (await tab.textContent(selector)).trim();
}

export const value = (tab, selector) => tab.inputValue(selector);

export const state = (tab) => tab.getAttribute("[data-lvt-id]", "data-lvt-state");

export const view = (tab) => tab.getAttribute("[data-lvt-id]", "data-lvt-view");

export const leads = (tab) => tab.evaluate(() => !!lvt.leading);

export async function leaderOf(tabs) {
  const one = (all) => all.filter(Boolean).length === 1;

  return tabs[(await until(() => Promise.all(tabs.map(leads)), one)).indexOf(true)];
}

/* No timer and no message from here on. */
export async function hang(tab) {
  const client = await tab.context().newCDPSession(tab);
  const paused = new Promise((resolve) => client.on("Debugger.paused", resolve));

  await client.send("Debugger.enable");
  await client.send("Debugger.pause");
  const stuck = tab.evaluate(() => 0);
  await paused;
  return async () => {
    await client.send("Debugger.resume");
    await stuck;
  };
}

export const settled = (tab) =>
  until(() => tab.locator("[aria-busy=true]").count(), 0);

/* Not one of those above 32767, which systems give to connections. */
const given = new Set();
export async function freePort() {
  for (;;) {
    const port = 10000 + Math.floor(Math.random() * 22000);
    /* Nor the one that was given before. */
    if (given.has(port)) continue;
    const server = createServer();
    const free = await new Promise((resolve) => {
      server.on("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (!free) continue;
    given.add(port);
    return port;
  }
}
