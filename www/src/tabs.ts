/*
 * tabs.ts - the tabs of a browser share one stream, whatever pages of the app
 * they show.
 *
 * Owns:    who is the leader, and what tabs tell each other.
 * Invariants:
 *   1. The leader alone has a stream, which follows the pages of all tabs; it
 *      hands every event to the others, who take it as if it were from a stream
 *      of their own. So any of them can go on where it ended.
 *   2. A leader that is put away (pagehide, freeze) or says nothing for SILENCE
 *      is replaced.
 *   3. Who joins says its page, view and positions, and the leader has what it
 *      missed handed over: rows of the page by the companion, messages from
 *      what it kept. Where it cannot, the tab is told of the gap.
 *
 *     ALONE, FOLLOWER --won()--> LEADER --lost(), released--> FOLLOWER
 *
 * Leader is who holds a Web Lock; where there are none (plain HTTP), a lease in
 * localStorage that is renewed. Tabs of different users do not meet: the name of
 * the channel is made of the token's claims. A tab whose page another one shows
 * for another group, or that is refused, shares with its like alone.
 */
import type { Event } from "./wire";
import { inside } from "./inside";

const { after, because, begin, follow, handle, page, patterns, post, restart, setState,
  share, stale, sync } = inside;

const BEAT = 1000;		/* ms between the leader's signs of life */
const SILENCE = 4000;
const COUNT = 10000;		/* how long others wait to be asked who they are */
const GONE = 180000;		/* hidden tabs may speak but once a minute */
const KEPT = 200;		/* messages, for who joins */

/* What a tab says of itself. */
interface Tab {
  page: string;
  token: string;
  /* "": it was told that it is behind, and has not said where it is since. */
  view: string;
  /* Its page position and its stream position. */
  head: string;
  at: string;
  group: string;
  wants: string[];
}

const me = Math.random().toString(36).slice(2);
/* The other tabs, as the leader knows them, and when each was heard last. */
const tabs = new Map<string, Tab>();
const signs = new Map<string, number>();
/* What the stream brought of late; all there was after since. Every tab keeps it:
 * any of them may lead next. */
let recent: Event[] = [];
let since = "";
/* The patterns that the stream was opened with, and for which tabs. */
let opened: string[] = [];
let included = new Set<string>();

let name = "";
let channel: BroadcastChannel | null = null;
/* This tab was told that it is behind. */
let behind = false;
/* Not with tabs of other pages. */
let apart = false;
let leading = false;
/* We follow, and the leader has not yet taken us in. */
let joining = false;
let heard = 0;
let beaten = 0;
let spoken = 0;
let timer = 0;
let unsure = 0;
let release: () => void = () => undefined;

function claims(): any {
  try {
    return JSON.parse(atob(page.token.split(".")[0].replace(/-/g, "+").replace(/_/g, "/")));
  } catch (_) {
    return {};
  }
}

/* Who may follow whom. */
function scope(): string {
  const { a, g, u } = claims();

  return a === undefined ? "" : JSON.stringify([page.stream, a, u].concat(apart
    ? [g, page.path] : []));
}

export function openTabs(): void {
  if (typeof BroadcastChannel === "undefined") return;
  Object.defineProperty(window.lvt, "leading", { get: () => leading });
  addEventListener("pagehide", leave);
  document.addEventListener("freeze", leave);
  addEventListener("pageshow", enter);
  document.addEventListener("resume", enter);
  addEventListener("lvt:navigated", turned);
  enter();
}

function enter(): void {
  const of = page.stream && scope();

  if (!of || channel) return;
  name = "lvt:" + of;
  channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }) => listen(data);
  share.tap = tap;
  share.polled = () => { if (leading) say({ stale: true }); };
  share.changed = changed;
  share.refused = () => { if (leading) say({ again: true }); };
  share.open = open;
  share.stand = () => {
    behind = false;
    return { add: stand(page.path) };
  };
  known = self();
  since = share.at;
  addEventListener("lvt:connected", tellState);
  addEventListener("lvt:disconnected", tellState);
  heard = Date.now();
  timer = setInterval(beat, BEAT) as any;
  seek(false);
  beat();
}

function leave(): void {
  if (!channel) return;
  clearInterval(timer);
  clearTimeout(unsure);
  say(leading ? { bye: true } : { gone: true });
  release();
  drop();
  channel.close();
  channel = null;
  leading = joining = false;
  share.following = false;
  share.open = share.changed = share.stand = undefined;
  share.patterns = recent = [];
  tabs.clear();
}

/* lvt-nav: another page, and often the same companion. */
async function turned(): Promise<void> {
  const { page: old } = known;
  const same = !apart && "lvt:" + scope() === name;

  known = self();
  if (!same) {
    leave();
    apart = false;
    begin();
    enter();
  } else if (share.following) {
    hello();
  } else if (leading && await post({ add: { ...known, at: page.head, channels: known.wants } }) === 204) {
    if (!shown(old)) post({ remove: { page: old } });
  } else if (tabs.size) {
    restart();
  } else {
    begin();
  }
}

function say(what: object): void {
  if (channel) channel.postMessage({ from: me, ...what });
}

/* --- who leads ---------------------------------------------------------- */

function seek(steal: boolean): void {
  if (!navigator.locks) return;
  const held = channel;

  navigator.locks.request(name, steal ? { steal } : {}, () => new Promise<void>((resolve) => {
    if (held !== channel) return resolve();
    release = resolve;
    won();
  })).catch(() => {
    /* Somebody took us for dead. */
    if (held === channel) {
      lost();
      seek(false);
    }
  });
}

function lease(): { id: string; until: number } | null {
  try {
    return JSON.parse(localStorage.getItem(name)!);
  } catch (_) {
    return null;
  }
}

function drop(): void {
  const is = lease();
  if (is && is.id === me) localStorage.removeItem(name);
}

/* Two who take it at once: the last to write it has it, and both see that. */
function beatLease(): void {
  const is = lease();

  try {
    if (is && is.id === me) {
      localStorage.setItem(name, JSON.stringify({ id: me, until: Date.now() + SILENCE }));
      won();
    } else if (!is || is.until < Date.now()) {
      localStorage.setItem(name, JSON.stringify({ id: me, until: Date.now() + SILENCE }));
      setTimeout(beat, 50 + Math.random() * 100);
    } else {
      lost();
    }
  } catch (_) {
    leave();
  }
}

function beat(): void {
  const now = Date.now();

  if (!channel) return;
  /* We slept, so we could not hear. */
  if (now - beaten > 2 * BEAT) heard = now;
  beaten = now;
  if (!navigator.locks) beatLease();
  else if (!leading && now - heard > SILENCE) {
    heard = now;
    seek(true);
  }
  if (leading) tellState();
  if (now - spoken < COUNT) return;
  spoken = now;
  if (share.following) say({ here: true });
  signs.forEach((last, id) => { if (now - last > GONE) gone(id); });
}

function won(): void {
  if (leading) return;
  leading = true;
  joining = false;
  tellState();
  say({ ask: true });
  /* A moment for the others to say who they are, so that one stream does. */
  if (share.following) setTimeout(() => { if (leading) follow(false); }, 150);
}

/* Another leads, as it says: we follow. */
function lost(): void {
  if (!leading && share.following) return;
  leading = false;
  joining = true;
  tabs.clear();
  signs.clear();
  share.patterns = [];
  heard = Date.now();
  follow(true);
  hello();
}

/* --- who follows -------------------------------------------------------- */

let known: Tab = self();
let due = 0;

function self(): Tab {
  const { path, token, view, head } = page;

  return { page: path, token, view, head, at: share.at, group: claims().g, wants: share.own() };
}

/* Tell the leader who we are. No answer: ask the server where we should be. */
function hello(): void {
  clearTimeout(due);
  due = setTimeout(() => {
    if (!share.following) return;
    say({ hello: known = self() });
    clearTimeout(unsure);
    unsure = setTimeout(sync, SILENCE) as any;
  }, 10) as any;
}

/* Something about us changed, or we have a new stream. */
function changed(): void {
  known = self();
  if (share.following) hello();
  else if (leading) tabs.forEach((tab, id) => { if (!included.has(id)) add(id, tab); });
}

/* The leader took us in: here is what we missed, or that it is lost. */
function taken({ events, gap }: any): void {
  clearTimeout(unsure);
  joining = false;
  events.forEach(handle);
  if (!gap) return;
  if (share.own().length) {
    handle({ id: gap.to, event: "stale", data: { spread: 0, gap } });
  } else {
    recent = [];
    since = share.at = gap.to;
  }
}

/* --- the leader's work -------------------------------------------------- */

function shown(path: string): boolean {
  return path === page.path || Array.from(tabs.values()).some((tab) => tab.page === path);
}

function wanted(path: string): string[] {
  const lists = Array.from(tabs.values(), (tab) => tab.page === path ? tab.wants : []);

  return Array.from(new Set(([] as string[]).concat(...lists)));
}

/* Where the companion is to go on from for a page: where the tab is that is the
 * farthest behind. The others know what they have already. */
function stand(path: string): object {
  let last: Tab = self();

  if (path !== page.path || behind) last = { ...last, view: "" };
  tabs.forEach((tab) => {
    if (tab.page === path && (!last.view || (tab.view && !after(tab.head, last.head)))) last = tab;
  });
  return { page: path, token: last.token, view: last.view, at: last.head };
}

/* The stream is opened anew: for all pages and channels at once. */
function open(options: any, poll: boolean, apart: boolean): Promise<Response> | null {
  const paths = new Set([page.path]);

  opened = patterns();
  included = new Set(tabs.keys());
  if (!leading || !tabs.size) return null;
  tabs.forEach((tab) => paths.add(tab.page));
  const pages = Array.from(paths, (path) => {
    const channels = path === page.path ? patterns() : wanted(path);
    opened = opened.concat(channels);
    return { ...stand(path), channels: apart ? [] : channels };
  });
  options.method = "POST";
  options.headers["Content-Type"] = "application/json";
  options.body = JSON.stringify({ open: pages, after: share.at, mode: poll ? "poll" : undefined });
  return fetch(page.stream, options);
}

/* A tab joins, or says that it is elsewhere now. What it missed is said at once,
 * so that what the stream brings from here on comes behind it. */
function join(id: string, tab: Tab): void {
  const before = tabs.get(id);
  const have = opened.concat(share.own());
  const covered = tab.wants.every((pattern) => have.includes(pattern));
  const lost = !covered || after(since, tab.at);

  tabs.delete(id);
  if (Array.from(tabs.values()).concat(self()).some((other) =>
    other.page === tab.page && other.group !== tab.group)) return say({ to: id, apart: true });
  tabs.set(id, tab);
  signs.set(id, Date.now());
  share.patterns = wanted(page.path);
  say({ to: id, taken: {
    events: lost ? [] : recent.filter((event) => after(event.id, tab.at)),
    gap: lost && after(share.at, tab.at) ? { from: tab.at, to: share.at } : null,
  } });
  if (before && !shown(before.page)) post({ remove: { page: before.page } });
  if (covered) add(id, tab);
  else again();
}

/* Another stream, or long poll, that takes all at once. */
function again(): void {
  if (window.lvt.transport !== "poll") restart();
}

async function add(id: string, tab: Tab): Promise<void> {
  const status = await post({ add: stand(tab.page) });

  if (status === 204) {
    included.add(id);
  } else if (status === 401) {
    say({ to: id, again: true });
  } else if (status === 403 || status === 409) {
    tabs.delete(id);
    say({ to: id, apart: true });
  } else if (!included.has(id) && window.lvt.transport === "long-poll") {
    restart();
  }
}

function gone(id: string): void {
  const tab = tabs.get(id);

  tabs.delete(id);
  signs.delete(id);
  included.delete(id);
  if (!tab) return;
  if (!shown(tab.page)) post({ remove: { page: tab.page } });
  share.patterns = wanted(page.path);
  const still = share.own().concat(...Array.from(tabs.values(), (other) => other.wants));
  const over = tab.wants.filter((pattern) => !still.includes(pattern));
  opened = opened.filter((pattern) => !over.includes(pattern));
  if (over.length) post({ unsubscribe: over });
}

/* What the stream brings goes to all, and tells where their pages stand. */
function tap(event: Event): void {
  const { data } = event;

  if (leading) say({ event });
  if (event.event === "update") {
    const at = data.at || event.id;
    tabs.forEach((tab) => {
      if (tab.page !== data.page || !after(at, tab.head)) return;
      tab.view = data.view;
      tab.head = at;
    });
  } else if (event.event === "message") {
    if (recent.length && !after(event.id, recent[recent.length - 1].id)) return;
    recent.push(event);
    if (recent.length > KEPT) since = recent.shift()!.id;
  } else if (event.event === "stale") {
    tabs.forEach((tab) => { if (!data.page || tab.page === data.page) tab.view = ""; });
    if (!data.page || data.page === page.path) behind = true;
    if (!data.gap) return;
    recent = [];
    since = event.id;
  }
}

function tellState(): void {
  if (leading) say({ beat: window.lvt.state, why: window.lvt.why });
}

/* --- what is said ------------------------------------------------------- */

function listen({ from, to, beat: state, why, ask, here, hello: tab, event, stale: polled, again,
  apart: alone, taken: at, gone: left, bye }: any): void {
  if (to && to !== me) return;
  if (leading) {
    if (tab) join(from, tab);
    if (left) gone(from);
    if (here) {
      if (tabs.has(from)) signs.set(from, Date.now());
      else say({ to: from, ask: true });
    }
    return;
  }
  if (state) {
    heard = Date.now();
    lost();
    because(why);
    setState(state);
  }
  if (event && share.following) {
    heard = Date.now();
    if (!joining) handle(event);
  }
  if (ask) hello();
  if (polled && share.following) stale(0);
  if (again && share.following) sync();
  if (at) taken(at);
  if (alone && !apart) {
    leave();
    apart = true;
    begin();
    enter();
  }
  if (bye) {
    heard = 0;
    if (!navigator.locks) setTimeout(beat, Math.random() * 50);
  }
}
