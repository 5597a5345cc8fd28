/*
 * main.ts - find the wrapper and make its page live; window.lvt.
 */
import { act, openActions } from "./actions";
import { isControl, isDirty, own, plug, settle, special, touched } from "./dom";
import { open, page, refresh, sync, turn } from "./page";
import { forget } from "./parts";
import { emit, openStatus, setState, state } from "./status";
import { begin, follow, handle, openTransport, post, share, subscribe, transport }
  from "./transport";
import type { Lvt } from "./lvt";

const api: Lvt = {
  action: (name, data = {}) => act(name, data),
  subscribe: subscribe,
  sync,
  hooks: {},
  get state() { return state(); },
  get transport() { return transport(); },
  get view() { return page.view; },
  get rev() { return page.rev; },
};

/* What lvt-more.js is made of besides; nobody else's. */
export const inside = {
  act, begin, emit, follow, forget, handle, isControl, isDirty, own,
  page, plug, post, refresh, setState, share, special, sync, touched, turn,
};
export type Inside = typeof inside;

const me = document.currentScript as HTMLScriptElement | null;

function start(): void {
  const wrapper = document.querySelector<HTMLElement>("[data-lvt-id]");

  if (!wrapper || window.lvt) return;
  window.lvt = api;
  openStatus(wrapper);
  open(wrapper);
  settle(wrapper);
  openActions();
  openTransport();
  if (!me) return;
  /* What is not needed for the page to be live comes afterwards. */
  const more = document.createElement("script");
  more.src = me.src.replace(/lvt([^/]*)$/, "lvt-more$1");
  more.nonce = me.nonce;
  (api as any).inside = inside;
  document.head.appendChild(more);
}

if (document.readyState === "loading") {
  document.addEventListener("DOMContentLoaded", start);
} else {
  start();
}
