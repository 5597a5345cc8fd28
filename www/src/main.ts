/*
 * main.ts - find the wrapper and make its page live; window.lvt.
 */
import { act, EVENTS, openActions, trigger } from "./actions";
import { disputed, enter, isControl, isDirty, own, plug, reset, said, selector, spared, special,
  touched } from "./dom";
import { open, page, refresh, stale, sync, turn } from "./page";
import { forget } from "./parts";
import { because, emit, openStatus, setState, state } from "./status";
import { begin, cut, failure, follow, handle, open as ask, openTransport, patterns, post,
  restart, share, subscribe, transport } from "./transport";
import { after, typed } from "./wire";
import type { Lvt } from "./lvt";

const api: Lvt = {
  action: (name, data = {}) => act(name, data),
  subscribe: subscribe,
  sync,
  hooks: {},
  get state() { return state(); },
  get transport() { return transport(); },
  get why() { return (page.el.dataset.lvtWhy || "") as any; },
  get view() { return page.view; },
  get rev() { return page.rev; },
};

/* What lvt-more.js is made of besides; nobody else's. */
export const inside = {
  act, after, ask, because, begin, cut, disputed, emit, EVENTS, failure, follow, forget, handle,
  isControl, isDirty, own, page, patterns, plug, post, refresh, reset, restart, said, selector,
  setState, share, spared, special, stale, sync, touched, trigger, turn, typed,
};
export type Inside = typeof inside;

const me = document.currentScript as HTMLScriptElement | null;

function start(): void {
  const wrapper = document.querySelector<HTMLElement>("[data-lvt-id]");

  if (!wrapper || window.lvt) return;
  window.lvt = api;
  openStatus(wrapper);
  open(wrapper);
  enter(wrapper);
  openActions();
  openTransport();
  if (!me) return;
  /* What is not needed for the page to be live comes afterwards. */
  const more = document.createElement("script");
  more.src = me.src.replace(/lvt([^/]*)$/, "lvt-more$1");
  more.nonce = me.nonce;
  share.more = new Promise((resolve) => { more.onload = more.onerror = resolve; });
  (api as any).inside = inside;
  document.head.appendChild(more);
}

if (document.readyState === "loading") {
  document.addEventListener("DOMContentLoaded", start);
} else {
  start();
}
