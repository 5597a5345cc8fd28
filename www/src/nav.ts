/*
 * nav.ts - lvt-nav: links to other pages of the app without a full reload.
 *
 * On a link, or on anything around links ("off" inside makes an exception).
 * Where anything is unusual the browser follows the link by itself. Also what
 * becomes of a page that is not to be had any more.
 */
import { announce, fail } from "./announce";
import { inside } from "./inside";

const { begin, emit, isControl, isDirty, own, page, plug, share, turn } = inside;

/* Pages that are asked for: the last one counts. */
let going = 0;
let busy = false;

/* Where each entry of the history was scrolled to, and which one this is. The
 * browser restores that only of pages it loaded. */
const places = new Map<number, number>();
let entry = 0;
/* The history is ours only when a page was turned. */
let turned = false;

/* The address of what is shown; the bar may be ahead of it. */
let shown = "";

const address = (): string => location.pathname + location.search;

export function openNavigation(): void {
  plug.head = head;
  plug.gone = gone;
  shown = address();
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[href]");
    const how = link && link.closest("[lvt-nav]");

    if (!link || !how || how.getAttribute("lvt-nav") === "off" || event.defaultPrevented ||
      event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey ||
      link.hasAttribute("lvt-nav:no-intercept") || (link.target && link.target !== "_self") ||
      link.hasAttribute("download") || link.origin !== location.origin ||
      (link.hash && link.pathname + link.search === shown)) {
      return;
    }
    event.preventDefault();
    enter();
    places.set(entry, scrollY);
    go(link.href, true);
  });
  addEventListener("popstate", () => {
    if (!turned && !(history.state && history.state.lvt)) return;
    enter();
    if (address() !== shown) go(location.href, false);
  });
  addEventListener("scroll", () => {
    if (!busy) places.set(entry, scrollY);
  }, { passive: true });
}

/* This entry of the history has a number. */
function enter(): void {
  const state = history.state || {};

  turned = true;
  entry = state.lvt || Date.now() + Math.random();
  if (!state.lvt) history.replaceState({ ...state, lvt: entry }, "");
}

/* The page's address leads elsewhere now, or the session ended: load what there is,
 * but not over what was typed, and not for ever. */
let told = false;

function gone(status: number): void {
  const typed = [...page.el.querySelectorAll("*")].some((el) => isControl(el) && isDirty(el));
  let last = Date.now();

  if (told || !emit(page.el, "gone", { status })) return;
  told = true;
  try {
    last = +sessionStorage.getItem("lvt-reload")!;
    sessionStorage.setItem("lvt-reload", String(Date.now()));
  } catch (_) {
    /* Then we cannot tell whether it is for ever. */
  }
  /* What is not there now may be there soon; the error page would not look. */
  if (status !== 404 && !typed && Date.now() - last > 60000) location.reload();
  else fail("This page cannot be updated any more. Reload it to go on.");
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

async function go(href: string, push: boolean): Promise<void> {
  const mine = ++going;

  busy = true;
  own(page.el, "aria-busy", "true");
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
    const { hash } = new URL(href);
    if (push) history.pushState(null, "", response.url + hash);
    enter();
    shown = address();
    if (!await turn(next.title)) throw new Error("no statics");
    const target = hash && document.getElementById(decodeURIComponent(hash.slice(1)));
    const place = places.get(entry);
    if (place === undefined && target) target.scrollIntoView();
    else scrollTo(0, place || 0);
    announce(document.title);
    if (!share.changed) begin();
    emit(page.el, "navigated", { url: location.href });
  } catch (_) {
    if (mine !== going) return;
    /* What is here is better than what a browser says of having no network. */
    if (push && navigator.onLine === false) fail("There is no network.");
    else location.assign(href);
  } finally {
    if (mine === going) {
      busy = false;
      own(page.el, "aria-busy", null);
    }
  }
}
