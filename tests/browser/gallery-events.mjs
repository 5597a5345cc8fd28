/*
 * gallery-events.mjs - what starts an action: the gallery's page "Events",
 * section by section.
 */
import assert from "node:assert/strict";
import { settled, test, until } from "./harness.mjs";
import { gallery, says } from "./gallery-site.mjs";

const { visit } = await gallery();

test("a form without any attribute changes the page in place", async () => {
  const { tab, at } = await visit("events");

  await tab.evaluate(() => { window.here = true; });
  await at("form", "[aria-label='one more']").click();
  await until(() => says(at("form", "b")), "1");
  await at("form", "[aria-label='one more']").click();
  await until(() => says(at("form", "b")), "2");
  await at("form", "[aria-label='one less']").click();
  await until(() => says(at("form", "b")), "1");
  await at("form", "text=Clear").click();
  await until(() => says(at("form", "b")), "0");
  assert.equal(await tab.evaluate(() => window.here), true);
});

test("lvt-click: a click is an action, and so are Enter and the space bar", async () => {
  const { tab, at } = await visit("events");

  await at("lvt-click", "button").click();
  await tab.keyboard.press("Enter");
  await tab.keyboard.press("Space");
  await until(() => says(at("lvt-click", "span")), "3 clicks");
});

test("lvt-submit: a form goes by its button and by Enter, and is empty again", async () => {
  const { tab, at } = await visit("events");

  await at("lvt-submit", "input").fill("Anna");
  await at("lvt-submit", "button").click();
  await until(() => says(at("lvt-submit", "p")), "Hello, Anna!");
  await until(() => at("lvt-submit", "input").inputValue(), "");
  await at("lvt-submit", "input").fill("Ben");
  await tab.keyboard.press("Enter");
  await until(() => says(at("lvt-submit", "p")), "Hello, Ben!");
});

test("lvt-submit: what is not valid stays, with a message", async () => {
  const { at } = await visit("events");

  await at("lvt-submit", "input").fill("x".repeat(41));
  await at("lvt-submit", "button").click();
  await until(() => at("lvt-submit", "small").allTextContents(), ["1 to 40 characters"]);
  assert.equal(await at("lvt-submit", "input").inputValue(), "x".repeat(41));
});

test("lvt-change: another choice is sent at once", async () => {
  const { at } = await visit("events");

  await at("lvt-change", "select").selectOption("red");
  await until(() => says(at("lvt-change", "p")), "It is red now.");
  assert.match(await at("lvt-change", "p").getAttribute("class"), /\bred\b/);
});

test("lvt-input: the list follows each letter, and the field keeps the focus", async () => {
  const { tab, at } = await visit("events");

  await at("lvt-input", "input").pressSequentially("an");
  await until(() => at("lvt-input", "li").allTextContents(), ["anchor", "candle", "lantern"]);
  await tab.keyboard.type("c");
  await until(() => at("lvt-input", "li").allTextContents(), ["anchor"]);
  assert.equal(await at("lvt-input", "input").inputValue(), "anc");
  assert.equal(await tab.evaluate(() => document.activeElement.name), "q");
});

test("lvt-debounce: one action after a pause, with all that was typed", async () => {
  const { tab, at, sent } = await visit("events");

  /* In one go, so that it is quick on slow machines, too. */
  await tab.evaluate(() => {
    const input = document.querySelector("#lvt-debounce input");
    for (const letter of "hello") {
      input.value += letter;
      input.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
  });
  await until(() => says(at("lvt-debounce", "p")), "The server has “hello”.");
  assert.deepEqual(sent.map((body) => JSON.parse(body).data.echo), ["hello"]);
});

test("lvt-debounce: what is done meanwhile does not overtake it", async () => {
  const { at, sent } = await visit("events");

  await at("lvt-debounce", "input").pressSequentially("first");
  await at("lvt-click", "button").click();
  await until(() => says(at("lvt-click", "span")), "1 clicks");
  const names = sent.map((body) => JSON.parse(body).action);
  assert.deepEqual([names.at(-2), names.at(-1)], ["mirror", "clicked"]);
});

test("lvt-throttle: the first at once, and of the others the last", async () => {
  const { tab, at } = await visit("events");

  /* In one go, so that it is quick on slow machines, too. */
  await tab.evaluate(() => {
    const button = document.querySelector("#lvt-throttle button");
    for (let i = 0; i < 10; i++) button.click();
  });
  await until(() => says(at("lvt-throttle", "span")), "2 arrived");
  await settled(tab);
  assert.equal(await says(at("lvt-throttle", "span")), "2 arrived");
});

test("lvt-keydown and lvt-keyup tell which key", async () => {
  const { tab, at } = await visit("events");

  await at("lvt-keydown", "input").focus();
  await tab.keyboard.down("ArrowUp");
  await until(() => says(at("lvt-keydown", "kbd")), "ArrowUp");
  await at("lvt-keyup", "input").focus();
  await tab.keyboard.up("ArrowUp");
  await until(() => says(at("lvt-keyup", "kbd")), "ArrowUp");
});

test("lvt-key: these keys, and no others", async () => {
  const { tab, at, sent } = await visit("events");

  await at("lvt-key", "input").focus();
  for (const key of ["a", "k", "Shift+Enter", "Control+k"]) await tab.keyboard.press(key);
  await until(() => says(at("lvt-key", "kbd")), "k");
  await tab.keyboard.press("Enter");
  await until(() => says(at("lvt-key", "kbd")), "Enter");
  assert.deepEqual(sent.map((body) => JSON.parse(body).data.key), ["k", "Enter"]);
});

test("lvt-focus and lvt-blur: in and out", async () => {
  const { at } = await visit("events");

  for (let i = 0; i < 2; i++) {
    await at("lvt-focus", "input").focus();
    await at("lvt-focus", "input").blur();
  }
  await until(() => says(at("lvt-focus", "p")), "in 2 times, out 2 times");
});

test("lvt-mouseenter and lvt-mouseleave: the pointer comes and goes", async () => {
  const { tab, at } = await visit("events");

  await at("lvt-mouseenter", "p").hover();
  await until(() => says(at("lvt-mouseenter", "p")), "Here you are!");
  await tab.locator("h1").hover();
  await until(() => says(at("lvt-mouseenter", "p")), "Come over here.");
});

test("several attributes on one element: the same by keyboard", async () => {
  const { at } = await visit("events");

  await at("lvt-mouseenter", "p").focus();
  await until(() => says(at("lvt-mouseenter", "p")), "Here you are!");
  await at("lvt-mouseenter", "p").blur();
  await until(() => says(at("lvt-mouseenter", "p")), "Come over here.");
});

test("lvt-click-away: a click elsewhere closes the menu, one inside does not", async () => {
  const { tab, at, sent } = await visit("events");

  await at("lvt-click-away", "button").click();
  await until(() => at("lvt-click-away", "p").count(), 1);
  await at("lvt-click-away", "p").click();
  await tab.locator("h1").click();
  await until(() => at("lvt-click-away", "p").count(), 0);
  assert.deepEqual(sent.map((body) => JSON.parse(body).action), ["menu", "close"]);
});

test("lvt-window-keydown: wherever the focus is", async () => {
  const { tab, at } = await visit("events");

  await tab.keyboard.press("Escape");
  await until(() => says(at("lvt-window", "p").first()), "Escape was pressed 1 times.");
  await at("lvt-debounce", "input").focus();
  await tab.keyboard.press("Escape");
  await until(() => says(at("lvt-window", "p").first()), "Escape was pressed 2 times.");
});

test("lvt-window-resize: when the window has its size, once", async () => {
  const { tab, at, sent } = await visit("events");

  await tab.setViewportSize({ width: 800, height: 600 });
  await until(() => says(at("lvt-window", "p").nth(1)),
    "The window has changed its size 1 times.");
  assert.equal(sent.length, 1);
});

test("lvt-on:click is lvt-click, lvt-mod:throttle is lvt-throttle", async () => {
  const { tab, at, sent } = await visit("events");

  await at("lvt-on", "button").first().click();
  await until(() => says(at("lvt-on", "span")), "1 clicks");
  await tab.evaluate(() => {
    const button = document.querySelector("#lvt-on [lvt-mod\\:throttle]");
    for (let i = 0; i < 5; i++) button.click();
  });
  await until(() => says(at("lvt-on", "span")), "3 clicks");
  assert.equal(sent.length, 3);
});

test("lvt-data-NAME and lvt-value-NAME go with the action", async () => {
  const { at } = await visit("events");

  await at("lvt-data", "button").click();
  const data = JSON.parse(await until(() => says(at("lvt-data", "code"))));
  assert.deepEqual([data.id, data.size], [17, "large"]);
});

test("values of controls: numbers are numbers, a tick is true, several choices are a list", async () => {
  const { at } = await visit("events");
  const measured = async () => JSON.parse(await says(at("values", "code")) || "{}");

  await at("values", "[type=checkbox]").check();
  await until(async () => (await measured()).gift, true);
  await at("values", "select").selectOption(["lemon", "plum"]);
  await until(async () => (await measured()).flavours, ["lemon", "plum"]);
  await at("values", "[type=number]").fill("12");
  await at("values", "[type=number]").blur();
  await until(async () => (await measured()).amount, 12);
});
