/*
 * livetemplate.mjs - LiveTemplate's own client, the npm package
 * @livetemplate/client as it is, in HTTP mode on pages of lvt: it asks by HEAD
 * whether there is a WebSocket, takes the tree by GET with
 * "Accept: application/json", and does actions by POST with JSON.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { newPerson, newTab, test, text, until, value } from "./harness.mjs";
import { serve } from "./site.mjs";
import { builddir } from "../www/load.mjs";

const bundle = readFileSync(join(builddir, "www/node_modules/@livetemplate/client/dist",
  "livetemplate-client.browser.js"), "utf8");
const site = await serve(["counter", "todos", "gallery"]);

/* A tab in which their client stands where ours would be; and what it asked. */
async function theirs(where, page = "") {
  const person = await newPerson();
  const asked = [];

  await person.route(/\/_lvt\/lvt[^/]*\.js$/, (route) =>
    route.fulfill({ contentType: "text/javascript", body: bundle }));
  /* The panel is for builders of pages with our client. */
  await person.route(/\/_lvt\/lvt-debug[^/]*\.js$/, (route) =>
    route.fulfill({ contentType: "text/javascript", body: "" }));
  const tab = await person.newPage();
  tab.on("request", (request) => {
    if (request.url().startsWith(site.url(where) + page) && !/_lvt/.test(request.url())) {
      asked.push([request.method(), request.headers().accept, request]);
    }
  });
  await tab.goto(site.url(where) + page);
  await until(() => tab.evaluate(() => !!window.liveTemplateClient &&
    liveTemplateClient.useHTTP && document.readyState === "complete"));
  await until(() => asked.length >= 3);
  return { tab, asked };
}

test("it learns by HEAD that there is no WebSocket, and takes the tree by GET", async () => {
  const { tab, asked } = await theirs("counter");

  assert.deepEqual(asked.slice(0, 3).map(([method]) => method), ["GET", "HEAD", "GET"]);
  const [head, get] = await Promise.all(asked.slice(1, 3).map(([,, request]) => request.response()));
  assert.equal(head.headers()["x-livetemplate-websocket"], "disabled");
  assert.equal(asked[2][1], "application/json");
  const { tree, meta } = await get.json();
  assert.ok(Array.isArray(tree.s), "statics are inline");
  assert.equal(typeof meta, "object");
  assert.equal(await text(tab, "output"), "0");
});

test("a button of a plain form is an action, and the page changes in place", async () => {
  const { tab, asked } = await theirs("counter");

  await tab.evaluate(() => { window.here = true; });
  await tab.click("text=+");
  await until(() => text(tab, "output"), "1");
  await tab.click("text=−");
  await until(() => text(tab, "output"), "0");
  assert.equal(await tab.evaluate(() => window.here), true);
  const [method, accept, request] = asked.at(-1);
  assert.deepEqual([method, accept], ["POST", "application/json"]);
  const { action, data } = JSON.parse(request.postData());
  assert.deepEqual([action, data.value], ["add", -1]);
});

test("what it did is seen by our client, live", async () => {
  const { tab } = await theirs("counter");
  const ours = await newTab(null, site.url("counter"));
  const before = +await text(ours, "output");

  await tab.click("text=+");
  await until(() => text(ours, "output"), String(before + 1));
});

test("a list grows, changes and shrinks", async () => {
  const { tab } = await theirs("todos");
  const rows = () => tab.locator("li .text").allTextContents();

  for (const thing of ["bread", "apples", "cheese"]) {
    await tab.fill("[name=text]", thing);
    await tab.click("button[name=add]");
    await until(async () => (await rows())[0], thing);
  }
  assert.deepEqual(await rows(), ["cheese", "apples", "bread"]);
  await tab.click("text=by name");
  await until(rows, ["apples", "bread", "cheese"]);
  await tab.click("[aria-label='bread: done']");
  await until(() => tab.locator("li.done .text").allTextContents(), ["bread"]);
  await tab.click("[aria-label='delete apples']");
  await until(rows, ["bread", "cheese"]);
  await until(() => text(tab, "header p"), "1 open of 2");
});

test("errors are shown, and are over with the next action", async () => {
  const { tab } = await theirs("todos");

  await tab.fill("[name=text]", "x");
  await tab.click("button[name=add]");
  await until(() => tab.locator("#text-error").allTextContents(), ["2 to 80 characters"]);
  assert.equal(await value(tab, "[name=text]"), "x");
  await tab.fill("[name=text]", "xylophone");
  await tab.click("button[name=add]");
  await until(() => tab.locator("li .text").allTextContents(), ["xylophone"]);
  await until(() => tab.locator("#text-error").count(), 0);
});

test("lvt:error and lvt:success tell the form how it went", async () => {
  const { tab } = await theirs("todos");

  await tab.evaluate(() => {
    window.heard = [];
    for (const name of ["lvt:pending", "lvt:error", "lvt:success", "lvt:done"]) {
      document.addEventListener(name, () => window.heard.push(name), true);
    }
  });
  await tab.fill("[name=text]", "x");
  await tab.click("button[name=add]");
  await until(() => tab.evaluate(() => heard.join()), "lvt:pending,lvt:done,lvt:error");
  await tab.fill("[name=text]", "yes");
  await tab.click("button[name=add]");
  await until(() => tab.evaluate(() => heard.slice(3).join()),
    "lvt:pending,lvt:done,lvt:success");
});

test("lvt-on:click is an action", async () => {
  const { tab } = await theirs("gallery", "events");

  await tab.click("#lvt-on button");
  await until(() => text(tab, "#lvt-on span"), "1 clicks");
});

test("a form with a file goes as multipart", async () => {
  const { tab } = await theirs("gallery", "forms");

  await tab.setInputFiles("#lvt-max-size [type=file]",
    { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("hello") });
  await tab.click("#lvt-max-size >> text=Send");
  await until(() => tab.locator("#lvt-max-size .try > p").allTextContents(), ["a.txt: 5 bytes"]);
});
