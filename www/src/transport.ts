/*
 * transport.ts - how updates come: a stream, else a long poll, else asking.
 *
 * Owns:    the connection to the companion, and the stream position.
 * May not: look inside an update.
 * Invariants:
 *   1. The stream position is moved by what the companion sends and by nothing
 *      else; whoever resumes, by whatever transport, names it.
 *   2. It never gives up: each way down ends in a wait that ends.
 *
 *     STREAM --broken twice, or not understood--> LONGPOLL --broken twice--> POLL
 *     LONGPOLL, POLL --once in a while--> STREAM
 */
import { behind, onSync, page, request, seen, stale, sync, update } from "./page";
import { after, backoff, Event, fits, parser } from "./wire";
import { because, setState } from "./status";
import type { Message } from "./lvt";

type Mode = "stream" | "long-poll" | "poll";

let mode: Mode = "stream";
/* The companion's name for our stream; "": there is none. */
let conn = "";
/* The channels that were asked for as it was opened. */
let asked: string[] = [];
/* The view that the companion takes us to stand at. */
let told = "";
let retry = 1500;
let abort = new AbortController();
let wake: () => void = () => undefined;
let stopped = false;
/* Channels are asked for one by one: not all are granted. */
let apart = false;

/* Not Authorization: that is where a browser has the password that the web
 * server may ask for. */
const TOKEN = "X-LVT-Token";

/* What lvt-more.js does so that the tabs of a browser share one stream. */
export const share: {
  /* Another tab has the stream. */
  following: boolean;
  /* The stream position. */
  at: string;
  /* Every event that comes, true: it is not for us; and every time before the
   * server is asked instead. */
  tap?: (event: Event) => boolean;
  polled?: () => Promise<void> | void;
  /* What this tab says of itself changed, by a sync?; the companion took no token. */
  changed?: (synced?: boolean) => void;
  refused?: () => void;
  /* A stream for several pages; null: a usual one will do. */
  open?: (options: any, poll: boolean, apart: boolean) => Promise<Response> | null;
  /* What the companion is told when this tab stands somewhere else. */
  stand?: () => object;
  /* lvt-more.js is there, or will not be. */
  more?: Promise<any>;
  /* One long poll. */
  longPoll?: () => Promise<void>;
  /* What other tabs want to hear, and what this one does. */
  patterns: string[];
  own: () => string[];
} = { following: false, at: "", patterns: [], own: () => listeners.map((one) => one.pattern) };

export function follow(yes: boolean): void {
  if (share.following === yes) return;
  share.following = yes;
  if (yes) restart();
  else kick();
}

/* The page is another one now. */
export function begin(): void {
  share.at = page.head;
  restart();
}

/* Where the stream is, go on by another. */
export function restart(): void {
  abort.abort();
  wake();
}

/* Failures in a row, and when to try the stream again. */
let failures = 0;
let upgrade = 0;
let upgrades = 0;
/* Where to go back to if what we try just now does not work. */
let below: Mode | null = null;

const WELCOME = 2000;		/* ms; a proxy that buffers must not hold us up */

export function transport(): Mode {
  return mode;
}

export function openTransport(): void {
  share.at = page.head;
  onSync(() => tell(0, true));
  addEventListener("online", kick);
  addEventListener("offline", () => {
    setState("offline");
    abort.abort();
  });
  addEventListener("pagehide", stop);
  document.addEventListener("freeze", stop);
  document.addEventListener("resume", start);
  addEventListener("pageshow", (event) => { if (event.persisted) start(); });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    seen();
    wake();
  });
  run();
}

/* A page that is put away holds no connection, and says so, since what stands
 * in between may keep that from the companion. */
function stop(): void {
  if (conn) {
    navigator.sendBeacon(page.stream, JSON.stringify({ conn, bye: true }));
    conn = "";
  }
  stopped = true;
  abort.abort();
}

function start(): void {
  if (!stopped) return;
  stopped = false;
  kick();
}

/* The network may be another one now: begin anew, and ask where we are. */
function kick(): void {
  failures = upgrades = 0;
  mode = "stream";
  restart();
  sync();
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

async function run(): Promise<void> {
  for (;;) {
    if (stopped || share.following) {
      await rest(60000);
      continue;
    }
    if (!page.stream) {
      mode = "poll";
      because("none");
    } else if (mode !== "stream" && Date.now() >= upgrade) {
      climb();
    }
    abort = new AbortController();
    if (mode === "poll") await poll();
    else await (mode === "stream" ? stream() : share.longPoll!()).then(succeeded, failed);
  }
}

/* It worked for a while and then ended. */
async function succeeded(): Promise<void> {
  failures = 0;
  below = null;
  if (share.following || abort.signal.aborted || mode !== "stream") return;
  broken();
  await rest(backoff(0, retry, 30000));
}

async function failed(error: any): Promise<void> {
  if (stopped || share.following || abort.signal.aborted) return;
  if (error.status === 401 && failures < 3) {
    if (share.refused) share.refused();
    if (!await sync()) broken();
    await rest(backoff(failures++, 500, 30000));
  } else if (error.status === 403 && !apart) {
    apart = true;
  } else if (below) {
    mode = below;
    below = null;
    later();
  } else if (++failures < 2 && !error.never) {
    broken();
    await rest(backoff(failures, retry / 2, 30000));
  } else {
    failures = 0;
    because(error.status ? "refused" : error.never ? "buffered" : "broken");
    later();
    await Promise.race([share.more, rest(2000)]);
    mode = mode === "stream" && share.longPoll ? "long-poll" : "poll";
  }
}

function broken(): void {
  setState(navigator.onLine === false ? "offline" : "behind");
}

/* Try a better way again after a while; the first time soon, in case it was
 * just a restart. */
function later(): void {
  upgrade = Date.now() + 2000 + backoff(upgrades++, 4000, 60000);
}

function climb(): void {
  below = mode;
  mode = mode === "poll" && share.longPoll && upgrades % 2 === 0 ? "long-poll" : "stream";
}

/* never: that it is like this, rather than that it broke. */
export function failure(status: number, never?: boolean): any {
  return Object.assign(new Error("stream: " + status), { status, never });
}

/* --- the stream --------------------------------------------------------- */

export function open(query: string, accept: string): Promise<Response> {
  asked = apart ? [] : patterns();
  const url = page.stream + (page.stream.includes("?") ? "&" : "?") +
    "after=" + share.at +
    "&view=" + page.view +
    "&page=" + encodeURIComponent(page.path) +
    (asked.length ? "&channels=" + encodeURIComponent(asked.join()) : "") + query;
  const options: RequestInit = {
    cache: "no-store",
    credentials: "same-origin",
    headers: { Accept: accept, [TOKEN]: page.token },
    signal: abort.signal,
  };

  told = page.view;
  return share.open && share.open(options, !!query, apart) || fetch(url, options);
}

/* An end that nobody wished: have failed() look at it. */
export function cut(): void {
  abort.abort();
  abort = new AbortController();
}

async function stream(): Promise<void> {
  const control = abort;
  let welcomed = false;
  let heartbeat = 0;
  let silent = false;
  let watch = 0;
  const listen = (): void => {
    clearTimeout(watch);
    watch = setTimeout(() => {
      silent = true;
      control.abort();
    }, welcomed ? heartbeat * 2.5 : WELCOME) as any;
  };
  const read = parser((event, data, id) => {
    const value = data && JSON.parse(data);
    if (event !== "welcome") return handle({ id, event, data: value });
    welcomed = true;
    failures = upgrades = 0;
    heartbeat = value.heartbeat || 15000;
    conn = value.conn;
    because("");
    setState("live");
    for (const one of patterns()) if (!asked.includes(one)) post({ subscribe: [one] });
    if (share.changed) share.changed();
    tell(0);
  }, (ms) => { retry = ms; });

  try {
    listen();
    const response = await open("", "text/event-stream");
    const type = response.headers.get("Content-Type") || "";
    if (!response.ok || !type.includes("event-stream") || !response.body) {
      throw failure(response.status, response.status < 500 &&
        response.status !== 401 && response.status !== 429);
    }
    const reader = response.body.getReader();
    const text = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      read(text.decode(value, { stream: true }));
      listen();			/* by what it said of its heartbeat */
    }
  } catch (error) {
    if (silent) {
      cut();
      if (!welcomed) throw failure(0, true);
    }
    if (!welcomed) throw error;
  } finally {
    clearTimeout(watch);
    conn = "";
  }
  if (!welcomed) throw failure(0);
}

/* --- asking ------------------------------------------------------------- */

let quiet = 0;

async function poll(): Promise<void> {
  const view = page.view;

  if (share.polled) await share.polled();
  setState(await sync() ? "polling" : "offline");
  quiet = page.view === view ? quiet + 1 : 0;
  /* Half as often as nothing happens, and hardly ever unseen. */
  await rest((document.hidden ? 30000 : quiet < 20 ? 2000 : 5000) *
    (0.75 + Math.random() / 2));
}

/* --- events ------------------------------------------------------------- */

export function handle({ id, event, data }: Event): void {
  const fresh = after(id, share.at);

  if (share.tap && share.tap({ id, event, data })) return;
  /* Where positions are not what they were, they may go back. */
  if (fresh || data && data.gap) share.at = id || share.at;
  if (event === "update") {
    if (data.page === page.path) told = data.view;
    update(data.at || id, data);
  } else if (event === "stale") {
    if (data.gap) {
      for (const listener of listeners) hand(listener, { gap: data.gap });
    }
    if (data.page && data.page !== page.path) return;
    told = "";
    stale(data.spread || 0);
  } else if (event === "message" && fresh) {
    for (const listener of listeners) {
      if (fits(listener.pattern, data.channel)) hand(listener, data);
    }
  }
}

let telling = 0;
let renew = false;

/*
 * Tell the companion where we stand, if it takes us to be elsewhere, or has a
 * token that is older than ours (fresh). After a reply there is a moment to
 * wait: the commit's own row moves it, too.
 */
export function tell(ms: number, fresh = false): void {
  renew = renew || fresh;
  clearTimeout(telling);
  telling = setTimeout(() => {
    const { path, view, head, token } = page;
    const where = { page: path, view, at: head };
    if (behind() || !view || (told === view && !renew)) return;
    if (share.following && share.changed) share.changed(renew);
    else if (!conn) return;
    else post(share.stand ? share.stand() : renew ? { add: { token, ...where } } : where);
    told = view;
    renew = false;
  }, ms) as any;
}

/* The status of the answer; 0: there is none. */
export async function post(what: object): Promise<number> {
  const control = abort;

  if (!conn) return 0;
  try {
    const { status } = await request(page.stream, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        [TOKEN]: page.token,
      },
      body: JSON.stringify({ conn, ...what }),
    });
    if (status === 404) {
      retry = Math.min(retry, 1500);
      if (control === abort) cut();
    }
    return status;
  } catch (_) {
    /* If the companion is gone, the stream will say so. */
    return 0;
  }
}

/* --- channels ----------------------------------------------------------- */

interface Listener {
  pattern: string;
  fn: (message: Message) => void;
}

let listeners: Listener[] = [];

/* What a listener does wrong is not to break the stream. */
function hand(listener: Listener, message: Message): void {
  Promise.resolve(message).then(listener.fn);
}

export function patterns(): string[] {
  return Array.from(new Set(share.own().concat(share.patterns)));
}

/* Returns what ends it. */
export function subscribe(pattern: string, fn: (message: Message) => void): () => void {
  const listener = { pattern, fn };
  const fresh = !patterns().includes(pattern);

  listeners = listeners.concat(listener);
  if (fresh) post({ subscribe: [pattern] });
  if (share.changed) share.changed();
  return () => {
    listeners = listeners.filter((one) => one !== listener);
    if (share.changed) share.changed();
    if (!patterns().includes(pattern)) post({ unsubscribe: [pattern] });
  };
}
