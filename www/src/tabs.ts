/*
 * tabs.ts - the tabs of a browser that show the same page share one stream.
 *
 * Owns:    who is the leader, and what tabs tell each other.
 * Invariants:
 *   1. The leader alone has a stream; it hands every event to the others, who
 *      take it as if it were from a stream of their own. So any of them can
 *      go on where it ended.
 *   2. A leader that is put away (pagehide, freeze) or says nothing for SILENCE
 *      is replaced.
 *   3. Whoever begins to follow syncs once: what came before it listened is
 *      not handed over.
 *
 *     ALONE, FOLLOWER --won()--> LEADER --lost(), released--> FOLLOWER
 *
 * Leader is who holds a Web Lock; where there are none (plain HTTP), a lease in
 * localStorage that is renewed. Tabs of different users, groups or pages do not
 * meet: the name of the channel is made of the token's claims.
 */
import { inside } from "./inside";

const { follow, handle, page, post, setState, share, sync } = inside;

const BEAT = 1000;		/* ms between the leader's signs of life */
const SILENCE = 4000;

const me = Math.random().toString(36).slice(2);
/* What each other tab subscribes to. */
const wants = new Map<string, string[]>();

let name = "";
let channel: BroadcastChannel | null = null;
let leading = false;
let heard = 0;
let beaten = 0;
let timer = 0;
let release: () => void = () => undefined;

/* Who may follow whom: the same app, group, user and page. */
function scope(): string {
  try {
    const json = atob(page.token.split(".")[0].replace(/-/g, "+").replace(/_/g, "/"));
    const { a, g, u } = JSON.parse(json);
    return JSON.stringify([page.stream, a, g, u, page.path]);
  } catch (_) {
    return "";
  }
}

export function openTabs(): void {
  if (typeof BroadcastChannel === "undefined") return;
  Object.defineProperty(window.lvt, "leading", { get: () => leading });
  addEventListener("pagehide", leave);
  document.addEventListener("freeze", leave);
  addEventListener("pageshow", enter);
  document.addEventListener("resume", enter);
  addEventListener("lvt:navigated", () => {
    leave();
    enter();
  });
  enter();
}

function enter(): void {
  const of = page.stream && scope();

  if (!of || channel) return;
  name = "lvt:" + of;
  channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }) => listen(data);
  share.tap = (event) => { if (leading) say({ event }); };
  share.changed = tellWants;
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
  if (leading) say({ bye: true });
  release();
  drop();
  channel.close();
  channel = null;
  leading = false;
  share.following = false;
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
  if (!channel) return;
  /* We slept, so we could not hear. */
  if (Date.now() - beaten > 2 * BEAT) heard = Date.now();
  beaten = Date.now();
  if (!navigator.locks) beatLease();
  else if (!leading && Date.now() - heard > SILENCE) {
    heard = Date.now();
    seek(true);
  }
  if (leading) say({ beat: window.lvt.state });
}

function won(): void {
  if (leading) return;
  leading = true;
  follow(false);
  say({ beat: window.lvt.state, ask: true });
}

/* Another leads, as it says: we follow. */
function lost(): void {
  if (!leading && share.following) return;
  leading = false;
  heard = Date.now();
  follow(true);
  tellWants();
  sync();
}

/* --- what is said ------------------------------------------------------- */

function tellState(): void {
  if (leading) say({ beat: window.lvt.state });
}

function tellWants(): void {
  if (share.following) say({ wants: share.own() });
}

function listen({ from, event, beat: state, ask, wants: list, bye }: any): void {
  if (state && !leading) {
    heard = Date.now();
    lost();
    setState(state);
    if (ask) tellWants();
  }
  if (event && !leading && share.following) {
    heard = Date.now();
    handle(event);
  }
  if (list && leading) {
    wants.set(from, list);
    const all = Array.from(wants.values());
    const before = new Set([...share.patterns, ...share.own()]);
    share.patterns = all.reduce((sum, one) => sum.concat(one), []);
    const fresh = share.patterns.filter((pattern) => !before.has(pattern));
    if (fresh.length) post({ subscribe: fresh });
  }
  if (bye && !leading) {
    heard = 0;
    if (!navigator.locks) setTimeout(beat, Math.random() * 50);
  }
}
