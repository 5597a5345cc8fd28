/*
 * tree.ts - a page as JSON: statics and dynamics, and the step to the next.
 *
 * Owns:    nothing; every function is a function of its arguments.
 * May not: touch the document or the network.
 * Invariants:
 *   1. No tree is ever changed. apply() returns a new one that shares all that
 *      did not change with the old one, so === tells what to redraw.
 *   2. What does not fit throws. A page that is wrong is worse than a page
 *      that asks again.
 */

/* One place in a tree: text, a tree, a range, or the item of a range. */
export interface Node {
  s?: string[] | number;
  d?: Node[];
  [slot: string]: any;
}

/* The statics that numbers stand for. */
export type Table = string[][];

/* what: the piece of the update, or the name, that has no counterpart. */
function refuse(what: any): never {
  throw new Error("update does not fit: " + JSON.stringify(what));
}

function isObject(value: any): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/* The tree after the update. */
export function apply(tree: Node, update: Node, table: Table): Node {
  if (!isObject(update)) refuse(update);
  return "s" in update ? whole(update, table) : changed(tree, update, table);
}

/* What comes in place of something must be complete. */
function whole(value: Node, table: Table): Node {
  printSlot([], value, table);
  return value;
}

/* A changed tree or item goes by the name of the first of its line. */
const lines = new WeakMap<Node, Node>();

export function lineOf(node: Node): Node {
  return lines.get(node) || node;
}

function changed(node: Node, update: Node, table: Table): Node {
  const out: Node = { ...node };
  const names = Object.keys(update);

  for (const name of names) {
    if (!/^\d+$/.test(name) || !(name in node)) refuse(name);
    out[name] = slot(node[name], update[name], table);
  }
  if (!names.length) return node;
  lines.set(out, lineOf(node));
  return out;
}

function slot(was: any, to: any, table: Table): any {
  if (typeof to === "string") return to;
  if (Array.isArray(to)) {
    if (!isObject(was) || !was.d) refuse("d");
    return operate(was, to, table);
  }
  if (!isObject(to)) refuse(to);
  if ("s" in to) return whole(to, table);
  if (!isObject(was) || was.d) refuse("s");
  return changed(was, to, table);
}

/* How long each operation is. */
const lengths: Record<string, number> = { i: 4, r: 2, u: 3, m: 3, o: 2 };

/* Positions are looked up in the list itself: comparing pointers costs little
 * even in long lists, and keeping indexes right costs more. */
function operate(range: Node, operations: any[], table: Table): Node {
  const old = range.d!;
  let list = old.slice();
  /* Changed items, by what they were: ids name old items. */
  const now = new Map<Node, Node>();
  const gone: Node[] = [];
  const come: Node[] = [];
  const original = (id: any): any => typeof id === "string"
    ? keysOf(range, table).get(id) : Number.isInteger(id) && old[id];
  const named = (id: any): Node => {
    const item = original(id);
    return item ? now.get(item) || item : refuse(id);
  };
  const place = (id: any): number => {
    const at = list.indexOf(named(id));
    return at < 0 ? refuse(id) : at;
  };

  for (const operation of operations) {
    const [what, id, to, extra] = Array.isArray(operation) ? operation : refuse(operation);
    if (lengths[what] !== operation.length) refuse(operation);
    if (what === "i") {
      const at = to === "after" ? place(id) + 1
        : id !== null ? refuse(id)
        : to === "start" ? 0
        : to === "end" ? list.length
        : refuse(to);
      const items: Node[] = [].concat(extra);
      for (const item of items) {
        itemHtml(range, item, table);
        come.push(item);
      }
      list.splice(at, 0, ...items);
    } else if (what === "r") {
      gone.push(...list.splice(place(id), 1));
    } else if (what === "u") {
      const at = place(id);
      const was = list[at];
      if (!isObject(to)) refuse(what);
      list[at] = changed(was, to, table);
      now.set(original(id), list[at]);
      gone.push(was);
      come.push(list[at]);
    } else if (what === "m") {
      const [item] = list.splice(place(id), 1);
      list.splice(to === null ? 0 : place(to) + 1, 0, item);
    } else {
      const order = new Set<Node>(Array.isArray(id) ? id.map(named) : refuse(id));
      if (order.size !== list.length || id.length !== list.length) refuse(what);
      list.forEach((item) => order.has(item) || refuse(what));
      list = Array.from(order);
    }
  }
  const out = { s: range.s, d: list };
  inherit(range, out, gone, come, table);
  return out;
}

/* --- keys --------------------------------------------------------------- */

type Keys = Map<string, Node | null>;

const known = new WeakMap<Node, Keys>();

/* The item of each key; null where several have it, and then "" is there. */
function keysOf(range: Node, table: Table): Keys {
  let keys = known.get(range);

  if (!keys) {
    keys = new Map();
    for (const item of range.d!) addKey(keys, range, item, table);
    known.set(range, keys);
  }
  return keys;
}

function addKey(keys: Keys, range: Node, item: Node, table: Table): void {
  const key = keyOf(itemHtml(range, item, table));

  if (key === null) return;
  if (keys.has(key)) keys.set("", null);
  keys.set(key, keys.has(key) ? null : item);
}

/* Hand the keys of a list on to the next: making them anew would cost as much
 * as the list is long. */
function inherit(range: Node, next: Node, gone: Node[], come: Node[], table: Table): void {
  const keys = known.get(range);

  if (!keys || keys.has("")) return;
  known.delete(range);
  for (const item of gone) keys.delete(keyOf(itemHtml(range, item, table))!);
  for (const item of come) addKey(keys, range, item, table);
  if (!keys.has("")) known.set(next, keys);
}

/* The key of an item, from its HTML; null: it has none. */
export function keyOf(html: string): string | null {
  const blank = /[ \t\n\f\r]*/y;
  const tag = /<[a-z][^ \t\n\f\r\/>]*/iy;
  const attribute = /[ \t\n\f\r\/]*(?:(>)|([^ \t\n\f\r\/>][^ \t\n\f\r\/>=]*)(?:[ \t\n\f\r]*=[ \t\n\f\r]*(?:"([^"]*)"|'([^']*)'|([^ \t\n\f\r"'>][^ \t\n\f\r>]*)))?)/y;
  const found: Record<string, string> = {};
  let at = 0;

  const eat = (expression: RegExp): RegExpExecArray | null => {
    expression.lastIndex = at;
    const match = expression.exec(html);
    if (match) at = expression.lastIndex;
    return match;
  };

  for (eat(blank); html.startsWith("<!--", at); eat(blank)) {
    const end = html.indexOf("-->", at + 2);
    if (end < 0) return null;
    at = end + 3;
  }
  if (!eat(tag)) return null;
  for (let part = eat(attribute); part; part = eat(attribute)) {
    if (part[1]) break;
    const name = part[2].toLowerCase();
    const value = part[3] || part[4] || part[5] || "";
    if (!(name in found)) found[name] = value;
  }
  const name = ["data-key", "lvt-key", "id"].find((one) => one in found);
  return name && found[name] || null;
}

/* --- html --------------------------------------------------------------- */

export function html(tree: Node, table: Table): string {
  const out: string[] = [];
  print(out, tree, tree.s, table);
  return out.join("");
}

function itemHtml(range: Node, item: Node, table: Table): string {
  const out: string[] = [];
  print(out, item, range.s, table);
  return out.join("");
}

function print(out: string[], node: Node, s: Node["s"], table: Table): void {
  const texts = textsOf(s, table);

  if (!isObject(node) || Object.keys(node).length + +!("s" in node) !== texts.length) refuse(node);
  texts.forEach((text, index) => {
    if (index) printSlot(out, node[index - 1], table);
    out.push(typeof text === "string" ? text : refuse(text));
  });
}

export function textsOf(s: Node["s"], table: Table): string[] {
  const texts = typeof s === "number" ? table[s] : s;

  return Array.isArray(texts) ? texts : refuse(s);
}

export function printSlot(out: string[], value: any, table: Table): void {
  if (typeof value === "string") {
    out.push(value);
  } else if (!isObject(value)) {
    refuse(value);
  } else if (value.d) {
    for (const item of value.d) print(out, item, value.s, table);
  } else {
    print(out, value, value.s, table);
  }
}

/* Whether two updates of one tree change the same place, or might. */
export function collide(a: Node, b: Node): boolean {
  if (!isObject(a) || !isObject(b) || "s" in a || "s" in b) return true;
  return Object.keys(a).some((name) => name in b && collide(a[name], b[name]));
}
