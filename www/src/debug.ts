/*
 * debug.ts - lvt-debug.js: a panel for whoever builds a page. It shows the
 * connection, the last updates with the parts that they changed and their bytes,
 * how long actions took, and can make the network slow. In development it also
 * says why the page cannot be shown, until it can.
 *
 * Owns:    its panel and that message (beside the wrapper, in shadow trees),
 *          window.fetch and XMLHttpRequest.send as seen from here on.
 * May not: change the page or what is sent.
 *
 * To be loaded before lvt.js, so that it sees all. Alt+Shift+L opens and closes
 * it. data-lvt-debug="quiet" on the script leaves out the button: the page then
 * has nothing of it before it is opened.
 */
import { changes, plain, Row } from "./changes";

const MOST = 20;		/* rows of a table */
const DELAYS = [0, 100, 300, 1000, 3000];
const LOOK = `
:host{all:initial;position:fixed}
*{box-sizing:border-box;font:12px/1.5 ui-monospace,monospace}
button,select{font:inherit;color:inherit;background:#2b2f38;border:1px solid #778;border-radius:4px;padding:2px 8px}
:focus-visible{outline:2px solid #8cf;outline-offset:1px}
.lvt{position:fixed;z-index:2147483646;right:8px;bottom:8px;color:#eee}
section{position:fixed;z-index:2147483646;right:8px;bottom:40px;width:min(44rem,calc(100vw - 16px));max-height:60vh;overflow:auto;
background:#16181d;color:#eee;border:1px solid #778;border-radius:8px;padding:8px 12px}
section[hidden]{display:none}
h2{font-size:13px;font-weight:700;margin:0 0 4px}
h3{font-weight:700;margin:10px 0 2px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:0 12px;margin:0}dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}th{text-align:left;font-weight:700}
td,th{padding:0 12px 0 0;vertical-align:top}td:last-child{overflow-wrap:anywhere;width:60%}.n{text-align:right}
.close{float:right}
[role=alert]{position:fixed;z-index:2147483647;inset:8px 8px auto;max-width:60rem;margin:auto;background:#fff4f4;color:#300;
border:2px solid #b00;border-radius:8px;padding:12px 16px}
pre{margin:8px 0 0;max-height:70vh;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere}`;

const me = document.currentScript as HTMLScriptElement | null;
const quiet = !!me && me.dataset.lvtDebug === "quiet";
const storage = "lvt-debug";

/* An element of the page that takes no room, and has a look of its own. */
function apart(): [HTMLElement, ShadowRoot] {
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });

  /* Not by <style>, which a strict policy refuses. */
  if ("adoptedStyleSheets" in root) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(LOOK);
    root.adoptedStyleSheets = [sheet];
  }
  return [host, root];
}

/* --- what is kept over a reload ----------------------------------------- */

const kept: { open: boolean; delay: number } = { open: false, delay: 0 };

try {
  Object.assign(kept, JSON.parse(sessionStorage.getItem(storage) || "{}"));
} catch (_) {
  /* Not what we wrote. */
}

function keep(): void {
  try {
    sessionStorage.setItem(storage, JSON.stringify(kept));
  } catch (_) {
    /* Full, or not allowed. */
  }
}

/* --- the network, seen and slowed --------------------------------------- */

const traffic = { requests: 0, sent: 0, received: 0, streamed: 0 };

function late(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, kept.delay));
}

/* Counts what comes. */
function counted(response: Response): Response {
  response.clone().arrayBuffer().then(({ byteLength }) => {
    traffic.received += byteLength;
    refresh();
  }, () => 0);
  return response;
}

/* And hands a stream on as late as was asked for. */
function watched(response: Response): Response {
  if (!response.body) return response;
  const reader = response.body.getReader();
  const body = new ReadableStream({
    async pull(to) {
      const { done, value } = await reader.read();
      if (done) return to.close();
      traffic.streamed += value.length;
      if (kept.delay) await late();
      to.enqueue(value);
      refresh();
    },
    cancel: (why) => reader.cancel(why),
  });
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers });
}

/* --- what the server cannot show ------------------------------------------ */

const [wall, inWall] = apart();
const failure = document.createElement("pre");
let asking = 0;

failure.tabIndex = 0;

/* Until it says something else it is asked each second: a template that was
 * mended is to be seen at once. */
function say(text: string): void {
  if (text === failure.textContent) return;
  failure.textContent = text;
  clearInterval(asking);
  inWall.replaceChildren();
  if (!text) return wall.remove();
  const alert = element("div", "", element("h2", "The server cannot show this page"), failure);
  document.body.append(wall);
  alert.setAttribute("role", "alert");
  inWall.append(alert);
  asking = setInterval(() => document.hidden || window.lvt!.sync(), 1000) as any;
}

async function judge(response: Response): Promise<void> {
  if (response.ok || response.status === 304) return say("");
  if (response.status < 500) return;
  try {
    say((await response.clone().json()).error.message);
  } catch (_) {
    /* A web server's own page: the program is on its way back. */
  }
}

/* Whether it is the client's, about its page, in development. */
function isOurs(options: RequestInit): boolean {
  const { inside } = (window.lvt || {}) as any;

  return !!inside && !!inside.page.el.dataset.lvtDev &&
    new Headers(options.headers).get("Accept") === "application/vnd.lvt+json";
}

const send = window.fetch;

window.fetch = async (input, options = {}) => {
  if (kept.delay) await late();
  traffic.requests++;
  if (typeof options.body === "string") traffic.sent += options.body.length;
  refresh();
  const response = await send.call(window, input, options);
  if (isOurs(options)) judge(response);
  return /event-stream/.test(response.headers.get("Content-Type") || "")
    ? watched(response) : counted(response);
};

const upload = XMLHttpRequest.prototype.send;

XMLHttpRequest.prototype.send = function (body) {
  if (!kept.delay) return upload.call(this, body);
  late().then(() => upload.call(this, body));
};

/* --- what happened ------------------------------------------------------ */

const updates: Row[] = [];
const actions: Array<{ at: number; action: string; ms: number; how: string }> = [];
const begun = new Map<EventTarget, Array<{ action: string; at: number }>>();
let tree: any = null;

function note<T>(rows: T[], row: T): void {
  rows.unshift(row);
  rows.length = Math.min(rows.length, MOST);
  refresh();
}

addEventListener("lvt:pending", (event: any) => {
  const waiting = begun.get(event.target) || [];

  waiting.push({ action: event.detail.action, at: performance.now() });
  begun.set(event.target, waiting);
});

addEventListener("lvt:done", (event: any) => {
  const { action, success, conflict, error } = event.detail;
  /* It comes from the wrapper where the element that acted is gone. */
  let from: EventTarget = event.target;
  begun.forEach((list, el) => {
    if (!begun.has(event.target) && list.some((one) => one.action === action)) from = el;
  });
  const first = (begun.get(from) || []).shift();
  if (!first) return;
  if (!begun.get(from)!.length) begun.delete(from);
  note(actions, {
    at: Date.now(), action: first.action, ms: performance.now() - first.at,
    how: success ? "done" : conflict ? "conflict" : error ? error.message : "not valid",
  });
});

addEventListener("lvt:updated", (event: any) => {
  const { page } = (window.lvt as any).inside;
  const parts = changes(tree, page.tree);

  tree = page.tree;
  note(updates, { at: Date.now(), source: event.detail.source, rev: event.detail.rev, parts });
});

/* --- the panel ---------------------------------------------------------- */

const [host, root] = apart();
const panel = document.createElement("section");
const button = document.createElement("button");
const states = document.createElement("dl");
const shown = document.createElement("div");
const announcer = document.createElement("p");
let before: HTMLElement | null = null;
let planned = 0;

function element(name: string, text = "", ...children: Node[]): HTMLElement {
  const el = document.createElement(name);

  if (text) el.textContent = text;
  el.append(...children);
  return el;
}

function table(title: string, heads: string[], rows: string[][]): Node[] {
  const head = element("tr", "", ...heads.map((text) => {
    const th = element("th", text);
    th.setAttribute("scope", "col");
    return th;
  }));
  const lines = rows.map((row) => element("tr", "", ...row.map((text) => element("td", text))));

  return [element("h3", title), rows.length
    ? element("table", "", element("thead", "", head), element("tbody", "", ...lines))
    : element("p", "None yet.")];
}

function time(at: number): string {
  return new Date(at).toTimeString().slice(0, 8);
}

function draw(): void {
  planned = 0;
  if (!kept.open || !window.lvt) return;
  const { state, transport, why, leading, view, rev } = window.lvt;
  const { page } = (window.lvt as any).inside;
  const taken = actions.map((one) => one.ms);
  const mean = taken.reduce((sum, ms) => sum + ms, 0) / (taken.length || 1);
  const facts: Array<[string, string]> = [
    ["state", state + (why ? " (no stream: " + why + ")" : "")],
    ["transport", transport + (leading === undefined ? "" : leading ? ", leading the tabs"
      : ", following another tab")],
    ["page", page.path + " at " + view + ", revision " + rev + ", position " + page.head],
    ["traffic", `${traffic.requests} requests, ${traffic.sent} bytes sent, ` +
      `${traffic.received} received, ${traffic.streamed} streamed`],
    ["actions", taken.length ? `${mean.toFixed(0)} ms on average, ` +
      `${Math.max(...taken).toFixed(0)} ms at most` : "none yet"],
  ];

  states.replaceChildren(...facts.map(([name, text]) => [element("dt", name), element("dd", text)])
    .reduce((all, two) => all.concat(two), []));
  shown.replaceChildren(
    ...table("Last updates", ["at", "by", "rev", "bytes", "parts"], updates.map((row) => [
      time(row.at), row.source, String(row.rev),
      String(row.parts.reduce((sum, part) => sum + part.bytes, 0)), plain(row.parts),
    ])),
    ...table("Last actions", ["at", "ms", "action", "outcome"], actions.map((row) => [
      time(row.at), row.ms.toFixed(0), row.action, row.how,
    ])));
}

function refresh(): void {
  if (kept.open && !planned) planned = setTimeout(draw, 100) as any;
}

function toggle(open: boolean): void {
  kept.open = open;
  keep();
  if (open || !quiet) document.body.append(host);
  else host.remove();
  panel.hidden = !open;
  button.setAttribute("aria-expanded", String(open));
  draw();
}

function openByUser(): void {
  const active = document.activeElement as HTMLElement | null;

  toggle(!kept.open);
  if (kept.open) {
    before = active;
    panel.focus();
  } else if (before && before.isConnected) {
    before.focus();
  }
}

function build(): void {
  const title = element("h2", "lvt");
  const choice = document.createElement("select");
  const label = element("label", "Simulated latency: ", choice);
  const close = element("button", "Close");

  if (!window.lvt) return;
  tree = (window.lvt as any).inside.page.tree;
  title.id = "title";
  panel.id = "panel";
  panel.tabIndex = -1;
  panel.setAttribute("role", "region");
  panel.setAttribute("aria-labelledby", "title");
  button.className = "lvt";
  button.textContent = "lvt";
  button.setAttribute("aria-controls", "panel");
  button.setAttribute("aria-keyshortcuts", "Alt+Shift+L");
  button.onclick = openByUser;
  choice.append(...DELAYS.map((ms) => new Option(ms ? ms + " ms" : "none", String(ms))));
  choice.value = String(kept.delay);
  close.className = "close";
  close.onclick = openByUser;
  announcer.setAttribute("role", "status");
  choice.onchange = () => {
    kept.delay = +choice.value;
    keep();
    announcer.textContent = kept.delay ? `Everything takes ${kept.delay} ms longer.` : "";
  };
  panel.append(close, title, states, element("h3", "Network"), label, announcer, shown);
  root.append(button, panel);
  button.hidden = quiet;
  toggle(kept.open);
  console.info("lvt-debug: Alt+Shift+L opens its panel");
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") openByUser(); });
  addEventListener("keydown", (event) => {
    if (event.code !== "KeyL" || !event.altKey || !event.shiftKey) return;
    event.preventDefault();
    openByUser();
  });
  for (const name of ["lvt:connected", "lvt:disconnected"]) addEventListener(name, refresh);
  setInterval(refresh, 1000);
}

/* lvt.js is deferred, too, and comes later. */
if (document.readyState === "complete") build();
else addEventListener("load", build);
