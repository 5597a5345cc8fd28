/*
 * handover.mjs - the tabs of a browser change who leads, join late and hang, in
 * the worst order: every channel is heard once, in order, and nobody is told of
 * a gap that there is not.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { hang, launch, leaderOf, leads, newPerson, newTab, test, until } from "./harness.mjs";
import { serve } from "./site.mjs";

await launch(["--host-resolver-rules=MAP plain.test 127.0.0.1"]);
const site = await serve(["tests/browser/pagesapp"], {
  env: { LVT_TEMPLATES: join(process.env.LVT_SRCDIR, "tests/browser") },
});
const ring = (bell, n) => site.run("tests/browser/pagesapp", ["publish", bell, "rang", String(n)]);
const got = (tab) => tab.evaluate(() => got);
const lvt = (...args) => execFileSync(join(process.env.LVT_BUILDDIR, "lvt"), args,
  { encoding: "utf8" }).trim();

/* Greetings of a tab can be held back: say() lets the last one go. */
async function person() {
  const one = await newPerson();

  await one.addInitScript(() => {
    const post = BroadcastChannel.prototype.postMessage;
    let held = null;

    window.hold = () => { held = { list: [] }; };
    window.say = (change) => {
      const [channel, what] = held.list.pop();
      held = null;
      post.call(channel, { ...what, hello: { ...what.hello, ...change } });
    };
    window.holds = () => held.list.length;
    BroadcastChannel.prototype.postMessage = function (what) {
      if (held && what.hello) held.list.push([this, what]);
      else post.call(this, what);
    };
  });
  return one;
}

/* A tab that hears its bell; got is what that said, but for trials. */
async function listener(of, host, path, bell) {
  const tab = await newTab(of, `http://${host}:${site.port}${path}`);

  tab.bell = bell;
  await hear(tab, bell);
  return tab;
}

async function hear(tab, bell) {
  await tab.evaluate((bell) => {
    window.got = [];
    window.tried = new Set();
    lvt.subscribe(bell, ({ gap, payload }) => {
      if (gap || payload >= 0) got.push(gap ? "gap" : payload);
      else tried.add(payload);
    });
  }, bell);
}

/* All hear what rings from here on: no earlier can be asked of a subscription. */
let trial = 0;
async function ready(tabs) {
  for (const tab of tabs) {
    const now = --trial;
    await until(() => {
      ring(tab.bell, now);
      return tab.evaluate((now) => tried.has(now), now);
    });
  }
}

async function three(host) {
  const one = await person();
  const tabs = [];
  for (const [path, bell] of [["/", "bell.c"], ["/a", "bell.a"], ["/b", "bell.b"]]) {
    tabs.push(await listener(one, host, path, bell));
  }
  await ready(tabs);
  return tabs;
}

const heard = (tab, wanted) => until(() => got(tab), wanted);

for (const host of ["localhost", "plain.test"]) {
  test(`a tab at ${host} that is slow to greet the next leader loses nothing`, async () => {
    const tabs = await three(host);
    const leader = await leaderOf(tabs);
    const others = tabs.filter((tab) => tab !== leader);
    for (const tab of others) await tab.evaluate(() => hold());
    await leader.close();
    const next = await leaderOf(others);
    const late = others.find((tab) => tab !== next);

    /* The new stream goes on without what the late one wants. */
    ring(late.bell, 1);
    ring(next.bell, 2);
    await heard(next, [2]);
    await late.evaluate(() => { say(); lvt.sync(); });
    await heard(late, [1]);
    ring(late.bell, 3);
    ring(next.bell, 4);
    await heard(late, [1, 3]);
    await heard(next, [2, 4]);
  });

  test(`every one of twelve tabs at ${host} hears all bells while they close one by one`, async () => {
    const one = await person();
    let tabs = [];
    for (let i = 0; i < 12; i++) {
      tabs.push(await listener(one, host, "/", "bell.>"));
      tabs[i].bell = "bell.a";
    }
    await ready(tabs);
    const rung = [];
    while (tabs.length > 1) {
      const leader = await leaderOf(tabs);
      const closing = leader.close();
      for (let i = 0; i < 3; i++) {
        rung.push(rung.length);
        ring("bell." + "abc"[i], rung.at(-1));
      }
      await closing;
      tabs = tabs.filter((tab) => tab !== leader);
      if (tabs.length % 3 === 1) for (const tab of tabs) await heard(tab, rung);
    }
  });
}

test("a tab that is new to a channel makes no gap, whatever went by unheard", async () => {
  const one = await person();
  const first = await listener(one, "localhost", "/a", "bell.a");
  await ready([first]);
  /* Nobody hears these: the stream does not move, but the new page is later. */
  for (let n = 1; n <= 3; n++) ring("bell.z", n);
  await one.addInitScript(() => hold());
  const second = await listener(one, "localhost", "/b", "bell.b");
  await until(() => second.evaluate(() => holds()), (n) => n > 0);
  await second.evaluate(() => say());
  await ready([first, second]);
  ring("bell.a", 4);
  ring("bell.b", 5);
  await heard(first, [4]);
  await heard(second, [5]);
});

test("a channel that the leader came to late is whole for a tab that was there before", async () => {
  const one = await person();
  const first = await listener(one, "localhost", "/", "bell.c");
  await leaderOf([first]);
  await ready([first]);
  const second = await newTab(one, `http://localhost:${site.port}/b`);
  await until(() => leads(second), false);
  await second.evaluate(() => hold());
  second.bell = "bell.b";
  await hear(second, "bell.b");
  await until(() => second.evaluate(() => holds()), (n) => n > 0);
  ring("bell.b", 1);
  await first.evaluate(() => {
    window.late = [];
    lvt.subscribe("bell.b", ({ payload }) => late.push(payload));
  });
  await until(async () => {
    ring("bell.b", -1e6);
    return first.evaluate(() => late.includes(-1e6));
  });
  ring("bell.b", 2);
  await until(() => first.evaluate(() => late.includes(2)));
  await second.evaluate(() => say());
  await heard(second, [1, 2]);
});

test("an answer to a tab's greeting of before is none to what it wants to hear now", async () => {
  const one = await person();
  const first = await listener(one, "localhost", "/", "bell.c");
  await leaderOf([first]);
  await ready([first]);
  const second = await newTab(one, `http://localhost:${site.port}/b`);
  await second.evaluate(() => hold());
  await hear(second, "bell.b");
  await until(() => second.evaluate(() => holds()), (n) => n > 0);
  ring("bell.b", 1);
  ring("bell.c", 2);
  await heard(first, [2]);
  /* When it wanted nothing yet. */
  await second.evaluate(() => say({ wants: [], nth: 0 }));
  await heard(second, [1]);
});

test("what the leader leaves is still heard by a tab of another page", async () => {
  const one = await person();
  const first = await newTab(one, `http://localhost:${site.port}/`);
  await leaderOf([first]);
  const second = await listener(one, "localhost", "/b", "bell.b");
  await ready([second]);
  await first.evaluate(() => {
    window.leave = lvt.subscribe("bell.b", ({ payload }) => { window.last = payload; });
  });
  await until(async () => {
    ring("bell.b", -1e6);
    return first.evaluate(() => window.last === -1e6);
  });
  await first.evaluate(() => leave());
  /* What it says of its channels has arrived when it hears another one. */
  first.bell = "bell.c";
  await hear(first, "bell.c");
  await ready([first]);
  ring("bell.b", 1);
  await heard(second, [1]);
});

test("a leader that hung finds another one leading, and nobody missed or doubled a bell", async () => {
  const tabs = await three("localhost");
  const leader = await leaderOf(tabs);
  const others = tabs.filter((tab) => tab !== leader);
  const goOn = await hang(leader);
  for (const tab of tabs) ring(tab.bell, 1);
  await leaderOf(others);
  for (const tab of others) await heard(tab, [1]);
  for (const tab of tabs) ring(tab.bell, 2);
  await goOn();
  for (const tab of tabs) ring(tab.bell, 3);
  for (const tab of tabs) await heard(tab, [1, 2, 3]);
});

test("a tab that was put away and has come back may lead", async () => {
  const tabs = await three("localhost");
  await tabs.pop().close();
  const leader = await leaderOf(tabs);
  const [tab] = tabs.filter((one) => one !== leader);

  await tab.evaluate(() => document.dispatchEvent(new Event("freeze")));
  ring(tab.bell, 1);
  await tab.evaluate(() => document.dispatchEvent(new Event("resume")));
  await heard(tab, [1]);
  await leader.close();
  ring(tab.bell, 2);
  await heard(tab, [1, 2]);
});

test("a gap is told to the tab that has it, and to no other", async () => {
  const tabs = await three("localhost");
  const leader = await leaderOf(tabs);
  const [other, lost] = tabs.filter((tab) => tab !== leader);

  /* It joins anew, from a position that the companion knows nothing of. */
  await lost.evaluate(() => { hold(); lvt.subscribe("bell.b", () => 0); lvt.subscribe("bell.a", () => 0); });
  await until(() => lost.evaluate(() => holds()), (n) => n > 0);
  await lost.evaluate(() => say({ at: "1-00000000", of: "" }));
  await heard(lost, ["gap"]);
  for (const tab of tabs) ring(tab.bell, 1);
  await heard(lost, ["gap", 1]);
  await heard(leader, [1]);
  await heard(other, [1]);
});

/* The page at a path comes with the token that change() makes of its own. hold()
 * keeps its tab from the next one: it gives a promise that it asked for that, and
 * what lets it have it. */
async function keeper(one, path, change = (token) => token) {
  let held = null;
  await one.route((url) => url.pathname + url.search === path, async (route) => {
    if (route.request().resourceType() === "document") {
      const response = await route.fetch();
      const body = (await response.text()).replace(/(data-lvt-token=")([^"]*)/,
        (_, name, token) => name + change(token));
      return route.fulfill({ response, body });
    }
    if (held) {
      held.asked();
      await held.free;
    }
    await route.continue();
  });
  return () => {
    let release;
    const asked = new Promise((resolve) => {
      held = { asked: resolve, free: new Promise((free) => { release = free; }) };
    });
    return { asked, release };
  };
}

/* Two tabs, one of which is to lose its token. */
async function pair({ first, path, bell, change }) {
  const one = await person();
  const hold = await keeper(one, path, change);
  /* Whose token does not grant that bell. */
  const pages = [["/a", "bell.a"], [path, bell]];
  const tabs = [];
  for (const [at, hears] of first ? pages.reverse() : pages) {
    tabs.push(await listener(one, "localhost", at, hears));
  }
  await ready(tabs);
  assert.equal(await leaderOf(tabs), tabs[0]);
  const [spent, other] = first ? tabs : [tabs[1], tabs[0]];
  return { one, spent, other, hold };
}

/* A slow machine is given more time to be ready before that token ends. */
async function brief(first) {
  for (let ttl = 8; ; ttl *= 2) {
    let end;
    const change = (token) => {
      const { a, g, u, p, c, f } = JSON.parse(Buffer.from(token.split(".")[0], "base64url"));
      end = Date.now() + ttl * 1000;
      return lvt("token", "--db", site.db, "--app", a, "--group", g, "--user", u,
        "--page", p.join(), "--channels", c.join(), "--from", f, "--ttl", String(ttl));
    };
    const all = await pair({ first, path: "/b", bell: "bell.b", change });
    if (Date.now() < end - 1500) return all;
    assert.ok(ttl < 60, "the token ended too early");
    await all.one.close();
  }
}

for (const first of [false, true]) {
  const who = first ? "leads" : "follows";

  test(`a tab that ${who} hears what rings between the end of its token and the next one`, async () => {
    const { spent, other, hold } = await brief(first);
    const { asked, release } = hold();
    await asked;
    ring("bell.b", 1);
    ring("bell.a", 2);
    await heard(other, [2]);
    release();
    await heard(spent, [1]);
    ring("bell.b", 3);
    ring("bell.a", 4);
    await heard(spent, [1, 3]);
    await heard(other, [2, 4]);
  });

  test(`a tab that ${who} and is revoked is told of the gap, and no other is`, async () => {
    const { spent, other, hold } = await pair({ first, path: "/desk?of=ann", bell: "bell.d" });
    const { asked, release } = hold();
    lvt("revoke", "--db", site.db, "--app", "pagesapp", "--group", "desk:ann");
    await asked;
    ring("bell.d", 1);
    ring("bell.a", 2);
    await heard(other, [2]);
    release();
    await heard(spent, ["gap"]);
    await ready([spent]);
    ring("bell.d", 3);
    ring("bell.a", 4);
    await heard(spent, ["gap", 3]);
    await heard(other, [2, 4]);
  });
}

/* Its next stream is another tab's, of several pages, which begins for it where the
 * fresh token lets it. */
test("a tab that had a stream of its own when it was revoked is told of the gap", async () => {
  const one = await person();
  const hold = await keeper(one, "/desk?of=ann");
  const other = await listener(one, "localhost", "/a", "bell.a");
  await ready([other]);
  await one.addInitScript(() => {
    const { set } = Object.getOwnPropertyDescriptor(BroadcastChannel.prototype, "onmessage");
    window.deaf = true;
    Object.defineProperty(BroadcastChannel.prototype, "onmessage", {
      set(fn) { set.call(this, (what) => deaf || fn(what)); },
    });
  });
  const spent = await listener(one, "localhost", "/desk?of=ann", "bell.d");
  await ready([spent]);
  const { asked, release } = hold();
  lvt("revoke", "--db", site.db, "--app", "pagesapp", "--group", "desk:ann");
  await asked;
  ring("bell.d", 1);
  await spent.route(/_lvt\/stream/, () => {});
  const synced = spent.waitForResponse(/desk/);
  release();
  await (await synced).finished();
  await spent.evaluate(() => { deaf = false; });
  await heard(spent, ["gap"]);
  await ready([spent]);
  ring("bell.d", 2);
  ring("bell.a", 3);
  await heard(spent, ["gap", 2]);
  await heard(other, [3]);
});
