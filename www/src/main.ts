/*
 * main.ts - find the wrapper and make its page live; window.lvt.
 */
import { act, openActions } from "./actions";
import { settle } from "./dom";
import { open, page, sync } from "./page";
import { openStatus, state } from "./status";
import { openTransport, subscribe, transport } from "./transport";
import type { Lvt } from "./lvt";

const api: Lvt = {
  action: (name, data = {}) => act(name, data),
  subscribe,
  sync,
  get state() { return state(); },
  get transport() { return transport(); },
  get view() { return page.view; },
  get rev() { return page.rev; },
};

function start(): void {
  const wrapper = document.querySelector<HTMLElement>("[data-lvt-id]");

  if (!wrapper || window.lvt) return;
  window.lvt = api;
  openStatus(wrapper);
  open(wrapper);
  settle(wrapper);
  openActions();
  openTransport();
}

if (document.readyState === "loading") {
  document.addEventListener("DOMContentLoaded", start);
} else {
  start();
}
