/*
 * debug.mjs - lvt-debug.js: a panel that opens by keys, and tells what happens;
 * and what lvt serve makes of it for whoever builds a page.
 */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { after } from "node:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { feature } from "./feature.mjs";
import { newPerson, newTab, settled, state, test, text, until } from "./harness.mjs";
import { serve } from "./site.mjs";
import { need } from "../www/load.mjs";

const page = {
  statics: ['<script src="/_lvt/lvt-debug.js" defer></script><button id="b" lvt-click="slow">x</button><p>',
    "</p><b>", "</b>"],
  slots: ["one", "two"],
};

function it(title, fn) {
  test(title, async () => {
    const server = await feature(page);
    try {
      const tab = await newTab(null, server.url);
      await tab.waitForLoadState("load");
      await until(() => tab.locator("section").count(), 1);
      await fn(tab, server);
    } finally {
      await server.close();
    }
  });
}

const panel = (tab) => tab.locator("section");

async function violations(tab, context) {
  await tab.evaluate(readFileSync(need.resolve("axe-core/axe.min.js"), "utf8"));
  const found = await tab.evaluate((context) => axe.run(context), context);
  return found.violations.map(({ id, nodes }) => [id, nodes[0].html]);
}

it("Alt+Shift+L opens the panel with the focus, and Escape gives it back", async (tab) => {
  await tab.focus("#b");
  assert.equal(await panel(tab).isVisible(), false);
  await tab.keyboard.press("Alt+Shift+L");
  await until(() => panel(tab).isVisible(), true);
  assert.equal(await tab.getByRole("button", { name: "lvt" }).getAttribute("aria-expanded"), "true");
  assert.equal(await tab.getByRole("region", { name: "lvt" }).count(), 1);
  await tab.keyboard.press("Escape");
  await until(() => panel(tab).isVisible(), false);
  assert.equal(await tab.evaluate(() => document.activeElement.id), "b");
});

it("it tells the connection, the parts of an update with their bytes, and how long actions took",
  async (tab, server) => {
    await tab.getByRole("button", { name: "lvt" }).click();
    await until(() => panel(tab).textContent(), (text) => /state(live)/.test(text));
    server.update({ 1: "three" });
    await until(() => panel(tab).locator("table").first().textContent(),
      (text) => /stream271$/.test(text));
    await tab.click("#b");
    await settled(tab);
    const row = panel(tab).locator("tr", { hasText: "slow" }).locator("td");
    await until(() => row.count(), 4);
    const [, ms, action, how] = await row.allTextContents();
    assert.ok(+ms >= 300, ms);
    assert.deepEqual([action, how], ["slow", "done"]);
  });

it("it makes the network slow, also after a reload", async (tab) => {
  await tab.getByRole("button", { name: "lvt" }).click();
  await tab.getByLabel("Simulated latency").selectOption("1000");
  const took = () => tab.evaluate(async () => {
    const began = performance.now();
    await lvt.action("any");
    return performance.now() - began;
  });
  assert.ok(await took() >= 1000);
  await tab.reload();
  await until(() => panel(tab).isVisible(), true);
  assert.ok(await took() >= 1000);
});

it("axe finds nothing wrong with it", async (tab) => {
  await tab.getByRole("button", { name: "lvt" }).click();
  await until(() => panel(tab).isVisible(), true);
  assert.deepEqual(await violations(tab, { include: [["div:last-of-type"]] }), []);
});

/* --- lvt serve ------------------------------------------------------------- */

const dir = mkdtempSync(join(tmpdir(), "lvt-debug-"));
after(() => rmSync(dir, { recursive: true, force: true }));
const file = join(dir, "counter.tmpl");
cpSync(join(process.env.LVT_SRCDIR, "examples/counter/counter.tmpl"), file);
const whole = readFileSync(file, "utf8");
const site = await serve(["counter"], { env: { LVT_TEMPLATES: dir } });

/* Whole or not at all, as editors do it. */
function write(content) {
  writeFileSync(file + ".new", content);
  renameSync(file + ".new", file);
}

/* The server's answer says that nothing but its own files may be used. */
async function strictPerson() {
  const person = await newPerson();
  await person.route("**/*", async (route) => {
    if (route.request().resourceType() !== "document") return route.continue();
    const response = await route.fetch();
    return route.fulfill({ response, headers: { ...response.headers(),
      "content-security-policy": "default-src 'self'; style-src 'self' 'unsafe-inline'" } });
  });
  return person;
}

const place = (tab) => tab.locator("main").boundingBox();

test("lvt serve gives a page the panel, and nothing of it is there before it is opened", async () => {
  const tab = await newTab(await strictPerson(), site.url());
  await tab.waitForLoadState("load");
  const before = await place(tab);
  const traces = () => tab.evaluate(() =>
    [...document.querySelectorAll("*")].filter((el) => el.shadowRoot).length);

  assert.equal(await traces(), 0);
  await tab.focus("text=+");
  await until(async () => {
    await tab.keyboard.press("Alt+Shift+L");
    return panel(tab).isVisible();
  });
  assert.deepEqual(await place(tab), before, "the page has moved");
  assert.deepEqual(await violations(tab), []);
  await tab.getByRole("button", { name: "Close" }).click();
  assert.equal(await traces(), 0);
  assert.equal(await tab.evaluate(() => document.activeElement.textContent), "+");
});

test("a template that changes shows at once in a page that is open", async () => {
  const tab = await newTab(null, site.url());
  await tab.click("text=+");
  await settled(tab);
  const n = await text(tab, "output");

  write(whole.replace("Everybody's counter", "A better counter"));
  await until(() => text(tab, "h1"), "A better counter");
  assert.equal(await text(tab, "output"), n);
  await tab.click("text=+");
  await until(() => text(tab, "output"), String(+n + 1));
});

test("a template that is broken says so in the page, where and what to do, until it is mended", async () => {
  const tab = await newTab(await strictPerson(), site.url());
  const alert = tab.getByRole("alert");

  write(whole.replace("{{.n}}</output>", "{{lenght .n}}</output>"));
  await until(() => alert.count(), 1);
  assert.match(await alert.textContent(), /counter\.tmpl:21:\d+: .*did you mean "len"/);
  assert.match(await alert.textContent(), /21 \|.*lenght[^]*\^[^]*Mend it in .*counter\.tmpl and save/);
  assert.deepEqual(await violations(tab), []);
  write(whole.replace("Everybody's counter", "A mended counter"));
  await until(() => text(tab, "h1"), "A mended counter");
  await until(() => alert.count(), 0);
});

test("the page of the error itself comes back when it is mended", async () => {
  write(whole.replace("{{.n}}</output>", "{{.n</output>"));
  const tab = await newTab(null, site.url(), { live: false });

  assert.match(await text(tab, "pre"), /counter\.tmpl:21:/);
  write(whole);
  await until(() => tab.locator("output").count().catch(() => 0), 1);
  await until(() => state(tab), "live");
});
