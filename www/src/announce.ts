/*
 * announce.ts - tell the user: a live region for screen readers, the state of
 * the connection, the loading bar, and which controls have errors.
 *
 * A page may say things in its own language by data-lvt-lost and
 * data-lvt-found on <html>; empty: nothing. data-lvt-bar="off" there: no bar,
 * no indicator.
 */
import { inside } from "./inside";

const { page, isControl, own, plug } = inside;

/* Through the object model, which a Content-Security-Policy permits. */
const LOOK = `
.lvt-announcer{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
html:not([data-lvt-bar=off]) .lvt-failed{all:initial;display:block;position:fixed;z-index:2147483647;left:.75rem;bottom:3rem;border:1px solid #0000;
max-width:min(30rem,100vw - 3.5rem);padding:.6em 1em;border-radius:.6em;background:#8c1d18;color:#fff;
font:.9rem/1.4 system-ui,sans-serif;box-shadow:0 .2em 1em #0006}
html:not([data-lvt-bar=off]) [data-lvt-state=connecting]::before,
html:not([data-lvt-bar=off]) [data-lvt-id]:is([aria-busy=true],:has([aria-busy=true]))::before{content:"";position:fixed;z-index:2147483647;
inset:0 0 auto;height:2px;background:var(--lvt-bar,#2a7ae2);forced-color-adjust:none;animation:lvt-bar 1.2s .3s ease-in-out infinite both}
html:not([data-lvt-bar=off]) :is([data-lvt-state=behind],[data-lvt-state=offline])::after{
content:var(--lvt-behind,"Connecting …");position:fixed;z-index:2147483647;right:.75rem;bottom:.75rem;padding:.3em .8em;
border-radius:1em;background:#333;color:#fff;font:.8rem/1.4 system-ui,sans-serif;animation:lvt-in .2s 1s both}
html:not([data-lvt-bar=off]) [data-lvt-state=offline]::after{content:var(--lvt-offline,"Offline")}
@keyframes lvt-bar{from{transform:scaleX(0);transform-origin:0}50%{transform:scaleX(1);transform-origin:0}
51%{transform-origin:100%}to{transform:scaleX(0);transform-origin:100%}}
@keyframes lvt-in{from{opacity:0}}
@media (prefers-reduced-motion:reduce){[data-lvt-state]::before{animation-name:lvt-in!important}}`;

const region = document.createElement("div");
/* What was said last. */
let spoken = "";
let lost = 0;
let said = false;

/* Where it is heard and seen: all but an open modal dialog is as if it were not
 * there. */
function settle(): void {
  const modal = [...document.querySelectorAll("dialog[open]")].reverse().find((one) => {
    try {
      return one.matches(":modal");
    } catch (_) {
      return false;		/* a browser that does not tell */
    }
  });
  const home = modal || document.body;

  if (region.parentNode !== home) home.appendChild(region);
}

/* Have a screen reader say something when it has time; the same once more is
 * something else. */
export function announce(text: string): void {
  settle();
  region.classList.remove("lvt-failed");
  region.textContent = spoken = text === spoken ? text + "\u00a0" : text;
}

let fading = 0;

/* Say, and show for a while, what else nobody would see. */
export function fail(text: string): void {
  announce(text);
  show();
}

function show(): void {
  region.classList.add("lvt-failed");
  clearTimeout(fading);
  fading = setTimeout(() => region.classList.remove("lvt-failed"), 10000) as any;
}

function say(name: "lost" | "found", text: string): void {
  const words = document.documentElement.getAttribute("data-lvt-" + name);
  announce(words === null ? text : words);
}

export function openAnnouncer(): void {
  if ("adoptedStyleSheets" in document) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(LOOK);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }
  region.className = "lvt-announcer";
  region.setAttribute("role", "status");
  region.setAttribute("aria-live", "polite");
  settle();
  /* An update leaves in a dialog what the server knows. */
  const { after } = plug;
  plug.after = () => {
    if (after) after();
    if (!region.isConnected) settle();
  };

  addEventListener("lvt:disconnected", () => {
    /* Not worth a word if it is over in a moment. */
    lost = setTimeout(() => {
      said = true;
      say("lost", "Connection lost. Trying again.");
    }, 4000) as any;
  });
  addEventListener("lvt:connected", () => {
    clearTimeout(lost);
    if (said) say("found", "Connected again.");
    said = false;
  });
  addEventListener("lvt:error", (event: any) => {
    const { errors = {}, error } = event.detail;
    const messages = Object.keys(errors).map((name) => errors[name]);
    const text = error ? error.message : messages.join(" ");
    const seen = error ? error.code === "cancelled" : shown(messages);

    if (seen || !error) announce(text);
    /* Unless the page's own script sees to it, which may come later. */
    setTimeout(() => {
      if (seen || event.defaultPrevented) return;
      if (error) announce(text);
      show();
    });
    mark();
  });
  addEventListener("lvt:pending", () => region.classList.remove("lvt-failed"));
  addEventListener("lvt:updated", mark);
}

/* Of messages that the page shows it is enough to hear. What we said in one of
 * its dialogs is not the page's. */
function shown(messages: string[]): boolean {
  region.textContent = "";
  return messages.every((one) => page.el.textContent!.includes(one));
}

/* Say which controls have errors, where the template does not. */
let marked: Element[] = [];

function mark(): void {
  const within = page.form && page.form.isConnected ? page.form : page.el;

  for (const el of marked) own(el, "aria-invalid", null);
  marked = [];
  for (const name of Object.keys(page.errors)) {
    within.querySelectorAll("[name=" + CSS.escape(name) + "]").forEach((el) => {
      if (!isControl(el) || el.hasAttribute("aria-invalid")) return;
      own(el, "aria-invalid", "true");
      marked.push(el);
    });
  }
}
