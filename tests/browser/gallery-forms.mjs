/*
 * gallery-forms.mjs - forms: the gallery's page "Forms", section by section.
 */
import assert from "node:assert/strict";
import { settled, test, until } from "./harness.mjs";
import { gallery, says } from "./gallery-site.mjs";

const { visit } = await gallery();

/* What the page's log of events says, oldest first. */
const heard = async (at, names) => (await at("form-events", "li").allTextContents())
  .reverse().map((line) => /^lvt:(\w+)/.exec(line)[1]).filter((name) => names.includes(name));

test("errors: the message is shown and heard, the field marked, the text kept", async () => {
  const { tab, at } = await visit("forms");

  await at("errors", "input").fill("nobody");
  await at("errors", "button").click();
  await until(() => at("errors", "small").allTextContents(), ["an address, as in ann@example.org"]);
  assert.equal(await at("errors", "input").inputValue(), "nobody");
  await until(() => at("errors", "input").getAttribute("aria-invalid"), "true");
  assert.equal(await at("errors", "input").getAttribute("aria-describedby"), "email-error");
  await until(() => says(tab.locator(".lvt-announcer")), "an address, as in ann@example.org");
});

test("errors: they are over with the next action that went through", async () => {
  const { at } = await visit("forms");

  await at("errors", "button").click();
  await until(() => at("errors", "small").count(), 1);
  await at("errors", "input").fill("ann@example.org");
  await at("errors", "button").click();
  await until(() => says(at("errors", "p")), "ann@example.org is on the list.");
  await until(() => at("errors", "small").count(), 0);
  await until(() => at("errors", "input").getAttribute("aria-invalid"), null);
  await until(() => at("errors", "input").inputValue(), "");
});

test("lvt-preserve: this field stays, the other is emptied", async () => {
  const { at } = await visit("forms");

  await at("lvt-preserve", "[name=stays]").fill("me");
  await at("lvt-preserve", "[name=question]").fill("why?");
  await at("lvt-preserve", "button").click();
  await until(() => says(at("lvt-preserve", "p")), "The question was “why?”.");
  await until(() => at("lvt-preserve", "[name=question]").inputValue(), "");
  assert.equal(await at("lvt-preserve", "[name=stays]").inputValue(), "me");
});

test("lvt-disable-with: other words and no clicks until there is an answer", async () => {
  const { tab, at } = await visit("forms");
  const button = at("lvt-disable-with", "button");

  /* So that there is time to look. */
  let answer;
  const asked = new Promise((resolve) => { answer = resolve; });
  await tab.route("**/forms", async (route) => {
    await asked;
    await route.continue();
  });
  await button.click();
  await until(() => says(button), "Saving …");
  assert.equal(await button.isDisabled(), true);
  answer();
  await until(() => says(at("lvt-disable-with", "span")), "saved 1 times");
  await until(() => says(button), "Save");
  assert.equal(await button.isDisabled(), false);
});

test("lvt-confirm: no means no", async () => {
  const { tab, at, sent } = await visit("forms");
  const answer = (yes) => tab.once("dialog", (dialog) => {
    assert.equal(dialog.message(), "Throw all of them away?");
    return yes ? dialog.accept() : dialog.dismiss();
  });

  answer(false);
  await at("lvt-confirm", "text=Throw away").click();
  assert.equal(sent.length, 0);
  answer(true);
  await at("lvt-confirm", "text=Throw away").click();
  await until(() => says(at("lvt-confirm", "span")), "0 things");
});

test("sent once: a double click pays once", async () => {
  const { tab, at, sent } = await visit("forms");

  /* However long the second click takes, it comes before the answer. */
  let answer;
  const clicked = new Promise((resolve) => { answer = resolve; });
  await tab.route("**/forms", async (route) => {
    await clicked;
    await route.continue();
  });
  await at("once", "button").dblclick();
  answer();
  await until(() => says(at("once", "p")), "paid 1 times");
  await settled(tab);
  assert.equal(sent.length, 1);
  assert.equal(await says(at("once", "p")), "paid 1 times");
});

test("sent once: a reply that got lost is asked for again, and it was done once", async () => {
  const { tab, at } = await visit("forms");
  const keys = [];

  await tab.route("**/forms", async (route) => {
    /* The page may ask for what it missed, too. */
    if (route.request().method() !== "POST") return route.continue();
    keys.push(route.request().headers()["lvt-key"]);
    if (keys.length > 1) return route.continue();
    await route.fetch();
    await route.abort();
  });
  await at("once", "button").click();
  await until(() => says(at("once", "p")), "paid 1 times");
  await until(() => keys.length, 2);
  await settled(tab);
  assert.equal(keys[0], keys[1]);
  assert.equal(await says(at("once", "p")), "paid 1 times");
});

test("lvt-repeat: every click is meant", async () => {
  const { at } = await visit("forms");

  await at("lvt-repeat", "button").dblclick();
  await until(() => says(at("lvt-repeat", "p")), "knocked 2 times");
});

test("lvt-native: the browser sends the form and loads the page", async () => {
  const { tab, at } = await visit("forms");

  await tab.evaluate(() => { window.here = true; });
  await at("lvt-native", "input").fill("hello");
  await Promise.all([tab.waitForEvent("load"), at("lvt-native", "button").click()]);
  assert.equal(await tab.evaluate(() => window.here), undefined);
  assert.equal(await at("lvt-native", "input").inputValue(), "hello");
});

test("lvt-draft: it survives a reload, until it is sent", async () => {
  const { tab, at } = await visit("forms");

  await at("lvt-draft", "textarea").fill("Dear Ann,");
  await tab.reload();
  await until(() => at("lvt-draft", "textarea").inputValue(), "Dear Ann,");
  await at("lvt-draft", "button").click();
  await until(() => at("lvt-draft", "blockquote").allTextContents(), ["Dear Ann,"]);
  await settled(tab);
  await tab.reload();
  await until(() => tab.locator(".lvt-announcer").count(), 1);
  assert.equal(await at("lvt-draft", "textarea").inputValue(), "");
});

test("lvt-hold: while you type, others' changes wait and are counted", async () => {
  const { tab, at } = await visit("forms");
  const form = at("lvt-hold", "form").first();
  const coats = () => says(at("lvt-hold", "p"));

  await at("lvt-hold", "input").fill("Berta");
  await at("lvt-hold", "text=Be another").click();
  await until(() => form.getAttribute("data-lvt-held"), "1");
  await settled(tab);
  await at("lvt-hold", "text=Be another").click();
  await until(() => form.getAttribute("data-lvt-held"), "2");
  assert.equal(await coats(), "Others gave it 0 coats of paint.");
  await at("lvt-hold", "text=Save").click();
  await until(coats, "Others gave it 2 coats of paint.");
  await until(() => form.getAttribute("data-lvt-held"), null);
  assert.equal(await at("lvt-hold", "input").inputValue(), "Berta");
});

test("lvt-hold: undone, it shows what came meanwhile", async () => {
  const { at } = await visit("forms");

  await at("lvt-hold", "input").fill("Berta");
  await at("lvt-hold", "text=Be another").click();
  await until(() => at("lvt-hold", "form").first().getAttribute("data-lvt-held"), "1");
  await at("lvt-hold", "text=Undo").click();
  await until(() => says(at("lvt-hold", "p")), "Others gave it 1 coats of paint.");
  assert.equal(await at("lvt-hold", "input").inputValue(), "Ann");
});

test("conflict: who comes second is told, and what they wrote stays", async () => {
  const { at, tab } = await visit("forms");

  await at("conflict", "[name=text]").fill("mine");
  await at("conflict", "text=Be another").click();
  await settled(tab);
  const answer = tab.waitForResponse((one) => one.status() === 409);
  await at("conflict", "text=Save").click();
  await answer;
  await until(() => at("conflict", "[data-conflict]").isVisible());
  assert.equal(await at("conflict", "[name=text]").inputValue(), "mine");
  await at("conflict", "text=Take theirs").click();
  await until(() => at("conflict", "[name=text]").inputValue(), "what somebody else wrote");
  await until(() => at("conflict", "[data-conflict]").isHidden());
  await at("conflict", "[name=text]").fill("mine, after all");
  await at("conflict", "text=Save").click();
  await settled(tab);
  await tab.reload();
  assert.equal(await at("conflict", "[name=text]").inputValue(), "mine, after all");
});

const file = (name, mimeType, size) => ({ name, mimeType, buffer: Buffer.alloc(size, "x") });

test("files: sent as multipart, with progress", async () => {
  const { tab, at } = await visit("forms");

  await at("lvt-max-size", "[type=file]").setInputFiles(file("a.txt", "text/plain", 500000));
  const request = tab.waitForRequest((one) => one.method() === "POST" && !/_lvt/.test(one.url()));
  await at("lvt-max-size", "text=Send").click();
  assert.match((await request).headers()["content-type"], /^multipart\/form-data; boundary=/);
  await until(() => says(at("lvt-max-size", "p")), "a.txt: 500000 bytes");
  const bar = at("lvt-max-size", "progress");
  await until(async () => await bar.getAttribute("value") === await bar.getAttribute("max"));
  assert.ok(await bar.getAttribute("max") > 500000);
});

test("files: too big, or of another type, is refused here", async () => {
  const { tab, at, sent } = await visit("forms");

  await at("lvt-max-size", "[type=file]").setInputFiles(file("b.txt", "text/plain", 1000001));
  await at("lvt-max-size", "text=Send").click();
  await until(() => says(tab.locator(".lvt-announcer")), "b.txt: too big");
  await at("lvt-max-size", "[type=file]").setInputFiles(file("c.bin", "application/x-thing", 10));
  await at("lvt-max-size", "text=Send").click();
  await until(() => says(tab.locator(".lvt-announcer")), "c.bin: not of a type that is taken");
  assert.equal(sent.length, 0);
});

test("files: lvt:cancel gives up", async () => {
  const { tab, at } = await visit("forms");

  /* A server that takes its time. */
  await tab.route("**/forms", () => 0);
  await at("lvt-max-size", "[type=file]").setInputFiles(file("a.txt", "text/plain", 1000));
  await at("lvt-max-size", "text=Send").click();
  await until(() => tab.locator("[aria-busy=true]").count(), 1);
  await at("lvt-max-size", "text=Give up").click();
  await settled(tab);
  await until(() => heard(at, ["error"]), ["error"]);
});

test("events of an action: pending, then success or error, then done", async () => {
  const { at } = await visit("forms");
  const names = ["pending", "success", "error", "done"];

  await at("errors", "input").fill("ann@example.org");
  await at("errors", "button").click();
  await until(() => heard(at, names), ["pending", "success", "done"]);
  await at("errors", "button").click();
  await until(() => heard(at, names),
    ["pending", "success", "done", "pending", "error", "done"]);
});

test("events of an action: the detail tells which, with what and how it ended", async () => {
  const { tab, at } = await visit("forms");

  await tab.evaluate(() => addEventListener("lvt:done", ({ detail, target }) => {
    window.done = { ...detail, at: target.tagName };
  }));
  await at("errors", "input").fill("nobody");
  await at("errors", "button").click();
  const done = await until(() => tab.evaluate(() => window.done));
  assert.deepEqual([done.action, done.success, done.data.email, done.errors, done.at],
    ["sign", false, "nobody", { email: "an address, as in ann@example.org" }, "FORM"]);
});
