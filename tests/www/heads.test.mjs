/* When a page that polls asks the app: as its head files say, and now and then. */
import test from "node:test";
import assert from "node:assert/strict";
import { load } from "./load.mjs";

/* What heads.ts needs of the page and of the browser; time is the test's own. */
const said = {};		/* what a file says; none: 404 */
let looks = 0, now = 0, timers = [];
const page = { stream: "", head: "5-00000005", el: { dataset: { lvtHeads: "/a.txt /g.txt" } } };
const share = {};
const world = {
  document: Object.assign(new EventTarget(), { hidden: false }),
  window: { lvt: { state: "polling", inside: {
    page, share, after: (a, b) => parseInt(a) > parseInt(b),
  } } },
  fetch: async (url, options) => {
    assert.equal(options.cache, "no-cache");
    looks++;
    return { ok: url in said, text: async () => said[url] || "<h1>Not found</h1>" };
  },
  setTimeout: (fn, ms) => timers.push({ fn, at: now + ms }) && timers[timers.length - 1],
  clearTimeout: (one) => { timers = timers.filter((other) => other !== one); },
  Date: { now: () => now },
};

/* Others have the same process. */
function enter() {
  const before = Object.keys(world).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]);

  for (const name in world) Object.defineProperty(globalThis, name,
    { value: world[name], configurable: true, writable: true });
  return () => before.forEach(([name, was]) => {
    if (was) Object.defineProperty(globalThis, name, was);
    else delete globalThis[name];
  });
}

function tick(ms) {
  now += ms;
  for (const one of timers.filter(({ at }) => at <= now)) {
    world.clearTimeout(one);
    one.fn();
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

/* Seconds, as the test goes through them, until the app is to be asked. */
async function asked(most = 200, each = () => undefined) {
  let done = false;

  share.polled().then(() => { done = true; });
  for (let s = 0; s <= most; s++) {
    for (let i = 0; i < 5; i++) await settle();
    if (done) return s;
    each(s);
    tick(1000);
  }
  return Infinity;
}

function begin(t) {
  t.after(enter());
  now = 1e12;
  timers = [];
  said["/a.txt"] = "3-00000003   ";
  said["/g.txt"] = "5-00000005     ";
  world.document.hidden = false;
  world.window.lvt.state = "polling";
  looks = 0;
}

const leave = enter();
const { openHeads } = await load("heads").finally(leave);

test("a page with a stream looks at none", (t) => {
  begin(t);
  page.stream = "/_lvt/stream";
  openHeads();
  assert.equal(share.polled, undefined);
  page.stream = "";
});

test("the app is asked every minute or two, however still the files are", async (t) => {
  begin(t);
  openHeads();
  const s = await asked();
  assert.ok(s >= 60 && s <= 125, `${s} s`);
  assert.ok(looks >= 2 * 60 / 3, `${looks} looks`);
  const again = await asked();
  assert.ok(again >= 60 && again <= 125, `${again} s`);
});

test("it is asked within seconds where one of them has moved past the page", async (t) => {
  begin(t);
  openHeads();
  const s = await asked(60, (now) => { if (now === 10) said["/g.txt"] = "6-0000000a      "; });
  assert.ok(s > 10 && s <= 14, `${s} s`);
});

test("a page that nobody sees looks now and then, and at once when it is seen", async (t) => {
  begin(t);
  openHeads();
  world.document.hidden = true;
  const s = await asked(60, (now) => {
    if (now === 10) {
      assert.ok(looks <= 2, `${looks} looks`);
      said["/g.txt"] = "6-0000000a      ";
      world.document.hidden = false;
      world.document.dispatchEvent(new Event("visibilitychange"));
    }
  });
  assert.ok(s > 10 && s <= 12, `${s} s`);
});

for (const [what, make] of [
  ["is missing", () => { delete said["/a.txt"]; }],
  ["is a page of the server", () => { said["/a.txt"] = "<h1>Hello</h1>"; }],
  ["is cut", () => { said["/a.txt"] = "3-0000"; }],
])
  test(`where one ${what}, the app is asked as without them, and they are tried again later`, async (t) => {
    begin(t);
    openHeads();
    make();
    assert.equal(await asked(), 0);
    said["/a.txt"] = "3-00000003   ";
    looks = 0;
    assert.equal(await asked(), 0);
    assert.equal(looks, 0);
    tick(20000);
    assert.ok(await asked() >= 40);
  });

test("the app is asked at once where it names no files, and after a failure", async (t) => {
  begin(t);
  openHeads();
  page.el.dataset.lvtHeads = "";
  assert.equal(await asked(), 0);
  page.el.dataset.lvtHeads = "/a.txt /g.txt";
  world.window.lvt.state = "offline";
  assert.equal(await asked(), 0);
  assert.equal(looks, 0);
});
