/*
 * anywhere.ts - what happens elsewhere than at the element that minds:
 * lvt-window-EVENT (also lvt-on:window:EVENT) and lvt-click-away. And what else
 * comes with an event in LiveTemplate's newer spelling: data-NAME.
 */
import { inside } from "./inside";

const { EVENTS, page, plug, said, selector, trigger, typed } = inside;

export function openAnywhere(): void {
  plug.data = newer;
  /* Before the click itself acts: what it is away from comes first. */
  document.addEventListener("click", (event) => {
    each(event, ["click-away"], (el) => !el.contains(event.target as Node));
  }, true);
  for (const type of Object.keys(EVENTS).concat("resize", "scroll")) {
    addEventListener(type, (event) => each(event, ["window-" + type, "window\\:" + type]));
  }
}

/* Of an element with lvt-on:EVENT, data-NAME is data, too. */
function newer(el: Element, data: Record<string, any>): void {
  if (!el.getAttributeNames().some((name) => name.startsWith("lvt-on:"))) return;
  for (const { name, value } of [...el.attributes]) {
    const [, of] = /^data-(?!key$|lvt-)(.+)$/.exec(name) || [];
    if (of && !(of in data)) data[of] = typed(value);
  }
}

function each(event: Event, names: string[], minds = (_: Element): boolean => true): void {
  page.el.querySelectorAll(selector(names, "on")).forEach((el) => {
    const action = names.map((name) => said(el, name.replace("\\", ""))).find(Boolean);
    if (action && minds(el)) trigger(el, action, event);
  });
}
