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
 *   3. Who joins says its page, view and positions, and takes no event before
 *      the leader took it in: an event would move its position past what it
 *      missed.
 *   4. The leader takes a tab in when what that tab missed is said or to come:
 *      rows of the page from the companion, messages from what it kept, else by
 *      a stream that begins where the tab is. What others have already they
 *      know by its position. A gap is what the companion says is one.
 *   5. A tab that hears channels and whose token is no longer good takes no
 *      event, and does not lead others, before it has another: then it joins
 *      anew, from where it was.
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
  /* The leader whose events it takes; "": none yet, as it asked for the nth time. */
  of: string;
  nth: number;
}

const me = Math.random().toString(36).slice(2);
/* The other tabs, as the leader knows them, and when each was heard last. */
const tabs = new Map<string, Tab>();
const signs = new Map<string, number>();
/* The stream is about to be opened anew: what it brings until then comes again. */
let reopening = false;
/* The tabs whose pages the stream follows, and the position it began at. */
let included = new Set<string>();
let began = "";
/* The messages that came last, and by pattern since when these are all. */
let recent: Event[] = [];
let kept = new Map<string, string>();

let name = "";
let channel: BroadcastChannel | null = null;
/* This tab was told that it is behind. */
let behind = false;
/* Our token is no longer good, and there is no other yet. */
let spent = false;
/* Not with tabs of other pages. */
let apart = false;
let leading = false;
/* Whose events we take, and whom we asked for them. */
let leader = "";
let asked = "";
let nth = 0;
let heard = 0;
let beaten = 0;
let spoken = 0;
let timer = 0;
let unsure = 0;
let release: () => void = () => undefined;
let wish = new AbortController();

function claims(token = page.token): any {
  try {
    return JSON.parse(atob(token.split(".")[0].replace(/-/g, "+").replace(/_/g, "/")));
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
  leading = share.following = spent = false;
  share.tap = share.open = share.changed = share.stand = undefined;
  forget();
}

/* What a leader knows. */
function forget(): void {
  share.patterns = [];
  recent = [];
  kept.clear();
  tabs.clear();
  signs.clear();
  included.clear();
  reopening = false;
  asked = "";
  part();
}

/* We take events from nobody until somebody took us in as we are now. */
function part(): void {
  leader = "";
  nth++;
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
  const mine = new AbortController();

  /* What we asked for before is not to be taken from us by ourselves. */
  wish.abort();
  wish = mine;
  navigator.locks.request(name, steal ? { steal } : { signal: mine.signal },
    () => new Promise<void>((resolve) => {
    if (held !== channel) return resolve();
    release = resolve;
    won();
  })).catch(() => {
    /* Somebody took us for dead. */
    if (held === channel && wish === mine) {
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
  /* The companion may say so again. */
  spent = false;
  tellState();
  say({ ask: true });
  /* A moment for the others to say who they are, so that one stream does. */
  if (share.following) setTimeout(() => { if (leading) follow(false); }, 150);
}

/* Another leads: we follow. */
function lost(): void {
  if (!leading && share.following) return;
  leading = false;
  forget();
  heard = Date.now();
  follow(true);
  hello();
}

/* --- who follows -------------------------------------------------------- */

let known: Tab = self();
let due = 0;

function self(): Tab {
  const { path, token, view, head } = page;

  return { page: path, token, view, head, at: share.at, group: claims().g, wants: share.own(),
    of: leader, nth };
}

/* Who we are now. Where the fresh token lets us begin later than the one of
 * before, and than where we are, a stream of several pages says nothing of it. */
function state(): Tab {
  const { f } = claims();

  if (share.own().length && after(f, claims(known.token).f) && after(f, share.at)) {
    handle({ id: f, event: "stale", data: { page: page.path, spread: 0, mine: true,
      gap: { from: share.at, to: f } } });
  }
  return known = self();
}

/* Tell the leader who we are. No answer: ask the server where we should be. */
function hello(): void {
  clearTimeout(due);
  due = setTimeout(() => {
    if (!share.following || spent) return;
    say({ to: asked, hello: state() });
    clearTimeout(unsure);
    unsure = setTimeout(sync, SILENCE) as any;
  }, 10) as any;
}

/* A tab that leads. It may not know us, or not as we are now. */
function meet(id: string, anew: boolean): void {
  heard = Date.now();
  lost();
  if (id === leader && !anew) return;
  part();
  asked = id;
  hello();
}

/* Something about us changed, or we have a new stream. */
function changed(synced = false): void {
  const { wants } = known;

  if (synced) spent = false;
  /* What is new to hear is heard from here on. */
  if (share.following && !share.own().every((pattern) => wants.includes(pattern))) part();
  state();
  if (share.following) {
    hello();
  } else if (leading) {
    prune();
    tabs.forEach((tab, id) => { if (!included.has(id)) add(id, tab); });
  }
}

/* The stream follows our page no more: what comes would move us past what we miss. */
function left(): void {
  spent = true;
  if (leading) {
    say({ bye: true });
    release();
    drop();
    lost();
    seek(false);
  } else {
    part();
  }
  sync();
}

/* The leader took us in: here is what we missed, and where we are with it. */
function taken(by: string, { events, at, gap, nth: answered }: any): void {
  if (leader ? by !== leader : answered !== nth) return;
  clearTimeout(unsure);
  leader = by;
  events.forEach(handle);
  handle(gap ? { id: at, event: "stale", data: { spread: 0, gap } }
    : { id: at, event: "", data: null });
}

/* --- the leader's work -------------------------------------------------- */

function shown(path: string): boolean {
  return path === page.path || Array.from(tabs.values()).some((tab) => tab.page === path);
}

/* What the tabs of a page want to hear; all other tabs. */
function wanted(path?: string): string[] {
  const lists = Array.from(tabs.values(), (tab) => !path || tab.page === path ? tab.wants : []);

  if (path === page.path) lists.push(share.own());
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

/* The stream is opened anew: for all pages and channels at once, from where the
 * tab is that is the farthest behind. */
function open(options: any, poll: boolean, singly: boolean): Promise<Response> | null {
  const paths = new Set([page.path]);
  const heard = singly ? [] : patterns();

  reopening = false;
  state();
  began = share.at;
  kept = new Map(heard.map((pattern) => [pattern, kept.get(pattern) || began]));
  included = new Set(tabs.keys());
  if (!leading || !tabs.size) return null;
  tabs.forEach((tab, id) => {
    paths.add(tab.page);
    /* Channels that are asked for one by one begin where they begin. */
    if (singly) miss(id);
    if (after(began, tab.at)) began = tab.at;
  });
  const pages = Array.from(paths, (path) => ({ ...stand(path), channels: singly ? [] : wanted(path) }));
  options.method = "POST";
  options.headers["Content-Type"] = "application/json";
  options.body = JSON.stringify({ open: pages, after: began, mode: poll ? "poll" : undefined });
  return fetch(page.stream, options);
}

/* Another stream, or long poll, that takes all at once. */
function again(): void {
  if (reopening || window.lvt.transport === "poll") return;
  reopening = true;
  restart();
}

/* A tab joins, or says that it is elsewhere now. */
function join(id: string, tab: Tab): void {
  const before = tabs.get(id);
  const ours = before && tab.of === me;

  strike(id);
  if (Array.from(tabs.values()).concat(self()).some((other) =>
    other.page === tab.page && other.group !== tab.group)) return say({ to: id, apart: true });
  tabs.set(id, tab);
  signs.set(id, Date.now());
  share.patterns = wanted();
  if (before && !shown(before.page)) post({ remove: { page: before.page } });
  /* What one of ours does not have yet is on its way. */
  if (ours) tab.at = before!.at;
  const whole = tab.wants.every((pattern) => kept.has(pattern) && !after(kept.get(pattern)!, tab.at));
  if (whole && !ours) take(id, recent.filter((event) => after(event.id, tab.at)), share.at);
  else take(id, [], tab.at);
  if (whole || ours) add(id, tab);
  else again();
}

/* A tab takes our events from here on: it has all up to a position. */
function take(id: string, events: Event[], at: string, gap?: object): void {
  const tab = tabs.get(id)!;

  if (after(at, tab.at)) tab.at = at;
  say({ to: id, taken: { events, at, gap, nth: tab.nth } });
}

/* What a tab that is behind us missed is not to be had. */
function miss(id: string): void {
  const { at, wants } = tabs.get(id)!;

  if (!after(share.at, at)) return;
  take(id, [], share.at, wants.length ? { from: at, to: share.at } : undefined);
}

async function add(id: string, tab: Tab): Promise<void> {
  const status = await post({ add: stand(tab.page) });

  if (status === 204) {
    included.add(id);
  } else if (status === 401) {
    say({ to: id, again: true });
  } else if (status === 403 || status === 409) {
    gone(id);
    say({ to: id, apart: true });
  } else if (!included.has(id) && window.lvt.transport === "long-poll") {
    again();
  }
}

function gone(id: string): void {
  const tab = tabs.get(id);

  strike(id);
  if (!tab) return;
  if (!shown(tab.page)) post({ remove: { page: tab.page } });
  share.patterns = wanted();
  const over = tab.wants.filter((pattern) => !patterns().includes(pattern));
  prune();
  if (over.length) post({ unsubscribe: over });
}

/* The tabs of a page that hear channels join anew when they have a token again. */
function strikeAll(path: string): void {
  tabs.forEach((tab, id) => { if (tab.page === path && tab.wants.length) strike(id); });
  share.patterns = wanted();
  prune();
}

function strike(id: string): void {
  for (const list of [tabs, signs, included]) list.delete(id);
}

/* What nobody wants to hear any more is not kept. */
function prune(): void {
  const all = patterns();

  kept.forEach((_, pattern) => { if (!all.includes(pattern)) kept.delete(pattern); });
}

/* What the stream brings goes to all, and tells where they stand. Not ours: what
 * comes again, a gap before our own position, and what comes after our token. */
function tap(event: Event): boolean {
  const { data, id } = event;
  const over = event.event === "stale" && data.left;
  const gap = event.event === "stale" && data.gap;

  if (gap && data.mine) return false;
  if (spent) return true;
  if (leading) {
    if (reopening) return true;
    if (gap && after(share.at, began)) {
      tabs.forEach((_, key) => miss(key));
      again();
      return true;
    }
    say({ event });
    tabs.forEach((tab) => { if (gap || after(id, tab.at)) tab.at = id; });
    if (over) strikeAll(data.page);
  }
  if (over && data.page === page.path && share.own().length) {
    left();
    return true;
  }
  if (event.event === "update") {
    const at = data.at || id;
    tabs.forEach((tab) => {
      if (tab.page !== data.page || !after(at, tab.head)) return;
      tab.view = data.view;
      tab.head = at;
    });
  } else if (event.event === "message" && after(id, share.at)) {
    recent.push(event);
    if (recent.length > KEPT) {
      const first = recent.shift()!.id;
      kept.forEach((since, pattern) => { if (after(first, since)) kept.set(pattern, first); });
    }
  } else if (event.event === "stale") {
    tabs.forEach((tab) => { if (!data.page || tab.page === data.page) tab.view = ""; });
    if (!data.page || data.page === page.path) behind = true;
    if (!gap) return false;
    recent = [];
    kept.forEach((_, pattern) => kept.set(pattern, id));
  }
  return false;
}

function tellState(): void {
  if (leading) say({ beat: window.lvt.state, why: window.lvt.why });
}

/* --- what is said ------------------------------------------------------- */

function listen({ from, to, beat: state, why, ask, here, hello: tab, event, stale: polled, again,
  apart: alone, taken: news, gone: left, bye }: any): void {
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
  if (state || ask) meet(from, ask);
  if (state) {
    because(why);
    setState(state);
  }
  if (event && from === leader) {
    heard = Date.now();
    handle(event);
  }
  if (polled && share.following) stale(0);
  if (again && share.following) sync();
  if (news && share.following) taken(from, news);
  if (alone && !apart) {
    leave();
    apart = true;
    restart();
    enter();
  }
  /* A lock goes to the next by itself. */
  if (bye && !navigator.locks) setTimeout(beat, Math.random() * 50);
}
