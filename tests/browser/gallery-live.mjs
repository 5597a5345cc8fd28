/*
 * gallery-live.mjs - the connection: the gallery's page "Live", section by
 * section, also at a plain-HTTP name, where there are no Web Locks, and in
 * tabs that are put away.
 */
import assert from "node:assert/strict";
import { launch, leaderOf, newPerson, newTab, settled, state, test, until } from "./harness.mjs";
import { gallery, says } from "./gallery-site.mjs";

await launch(["--host-resolver-rules=MAP plain.test 127.0.0.1"],
  ["--disable-back-forward-cache"]);
const { site, url, visit } = await gallery();

const lamp = (tab) => tab.evaluate(() =>
  getComputedStyle(document.querySelector(".lamp"), "::after").content);
const lines = (tab) => tab.locator("#offline li").allTextContents();
const bells = (tab) => tab.locator("#bells li").allTextContents();
/* The bells ring for all: a page is live a moment before it hears them. rung is
 * without these trials. */
let trial = 0;
async function ready(tabs) {
  for (const tab of tabs) {
    const n = `trial ${++trial}`;
    await until(async () => {
      site.run("gallery", ["publish", "gallery.bell", "rang", JSON.stringify({ n })]);
      return (await bells(tab)).some((line) => line.includes(n));
    });
  }
}
const rung = async (tab) => (await bells(tab)).filter((line) => !/trial/.test(line));
const send = async ({ at }, line) => {
  await at("offline", "input").fill(line);
  await at("offline", "button").click();
};

test("state: a stylesheet shows that the page is live, and that it is not", async () => {
  const { tab } = await visit("live");

  assert.equal(await lamp(tab), '" live"');
  await tab.context().setOffline(true);
  await until(() => lamp(tab), '" offline"');
  await tab.context().setOffline(false);
  await until(() => lamp(tab), '" live"');
});

test("state: without a stream the page asks by itself", async () => {
  const person = await newPerson();

  await person.route("**/_lvt/stream**", (route) => route.abort());
  const tab = await newTab(person, url("live"), { live: false });
  await until(() => lamp(tab), '" polling"');
  await send(await visit("live"), "seen by asking");
  await until(async () => (await lines(tab)).includes("seen by asking"), true);
});

test("who is here: a browser that comes is counted, and one that goes", async () => {
  const one = await visit("live");
  const here = () => says(one.at("watching", "p"));
  const before = parseInt(await until(here, (is) => /^\d+ here/.test(is)), 10);
  const two = await visit("live");

  await until(here, `${before + 1} here`);
  await two.tab.close();
  await until(here, `${before} here`);
});

test("channels: every browser hears it, once and in order", async () => {
  const [one, two] = [await visit("live"), await visit("live")];
  await ready([one.tab, two.tab]);

  for (let i = 0; i < 5; i++) await one.at("subscribe", "button").click();
  for (const each of [one, two]) await until(async () => (await rung(each.tab)).length, 5);
  assert.deepEqual(await rung(one.tab), await rung(two.tab));
  const numbers = (await rung(two.tab)).map((line) => +/\d+/.exec(line)[0]).reverse();
  assert.deepEqual(numbers, numbers.map((_, index) => numbers[0] + index));
});

test("channels: other programs speak there, too", async () => {
  const { tab } = await visit("live");

  await ready([tab]);
  site.run("gallery", ["publish", "gallery.bell", "rang", '{"n": "first of all"}']);
  await until(async () => (await bells(tab))[0], "rang, the first of all.");
});

test("offline: what was sent waits, and is there once", async () => {
  const one = await visit("live");
  const two = await visit("live");

  await one.tab.context().setOffline(true);
  await send(one, "from the tunnel");
  await send(one, "still in it");
  await until(() => state(one.tab), "offline");
  assert.equal((await lines(two.tab)).includes("from the tunnel"), false);
  await one.tab.context().setOffline(false);
  const arrived = async ({ tab }) => (await lines(tab)).filter((line) => /tunnel|still/.test(line));
  for (const each of [one, two]) {
    await until(() => arrived(each), ["from the tunnel", "still in it"]);
  }
  await settled(one.tab);
});

test("scripts: an action's reply, and a sync", async () => {
  const { tab, at } = await visit("live");

  await at("script", "#sum").click();
  await until(() => says(at("script", "#answer")), "5");
  await at("script", "#sync").click();
  await until(() => says(at("script", "#answer")), "live, by stream");
  assert.deepEqual(await tab.evaluate(async () => {
    const { success, error } = await lvt.action("nonsense");
    return [success, error.status];
  }), [false, 404]);
});

test("events of a page: connected, and updates with where they came from", async () => {
  const one = await visit("live");
  const two = await visit("live");
  const heard = ({ tab }) => tab.locator("#events li").allTextContents();

  await until(async () => (await heard(one)).some((line) => /^lvt:connected/.test(line)));
  await send(one, "an event");
  await until(async () => (await heard(two)).some((line) => /^lvt:updated.*"stream"/.test(line)));
  await until(async () => (await heard(one)).some((line) => /^lvt:updated.*"(reply|stream)"/.test(line)));
});

for (const [host, locks] of [["127.0.0.1", true], ["plain.test", false]]) {
  test(`twelve tabs at ${host} share one stream, and each hears a bell once`, async () => {
    const person = await newPerson();
    const tabs = [];

    for (let i = 0; i < 12; i++) tabs.push(await newTab(person, url("live").replace("127.0.0.1", host)));
    assert.equal(await tabs[0].evaluate(() => !!navigator.locks), locks);
    assert.equal(await tabs[0].evaluate(() => isSecureContext), locks);
    await leaderOf(tabs);
    await ready(tabs);
    const before = await Promise.all(tabs.map(async (tab) => (await rung(tab)).length));
    await tabs[11].click("#subscribe button");
    for (const [index, tab] of tabs.entries()) {
      await until(async () => (await rung(tab)).length, before[index] + 1);
      await until(() => state(tab), "live");
    }
    await leaderOf(tabs);
  });
}

test("a page that comes back from the back/forward cache is current", async () => {
  const one = await visit("live");
  const two = await visit("live");

  await one.tab.evaluate(() => {
    window.here = true;
    addEventListener("pageshow", ({ persisted }) => { window.persisted = persisted; });
  });
  await one.tab.goto(site.url("counter"));
  await send(two, "while you were away");
  await until(async () => (await lines(two.tab)).includes("while you were away"));
  /* There is no load to wait for. */
  await one.tab.goBack({ waitUntil: "commit" });
  assert.deepEqual(await one.tab.evaluate(() => [window.here, window.persisted]), [true, true]);
  await until(async () => (await lines(one.tab)).includes("while you were away"), true);
  await until(() => state(one.tab), "live");
  await send(two, "and now");
  await until(async () => (await lines(one.tab)).includes("and now"), true);
});
