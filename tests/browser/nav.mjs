/*
 * nav.mjs - lvt-nav: pages of an app turn in place, and everything is as if the
 * browser had loaded them.
 */
import assert from "node:assert/strict";
import { settled, text, until, value } from "./harness.mjs";
import { it } from "./feature.mjs";

const menu = '<nav lvt-nav><a href="/">one</a> <a href="/two">two</a> <a href="/three">three</a> ' +
  '<a href="/three#low">low</a></nav>';
const SITE = {
  statics: [menu + '<p>', '</p><form lvt-submit="ok"><input name="title" value="', '"><details>' +
    '<summary>more</summary>x</details><button>x</button></form>' +
    '<a href="#far" id="jump">far</a><div class="tall"></div><b id="far">far</b>'],
  slots: ["one", ""],
  css: ".tall{height:4000px}",
  pages: {
    "/two": { statics: [menu + '<p>two</p><form lvt-submit="ok"><input name="title" value="', '"><details>' +
      '<summary>more</summary>x</details></form><div class="tall"></div>'], slots: ["theirs"] },
    "/three": { statics: [menu + '<p>three</p><input name="auto" autofocus><div class="tall"></div>' +
      '<b id="low">', '</b>'], slots: ["low"] },
  },
};

const shows = (tab, what) => until(() => text(tab, "p"), what);
const scrolled = (tab) => tab.evaluate(() => scrollY);
const link = (tab, name) => tab.click(`nav >> text=${name}`);

it("nothing that was typed or opened on one page comes to the next", SITE, async (tab) => {
  await tab.fill("[name=title]", "mine");
  await tab.click("summary");
  await link(tab, "two");
  await shows(tab, "two");
  assert.equal(await value(tab, "[name=title]"), "theirs");
  assert.equal(await tab.evaluate(() => document.querySelector("details").open), false);
});

it("back and forward come to where one was, also by hash links", SITE, async (tab) => {
  await tab.evaluate(() => scrollTo(0, 700));
  await until(() => scrolled(tab), 700);
  await tab.evaluate(() => document.querySelector("nav a[href='/two']").click());
  await shows(tab, "two");
  await until(() => scrolled(tab), 0);
  /* Pages hear of it a frame later. */
  await tab.evaluate(() => new Promise((heard) => {
    addEventListener("scroll", heard, { once: true });
    scrollTo(0, 300);
  }));
  await tab.goBack();
  await shows(tab, "one");
  await until(() => scrolled(tab), 700);
  await tab.goForward();
  await shows(tab, "two");
  await until(() => scrolled(tab), 300);
  await link(tab, "low");
  await shows(tab, "three");
  await until(() => scrolled(tab), (y) => y > 1000);
  assert.equal(new URL(tab.url()).hash, "#low");
});

it("a page that was left by a hash link is turned back to, over several entries at once", SITE,
  async (tab, server) => {
    await tab.evaluate(() => { window.here = true; });
    await tab.click("#jump");
    await until(() => scrolled(tab), (y) => y > 1000);
    await tab.evaluate(() => document.querySelector("nav a[href='/two']").click());
    await shows(tab, "two");
    await tab.evaluate(() => history.go(-2));
    await shows(tab, "one");
    await until(() => new URL(tab.url()).hash, "");
    const asked = [];
    tab.on("request", (request) => asked.push(request.url()));
    await tab.goForward();
    await until(() => scrolled(tab), (y) => y > 1000);
    assert.equal(new URL(tab.url()).hash, "#far");
    assert.deepEqual(asked, [], "within a page nothing is asked for");
    assert.equal(await tab.evaluate(() => window.here), true);
    assert.ok(server);
  });

it("actions that are under way belong to the page they were done on", SITE, async (tab, server) => {
  server.hold = true;
  await tab.evaluate(() => { lvt.action("first"); lvt.action("second"); });
  await until(() => server.actions.length, 1);
  await link(tab, "two");
  await shows(tab, "two");
  server.answers.first = () => ({ base: null, tree: { s: ["<p>", "</p>"], 0: "of page one" } });
  server.go();
  await until(() => server.actions.length, 2);
  await settled(tab);
  assert.deepEqual(server.actions.map(({ action, path }) => action + " " + path),
    ["first /", "second /"]);
  await shows(tab, "two");
});

it("the focus begins anew, at autofocus if there is one, and the title is heard", SITE, async (tab) => {
  await link(tab, "three");
  await shows(tab, "three");
  await until(() => tab.evaluate(() => document.activeElement.name), "auto");
  await until(() => text(tab, ".lvt-announcer"), "Page /three");
});

it("the history is left alone until a page is turned", SITE, async (tab) => {
  await tab.click("#jump");
  await until(() => new URL(tab.url()).hash, "#far");
  assert.equal(await tab.evaluate(() => history.state), null);
});

it("of two clicks the last one counts, and the bar shows that a page is coming", SITE, async (tab) => {
  let go;
  const gate = new Promise((resolve) => { go = resolve; });
  await tab.route("**/two", async (route) => {
    await gate;
    await route.continue().catch(() => 0);
  });
  await link(tab, "two");
  await until(() => tab.getAttribute("[data-lvt-id]", "aria-busy"), "true");
  await link(tab, "three");
  await shows(tab, "three");
  go();
  await settled(tab);
  await shows(tab, "three");
  assert.equal(new URL(tab.url()).pathname, "/three");
});

it("without a network the page stays, and says so", SITE, async (tab) => {
  await tab.context().setOffline(true);
  await link(tab, "two");
  await until(() => text(tab, ".lvt-announcer"), "There is no network.");
  await tab.waitForSelector(".lvt-failed");
  await shows(tab, "one");
  assert.equal(new URL(tab.url()).pathname, "/");
  await tab.context().setOffline(false);
  await link(tab, "two");
  await shows(tab, "two");
});

for (const [what, name, to, event] of [
  ["another window", "target", "_blank", "popup"],
  ["a download", "download", "", "download"],
  ["another site", "href", "http://localhost:PORT/two", "load"],
  ["what is no page of the app", "href", "/css", "load"],
]) {
  it(`a link to ${what} is the browser's`, SITE, async (tab) => {
    const link = tab.locator("nav a").nth(1);
    await link.evaluate((a, [name, to]) => a.setAttribute(name, to.replace("PORT", location.port)),
      [name, to]);
    await Promise.all([tab.waitForEvent(event), link.click()]);
    if (event !== "load") await shows(tab, "one");
  });
}

it("a click with Ctrl is the browser's", SITE, async (tab) => {
  await Promise.all([tab.context().waitForEvent("page"),
    tab.click("nav >> text=two", { modifiers: ["ControlOrMeta"] })]);
  await shows(tab, "one");
});
