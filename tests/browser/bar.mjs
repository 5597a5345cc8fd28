/* bar.mjs - what shows that a page is on its way. */
import assert from "node:assert/strict";
import { newPerson, newTab, state, test, until } from "./harness.mjs";
import { serve } from "./site.mjs";

const site = await serve(["counter"]);

const bar = (tab) => tab.evaluate(() =>
  getComputedStyle(document.querySelector("[data-lvt-id]"), "::before").content);

/* A person whose streams and other questions to the server wait for go(). */
async function slowPerson() {
  const person = await newPerson();
  let go;
  const gate = new Promise((resolve) => { go = resolve; });

  await person.route((url) => url.pathname.endsWith("/stream"), async (route) => {
    await gate;
    await route.continue().catch(() => {});
  });
  await person.route((url) => url.pathname === "/", async (route) => {
    if (!route.request().isNavigationRequest()) await gate;
    await route.continue().catch(() => {});
  });
  return { person, go };
}

test("a bar shows while the page connects, and is gone when it is live", async () => {
  const { person, go } = await slowPerson();
  const tab = await newTab(person, site.url(), { live: false });

  await until(() => state(tab), "connecting");
  assert.equal(await bar(tab), '""');
  go();
  await until(() => state(tab), "live");
  assert.equal(await bar(tab), "none");
});

test("a bar shows while an action is on its way", async () => {
  const { person, go } = await slowPerson();
  const tab = await newTab(person, site.url(), { live: false });

  await tab.click("text=+");
  await until(() => tab.locator("[aria-busy=true]").count(), 1);
  assert.equal(await bar(tab), '""');
  go();
  await until(() => tab.locator("[aria-busy=true]").count(), 0);
  await until(() => state(tab), "live");
  assert.equal(await bar(tab), "none");
});

test("a page may do without the bar", async () => {
  const { person, go } = await slowPerson();
  const tab = await newTab(person, site.url(), { live: false });

  await until(() => state(tab), "connecting");
  await tab.evaluate(() => document.documentElement.setAttribute("data-lvt-bar", "off"));
  assert.equal(await bar(tab), "none");
  go();
  await until(() => state(tab), "live");
});
