/*
 * gallery.mjs - the gallery as a whole: its contents, its markup, the keyboard,
 * a strict Content-Security-Policy, and no JavaScript at all.
 */
import assert from "node:assert/strict";
import { newPerson, newTab, test, until } from "./harness.mjs";
import { gallery, says } from "./gallery-site.mjs";

const { url, visit } = await gallery();
const PAGES = ["events", "forms", "kept", "shown", "live"];

test("the contents name every section, and nothing else", async () => {
  const { tab } = await visit("");
  const links = await tab.locator(".contents li a").evaluateAll((all) =>
    all.map((one) => one.getAttribute("href")));
  const there = [];

  for (const page of PAGES) {
    await tab.goto(url(page));
    there.push(...await tab.locator(".feature, .feature h2[id]").evaluateAll((all, name) =>
      all.map((one) => `${name}#${one.id}`), page));
  }
  assert.deepEqual(links.sort(), there.sort());
});

test("every section has a sentence, its markup and the thing itself", async () => {
  for (const page of PAGES) {
    const { tab } = await visit(page);
    const wanting = await tab.locator(".feature").evaluateAll((all) => all.filter((one) =>
      !one.querySelector(":scope > p") || !one.querySelector("pre code").textContent.trim() ||
      !one.querySelector(".try").children.length).map((one) => one.id));
    assert.deepEqual(wanting, [], page);
  }
});

test("a link to a section shows it, below the menu", async () => {
  const { tab } = await visit("");

  await tab.click("text=lvt-infinite");
  await until(() => says(tab.locator("h1")), "What is shown");
  await until(() => tab.locator("#lvt-infinite").evaluate((el) => {
    const { top } = el.getBoundingClientRect();
    return top > 0 && top < innerHeight / 2;
  }));
});

test("by keyboard alone: the menu, a form, a dialog", async () => {
  const { tab } = await visit("");

  await tab.keyboard.press("Tab");
  for (let i = 0; i < 5; i++) await tab.keyboard.press("Tab");
  assert.equal(await tab.evaluate(() => document.activeElement.textContent), "Shown");
  await tab.keyboard.press("Enter");
  await until(() => says(tab.locator("h1")), "What is shown");
  await tab.focus("[lvt-modal-open]");
  await tab.keyboard.press("Enter");
  assert.equal(await tab.evaluate(() => document.activeElement.textContent), "I agree");
  await tab.keyboard.press("Space");
  await until(() => says(tab.locator("dialog p")), "1 times you agreed.");
  await tab.keyboard.press("Escape");
  assert.equal(await tab.evaluate(() => document.activeElement.textContent), "Read the terms");
});

test("under a strict Content-Security-Policy nothing is refused on any page", async () => {
  const person = await newPerson();
  const refused = [];

  await person.addInitScript(() => addEventListener("securitypolicyviolation",
    (event) => console.log(`refused: ${event.violatedDirective} ${event.blockedURI}`)));
  for (const page of ["", ...PAGES, "other"]) {
    const tab = await person.newPage();
    tab.on("console", (message) => {
      if (/^refused/.test(message.text())) refused.push(`${page}: ${message.text()}`);
    });
    await tab.goto(url(page));
    assert.match(await tab.locator("meta[http-equiv]").getAttribute("content"), /default-src 'none'/);
    await until(() => tab.locator("[data-lvt-state=live]").count(), 1);
    await until(() => tab.locator(".lvt-announcer").count(), 1);
    await tab.close();
  }
  assert.deepEqual(refused, []);
});

/* --- without JavaScript -------------------------------------------------- */

const plain = (page) => visit(page, { js: false });

test("without JavaScript: the contents and the menu lead everywhere", async () => {
  const { tab } = await plain("");

  await tab.click(".contents >> text=lvt-scroll");
  assert.equal(await says(tab.locator("h1")), "What is kept");
  await tab.click("nav >> text=Live");
  assert.equal(await says(tab.locator("h1")), "Live");
});

test("without JavaScript: what starts an action has a button that does it, too", async () => {
  const { at } = await plain("events");

  await at("form", "[aria-label='one more']").click();
  assert.equal(await says(at("form", "b")), "1");
  await at("lvt-click", "button").click();
  assert.equal(await says(at("lvt-click", "span")), "1 clicks");
  await at("lvt-submit", "input").fill("Anna");
  await at("lvt-submit", "button").click();
  assert.equal(await says(at("lvt-submit", "p")), "Hello, Anna!");
  await at("lvt-change", "select").selectOption("blue");
  await at("lvt-change", "text=Paint").click();
  assert.equal(await says(at("lvt-change", "p")), "It is blue now.");
  await at("lvt-input", "input").fill("anc");
  await at("lvt-input", "text=Search").click();
  assert.deepEqual(await at("lvt-input", "li").allTextContents(), ["anchor"]);
  await at("lvt-click-away", "button").click();
  assert.equal(await at("lvt-click-away", "p").count(), 1);
  await at("values", "select").selectOption(["lemon", "plum"]);
  await at("values", "text=Send").click();
  assert.deepEqual(JSON.parse(await says(at("values", "code"))).flavours, ["lemon", "plum"]);
});

test("without JavaScript: errors, files, versions", async () => {
  const { at } = await plain("forms");

  await at("errors", "input").fill("nobody");
  await at("errors", "button").click();
  assert.equal(await says(at("errors", "small")), "an address, as in ann@example.org");
  assert.equal(await at("errors", "input").inputValue(), "nobody");
  await at("errors", "input").fill("ann@example.org");
  await at("errors", "button").click();
  assert.equal(await says(at("errors", "p")), "ann@example.org is on the list.");
  await at("lvt-max-size", "[type=file]").setInputFiles(
    { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("hello") });
  await at("lvt-max-size", "text=Send").click();
  assert.equal(await says(at("lvt-max-size", ":scope > p")), "a.txt: 5 bytes");
  await at("conflict", "[name=text]").fill("mine");
  await at("conflict", "text=Save").click();
  assert.equal(await at("conflict", "[name=text]").inputValue(), "mine");
});

test("without JavaScript: lists grow, and pages change", async () => {
  const one = await plain("shown");
  await one.at("lvt-animate", "text=fade").first().click();
  assert.deepEqual(await one.at("lvt-animate", "li").allTextContents(), ["fade 1"]);
  await one.at("lvt-infinite", "text=More").click();
  assert.equal(await one.at("lvt-infinite", ".box p").count(), 40);
  await one.at("lvt-optimistic", "input").fill("bread");
  await one.at("lvt-optimistic", "text=Add").click();
  assert.equal(await one.at("lvt-optimistic", "#notes li").count(), 1);
  await one.at("lvt-nav", "text=To the other page").click();
  assert.equal(await says(one.tab.locator("h1")), "The other page");

  const two = await plain("live");
  await two.at("offline", "input").fill("no script");
  await two.at("offline", "button").click();
  assert.match(await says(two.at("offline", "ol")), /no script/);

  const three = await plain("kept");
  await three.at("typed", "button").click();
  assert.equal(await three.at("typed", "input").inputValue(), "change 1");
  assert.equal(await says(three.at("lvt-ignore", "#canvas")), "change 1, for those without scripts");
});

test("without JavaScript: what others see live follows", async () => {
  const live = await newTab(null, url("live"));
  const { at } = await plain("live");

  await at("offline", "input").fill("seen by scripts");
  await at("offline", "button").click();
  await until(async () => /seen by scripts/.test(await live.textContent("#offline ol")));
});
