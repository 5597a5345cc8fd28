/*
 * nav.ts - lvt-nav: links to other pages of the app without a full reload.
 *
 * On a link, or on anything around links ("off" inside makes an exception).
 * Where anything is unusual the browser follows the link by itself.
 */
import { announce } from "./announce";
import { inside } from "./inside";

const { begin, emit, page, plug, share, turn } = inside;

let going = 0;

export function openNavigation(): void {
  plug.head = head;
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[href]");
    const how = link && link.closest("[lvt-nav]");

    if (!link || !how || how.getAttribute("lvt-nav") === "off" || event.defaultPrevented ||
      event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey ||
      link.target || link.hasAttribute("download") || link.origin !== location.origin ||
      (link.hash && link.pathname + link.search === location.pathname + location.search)) {
      return;
    }
    event.preventDefault();
    history.replaceState({ ...history.state, lvt: scrollY }, "");
    go(link.href, true, 0);
  });
  addEventListener("popstate", (event) => {
    if (event.state && "lvt" in event.state) go(location.href, false, event.state.lvt || 0);
  });
}

/* What came and went in <head>. Scripts that come so do not run. */
function head(was: Element[], is: Element[]): void {
  const moved = (a: Element[], b: Element[]): Element[] => a.filter((one) =>
    one.tagName !== "TITLE" && !b.some((other) => one.isEqualNode(other)));
  const here = Array.from(document.head.children);

  for (const gone of moved(was, is)) {
    const match = here.find((one) => one.isEqualNode(gone));
    if (match) match.remove();
  }
  for (const one of moved(is, was)) document.head.appendChild(document.importNode(one, true));
}

async function go(href: string, push: boolean, scroll: number): Promise<void> {
  const mine = ++going;

  try {
    const response = await fetch(href, { headers: { Accept: "text/html" } });
    const type = response.headers.get("Content-Type") || "";
    if (!response.ok || !type.includes("html")) throw new Error(type);
    const next = new DOMParser().parseFromString(await response.text(), "text/html");
    const el = next.querySelector<HTMLElement>("[data-lvt-id]");
    const [tree, nextTree] = [document, next].map((one) => one.getElementById("lvt-tree"));
    if (!el || !tree || !nextTree || el.dataset.lvtPrefix !== page.el.dataset.lvtPrefix) {
      throw new Error("another app");
    }
    if (mine !== going) return;
    Object.assign(page.el.dataset, el.dataset);
    tree.textContent = nextTree.textContent;
    if (push) history.pushState({ lvt: 0 }, "", response.url + new URL(href).hash);
    if (!await turn(next.title)) throw new Error("no statics");
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target) target.scrollIntoView();
    else scrollTo(0, scroll);
    announce(document.title);
    if (!share.changed) begin();
    emit(page.el, "navigated", { url: location.href });
  } catch (_) {
    if (mine === going) location.assign(href);
  }
}
