/*
 * effects.ts - lvt-scroll, lvt-highlight, lvt-animate, lvt-infinite, lvt-hook, autofocus,
 * dialogs, and keys with Ctrl and the like.
 */
import { inside } from "./inside";

const { act, isControl, page, plug, said, selector, special, touched } = inside;

/* Elements whose mounted() was called, and their hook. */
const mounted = new Map<HTMLElement, { el: HTMLElement }>();
/* What was there when the page came is not animated. */
let first = true;
const seen = new WeakSet<Element>();

export function openEffects(): void {
  openScroll();
  plug.pressed = pressed;
  const after = plug.after;
  plug.after = () => {
    if (after) after();
    highlight();
    settle();
  };
  settle();
  first = false;
  addEventListener("lvt:connected", () => callAll("connected"));
  addEventListener("lvt:disconnected", () => callAll("disconnected"));
  document.addEventListener("click", dialogs);
  /* Hooks may be registered by scripts that come later. */
  document.addEventListener("DOMContentLoaded", settle);
  addEventListener("load", settle);
}

/* --- lvt-scroll --------------------------------------------------------- */

function lists(how: RegExp): HTMLElement[] {
  return Array.from(special).filter((el) => how.test(said(el, "scroll") || ""));
}

function down(el: HTMLElement): void {
  el.scrollTop = el.scrollHeight;
}

/* Lists that follow their end, or keep to their start. */
function openScroll(): void {
  const { before, after } = plug;
  let ends: HTMLElement[] = [];

  lists(/^bottom/).forEach(down);
  plug.before = () => {
    ends = lists(/^bottom/).filter((el) => said(el, "scroll") === "bottom" ||
      el.scrollTop + el.clientHeight >= el.scrollHeight - 40);
    if (before) before();
  };
  plug.after = () => {
    if (after) after();
    ends.forEach(down);
    lists(/^top$/).forEach((el) => { el.scrollTop = 0; });
  };
}

function moved(): boolean {
  return !matchMedia("(prefers-reduced-motion: reduce)").matches;
}

const LIT = selector(["highlight"], "fx");

/* lvt-highlight="CSS color": what changed lights up. */
function highlight(): void {
  const lit = new Set<Element>();

  touched.forEach((el) => {
    const around = el.closest(LIT);
    if (around && page.el.contains(around)) lit.add(around);
  });
  lit.forEach((el) => {
    const color = said(el, "highlight");
    if (el.animate && moved()) {
      el.animate({ backgroundColor: [/^(flash)?$/.test(color!) ? "#ffc107" : color!, ""] },
        { duration: 700, easing: "ease-out" });
    }
  });
}

/* lvt-animate="fade|slide|scale": what is new comes in like that. */
const COME: Record<string, Keyframe> = {
  fade: { opacity: 0 },
  slide: { opacity: 0, transform: "translateY(-10px)" },
  scale: { opacity: 0, transform: "scale(.9)" },
};

/* lvt-infinite="ACTION": asked for when it comes into sight. */
const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting && !target.hasAttribute("aria-busy")) {
      const { view } = page;
      act(target.getAttribute("lvt-infinite")!, {}, target).then(() => {
        /* Something came, and it still is in sight: it says so again. Else it is
         * for the user to go away and come back. */
        if (view === page.view) return;
        watcher.unobserve(target);
        if (target.isConnected) watcher.observe(target);
      });
    }
  }
}, { rootMargin: "200px" });

function settle(): void {
  special.forEach((el) => {
    if (!el.isConnected) return;
    if (!seen.has(el)) {
      seen.add(el);
      if (el.hasAttribute("lvt-infinite")) watcher.observe(el);
      if (el.hasAttribute("autofocus") && !first) attend(el);
      const how = COME[said(el, "animate")!];
      if (how && !first && el.animate && moved()) el.animate([how, {}], { duration: 250, easing: "ease-out" });
    }
    const hook = window.lvt.hooks[el.getAttribute("lvt-hook")!];
    if (hook && !mounted.has(el)) {
      const self = { el };
      mounted.set(el, self);
      call(self, hook.mounted);
    } else if (hook && hook.updated &&
      Array.from(touched).some((one) => el.contains(one))) {
      call(mounted.get(el)!, hook.updated);
    }
  });
  mounted.forEach((self, el) => {
    if (el.isConnected) return;
    const hook = window.lvt.hooks[el.getAttribute("lvt-hook")!];
    mounted.delete(el);
    if (hook) call(self, hook.destroyed);
  });
}

/* autofocus on what an update brought: unless somebody types elsewhere. */
function attend(el: HTMLElement): void {
  const { activeElement: at } = document;

  if (!isControl(at) || at.type === "checkbox" || at.type === "radio") el.focus();
}

/* What a hook does wrong is said, and is nobody else's fault. */
function call(self: { el: HTMLElement }, fn: (() => void) | undefined): void {
  try {
    if (fn) fn.call(self);
  } catch (error) {
    setTimeout(() => { throw error; });
  }
}

function callAll(what: "connected" | "disconnected"): void {
  mounted.forEach((self, el) => {
    const hook = window.lvt.hooks[el.getAttribute("lvt-hook")!];
    if (hook) call(self, hook[what]);
  });
}

/* lvt-modal-open="ID", lvt-modal-close (="ID", or the dialog around it). */
function dialogs(event: Event): void {
  const target = event.target as Element;
  const open = target.closest("[lvt-modal-open]");
  const close = target.closest("[lvt-modal-close]");
  const dialog = (el: Element, name: string): HTMLDialogElement | null => {
    const id = el.getAttribute(name);
    const found = id ? document.getElementById(id) : el.closest("dialog");
    return found instanceof HTMLDialogElement ? found : null;
  };

  if (open) {
    const found = dialog(open, "lvt-modal-open");
    if (found && !found.open) found.showModal();
  } else if (close) {
    const found = dialog(close, "lvt-modal-close");
    if (found) found.close();
  }
}

const MODS: Record<string, string> = { control: "ctrl", option: "alt", cmd: "meta",
  mod: /Mac|iP/.test(navigator.platform) ? "meta" : "ctrl" };

/* Whether these are the keys: "Enter", "ctrl+k", "mod+Enter", "Escape,q". */
function pressed(keys: string, event: KeyboardEvent): boolean {
  return keys.split(/,(?=.)/).some((one) => {
    const parts = one.trim().toLowerCase().split(/\+(?=.)/);
    const want = parts.pop();
    const mods = ["alt", "ctrl", "meta", "shift"].filter((mod) => (event as any)[mod + "Key"] &&
      (mod !== "shift" || parts.length || event.key.length > 1));
    return (want === "space" ? " " : want) === event.key.toLowerCase() &&
      mods.join() === parts.map((mod) => MODS[mod] || mod).sort().join();
  });
}
