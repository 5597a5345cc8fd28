/*
 * tabs.mjs - many tabs of one browser share one stream, behind lighttpd: at
 * localhost, where there are Web Locks, and at a plain-HTTP name, where there
 * are none.
 */
import assert from "node:assert/strict";
import { hang, launch, leaderOf, leads, newPerson, newTab, state, test, text, until } from "./harness.mjs";
import { serve } from "./site.mjs";

await launch(["--host-resolver-rules=MAP plain.test 127.0.0.1"]);
const site = await serve(["counter"]);
const count = (tab) => text(tab, "output");

for (const [host, locks] of [["localhost", true], ["plain.test", false]]) {
  const url = `http://${host}:${site.port}/`;

  async function twelve() {
    const person = await newPerson();
    const tabs = [];
    for (let i = 0; i < 12; i++) tabs.push(await newTab(person, url));
    await leaderOf(tabs);
    return tabs;
  }
  async function same(tabs, n) {
    for (const tab of tabs) await until(() => count(tab), String(n));
  }

  test(`twelve tabs at ${host} stay live over one stream`, async () => {
    const tabs = await twelve();
    assert.equal(await tabs[0].evaluate(() => !!navigator.locks), locks);
    const before = +await count(tabs[0]);
    await tabs[11].click("text=+");
    await same(tabs, before + 1);
    await tabs[0].click("text=+");
    await same(tabs, before + 2);
    for (const tab of tabs) await until(() => state(tab), "live");
  });

  test(`when the leader at ${host} is closed another one takes over`, async () => {
    const tabs = await twelve();
    const before = +await count(tabs[0]);
    for (let round = 1; round <= 2; round++) {
      const leader = await leaderOf(tabs);
      tabs.splice(tabs.indexOf(leader), 1);
      await leader.close();
      await tabs[0].click("text=+");
      await same(tabs, before + round);
      await leaderOf(tabs);
    }
  });
}

test("a leader that says nothing any more is replaced", async () => {
  const person = await newPerson();
  const tabs = [];
  for (let i = 0; i < 3; i++) tabs.push(await newTab(person, `http://localhost:${site.port}/`));
  const leader = await leaderOf(tabs);
  tabs.splice(tabs.indexOf(leader), 1);
  const goOn = await hang(leader);
  await leaderOf(tabs);
  const before = +await count(tabs[0]);
  await tabs[0].click("text=+");
  await until(() => count(tabs[1]), String(before + 1));
  await goOn();
  await until(() => count(leader), String(before + 1));
  await until(() => leads(leader), false);
});

test("who goes back to a page in the back/forward cache finds it current", async () => {
  const person = await newPerson();
  const [one, two] = [await newTab(person, `http://localhost:${site.port}/`),
    await newTab(person, `http://localhost:${site.port}/`)];
  const before = +await count(one);
  await one.goto("about:blank");
  await two.click("text=+");
  await until(() => count(two), String(before + 1));
  await one.goBack();
  await until(() => count(one), String(before + 1));
  await two.click("text=+");
  await until(() => count(one), String(before + 2));
});

test("a tab that is frozen lets go of the stream, and catches up when it is resumed", async () => {
  const person = await newPerson();
  const tabs = [await newTab(person, `http://localhost:${site.port}/`),
    await newTab(person, `http://localhost:${site.port}/`)];
  const leader = await leaderOf(tabs);
  tabs.splice(tabs.indexOf(leader), 1);
  /* What Chromium does to pages that have been hidden for long. */
  await leader.evaluate(() => document.dispatchEvent(new Event("freeze")));
  await until(() => leads(tabs[0]), true);
  const before = +await count(tabs[0]);
  await tabs[0].click("text=+");
  await until(() => count(tabs[0]), String(before + 1));
  await leader.evaluate(() => document.dispatchEvent(new Event("resume")));
  await until(() => count(leader), String(before + 1));
});
