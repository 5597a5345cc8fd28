/*
 * gallery-site.mjs - examples/gallery behind lighttpd, with its companion: what
 * the gallery's suites begin with.
 *
 *     const { site, visit } = await gallery();
 *     const { tab, at } = await visit("events");     // a new person's tab
 *     await at("lvt-click", "button").click();       // within that section
 *     await until(() => says(at("lvt-click", "span")), "1 clicks");
 *
 * visit(page, options)  a tab of options.person, else of somebody new (with
 *                       options for newPerson()); sent: the bodies of its POSTs
 * at(id, selector)      a locator inside the live half of a section
 * says(locator)         its text, without space around it
 */
import { newPerson, newTab, until } from "./harness.mjs";
import { serve } from "./site.mjs";

export const says = async (locator) => (await locator.textContent()).trim();

export async function gallery() {
  const site = await serve(["gallery", "counter"]);
  const url = (page = "") => site.url("gallery") + page;

  async function visit(page, { person, ...options } = {}) {
    const tab = await newTab(person || await newPerson(options), url(page));
    const sent = [];
    tab.on("request", (request) => {
      if (request.method() === "POST" && !/_lvt/.test(request.url())) {
        sent.push(request.postData() || "");
      }
    });
    /* What lvt-more.js brings is there, too. */
    if (options.js !== false) await until(() => tab.locator(".lvt-announcer").count(), 1);
    const at = (id, selector) => tab.locator(`#${id} .try`).locator(selector);
    return { tab, at, sent };
  }
  return { site, url, visit };
}
