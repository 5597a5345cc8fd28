/*
 * status.ts - tell the page and the user how things are.
 *
 * Owns:    data-lvt-state on the wrapper, and one live region behind it.
 * May not: decide anything.
 */

/*
 *     connecting --> live <--> behind --> polling
 *                      any <--> offline
 */
export type State = "connecting" | "live" | "behind" | "polling" | "offline";

let wrapper: HTMLElement;
let region: HTMLElement;
let current: State = "connecting";
let connected = false;
/* The timer of the word about a lost connection, and whether it was said. */
let lost = 0;
let said = false;

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
  region = document.createElement("div");
  region.className = "lvt-announcer";
  region.setAttribute("role", "status");
  region.setAttribute("aria-live", "polite");
  /* Through the object model, which a Content-Security-Policy permits. */
  region.style.cssText = "position:absolute;width:1px;height:1px;" +
    "overflow:hidden;clip-path:inset(50%);white-space:nowrap";
  document.body.appendChild(region);
}

/* Have a screen reader say something when it has time. */
export function announce(text: string): void {
  region.textContent = text;
}

/* A page may say it in its own language: data-lvt-lost, data-lvt-found. */
function say(name: "lost" | "found", text: string): void {
  const own = document.documentElement.getAttribute("data-lvt-" + name);
  announce(own === null ? text : own);
}

export function setState(next: State): void {
  const up = next === "live" || next === "polling";

  if (next === current) return;
  wrapper.dataset.lvtState = current = next;
  if (up && !connected) {
    clearTimeout(lost);
    if (said) say("found", "Connected again.");
    said = false;
    emit(wrapper, "connected");
  } else if (!up && connected) {
    /* Not worth a word if it is over in a moment. */
    lost = setTimeout(() => {
      said = true;
      say("lost", "Connection lost. Trying again.");
    }, 4000) as any;
    emit(wrapper, "disconnected");
  }
  connected = up;
}
