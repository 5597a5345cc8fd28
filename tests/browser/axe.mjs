/*
 * axe.mjs - axe-core finds nothing against the examples: in light and dark, as
 * they are, with errors, and with what people open. Nor do those who choose their
 * colours themselves.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { newPerson, newTab, settled, test, text, until } from "./harness.mjs";
import { serve } from "./site.mjs";
import { builddir } from "../www/load.mjs";

const axe = readFileSync(join(builddir, "www/node_modules/axe-core/axe.min.js"), "utf8");
const site = await serve(["counter", "todos", "chat", "dashboard", "orders", "documents",
  "gallery"]);

/* What it has to say about a tab, in a line each. */
async function violations(tab) {
  if (!await tab.evaluate(() => !!window.axe)) await tab.evaluate(axe);
  return tab.evaluate(async () => (await axe.run(document)).violations.flatMap((one) =>
    one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}: ${node.failureSummary}`)));
}

async function error(tab, form, button, field) {
  await tab.fill(`${form} ${field}`, "");
  await tab.evaluate(() => {
    for (const each of document.forms) each.noValidate = true;
  });
  await settled(tab);
  await tab.click(`${form} ${button}`);
  await until(() => tab.locator(`${form} small`).count());
  await settled(tab);
}

/* Each page, and what people do there. */
const pages = [
  ["", "", {}],
  ["counter", "", {}],
  ["todos", "", {
    "with a list": async (tab) => {
      for (const thing of ["bread", "apples"]) {
        await tab.fill("[name=text]", thing);
        await tab.click("button[name=add]");
        await until(() => tab.locator("li .text").allTextContents(), (all) => all[0] === thing);
      }
      await tab.click("[aria-label='bread: done']");
      await until(() => tab.locator("li.done").count(), 1);
    },
    "with an error": (tab) => error(tab, "form.line", "button[name=add]", "[name=text]"),
  }],
  ["chat", "", {
    "with a message": async (tab) => {
      await tab.fill("[name=who]", "Anna");
      await tab.fill("[name=text]", "hello");
      await tab.click("button[name=say]");
      await until(() => tab.locator("ol li b").count());
    },
    "with an error": (tab) => error(tab, "form", "button[name=say]", "[name=text]"),
  }],
  ["dashboard", "", {
    "with figures": async (tab) => {
      site.run("dashboard", ["broadcast", "--all", "-"], JSON.stringify({
        updated: "12:00", notice: "maintenance",
        figures: [{ id: "load", name: "Load", text: "0.4", percent: 95, high: true }],
        services: [{ name: "web", up: true }, { name: "mail", up: false }] }));
      await until(() => tab.locator("meter").count(), 1);
    },
  }],
  ["orders", "", {
    "with an order": async (tab) => {
      await tab.fill("[name=who]", "Ann");
      await tab.click("button[name=order]");
      await until(() => tab.locator("tbody td:not(.empty)").count());
    },
    "with an error": (tab) => error(tab, "form", "button[name=order]", "[name=who]"),
  }],
  ["orders", "stock", {}],
  ["orders", "payment", {}],
  ["orders", "journal", {}],
  ["documents", "", {
    "with an error": (tab) => error(tab, "form", "button[name=enter]", "[name=room]"),
  }],
  ["documents", "room/plans", {
    "with a document and a conflict": async (tab) => {
      await tab.fill("[name=title]", "Plan " + await tab.locator("article").count());
      await tab.click("button[name=create]");
      await until(() => tab.locator("article").count());
      await settled(tab);
      const other = await newTab(tab.context(), tab.url());
      await tab.fill("article textarea", "mine");
      await other.fill("article textarea", "theirs " + Date.now());
      await other.click("article button[name=save]");
      await settled(other);
      await tab.click("article button[name=save]");
      await until(() => tab.locator(".conflict").count(), 1);
    },
  }],
  ["gallery", "", {}],
  ["gallery", "events", {
    "with an error": (tab) => error(tab, "#lvt-submit", "button", "input"),
    "with the menu open": async (tab) => {
      await tab.click("#lvt-click-away button");
      await until(() => tab.locator("#lvt-click-away .try p").count(), 1);
    },
  }],
  ["gallery", "forms", {
    "with an error": (tab) => error(tab, "#errors", "button", "input"),
    "with changes that wait": async (tab) => {
      await tab.fill("#lvt-hold input", "Berta");
      await tab.click("#lvt-hold >> text=Be another");
      await until(() => tab.locator("[data-lvt-held]").count(), 1);
      await settled(tab);
    },
  }],
  ["gallery", "kept", {
    "with details open": (tab) => tab.click("summary"),
  }],
  ["gallery", "shown", {
    "with notes and an error": async (tab) => {
      await tab.fill("#lvt-optimistic input", "bread");
      await tab.click("#lvt-optimistic >> text=Add");
      await settled(tab);
      await tab.click("#lvt-optimistic >> text=Dislike");
      await settled(tab);
      await until(() => tab.locator("#lvt-optimistic small").count(), 1);
    },
    "with a dialog": (tab) => tab.click("[lvt-modal-open]"),
  }],
  ["gallery", "live", {
    "with bells and lines": async (tab) => {
      await tab.click("#subscribe button");
      await until(() => tab.locator("#bells li").count());
      await tab.fill("#offline input", "hello");
      await tab.click("#offline button");
      await until(async () => (await text(tab, "#offline ol")).includes("hello"));
    },
    "offline": async (tab) => {
      await tab.context().setOffline(true);
      await until(() => tab.locator("[data-lvt-state=offline]").count(), 1);
    },
  }],
  ["gallery", "other", {}],
];

for (const colorScheme of ["light", "dark"]) {
  for (const [name, page, states] of pages) {
    const called = `${name || "the index"}${page && "/" + page}`;

    test(`${called} in ${colorScheme} is accessible, whatever it shows`, async () => {
      const person = await newPerson({ colorScheme, reducedMotion: "reduce" });
      const tab = await newTab(person, site.url(name) + page, { live: name !== "" });

      assert.deepEqual(await violations(tab), [], "as it is");
      for (const [state, reach] of Object.entries(states)) {
        await reach(tab);
        assert.deepEqual(await violations(tab), [], state);
      }
    });
  }
}

/* Where the system chooses the colours there is no background to tell a button by. */
for (const [name, page] of pages) {
  test(`${name || "the index"}${page && "/" + page}: buttons have an edge where colours are forced`,
    async () => {
      const tab = await newTab(await newPerson({ forcedColors: "active" }), site.url(name) + page,
        { live: name !== "" });
      assert.deepEqual(await tab.evaluate(() => [...document.querySelectorAll("button, dialog")]
        .filter((one) => getComputedStyle(one).borderTopStyle === "none")
        .map((one) => one.outerHTML)), []);
    });
}
