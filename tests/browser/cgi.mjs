/*
 * cgi.mjs - the counter as plain CGI: no worker stays, no companion, no agent.
 */
import assert from "node:assert/strict";
import { newPerson, newTab, state, test, text, until } from "./harness.mjs";
import { serve } from "./site.mjs";

const site = await serve(["counter"], { cgi: true });

test("nothing but the web server runs", () => {
  assert.deepEqual(site.processes(/counter|lvt-streamd/), []);
});

test("a page of plain CGI settles on polling and says so", async () => {
  const tab = await newTab(null, site.url());

  await until(() => state(tab), "polling");
});

test("two browsers follow each other by polling", async () => {
  const one = await newTab(null, site.url());
  const two = await newTab(null, site.url());
  const before = +await text(one, "output");

  await one.click("text=+");
  await until(() => text(one, "output"), String(before + 1));
  await until(() => text(two, "output"), String(before + 1));
});

test("without JavaScript the form posts and the page comes back", async () => {
  const tab = await newTab(await newPerson({ js: false }), site.url());
  const before = +await text(tab, "output");

  await tab.click("text=+");
  await until(() => text(tab, "output"), String(before + 1));
});
