/*
 * examples.mjs - the examples as people use them: lighttpd, FastCGI workers,
 * companion and agent, and Chromium.
 */
import assert from "node:assert/strict";
import { newPerson, newTab, settled, state, test, text, until, value } from "./harness.mjs";
import { serve } from "./site.mjs";

const site = await serve(["counter", "todos", "chat", "dashboard", "orders", "documents",
  "gallery"]);
const counter = site.url("counter");

const said = (tab) => tab.locator("[role=log] li:not(.empty)").allTextContents();

/* What of a list stands in a tab, and how often. */
async function counts(tab, lines) {
  const all = await said(tab);
  return lines.map((line) => all.filter((one) => one.endsWith(" " + line)).length);
}

async function say(tab, who, line) {
  await tab.fill("[name=who]", who);
  await tab.fill("[name=text]", line);
  await tab.press("[name=text]", "Enter");
}

test("the index names every example", async () => {
  const tab = await newTab(null, site.url(), { live: false });

  for (const name of site.names) {
    assert.equal(await tab.locator(`main a[href="${name}/"]`).count(), 1, name);
  }
});

test("two tabs of one browser follow each other in the counter", async () => {
  const person = await newPerson();
  const one = await newTab(person, counter);
  const two = await newTab(person, counter);
  const before = +await text(one, "output");

  await one.click("text=+");
  await until(() => text(two, "output"), String(before + 1));
  await two.click("text=−");
  await until(() => text(one, "output"), String(before));
  await until(() => one.title(), `${before} · Counter`);
  await until(() => state(one), "live");
});

test("ten quick clicks count ten times", async () => {
  const tab = await newTab(null, counter);
  const before = +await text(tab, "output");

  for (let i = 0; i < 10; i++) await tab.click("text=+");
  await until(() => text(tab, "output"), String(before + 10));
});

test("two browsers chat in one room and see each message exactly once", async () => {
  const anna = await newTab(null, site.url("chat"));
  const ben = await newTab(null, site.url("chat"));
  const lines = [];

  for (let i = 0; i < 5; i++) {
    lines.push(`anna-${i}`, `ben-${i}`);
    await say(anna, "Anna", `anna-${i}`);
    await say(ben, "Ben", `ben-${i}`);
  }
  const once = lines.map(() => 1);
  await until(() => counts(anna, lines), once);
  await until(() => counts(ben, lines), once);
  assert.deepEqual(await said(anna), await said(ben));
  await until(() => value(anna, "[name=text]"), "");
  assert.equal(await value(anna, "[name=who]"), "Anna", "the name is kept");
});

test("the chat tells how many are here, and notices who leaves", async () => {
  const people = [await newTab(null, site.url("chat")), await newTab(null, site.url("chat"))];

  await until(() => text(people[0], "header p"), "2 here");
  await until(() => text(people[1], "header p"), "2 here");
  await people[1].close();
  await until(() => text(people[0], "header p"), "1 here");
});

test("an operator's announcement reaches open pages through the agent", async () => {
  const tab = await newTab(null, site.url("chat"));

  site.run("chat", ["publish", "ops.announce", "said", '"Back in five minutes"']);
  await until(() => tab.locator(".notice").allTextContents(), ["Back in five minutes"]);
});

test("dashboard broadcast changes two browsers' pages with no reload", async () => {
  const tabs = [await newTab(null, site.url("dashboard")), await newTab(null, site.url("dashboard"))];
  const figures = [{ id: "load", name: "Load", text: "0.42", percent: 21, high: false }];

  for (const tab of tabs) await tab.evaluate(() => { window.here = true; });
  site.run("dashboard", ["broadcast", "--all", "-"],
    JSON.stringify({ updated: "12:34:56", figures }));
  for (const tab of tabs) {
    await until(() => text(tab, "header p"), "as of 12:34:56");
    assert.equal(await text(tab, "#load b"), "0.42");
    assert.equal(await tab.title(), "Dashboard · 12:34:56");
    assert.equal(await tab.evaluate(() => window.here), true, "it was not reloaded");
  }
});

test("who comes after a broadcast has it, too", async () => {
  site.run("dashboard", ["broadcast", "--all", '{"notice": "Maintenance at ten"}']);
  const tab = await newTab(null, site.url("dashboard"));

  assert.equal(await text(tab, ".notice"), "Maintenance at ten");
});

test("todos shows a validation error without losing the typed text", async () => {
  const tab = await newTab(null, site.url("todos"));

  await tab.fill("[name=text]", "x");
  await tab.click("button[name=add]");
  await until(() => tab.locator("#text-error").allTextContents(), ["2 to 80 characters"]);
  assert.equal(await value(tab, "[name=text]"), "x");
  await tab.fill("[name=text]", "xylophone lessons");
  await tab.click("button[name=add]");
  await until(() => tab.locator("li .text").allTextContents(), ["xylophone lessons"]);
  /* The item may come by the stream, before the reply that ends the error. */
  await until(() => tab.locator("#text-error").count(), 0);
  await until(() => value(tab, "[name=text]"), "");
});

test("todos adds, toggles, searches, sorts, turns pages and deletes", async () => {
  const tab = await newTab(null, site.url("todos"));
  const rows = () => tab.locator("li .text").allTextContents();

  for (let i = 9; i > 0; i--) {
    await tab.fill("[name=text]", `thing ${i}`);
    await tab.click("button[name=add]");
    await until(() => value(tab, "[name=text]"), "");
  }
  await until(async () => (await rows()).length, 8);
  await tab.click("nav[aria-label=pages] >> text=2");
  await until(rows, ["thing 9"]);
  await tab.fill("[name=q]", "thing 3");
  await until(rows, ["thing 3"]);
  await tab.click("[aria-label='thing 3: done']");
  await until(() => tab.locator("li.done .text").allTextContents(), ["thing 3"]);
  await tab.fill("[name=q]", "");
  await tab.click("text=open first");
  await tab.click("nav[aria-label=pages] >> text=2");
  await until(rows, ["thing 3"]);
  await tab.click("[aria-label='delete thing 3']");
  await until(async () => (await rows()).length, 8);
  await until(() => text(tab, "header p"), "8 open of 8");
});

test("two visitors' todos are their own", async () => {
  const [anna, ben] = [await newTab(null, site.url("todos")), await newTab(null, site.url("todos"))];

  await anna.fill("[name=text]", "a secret");
  await anna.click("button[name=add]");
  await until(() => anna.locator("li .text").allTextContents(), ["a secret"]);
  await ben.reload();
  assert.deepEqual(await ben.locator("li .text").allTextContents(), []);
});

test("an order walks through three open pages, and back where nobody pays", async () => {
  const pages = await Promise.all(["", "stock", "payment"].map((page) =>
    newTab(null, site.url("orders") + page)));
  const [orders, stock, payment] = pages;
  const row = (tab, name) => tab.locator(`tr[data-key="${name}"] td`).allTextContents();
  const order = async (who, what, many) => {
    await orders.fill("[name=who]", who);
    await orders.selectOption("[name=item]", what);
    await orders.fill("[name=n]", many);
    await orders.click("button[name=order]");
  };

  await order("Ann", "cup", "2");
  await until(() => row(orders, 1), ["1", "Ann", "2 × cup", "18", "paid"]);
  await until(async () => (await row(stock, "cup"))[1], "8");
  await until(async () => (await row(payment, "Ann"))[1], "82");
  await order("Ben", "pot", "1");
  await until(async () => (await row(orders, 2))[4], "not paid, put back");
  await until(async () => (await row(stock, "pot"))[1], "2");
});

for (const js of [true, false]) {
  test(`who enters a room is led there, ${js ? "by the client" : "without a script"}`, async () => {
    const tab = await newTab(await newPerson({ js }), site.url("documents"));

    await tab.fill("[name=room]", "attic");
    await tab.click("[name=enter]");
    await tab.waitForURL("**/room/attic");
    assert.equal(await text(tab, "h1"), "attic");
  });
}

test("of two who edit one document the second keeps the text, and sees both", async () => {
  const room = site.url("documents") + "room/browser";
  const anna = await newTab(null, room);
  const ben = await newTab(null, room);
  const box = "article [name=text]";

  await anna.fill("[name=title]", "Plan");
  await anna.click("button[name=create]");
  await ben.waitForSelector(box);
  await anna.fill(box, "Anna was here");
  await ben.fill(box, "Ben was here");
  await anna.click("article button[name=save]");
  await until(() => text(ben, "article header p"), "version 2");
  assert.equal(await value(ben, box), "Ben was here");
  await ben.click("article form button[name=save]");
  await until(() => ben.locator(".conflict blockquote").allTextContents(), ["Anna was here"]);
  assert.equal(await value(ben, box), "Ben was here");
  await ben.click(".conflict button");
  await until(() => value(anna, box), "Ben was here");
  await until(() => ben.locator(".conflict").count(), 0);
});

test("without JavaScript the counter works", async () => {
  const tab = await newTab(await newPerson({ js: false }), counter);
  const before = +await text(tab, "output");

  await tab.click("text=+");
  await until(() => text(tab, "output"), String(before + 1));
  await tab.click("text=−");
  await until(() => text(tab, "output"), String(before));
});

test("without JavaScript todos works, and an error keeps what was typed", async () => {
  const tab = await newTab(await newPerson({ js: false }), site.url("todos"));

  await tab.fill("[name=text]", "y");
  await tab.click("button[name=add]");
  await until(() => tab.locator("#text-error").allTextContents(), ["2 to 80 characters"]);
  assert.equal(await value(tab, "[name=text]"), "y");
  await tab.fill("[name=text]", "yoga");
  await tab.click("button[name=add]");
  await until(() => tab.locator("li .text").allTextContents(), ["yoga"]);
  await tab.click("[aria-label='yoga: done']");
  await until(() => tab.locator("li.done .text").allTextContents(), ["yoga"]);
  await tab.click("[aria-label='delete yoga']");
  await until(() => tab.locator("li .text").count(), 0);
});

test("kill -9 of workers and companion during a chat loses and doubles nothing", async () => {
  const anna = await newTab(null, site.url("chat"));
  const ben = await newTab(null, site.url("chat"));
  const lines = [];

  for (let i = 0; i < 12; i++) {
    lines.push(`storm-${i}`);
    await say(i % 2 ? anna : ben, "Storm", `storm-${i}`);
    if (i % 3 === 0) await site.kill(/chat fcgi/);
    if (i % 4 === 1) await site.kill(/lvt-streamd/);
    await settled(i % 2 ? anna : ben);
  }
  const once = lines.map(() => 1);
  for (const tab of [anna, ben]) {
    await until(() => counts(tab, lines), once);
    await until(() => state(tab), "live");
  }
  assert.deepEqual(await said(anna), await said(ben));
});

test("SIGTERM stops everything and leaves no process", async () => {
  const { code, left } = await site.stop();

  assert.equal(code, 0);
  assert.deepEqual(left, []);
});
