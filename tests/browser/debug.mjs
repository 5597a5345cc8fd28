/* debug.mjs - lvt-debug.js: a panel that opens by keys, and tells what happens. */
import assert from "node:assert/strict";
import { feature } from "./feature.mjs";
import { newTab, settled, test, until } from "./harness.mjs";
import { need } from "../www/load.mjs";

const page = {
  statics: ['<script src="/_lvt/lvt-debug.js" defer></script><button id="b" lvt-click="slow">x</button><p>',
    "</p><b>", "</b>"],
  slots: ["one", "two"],
};

function it(title, fn) {
  test(title, async () => {
    const server = await feature(page);
    try {
      const tab = await newTab(null, server.url);
      await tab.waitForLoadState("load");
      await until(() => tab.locator("section").count(), 1, 30000);
      await fn(tab, server);
    } finally {
      await server.close();
    }
  });
}

const panel = (tab) => tab.locator("section");

it("Alt+Shift+L opens the panel with the focus, and Escape gives it back", async (tab) => {
  await tab.focus("#b");
  assert.equal(await panel(tab).isVisible(), false);
  await tab.keyboard.press("Alt+Shift+L");
  await until(() => panel(tab).isVisible(), true);
  assert.equal(await tab.getByRole("button", { name: "lvt" }).getAttribute("aria-expanded"), "true");
  assert.equal(await tab.getByRole("region", { name: "lvt" }).count(), 1);
  await tab.keyboard.press("Escape");
  await until(() => panel(tab).isVisible(), false);
  assert.equal(await tab.evaluate(() => document.activeElement.id), "b");
});

it("it tells the connection, the parts of an update with their bytes, and how long actions took",
  async (tab, server) => {
    await tab.getByRole("button", { name: "lvt" }).click();
    await until(() => panel(tab).textContent(), (text) => /state(live)/.test(text), 30000);
    server.update({ 1: "three" });
    await until(() => panel(tab).locator("table").first().textContent(),
      (text) => /stream271$/.test(text), 30000);
    await tab.click("#b");
    await settled(tab);
    const row = panel(tab).locator("tr", { hasText: "slow" }).locator("td");
    await until(() => row.count(), 4, 30000);
    const [, ms, action, how] = await row.allTextContents();
    assert.ok(+ms >= 300, ms);
    assert.deepEqual([action, how], ["slow", "done"]);
  });

it("it makes the network slow, also after a reload", async (tab) => {
  await tab.getByRole("button", { name: "lvt" }).click();
  await tab.getByLabel("Simulated latency").selectOption("1000");
  const took = () => tab.evaluate(async () => {
    const began = performance.now();
    await lvt.action("any");
    return performance.now() - began;
  });
  assert.ok(await took() >= 1000);
  await tab.reload();
  await until(() => panel(tab).isVisible(), true, 30000);
  assert.ok(await took() >= 1000);
});

it("axe finds nothing wrong with it", async (tab) => {
  await tab.getByRole("button", { name: "lvt" }).click();
  await until(() => panel(tab).isVisible(), true);
  await tab.evaluate(need("fs").readFileSync(need.resolve("axe-core/axe.min.js"), "utf8"));
  const { violations } = await tab.evaluate(() => axe.run({ include: [["div:last-of-type"]] }));
  assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes[0].html]), []);
});
