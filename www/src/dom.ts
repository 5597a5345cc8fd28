/*
 * dom.ts - make the document say what a piece of HTML says, and leave alone
 * what the user is doing in it.
 *
 * Owns:    the nodes inside the wrapper, except those under lvt-ignore.
 * Rules:
 *   1. A control keeps what was typed, chosen or ticked as long as it differs
 *      from what the server last rendered, and while it has the focus. (What
 *      the server rendered is the attribute; what the user did, the property.)
 *   2. <details> and <dialog> keep the state that the user gave them until the
 *      server renders another one than before.
 *   3. Focus, selection and scroll positions survive, also where an element
 *      had to be moved.
 *   4. Children are moved as little as can be: see patchChildren().
 */
import { forget } from "./parts";

type Control = HTMLElement &
  Omit<HTMLInputElement, "type"> & Pick<HTMLSelectElement, "options" |
  "selectedOptions" | "selectedIndex"> & { type: string };

export function isControl(el: Element | null): el is Control {
  return !!el && /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName);
}

function isTick(el: Control): boolean {
  return /^(checkbox|radio)$/.test(el.type);
}

/* What the server only showed back, as it refused it: still the user's. */
export const disputed = new Set<Element>();

/* Whether the user changed the control since the server rendered it. */
export function isDirty(el: Control): boolean {
  if (disputed.has(el)) return true;
  if (el.tagName === "SELECT") {
    const options = [...el.options];
    /* A list without a default shows its first option. */
    const chosen = options.some((one) => one.defaultSelected);
    return options.some((one, index) => one.selected !==
      (chosen || el.multiple ? one.defaultSelected : index === 0));
  }
  return isTick(el)
    ? el.checked !== el.defaultChecked
    : el.type !== "hidden" && (el.validity.badInput ||
      (el.value !== el.defaultValue && el.value !== (parse(el.outerHTML) as any).firstChild.value));
}

/* In a control that was just made, what the server wrote may read otherwise: a
 * slider has a number from the start, and a line no line breaks. */
export function parse(html: string): DocumentFragment {
  const template = document.createElement("template");

  template.innerHTML = html;
  return template.content;
}

/* Back to what the server rendered. */
export function reset(el: Control): void {
  if (el.tagName === "SELECT") {
    const options = [...el.options];
    options.forEach((one) => { one.selected = one.defaultSelected; });
    if (!el.multiple && el.selectedIndex < 0) el.selectedIndex = 0;
  } else if (isTick(el)) {
    el.checked = el.defaultChecked;
  } else if (el.type === "file") {
    el.value = "";
  } else if (el.type !== "hidden") {
    el.value = el.defaultValue;
  }
}

/* --- attributes --------------------------------------------------------- */

/* The value of lvt-NAME, which LiveTemplate's newer spelling has a family before:
 * lvt-on:NAME, lvt-mod:NAME. null: there is none. */
export function said(el: Element, name: string): string | null {
  for (const family of ["", "on:", "mod:", "fx:", "form:"]) {
    const value = el.getAttribute("lvt-" + family + name);
    if (value !== null) return value;
  }
  return null;
}

/* The elements that have one of these. */
export function selector(names: string[], family: string): string {
  return names.map((name) => `[lvt-${name}],[lvt-${family}\\:${name}]`).join();
}

/* --- patching ----------------------------------------------------------- */

/* The longest increasing subsequence of the numbers that are not negative. */
export function longestRun(numbers: number[]): Set<number> {
  const tails: number[] = [];
  const before: number[] = [];

  numbers.forEach((number, index) => {
    let low = 0;
    let high = tails.length;
    if (number < 0) return;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (numbers[tails[middle]] < number) low = middle + 1;
      else high = middle;
    }
    before[index] = low ? tails[low - 1] : -1;
    tails[low] = index;
  });
  const run = new Set<number>();
  for (let index = tails.length ? tails[tails.length - 1] : -1; index >= 0;
    index = before[index]) {
    run.add(numbers[index]);
  }
  return run;
}

/* What the server said of open, per <details> and <dialog>. */
const opened = new WeakMap<Element, boolean>();

/* What nobody but the page's own scripts, or the user, changes. */
const LEFT = "[lvt-ignore],[contenteditable]:focus-within";

/* Whether what is in there is to be left as it is, for now or for ever. */
export function held(el: Element): boolean {
  return !!el.closest(LEFT) || !!plug.held && plug.held(el.closest("[lvt-hold]"));
}

/* What lvt-more.js does at certain times. */
export const plug: {
  /* Around each change of the page. */
  before?: () => void;
  after?: () => void;
  /* What is in <head>, besides the title, becomes another. */
  head?: (was: Element[], is: Element[]) => void;
  /* Whether this form with lvt-hold is held now. */
  held?: (form: Element | null) => boolean;
  /* An action begins; it was answered, or there is no answer. */
  pending?: (job: any) => void;
  answered?: (job: any, success: boolean | undefined) => void;
  /* Whether lvt-key="ctrl+k" and the like mean these keys. */
  pressed: (keys: string, event: KeyboardEvent) => boolean;
  /* More data of an action. */
  data?: (el: Element, data: Record<string, any>) => void;
  /* Do something when the pace of an element permits. */
  pace: (el: Element, fn: () => void) => void;
  /* The page is not to be had any more. */
  gone?: (status: number) => void;
  /* Send a form with files. */
  upload?: (job: any, url: string, options: any) => Promise<Response>;
} = {
  pressed: (keys, event) => keys === event.key,
  pace: (_, fn) => fn(),
};

/* Make a node what another says; children() does so for those below. */
export function patchNode(from: any, to: any, children: () => void): void {
  if (from.nodeType !== 1) {
    if (from.data !== to.data) {
      from.data = to.data;
      touch(from.parentElement);
    }
    return;
  }
  if (from.matches(LEFT) || (from.hasAttribute("lvt-hold") && held(from))) {
    if (!from.hasAttribute("lvt-ignore")) forget();
    return;
  }
  if (/^(DETAILS|DIALOG)$/.test(from.tagName)) {
    const server = to.hasAttribute("open");
    const last = opened.has(from) ? opened.get(from) : server;
    opened.set(from, server);
    if (server === last) to.toggleAttribute("open", from.hasAttribute("open"));
    else if (!server && from.close) from.close();
  }
  const restore = isControl(from) && from.type === (to as Control).type
    ? hold(from) : null;
  patchAttributes(from, from, to);
  if (from.tagName !== "TEXTAREA") {
    children();
  } else if (from.defaultValue !== to.defaultValue) {
    from.defaultValue = to.defaultValue;
  }
  if (restore) restore();
  else if (isControl(from)) reset(from);
}

/* What a control said that had the focus and nothing of the user's, as the
 * server said something else. */
export const spared = new WeakMap<Element, string>();

/* Keep what the user did to a control; null: it is the server's to change. */
function hold(el: Control): (() => void) | null {
  const { value, checked } = el;

  if (el.type === "radio") return holdGroup(el);
  if (!isDirty(el)) {
    if (document.activeElement !== el || isTick(el)) return null;
    spared.set(el, value);
  }
  if (el.tagName === "SELECT") {
    const chosen = Array.from(el.selectedOptions, (one) => one.value);
    return () => {
      for (const one of [...el.options]) {
        one.selected = chosen.includes(one.value);
      }
    };
  }
  return () => {
    if (isTick(el)) el.checked = checked;
    else if (el.type !== "file" && el.value !== value) el.value = value;
  };
}

/* One choice of several: it is all of them that the user changed, or none. */
function holdGroup(el: Control): (() => void) | null {
  const group = Array.from((el.form || document)
    .querySelectorAll<any>(`[type=radio][name="${CSS.escape(el.name)}"]`))
    .filter((one) => one.form === el.form);
  const chosen = group.find((one) => one.checked);

  return group.some(isDirty) ? () => {
    if (chosen) chosen.checked = true;
  } : null;
}

/* Attributes that the client gave an element, which the server knows not of. */
const ours = new WeakMap<Element, Map<string, string | null>>();

/* Give an element an attribute; null: as the server wants it again. */
export function own(el: Element, name: string, value: string | null): void {
  const mine = ours.get(el) || new Map();

  ours.set(el, mine);
  if (value !== null) {
    if (!mine.has(name)) mine.set(name, el.getAttribute(name));
  } else {
    value = mine.get(name) || null;
    mine.delete(name);
  }
  setAttribute(el, name, value);
}

function setAttribute(el: Element, name: string, value: string | null): void {
  if (value === null) el.removeAttribute(name);
  else el.setAttribute(name, value);
}

function patchAttributes(el: Element, old: Element, next: Element): void {
  const mine = ours.get(el);

  const set = (name: string, value: string | null): void => {
    if (mine && mine.has(name)) {
      mine.set(name, value);
    } else if (old.getAttribute(name) !== value) {
      setAttribute(el, name, value);
      touch(el);
      if (el.matches(SPECIAL)) special.add(el as HTMLElement);
    }
  };

  for (const { name } of [...old.attributes]) {
    if (!next.hasAttribute(name)) set(name, null);
  }
  for (const { name, value } of [...next.attributes]) set(name, value);
}

/* --- what needs more than to be there ----------------------------------- */

/* Elements that somebody looks after: kept in a list of their own, since
 * looking for them would cost as much as the page is long. */
const SPECIAL = "[autofocus]," +
  selector(["scroll", "hook", "animate", "infinite", "draft"], "fx");

export const special = new Set<HTMLElement>();

export function enter(top: ParentNode): void {
  top.querySelectorAll<HTMLElement>(SPECIAL).forEach((el) => special.add(el));
}

/* Elements that something changed in. */
export const touched = new Set<Element>();

export function touch(el: Element | null): void {
  if (el) touched.add(el);
}

/* Do something to the wrapper's content without disturbing who works in it. */
export function gently(wrapper: HTMLElement, change: () => void): void {
  const restore = remember(wrapper);

  if (plug.before) plug.before();
  touched.clear();
  change();
  restore();
  if (plug.after) plug.after();
  special.forEach((el) => { if (!el.isConnected) special.delete(el); });
}

/* What moving nodes about may disturb, and how to put it right. */
function remember(wrapper: HTMLElement): () => void {
  const active = document.activeElement as Control | null;
  const inside = active && wrapper.contains(active) ? active : null;
  const scrolled: Array<[Element, number, number]> = [];
  let range: [number, number, any] | null = null;

  for (let el: Element | null = inside; el && el !== wrapper; el = el.parentElement) {
    if (el.scrollTop || el.scrollLeft) scrolled.push([el, el.scrollTop, el.scrollLeft]);
  }
  try {
    if (inside && inside.selectionStart !== null) {
      range = [inside.selectionStart, inside.selectionEnd!, inside.selectionDirection];
    }
  } catch (_) {
    /* Some types of input have no selection. */
  }
  return () => {
    const now = inside && (inside.isConnected ? inside : twin(wrapper, inside));
    if (now && document.activeElement !== now) {
      now.focus({ preventScroll: true });
      if (range && now.setSelectionRange) now.setSelectionRange(...range);
    }
    for (const [el, top, left] of scrolled) {
      el.scrollTop = top;
      el.scrollLeft = left;
    }
  };
}

/* The element that took the place of one that is gone. */
function twin(wrapper: HTMLElement, gone: Control): Control | null {
  const name = gone.id ? "#" + CSS.escape(gone.id)
    : gone.name ? gone.tagName + "[name=" + CSS.escape(gone.name) + "]" : "";
  const found = name ? wrapper.querySelectorAll<Control>(name) : [];

  return found.length === 1 ? found[0] : null;
}

/* --- around the wrapper ------------------------------------------------- */

/* Bring the document around the wrapper from one HTML to another: attributes
 * of <html> and <body>, the title, and what else is in <head>. Scripts that
 * come later do not run. */
export function patchAround(before: string, now: string): void {
  const reader = new DOMParser();
  const old = reader.parseFromString(before, "text/html");
  const next = reader.parseFromString(now, "text/html");

  patchAttributes(document.documentElement, old.documentElement, next.documentElement);
  patchAttributes(document.body, old.body, next.body);
  if (document.title !== next.title && old.title !== next.title) {
    document.title = next.title;
  }
  if (before && plug.head) {
    plug.head([...old.head.children], [...next.head.children]);
  }
}
