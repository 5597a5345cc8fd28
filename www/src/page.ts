/*
 * page.ts - what this tab shows, and how it moves to the next view.
 *
 * Owns:    the state of the page; the only file that changes it.
 * May not: know how updates travel (transport.ts) or where actions come from
 *          (actions.ts).
 * Invariants:
 *   1. What is on screen is html(tree), or the same with the overlay of a
 *      failed action on top; view names tree alone.
 *   2. An update is applied whole or not at all: HTML is made before anything
 *      is assigned.
 *   3. While a sync is under way updates wait, so that its answer and theirs
 *      cannot overtake each other.
 *
 *     CURRENT --stale(), update() that does not fit--> BEHIND --sync()--> CURRENT
 */
import { apply, collide, html, Node, Table } from "./tree";
import { disputed, gently, patchAround, plug } from "./dom";
import { present } from "./parts";
import { after, backoff } from "./wire";
import { emit } from "./status";

export interface Meta {
  view: string;
  base: string | null;
  rev: number;
  head: string;
  statics?: string;
  success?: boolean;
  action?: string;
  errors?: Record<string, string>;
  error_tree?: Node;
  reply?: any;
  redirect?: string;
  conflict?: boolean;
}

export interface Envelope {
  tree: Node;
  outer?: Node;
  meta: Meta;
}

/* What the event "update" carries. */
interface Update {
  page: string;
  base: string;
  view: string;
  rev: number;
  tree: Node;
  outer?: Node;
}

export const page = {
  el: null as unknown as HTMLElement,
  path: "",
  prefix: "",
  stream: "",
  token: "",
  /* The view that tree is; "": none that the server would know. */
  view: "",
  rev: 0,
  /* The page position. */
  head: "",
  tree: {} as Node,
  outer: null as Node | null,
  /* What a failed action put on top of tree, and its messages by field. */
  overlay: null as Node | null,
  errors: {} as Record<string, string>,
  /* The form whose errors they are, if it was one. */
  form: null as Element | null,
};

/* The statics that tree is made of: the name of their table, and the table
 * once it is here. */
let hash = "";
let table: Table | null = null;

export function open(el: HTMLElement): void {
  const data = el.dataset;
  const script = document.getElementById("lvt-tree");
  const text = (name: string): string => data["lvt" + name] || "";

  page.el = el;
  page.path = text("Page");
  page.prefix = text("Prefix").replace(/\/$/, "");
  page.stream = text("Stream");
  page.token = text("Token");
  page.view = text("View");
  page.rev = +text("Rev");
  page.head = text("Head");
  hash = text("Statics");
  try {
    const trees = JSON.parse(script!.textContent!);
    page.tree = displayed = trees.tree;
    page.outer = trees.outer || null;
  } catch (_) {
    page.view = "";
  }
  /* Before it is needed: it is cached for ever, and updates are then quick. */
  ready();
}

/* A request to our own server, in our own format, within half a minute. */
export async function request(url: string, options: RequestInit): Promise<Response> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), 30000);

  try {
    const response = await fetch(url, {
      cache: "no-store",
      signal: abort.signal,
      ...options,
    });
    /* All of it, as long as the time is watched. */
    await response.clone().arrayBuffer();
    return response;
  } finally {
    clearTimeout(timer);
  }
}

/* The wrapper and the script around it say another page now: show it. Resolves
 * to false where its statics did not come. */
export async function turn(title: string): Promise<boolean> {
  const around = outside();

  page.overlay = null;
  page.errors = {};
  waiting.length = 0;
  table = null;
  open(page.el);
  await getting;
  if (!table) return false;
  patchAround(around, outside());
  document.title = title;
  /* Nothing that was done to that page is about this one. */
  page.el.replaceChildren();
  gently(page.el, () => present(page.el, page.tree, table!));
  return true;
}

/* Show what was left out of an earlier change. */
export function refresh(): void {
  if (table && displayed) gently(page.el, () => present(page.el, displayed!, table!));
}

function outside(): string {
  return page.outer && table ? html(page.outer, table) : "";
}

export function isJson(response: Response): boolean {
  return /json/.test(response.headers.get("Content-Type")!);
}

/* How long the server asks to be left alone, in ms. */
export function leave(response: Response): number {
  return 1000 * (+response.headers.get("Retry-After")! || 0);
}

/* The page without its fragment. */
export function address(): string {
  return location.pathname + location.search;
}

export const ACCEPT = "application/vnd.lvt+json";

const tables: Record<string, Promise<Table>> = {};

function statics(of: string): Promise<Table> {
  const get = async (): Promise<Table> => {
    const url = page.prefix + "/_lvt/statics-" + of + ".json";
    const response = await fetch(url);
    if (!response.ok) throw new Error(url + ": " + response.status);
    return response.json();
  };
  const table = tables[of] = tables[of] || get();

  table.catch(() => { delete tables[of]; });
  return table;
}

/* --- moving ------------------------------------------------------------- */

interface Step {
  view: string;
  rev: number;
  head: string;
  tree: Node;
  outer?: Node | null;
  hash: string;
  table: Table;
}

/* What is on screen: tree, or tree with overlay. */
let displayed: Node | null = null;

function show(step: Step, overlay: Node | null, source: string): void {
  let shown = step.tree;

  try {
    if (overlay) shown = apply(step.tree, overlay, step.table);
  } catch (_) {
    overlay = null;
  }
  if (step.outer && page.outer !== step.outer) {
    patchAround(outside(), html(step.outer, step.table));
    page.outer = step.outer;
  }
  page.tree = step.tree;
  page.overlay = overlay;
  hash = step.hash;
  table = step.table;
  stand(step.view, step.rev, step.head);
  if (shown !== displayed) gently(page.el, () => present(page.el, shown, step.table));
  if (!overlay) disputed.clear();
  displayed = shown;
  emit(page.el, "updated", { view: page.view, rev: page.rev, source });
}

function stand(view: string, rev: number, head: string): void {
  const data = page.el.dataset;

  data.lvtView = page.view = view;
  data.lvtRev = String(page.rev = rev);
  data.lvtHead = page.head = head;
}

/* Where an update leads from here: it starts from our view, or is whole. */
function lead(from: { tree: Node; outer?: Node }, to: { view: string; rev: number },
  head: string, hash: string, table: Table): Step {
  return {
    view: to.view,
    rev: to.rev,
    head,
    tree: apply(page.tree, from.tree, table),
    outer: from.outer && apply(page.outer || {}, from.outer, table),
    hash,
    table,
  };
}

/* The overlay, unless an update of what is below touches the same place. */
function overlayOver(update: Node): Node | null {
  return page.overlay && !collide(page.overlay, update) ? page.overlay : null;
}

/* --- updates ------------------------------------------------------------ */

const waiting: Array<[string, Update]> = [];

/* An update that the stream brought. */
export async function update(position: string, next: Update): Promise<void> {
  if (next.page !== page.path) return;
  if (syncing || !table) {
    waiting.push([position, next]);
    if (!syncing) await ready();
  } else if (!after(position, page.head)) {
    return;
  } else if (next.view === page.view) {
    stand(page.view, next.rev, position);
  } else if (next.base !== page.view) {
    stale(0);
  } else {
    try {
      show(lead(next, next, position, hash, table), overlayOver(next.tree),
        "stream");
    } catch (error) {
      distrust(error);
    }
  }
}

/* The statics come: what waited for them goes on. They do not: sync. */
let getting: Promise<void> | null = null;

function ready(): Promise<void> {
  const of = hash;

  return getting = getting || statics(of).then((got) => {
    getting = null;
    if (hash === of) table = got;
    return drain();
  }, (error) => {
    getting = null;
    distrust(error);
  });
}

async function drain(): Promise<void> {
  for (const [position, next] of waiting.splice(0)) {
    await update(position, next);
  }
}

/* What we hold is of no use: ask for all of it. */
function distrust(error: unknown): void {
  console.warn("lvt:", error);
  page.view = "";
  sync();
}

/* --- replies ------------------------------------------------------------ */

/* The envelope that answers an action. Whatever it says about the page, the
 * errors of the action before are over. */
export async function reply(envelope: Envelope, form: Element | null): Promise<void> {
  const meta = envelope.meta;

  page.form = form;
  page.errors = meta.errors || {};
  try {
    const of = meta.statics || hash;
    const got = await statics(of);
    const late = !after(meta.head, page.head);
    const head = late ? page.head : meta.head;
    const overlay = meta.error_tree || null;

    if (meta.view === page.view && of === hash) {
      show({ ...page, outer: null, head, hash, table: got }, overlay, "reply");
    } else if (fitsHere(meta) && !(late && meta.base == null)) {
      show(lead(envelope, meta, head, of, got), overlay, "reply");
    } else {
      /* Late: the stream has brought what comes after it. */
      if (table) show({ ...page, outer: null, hash, table }, null, "reply");
      if (!late || page.head === meta.head) await sync();
    }
  } catch (error) {
    distrust(error);
  }
}

/* Whether an envelope starts from what we have, numbers and all. */
function fitsHere(meta: Meta): boolean {
  return meta.base == null ||
    (meta.base === page.view && (meta.statics || hash) === hash);
}

/* --- sync --------------------------------------------------------------- */

let syncing: Promise<boolean> | null = null;
let again = false;
let failures = 0;
let pause = 0;
let timer = 0;
let listener: () => void = () => undefined;

/* fn is called after each sync that the server answered. */
export function onSync(fn: () => void): void {
  listener = fn;
}

/*
 * Ask the server where the page should be. Calls that come while one is under
 * way share one more request after it, since what they know of may be newer
 * than its answer. Resolves to whether the page is current; if it is not,
 * another try is due by itself.
 */
export function sync(): Promise<boolean> {
  clearTimeout(timer);
  timer = 0;
  owed = false;
  if (syncing) again = true;
  return syncing = syncing || syncAll();
}

async function syncAll(): Promise<boolean> {
  let done = false;

  await null;			/* so that syncing is set before anything ends */
  do {
    again = false;
    pause = 0;
    try {
      done = await syncOnce();
      failures = 0;
    } catch (error) {
      done = false;
    }
  } while (again && done);
  syncing = null;
  if (done) {
    listener();
    await drain();
  } else {
    waiting.length = 0;
    timer = setTimeout(sync, Math.max(pause, backoff(failures++, 1000, 30000))) as any;
  }
  return done;
}

async function syncOnce(): Promise<boolean> {
  const from = page.view;
  /* The next token may go as far back as this one. */
  const headers: Record<string, string> = { Accept: ACCEPT, "LVT-Token": page.token };

  if (from) headers["If-None-Match"] = '"' + from + '"';
  const response = await request(address(), { headers });
  const header = (name: string): string =>
    response.headers.get("LVT-" + name) || "";

  if (response.status !== 304 && !(response.ok && isJson(response))) {
    pause = leave(response);
    if (plug.gone && (response.redirected || /^4(0[134]|10)/.test("" + response.status))) {
      plug.gone(response.status);
    }
    throw new Error("sync: " + response.status);
  }
  page.token = header("Token") || page.token;
  page.el.dataset.lvtHeads = header("Heads");
  if (response.status === 304) {
    if (page.view !== from) return again = true;
    stand(from, +header("Rev") || page.rev, header("Head") || page.head);
    return true;
  }

  const envelope: Envelope = await response.json();
  const meta = envelope.meta;
  const of = meta.statics || hash;
  const table = await statics(of);
  /* A reply came first, and this is about the past: ask once more. */
  if (page.view !== from) return again = true;
  try {
    if (!fitsHere(meta)) throw new Error("sync leads from elsewhere");
    show(lead(envelope, meta, meta.head, of, table), overlayOver(envelope.tree),
      "sync");
  } catch (error) {
    if (!from) throw error;
    console.warn("lvt:", error);
    page.view = "";
    again = true;
  }
  return true;
}

/*
 * The page is known to be behind: sync within spread milliseconds, at random
 * so that not everybody asks at once; a hidden tab when it is seen again.
 */
let owed = false;

export function stale(spread: number): void {
  if (document.hidden) {
    owed = true;
  } else if (syncing) {
    again = true;
  } else if (!timer) {
    timer = setTimeout(sync, Math.random() * spread) as any;
  }
}

export function seen(): void {
  if (owed) sync();
}

export function behind(): boolean {
  return !!(owed || timer || syncing);
}
