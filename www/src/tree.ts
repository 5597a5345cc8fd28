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

function refuse(why: string): never {
  throw new Error("update does not fit: " + why);
}

function isObject(value: any): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/* The tree after the update. */
export function apply(tree: Node, update: Node, table: Table): Node {
  if (!isObject(update)) refuse("not an object");
  return "s" in update ? update : changed(tree, update, table);
}

function changed(node: Node, update: Node, table: Table): Node {
  const out: Node = { ...node };
  const names = Object.keys(update);

  for (const name of names) {
    if (!/^\d+$/.test(name) || !(name in node)) refuse("no slot " + name);
    out[name] = slot(node[name], update[name], table);
  }
  return names.length ? out : node;
}

function slot(was: any, to: any, table: Table): any {
  if (typeof to === "string") return to;
  if (Array.isArray(to)) {
    if (!isObject(was) || !was.d) refuse("no range");
    return { s: was.s, d: operate(was, to, table) };
  }
  if (!isObject(to)) refuse("not a slot");
  if ("s" in to) return to;
  if (!isObject(was) || was.d) refuse("no tree");
  return changed(was, to, table);
}

/* An item on its way through an update; its name is its place before it. */
interface Cell {
  item: Node;
}

function operate(range: Node, operations: any[], table: Table): Node[] {
  const old: Cell[] = range.d!.map((item) => ({ item }));
  const list = old.slice();
  const place = (id: any): number => {
    const index = typeof id === "string" ? keysOf(range, table).get(id) : id;
    const at = Number.isInteger(index) ? list.indexOf(old[index]) : -1;
    return at < 0 ? refuse("no item " + JSON.stringify(id)) : at;
  };
  const cells = (items: any): Cell[] =>
    [].concat(items).map((item) =>
      isObject(item) ? { item } : refuse("not an item"));

  for (const operation of operations) {
    const [what, id, to, extra] = Array.isArray(operation) ? operation : [];
    if (what === "i") {
      const at = to === "after" ? place(id) + 1
        : id !== null ? refuse("anchor")
        : to === "start" ? 0
        : to === "end" ? list.length
        : refuse("insert " + to);
      list.splice(at, 0, ...cells(extra));
    } else if (what === "r") {
      list.splice(place(id), 1);
    } else if (what === "u") {
      const cell = list[place(id)];
      if (!isObject(to) || "s" in to) refuse("not the changes of an item");
      cell.item = changed(cell.item, to, table);
    } else if (what === "m") {
      const [cell] = list.splice(place(id), 1);
      list.splice(to === null ? 0 : place(to) + 1, 0, cell);
    } else if (what === "o") {
      if (!Array.isArray(id) || id.length !== list.length) refuse("order");
      const order = id.map((one: any) => list[place(one)]);
      if (new Set(order).size !== list.length) refuse("order");
      list.splice(0, list.length, ...order);
    } else {
      refuse("operation " + what);
    }
  }
  return list.map((cell) => cell.item);
}

/* --- keys --------------------------------------------------------------- */

const known = new WeakMap<Node, Map<string, number>>();

/* Where each key stands; -1 where it stands more than once. */
function keysOf(range: Node, table: Table): Map<string, number> {
  let keys = known.get(range);

  if (!keys) {
    keys = new Map();
    range.d!.forEach((item, index) => {
      const key = keyOf(itemHtml(range, item, table));
      if (key !== null) keys!.set(key, keys!.has(key) ? -1 : index);
    });
    known.set(range, keys);
  }
  return keys;
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
  const statics = typeof s === "number" ? table[s] : s;

  if (!Array.isArray(statics)) return refuse("no statics " + s);
  statics.forEach((text, index) => {
    if (index) printSlot(out, node[index - 1], table);
    out.push(text);
  });
}

function printSlot(out: string[], value: any, table: Table): void {
  if (typeof value === "string") {
    out.push(value);
  } else if (!isObject(value)) {
    refuse("slot missing");
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
