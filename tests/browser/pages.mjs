/*
 * pages.mjs - the tabs of a browser share one stream whatever pages of the app
 * they show, behind lighttpd: at localhost, where there are Web Locks, and at a
 * plain-HTTP name, where there are none.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { launch, leaderOf, newPerson, newTab, state, test, text, until } from "./harness.mjs";
import { serve } from "./site.mjs";

await launch(["--host-resolver-rules=MAP plain.test 127.0.0.1"]);
const site = await serve(["tests/browser/pagesapp"], {
  env: { LVT_TEMPLATES: join(process.env.LVT_SRCDIR, "tests/browser") },
});
const at = (host, path) => `http://${host}:${site.port}${path}`;
const count = (tab) => text(tab, "output");

/* The streams of a person's tabs. */
function streams(person) {
  const open = new Set();
  person.on("request", (request) => {
    const body = request.postData() || "";
    if (/_lvt\/stream/.test(request.url()) && (request.method() === "GET" ||
      body.startsWith('{"open"'))) open.add(request);
  });
  for (const over of ["requestfailed", "requestfinished"]) {
    person.on(over, (request) => open.delete(request));
  }
  return () => [...open].filter((request) => !request.frame().page().isClosed()).length;
}

/* Somebody else does something at a page. */
async function elsewhere(host, path) {
  const response = await fetch(at(host.replace("plain.test", "127.0.0.1"), path), {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ action: "add", data: {} }),
  });
  assert.equal(response.status, 200);
}

async function follows(tab, path, host = "localhost") {
  const page = await (await fetch(at(host.replace("plain.test", "127.0.0.1"), path))).text();
  const before = /<output>(\d+)/.exec(page)[1];
  await until(() => count(tab), before);
  await elsewhere(host, path);
  await until(() => count(tab), String(+before + 1));
}

for (const host of ["localhost", "plain.test"]) {
  test(`twelve tabs of mixed pages at ${host} stay live over one stream`, async () => {
    const person = await newPerson();
    const open = streams(person);
    const paths = ["/", "/a", "/b", "/c", "/room/x", "/room/y"];
    const tabs = [];
    for (let i = 0; i < 12; i++) tabs.push(await newTab(person, at(host, paths[i % 6])));
    await leaderOf(tabs);
    await until(open, 1);
    for (let i = 0; i < 6; i++) {
      const before = +await count(tabs[i]);
      await elsewhere(host, paths[i]);
      for (const tab of [tabs[i], tabs[i + 6]]) {
        await until(() => count(tab), String(before + 1));
      }
    }
    /* An action of one is seen in the other, and in no other page. */
    const others = await Promise.all(tabs.map(count));
    await tabs[7].click("text=+");
    await until(() => count(tabs[1]), String(+others[1] + 1));
    await until(() => count(tabs[7]), String(+others[7] + 1));
    assert.equal(await count(tabs[2]), others[2]);
    for (const tab of tabs) await until(() => state(tab), "live");
    await until(open, 1);

    /* The leader goes: another one takes all pages over. */
    const leader = await leaderOf(tabs);
    tabs.splice(tabs.indexOf(leader), 1);
    await leader.close();
    await leaderOf(tabs);
    for (const tab of tabs.slice(0, 5)) await follows(tab, new URL(tab.url()).pathname, host);
    await until(open, 1);
  });
}

test("channels of all tabs come over the one stream, each once and in order", async () => {
  const person = await newPerson();
  const tabs = [];
  for (const [path, pattern] of [["/", "bell.>"], ["/a", "bell.a"], ["/b", "bell.b"], ["/a", "bell.a"]]) {
    const tab = await newTab(person, at("localhost", path));
    await tab.evaluate((pattern) => {
      window.got = [];
      lvt.subscribe(pattern, (message) => got.push(message.gap ? "gap" : message.payload));
    }, pattern);
    tabs.push(tab);
  }
  await leaderOf(tabs);
  const got = (tab) => tab.evaluate(() => got);
  const ring = (bell, n) => site.run("tests/browser/pagesapp", ["publish", bell, "rang", String(n)]);
  /* Whoever joined with a channel that was new was told of a gap, or heard all. */
  await until(async () => {
    ring("bell.a", 0);
    ring("bell.b", 0);
    return Promise.all(tabs.map(got)).then((all) => all.every((list) => list.includes(0)));
  }, true);
  const last = async (tab) => (await got(tab)).filter((n) => n > 0);
  for (let n = 1; n <= 6; n++) ring(n % 2 ? "bell.a" : "bell.b", n);
  await until(() => last(tabs[0]), [1, 2, 3, 4, 5, 6]);
  for (const tab of [tabs[1], tabs[3]]) await until(() => last(tab), [1, 3, 5]);
  await until(() => last(tabs[2]), [2, 4, 6]);

  /* Also when the leader goes while they ring. */
  const leader = await leaderOf(tabs);
  const gone = tabs.indexOf(leader);
  const closing = leader.close();
  for (let n = 7; n <= 12; n++) ring(n % 2 ? "bell.a" : "bell.b", n);
  await closing;
  const wants = [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [1, 3, 5, 7, 9, 11],
    [2, 4, 6, 8, 10, 12], [1, 3, 5, 7, 9, 11]];
  for (let i = 0; i < 4; i++) {
    if (i !== gone) await until(() => last(tabs[i]), wants[i]);
  }
});

test("a tab that joins hears from its page's moment on", async () => {
  const person = await newPerson();
  const first = await newTab(person, at("localhost", "/"));
  await first.evaluate(() => lvt.subscribe("bell.>", () => 0));
  for (let n = 1; n <= 3; n++) {
    site.run("tests/browser/pagesapp", ["publish", "bell.a", "rang", String(n)]);
  }
  const tab = await newTab(person, at("localhost", "/a"));
  await tab.evaluate(() => {
    window.got = [];
    lvt.subscribe("bell.a", (message) => got.push(message.payload || "gap"));
  });
  await leaderOf([first, tab]);
  await until(async () => {
    site.run("tests/browser/pagesapp", ["publish", "bell.a", "rang", "7"]);
    return (await tab.evaluate(() => got)).includes(7);
  }, true);
  const got = await tab.evaluate(() => got);
  assert.ok(!got.includes(1) && !got.includes(2), "not what was before it: " + got);
});

test("a page that another tab shows for another group has a stream of its own", async () => {
  const person = await newPerson();
  const tabs = [];
  for (const of of ["ann", "bob", "ann"]) {
    tabs.push(await newTab(person, at("localhost", "/desk?of=" + of)));
  }
  await tabs[0].click("text=+");
  await until(() => count(tabs[0]), "1");
  await until(() => count(tabs[2]), "1");
  await tabs[1].click("text=+");
  await tabs[1].click("text=+");
  await until(() => count(tabs[1]), "2");
  for (const tab of tabs) await follows(tab, "/desk" + new URL(tab.url()).search);
  assert.equal(await count(tabs[1]), "3");
});

test("a tab turns to another page, as leader and as follower, over the same stream", async () => {
  const person = await newPerson();
  const tabs = [await newTab(person, at("localhost", "/")), await newTab(person, at("localhost", "/c")),
    await newTab(person, at("localhost", "/"))];
  const open = streams(person);
  /* Where there is much to do a leader may be silent for so long that another one
   * takes over in between, as it should; not each time. */
  for (let i = 0; i < 5; i++) {
    const leader = await leaderOf(tabs);
    await until(open, (n) => n <= 1);
    const before = open();
    for (const tab of tabs) await turns(tab);
    if (await leaderOf(tabs) === leader) {
      assert.equal(open(), before, "no other stream was needed");
      return;
    }
  }
  assert.fail("the leader was silent each time");
});

async function turns(tab) {
  await tab.click("nav >> text=a");
  await until(() => new URL(tab.url()).pathname, "/a");
  await follows(tab, "/a");
  await tab.click("nav >> text=b");
  await until(() => new URL(tab.url()).pathname, "/b");
  await follows(tab, "/b");
  await tab.goBack();
  await until(() => new URL(tab.url()).pathname, "/a");
  await follows(tab, "/a");
}
