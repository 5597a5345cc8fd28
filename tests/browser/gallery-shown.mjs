/*
 * gallery-shown.mjs - what is kept and what is shown: the gallery's pages
 * "Kept" and "Shown", section by section.
 */
import assert from "node:assert/strict";
import { newPerson, settled, test, until } from "./harness.mjs";
import { gallery, says } from "./gallery-site.mjs";

const { visit } = await gallery();

/* --- kept ---------------------------------------------------------------- */

/* Another tab of the same person, who changes the page. */
async function two(page) {
  const person = await newPerson();
  return [await visit(page, { person }), await visit(page, { person })];
}

test("what is being typed stays, with the focus and the selection", async () => {
  const [{ tab, at }, other] = await two("kept");
  const field = at("typed", "input");

  await field.fill("half a word");
  await field.evaluate((el) => el.setSelectionRange(2, 6));
  await other.at("typed", "button").click();
  await until(() => says(at("typed", "p")), "Now comes change 1.");
  assert.equal(await field.inputValue(), "half a word");
  assert.deepEqual(await field.evaluate((el) => [document.activeElement === el,
    el.selectionStart, el.selectionEnd]), [true, 2, 6]);
  assert.equal(await at("typed", "button").count(), 1);
  assert.equal(await tab.locator("#details b").count(), 0);
});

test("a field that nobody touched shows what the server says", async () => {
  const [{ at }, other] = await two("kept");

  await other.at("typed", "button").click();
  await until(() => at("typed", "input").inputValue(), "change 1");
});

test("details that somebody opened stay open", async () => {
  const [{ at }, other] = await two("kept");

  await at("details", "summary").click();
  await other.at("details", "button").click();
  await until(() => says(at("details", "details p")), "The change is number 1.");
  assert.equal(await at("details", "details").getAttribute("open"), "");
});

test("lvt-ignore: what another script drew is never touched", async () => {
  const [{ at }, other] = await two("kept");
  const drawn = await until(() => says(at("lvt-ignore", "#canvas")), (is) => /^drawn/.test(is));

  await other.at("lvt-ignore", "button").click();
  await until(() => says(at("typed", "p")), "Now comes change 1.");
  assert.equal(await says(at("lvt-ignore", "#canvas")), drawn);
});

test("contenteditable: left alone with the focus, and current without it", async () => {
  const [{ tab, at }, other] = await two("kept");
  const field = at("contenteditable", "[contenteditable]");

  await field.click();
  await tab.keyboard.type("mine ");
  await other.at("contenteditable", "button").click();
  await until(() => says(at("typed", "p")), "Now comes change 1.");
  assert.match(await says(field), /mine/);
  await at("typed", "input").focus();
  await other.at("contenteditable", "button").click();
  await until(() => says(field), "change 2");
});

const place = (box) => box.evaluate((el) => el.scrollTop ? (
  el.scrollHeight - el.clientHeight - el.scrollTop < 2 ? "end" : "within") : "start");

test("lvt-scroll: to the end, to the end if it was there, to the start, nowhere", async () => {
  const { at } = await visit("kept");
  const boxes = await at("lvt-scroll", ".box").all();
  const places = () => Promise.all(boxes.map(place));
  const more = async (n) => {
    await at("lvt-scroll", "button").click();
    await until(() => boxes[0].locator("li").count(), n);
  };

  assert.deepEqual(await places(), ["end", "end", "start", "start"]);
  await more(13);
  assert.deepEqual(await places(), ["end", "end", "start", "start"]);
  for (const box of boxes) await box.evaluate((el) => { el.scrollTop = 30; });
  await more(14);
  assert.deepEqual(await places(), ["end", "within", "start", "within"]);
});

/* --- shown --------------------------------------------------------------- */

const moving = (locator) => locator.evaluate((el) => el.getAnimations().length);

test("lvt-highlight: what changed lights up, in every tab", async () => {
  const [{ at }, other] = await two("shown");
  const lit = at("lvt-highlight", "p");

  /* Animations end; that one began is what is to be seen. */
  await lit.evaluate((el) => {
    const { animate } = el;
    el.animate = (frames, ...rest) => {
      window.lit = frames.backgroundColor[0];
      return animate.call(el, frames, ...rest);
    };
  });
  await other.at("lvt-highlight", "button").click();
  await until(() => says(lit), "Hit 1 times.");
  await until(() => lit.evaluate(() => window.lit), "gold");
});

test("lvt-animate: what is new comes in, what was there does not", async () => {
  const { tab, at } = await visit("shown");
  const items = at("lvt-animate", "li");

  await tab.evaluate(() => {
    window.came = [];
    const { animate } = Element.prototype;
    Element.prototype.animate = function (...all) {
      window.came.push(this.textContent);
      return animate.apply(this, all);
    };
  });
  for (const how of ["fade", "slide", "scale"]) await at("lvt-animate", `text=${how}`).first().click();
  await until(() => items.allTextContents(), ["scale 3", "slide 2", "fade 1"]);
  await until(() => tab.evaluate(() => window.came.filter((one) => / \d/.test(one))),
    ["fade 1", "slide 2", "scale 3"]);
  await tab.reload();
  await until(() => tab.locator(".lvt-announcer").count(), 1);
  assert.equal(await moving(items.first()), 0);
});

test("who wants less motion sees none", async () => {
  const { tab, at } = await visit("shown", { reducedMotion: "reduce" });

  await tab.evaluate(() => {
    Element.prototype.animate = () => { window.moved = true; };
  });
  await at("lvt-animate", "text=slide").click();
  await at("lvt-highlight", "button").click();
  await until(() => says(at("lvt-highlight", "p")), "Hit 1 times.");
  await settled(tab);
  assert.equal(await tab.evaluate(() => window.moved), undefined);
});

test("lvt-infinite: more comes as long as its end is in sight", async () => {
  const { at } = await visit("shown");
  const rows = () => at("lvt-infinite", ".box p").count();

  assert.equal(await rows(), 20);
  await at("lvt-infinite", ".box").scrollIntoViewIfNeeded();
  for (const wanted of [40, 60, 80, 100]) {
    await at("lvt-infinite", ".box").evaluate((el) => { el.scrollTop = el.scrollHeight; });
    await until(rows, wanted);
  }
  await until(() => at("lvt-infinite", "form").count(), 0);
});

test("lvt-modal-open and lvt-modal-close: the dialog stays while its content changes", async () => {
  const { tab, at } = await visit("shown");
  const dialog = at("lvt-modal-open", "dialog");
  const open = () => dialog.evaluate((el) => el.matches(":modal"));

  await at("lvt-modal-open", "text=Read the terms").click();
  assert.equal(await open(), true);
  await at("lvt-modal-open", "text=I agree").click();
  await until(() => says(dialog.locator("p")), "1 times you agreed.");
  assert.equal(await open(), true);
  await at("lvt-modal-open", "text=Close").click();
  assert.equal(await open(), false);
  await at("lvt-modal-open", "text=Read the terms").click();
  await tab.keyboard.press("Escape");
  assert.equal(await open(), false);
});

/* Answers wait until go() is called. */
async function slow(tab) {
  let go;
  const wait = new Promise((resolve) => { go = resolve; });
  await tab.route("**/shown", async (route) => {
    await wait;
    await route.continue();
  });
  return () => go();
}

test("lvt-optimistic: the guess is shown at once and becomes the truth", async () => {
  const { tab, at } = await visit("shown");
  const go = await slow(tab);

  await at("lvt-optimistic", "text=♥ Like").click();
  assert.equal(await says(at("lvt-optimistic", "#likes")), "1");
  assert.equal(await at("lvt-optimistic", "text=♥ Like").getAttribute("class"), "liked");
  go();
  await settled(tab);
  await until(() => says(at("lvt-optimistic", "#likes")), "1");
  await until(() => at("lvt-optimistic", "text=♥ Like").getAttribute("class"), (is) => !is);
});

test("lvt-optimistic: what the server refuses is taken back", async () => {
  const { tab, at } = await visit("shown");
  const go = await slow(tab);

  await at("lvt-optimistic", "text=Dislike").click();
  assert.equal(await says(at("lvt-optimistic", "#likes")), "no more");
  go();
  await until(() => says(at("lvt-optimistic", "#likes")), "0");
  await until(() => at("lvt-optimistic", "small").allTextContents(), ["this is not possible, really"]);
});

test("lvt-optimistic: append and hide", async () => {
  const { tab, at } = await visit("shown");
  let go = await slow(tab);

  await at("lvt-optimistic", "input").fill("bread");
  await at("lvt-optimistic", "text=Add").click();
  assert.deepEqual(await at("lvt-optimistic", "#notes li").allTextContents(), ["bread"]);
  assert.equal(await at("lvt-optimistic", "input").inputValue(), "");
  go();
  await until(() => at("lvt-optimistic", "#notes li.guess").count(), 0);
  await until(() => at("lvt-optimistic", "#notes li").count(), 1);
  await settled(tab);
  await tab.unroute("**/shown");
  go = await slow(tab);
  await at("lvt-optimistic", "[aria-label='delete bread']").click();
  await until(() => at("lvt-optimistic", "#notes li").isHidden());
  go();
  await until(() => at("lvt-optimistic", "#notes li").count(), 0);
});

test("lvt-hook: mounted, updated and destroyed are called", async () => {
  const { tab, at } = await visit("shown");
  const hook = at("lvt-hook", "p");

  await until(() => hook.locator("span").textContent(), (is) => /\d:\d/.test(is));
  await at("lvt-hook", "button").click();
  await until(() => hook.getAttribute("class"), "odd");
  await tab.evaluate(() => {
    const { clock } = lvt.hooks;
    const { destroyed } = clock;
    clock.destroyed = function () {
      window.gone = true;
      destroyed.call(this);
    };
  });
  await tab.click("nav >> text=Kept");
  await until(() => tab.evaluate(() => window.gone), true);
});

test("lvt-nav: another page, title and address, in one document; back again", async () => {
  const { tab, at } = await visit("shown");

  await tab.evaluate(() => { window.here = true; });
  await at("lvt-nav", "text=To the other page").click();
  await until(() => tab.title(), "The other page · Gallery");
  assert.match(tab.url(), /\/gallery\/other$/);
  await until(() => says(tab.locator("h1")), "The other page");
  await tab.goBack();
  await until(() => says(tab.locator("h1")), "What is shown");
  await until(() => tab.title(), "Shown · Gallery");
  await at("lvt-highlight", "button").click();
  await until(() => says(at("lvt-highlight", "p")), "Hit 1 times.");
  assert.equal(await tab.evaluate(() => window.here), true);
});

test("lvt-nav=off: the browser loads the page", async () => {
  const { tab, at } = await visit("shown");

  await tab.evaluate(() => { window.here = true; });
  await Promise.all([tab.waitForEvent("load"), at("lvt-nav", "text=load it").click()]);
  assert.equal(await tab.title(), "The other page · Gallery");
  assert.equal(await tab.evaluate(() => window.here), undefined);
});

test("lvt-nav: the menu turns through all pages, and each is live", async () => {
  const { tab, at } = await visit("");

  await tab.evaluate(() => { window.here = true; });
  for (const [name, title] of [["Events", "What starts an action"], ["Forms", "Forms"],
    ["Kept", "What is kept"], ["Shown", "What is shown"], ["Live", "Live"],
    ["Gallery", "Gallery"], ["Events", "What starts an action"]]) {
    await tab.click(`.top nav >> text="${name}"`);
    await until(() => says(tab.locator("h1")), title);
    await until(() => says(tab.locator(".top [aria-current]")), name);
  }
  await at("lvt-click", "button").click();
  await until(() => says(at("lvt-click", "span")), "1 clicks");
  assert.equal(await tab.evaluate(() => window.here), true);
});
