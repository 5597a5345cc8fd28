/*
 * client.mjs - one-item update, insert at the front, and move (last to first)
 * in lists of 100, 1,000 and 10,000 items, in Chromium.
 *
 *     lvt       apply the update to the tree and bring the document there
 *     morphdom  make the HTML of the list and morph the list to it, with a key
 *               per item; what a client without slots of its own would do
 *
 * Microseconds per update, the median of many, of script alone: laying out and
 * painting cost the same either way.
 */
import { engine, need } from "../www/load.mjs";

const script = await engine({ morphdom: "morphdom" });
const { chromium } = need("playwright-core");
const browser = await chromium.launch({
  executablePath: process.env.LVT_CHROMIUM || "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu"],
});

/* In the page. */
function measure({ size, what, how }) {
  const table = [["<ul>", "</ul>"],
    ['<li id="', '" class="', '"><label><input type="checkbox"> <span>', "</span></label> ",
      "<button>delete</button></li>"]];
  const item = (n, text) => ({ 0: "k" + n, 1: "open", 2: text, 3: n % 2 ? "" : "even" });
  let tree = { s: 0, 0: { s: 1, d: Array.from({ length: size }, (_, n) => item(n, "item " + n)) } };
  const wrapper = document.querySelector("#w");
  let count = 0;
  const updates = {
    update: () => [["u", "k" + Math.floor(size / 2), { 2: "changed " + count }]],
    insert: () => [["i", null, "start", item("new" + count, "new")]],
    move: () => [["m", tree[0].d[tree[0].d.length - 1][0], null]],
  };
  const take = {
    lvt: () => engine.gently(wrapper, () => engine.present(wrapper, tree, table)),
    morphdom: () => {
      const html = engine.html(tree, table);
      engine.morphdom(wrapper.firstChild, html);
    },
  };
  wrapper.innerHTML = engine.html(tree, table);
  engine.present(wrapper, tree, [...table]);
  const times = [];
  const end = performance.now() + 1500;
  while (times.length < 5 || (performance.now() < end && times.length < 200)) {
    const rounds = how === "lvt" ? 10 : 1;
    const begin = performance.now();
    for (let i = 0; i < rounds; i++) {
      count++;
      tree = engine.apply(tree, { 0: updates[what]() }, table);
      take[how]();
    }
    times.push((performance.now() - begin) / rounds * 1000);
    wrapper.offsetHeight;
  }
  const fresh = document.createElement("template");
  fresh.innerHTML = engine.html(tree, table);
  if (fresh.innerHTML !== wrapper.innerHTML) throw new Error(how + " is wrong");
  times.sort((a, b) => a - b);
  return Math.round(times[Math.floor(times.length / 2)]);
}

console.log("| change | items | lvt, µs | morphdom, µs | times faster |");
console.log("|---|---:|---:|---:|---:|");
for (const what of ["update", "insert", "move"]) {
  for (const size of [100, 1000, 10000]) {
    const found = {};
    for (const how of ["lvt", "morphdom"]) {
      const page = await browser.newPage();
      await page.setContent("<!doctype html><body><div id=w></div>");
      await page.addScriptTag({ content: script });
      found[how] = await page.evaluate(measure, { size, what, how });
      await page.close();
    }
    console.log(`| ${what} | ${size} | ${found.lvt} | ${found.morphdom} | ` +
      `${(found.morphdom / found.lvt).toFixed(0)} |`);
  }
}
await browser.close();
