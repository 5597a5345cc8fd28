/*
 * status.ts - tell the page how things are; lvt-more.js tells the user.
 *
 * Owns:    data-lvt-state and data-lvt-why on the wrapper.
 * May not: decide anything.
 */

/*
 *     connecting --> live <--> behind --> polling
 *                      any <--> offline
 */
export type State = "connecting" | "live" | "behind" | "polling" | "offline";

let wrapper: HTMLElement;
let current: State = "connecting";
let connected = false;

export function state(): State {
  return current;
}

/* An event named lvt:NAME at an element; false: somebody prevented it. */
export function emit(el: EventTarget, name: string, detail?: any): boolean {
  return el.dispatchEvent(new CustomEvent("lvt:" + name,
    { bubbles: true, cancelable: true, detail }));
}

export function openStatus(el: HTMLElement): void {
  wrapper = el;
  wrapper.dataset.lvtState = current;
}

export type Why = "" | "none" | "buffered" | "refused" | "broken";

/* Why there is no stream. */
export function because(why: Why): void {
  if (why) wrapper.dataset.lvtWhy = why;
  else delete wrapper.dataset.lvtWhy;
}

export function setState(next: State): void {
  const up = next === "live" || next === "polling";

  if (next === current) return;
  wrapper.dataset.lvtState = current = next;
  if (up !== connected) emit(wrapper, up ? "connected" : "disconnected");
  connected = up;
}
