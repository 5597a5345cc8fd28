/*
 * parts.ts - which nodes of the document show which part of the tree, so that
 * a change costs what changed, however long the page.
 *
 * Owns:    the parts, and the order of the nodes inside the wrapper.
 * May not: decide what becomes of a control that somebody edits (dom.ts).
 * Invariants:
 *   1. A part is a run of siblings. Its ends are nodes, or parts within it that
 *      stand at its edge, so that it follows when those grow. It is never
 *      empty: an empty text holds its place.
 *   2. What cannot be a part of its own (attributes, raw text, HTML that a
 *      parser moves about) is drawn anew with the part around it; the parts
 *      within that did not change keep their nodes and are not looked at.
 *   3. Whatever looks wrong, because other scripts moved nodes, ends in
 *      comparing the whole page.
 *
 * The parts are found by comments put around each slot before the HTML is
 * parsed; no comment comes into the document.
 */
import { lineOf, Node as Tree, printSlot, Table, textsOf } from "./tree";
import { enter, held, longestRun, parse, patchNode, touch } from "./dom";
import { key } from "./wire";

export interface Part {
  value: any;
  s: Tree["s"];
  /* null: it is not in the document (under lvt-ignore), or... */
  first: Run | null;
  last: Run | null;
  /* ...it can only be drawn with what is around it. */
  bad?: boolean;
  /* Per slot, or per item. */
  slots: Part[];
}

/* Something to be put in order: one node, or a part that stays as it is. */
export type Run = ChildNode | Part;

const sign = key().slice(0, 8);

let root: Part | null = null;
let table: Table;
let owed = false;

/* --- contexts ----------------------------------------------------------- */

const contexts = new WeakMap<string[], boolean[]>();

/* Per slot: whether nodes can be there, rather than a piece of a tag, of a
 * comment or of raw text. */
function places(texts: string[]): boolean[] {
  const known = contexts.get(texts);
  if (known) return known;
  /* Where we are: in a tag, or before the end of something. */
  let tag = false;
  let end = "";
  let name = "";
  const found = texts.map((text) => {
    let at = 0;
    for (;;) {
      if (end) {
        const index = text.toLowerCase().indexOf(end, at);
        if (index < 0) return false;
        at = index + end.length;
        tag = end !== "-->";
        if (end[0] === "<") name = "";
        end = "";
        continue;
      }
      const search = tag ? /=\s*(["'])|>/g : /<(?:(!--)|([a-z][^\s\/>]*)|[\/!?])/gi;
      search.lastIndex = at;
      const match = search.exec(text);
      if (!match) return !tag;
      at = search.lastIndex;
      if (!tag) {
        name = (match[2] || "").toLowerCase();
        if (match[1]) {
          at -= 2;
          end = "-->";
        } else {
          tag = true;
        }
      } else if (match[1]) {
        end = match[1];
      } else {
        tag = false;
        if (/^(script|style|textarea|title|iframe|noscript|xmp)$/.test(name)) end = "</" + name;
      }
    }
  });
  contexts.set(texts, found);
  return found;
}

/* --- drawing ------------------------------------------------------------ */

/* Where a parser puts what does not belong there before the table. */
const TABLE = /^T(ABLE|BODY|HEAD|FOOT|R)$/;

/* HTML on its way into nodes. */
class Drawing {
  out: string[] = [];
  parts: Part[] = [];
  /* Comments that stand for parts which keep their nodes. */
  kept = new Map<globalThis.Node, Part>();

  /* A new part; parts of old whose value is the same are kept. */
  draw(value: any, s: Tree["s"], old: Part | null = null): Part {
    const part: Part = { value, s, first: null, last: null, slots: [] };
    const id = this.parts.push(part) - 1;

    this.mark("(", id);
    if (typeof value === "string") {
      this.out.push(value);
    } else if (value.d) {
      part.slots = value.d.map((item: Tree) => this.draw(item, s));
    } else {
      const texts = textsOf(s, table);
      const where = places(texts);
      texts.forEach((text, index) => {
        if (index) {
          part.slots.push(this.slot(value[index - 1], where[index - 1],
            old && old.slots[index - 1]));
        }
        this.out.push(text);
      });
    }
    this.mark(")", id);
    return part;
  }

  slot(value: any, nodes: boolean, was: Part | null): Part {
    if (!nodes) {
      printSlot(this.out, value, table);
      return { value, s: undefined, first: null, last: null, slots: [], bad: true };
    }
    if (!was || was.value !== value || !was.first) return this.draw(value, value.s);
    this.mark("=", this.parts.push(was) - 1);
    return was;
  }

  mark(what: string, id: number): void {
    this.out.push("<!--", sign, what, String(id), "-->");
  }

  /* The nodes, for this parent; the parts know theirs. */
  parse(parent: Element): globalThis.Node {
    const { namespaceURI: space, localName } = parent;
    const around = /svg|Math/.test(space!) && localName !== "foreignObject"
      ? (/svg/.test(space!) ? "svg" : "math") : "";
    const html = this.out.join("");
    let top: globalThis.Node = parse(around ? `<${around}>${html}</${around}>` : html);

    if (around) top = top.firstChild!;
    if (TABLE.test(parent.tagName)) {
      top.childNodes.forEach((node: any) => {
        if (node.nodeType === 1 ? !/^(T[BDHFR]|C[AO])/.test(node.tagName)
          : node.nodeType === 3 && /\S/.test(node.data)) broken();
      });
    }
    this.locate(top);
    enter(top as any);
    return top;
  }

  locate(top: globalThis.Node): void {
    const walker = document.createTreeWalker(top, NodeFilter.SHOW_COMMENT);
    const opens: Comment[] = [];
    const closes: Comment[] = [];
    const edges = new Map<globalThis.Node, Part>();
    const remove: ChildNode[] = [];

    while (walker.nextNode()) {
      const comment = walker.currentNode as Comment;
      if (!comment.data.startsWith(sign)) continue;
      const id = +comment.data.slice(sign.length + 1);
      const what = comment.data[sign.length];
      if (what === "=") this.kept.set(comment, this.parts[id]);
      else (what === "(" ? opens : closes)[id] = comment;
    }
    this.parts.forEach((part, id) => {
      const [open, close] = [opens[id], closes[id]];
      if (!open && !close) return;		/* kept */
      if (open && close && open.parentNode === close.parentNode && !(part.value &&
        open.nextSibling === close && TABLE.test((open.parentNode as any).tagName))) {
        edges.set(open, part).set(close, part);
        remove.push(open, close);
      } else {
        part.bad = true;
        if (open) open.remove();
        if (close) close.remove();
      }
    });
    const edge = (node: any): Run => edges.get(node) || this.kept.get(node) || node;
    this.parts.forEach((part, id) => {
      const [open, close] = [opens[id], closes[id]];
      if (part.bad || !open) return;
      if (open.nextSibling === close) open.after("");
      part.first = edge(open.nextSibling);
      part.last = edge(close.previousSibling);
    });
    for (const comment of remove) comment.remove();
    for (const part of this.parts) {
      if (part.value.d && part.slots.some((item) => item.bad)) part.bad = true;
    }
  }

  /* Put what was parsed in the place of the nodes from first up to behind. */
  place(parent: Element, first: ChildNode | null, behind: ChildNode | null,
    top: globalThis.Node): void {
    const live = new Map<globalThis.Node, globalThis.Node>();

    this.arrange(parent, first, behind, top, live);
    this.settle(live);
  }

  arrange(parent: Element, first: ChildNode | null, behind: ChildNode | null,
    top: globalThis.Node, live: Map<globalThis.Node, globalThis.Node>): void {
    const starts = new Map<globalThis.Node, Part>();
    const old: Run[] = [];
    const next: Run[] = [];

    for (let node = top.firstChild; node; node = node.nextSibling) {
      next.push(this.kept.get(node) || node);
    }
    this.kept.forEach((part) => starts.set(firstOf(part), part));
    for (let node = first; node && node !== behind;) {
      const part = starts.get(node);
      const peer: any = next[old.length];
      /* A text that is several from now on. */
      if (!part && peer && peer.nodeType === 3 && node.nodeType === 3 &&
        peer.data !== (node as Text).data && (node as Text).data.startsWith(peer.data)) {
        (node as Text).splitText(peer.data.length);
      }
      old.push(part || node);
      node = (part ? lastOf(part) : node).nextSibling;
    }
    order(parent, old, next, behind, (from, to) => {
      live.set(to, from);
      patchNode(from, to, () => this.arrange(from, from.firstChild, null, to, live));
    });
  }

  settle(live: Map<globalThis.Node, globalThis.Node>): void {
    this.kept.forEach((part, comment) => {
      if (comment.isConnected) (comment as ChildNode).replaceWith(...nodesOf(part));
    });
    const now = (run: Run | null): Run | null => {
      if (!run || !isNode(run)) return run;
      const node = live.get(run) || run;
      return node.isConnected ? node as ChildNode : null;
    };
    const kept = new Set(this.kept.values());
    for (const part of this.parts) {
      if (kept.has(part)) continue;
      part.first = now(part.first);
      part.last = now(part.last);
    }
  }
}

/* --- runs --------------------------------------------------------------- */

function isNode(run: Run): run is ChildNode {
  return "nodeType" in run;
}

function broken(): never {
  throw new Error("parts");
}

function firstOf(run: Run | null): ChildNode {
  while (run && !isNode(run)) run = run.first;
  return run || broken();
}

function lastOf(run: Run | null): ChildNode {
  while (run && !isNode(run)) run = run.last;
  return run || broken();
}

function nodesOf(run: Run): ChildNode[] {
  const nodes: ChildNode[] = [];
  const last = lastOf(run);

  for (let node = firstOf(run); ; node = node.nextSibling || broken()) {
    nodes.push(node);
    if (node === last) return nodes;
  }
}

/* Before another; without losing focus, frames and films where a browser can. */
function put(parent: any, run: Run, before: ChildNode | null): void {
  for (const node of nodesOf(run)) {
    if (parent.moveBefore && node.isConnected) parent.moveBefore(node, before);
    else parent.insertBefore(node, before);
  }
}

/* What makes two children of one parent the same: the part, the key of an
 * item, or what kind of node it is. */
function identity(run: any): any {
  if (run.nodeType !== 1) return run.nodeName || run;
  const name = run.getAttribute("data-key") || run.getAttribute("lvt-key") || run.id;
  return run.nodeName + (name ? "=" + name : ":" + (run.getAttribute("name") || ""));
}

/*
 * Make the children of a parent the next ones. Each takes the first old one of
 * its identity that is left; of these, the longest run that is in order stays
 * where it is, and only the others move.
 */
function order(parent: Element, old: Run[], next: Run[], behind: ChildNode | null,
  patch: (from: any, to: any) => void): void {
  const left = new Map<any, number[]>();

  for (let index = old.length - 1; index >= 0; index--) {
    const name = identity(old[index]);
    const same = left.get(name);
    if (same) same.push(index);
    else left.set(name, [index]);
  }
  const from = next.map((run) => {
    const same = left.get(identity(run));
    const place = same && same.pop();
    return place === undefined ? -1 : place;
  });
  /* A part that is not wanted here is wanted elsewhere. */
  left.forEach((rest) => rest.forEach((index) => {
    const run = old[index];
    if (isNode(run)) run.remove();
  }));
  const stay = longestRun(from);
  for (let index = next.length - 1; index >= 0; index--) {
    const place = from[index];
    const run = place < 0 ? next[index] : old[place];
    if (!stay.has(place)) put(parent, run, behind);
    if (place >= 0 && isNode(run)) patch(run, next[index]);
    behind = firstOf(run);
  }
}

/* --- updating ----------------------------------------------------------- */

/* Make a part show something; false: only what is around it can. */
function update(part: Part, value: any): boolean {
  const was = part.value;

  if (value === was) return true;
  if (part.bad) return false;
  if (!part.first) {
    part.value = value;
    return true;
  }
  const first = firstOf(part);
  const last = lastOf(part);
  const parent = first.parentElement;
  if (!parent || parent !== last.parentElement || !first.isConnected) broken();
  if (held(parent!)) {
    owed = true;
    return true;
  }
  touch(parent!);
  if (typeof was === "string" && typeof value === "string") {
    if (first === last && first.nodeType === 3 && !/[<&\r\0]/.test(value)) {
      (first as Text).data = value;
      part.value = value;
      return true;
    }
  } else if (typeof value !== "string" && typeof was !== "string" &&
    !value.d === !was.d && (part.s === value.s || value.s === undefined)) {
    if (value.d ? updateRange(part, value.d) : updateTree(part, value)) {
      part.value = value;
      return true;
    }
  }
  redraw(part, value, null);
  return true;
}

function updateTree(part: Part, value: Tree): boolean {
  let whole = false;

  part.slots.forEach((slot, index) => {
    if (!update(slot, value[index])) whole = true;
  });
  if (whole) redraw(part, value, part);
  return true;
}

/* Draw a part anew; what is on screen becomes that with as few changes as can
 * be, and the parts of old that are the same are not looked at. */
function redraw(part: Part, value: any, old: Part | null): void {
  const drawing = new Drawing();
  const [first, last] = [firstOf(part), lastOf(part)];
  const fresh = drawing.draw(value, value.s === undefined ? part.s : value.s, old);
  const top = drawing.parse(first.parentElement!);

  if (fresh.bad) broken();
  drawing.place(first.parentElement!, first, last.nextSibling, top);
  Object.assign(part, fresh);
}

/* A list: items that are the same objects, or come of the same, keep their
 * nodes. false: there are none, and comparing nodes does better. */
function updateRange(part: Part, next: Tree[]): boolean {
  const old = part.slots;
  const was: Tree[] = part.value.d;
  let head = 0;
  let end = old.length;
  let nextEnd = next.length;

  if (!end || !nextEnd) return false;
  while (head < end && head < nextEnd && was[head] === next[head]) head++;
  while (end > head && nextEnd > head && was[end - 1] === next[nextEnd - 1]) {
    end--;
    nextEnd--;
  }
  const same = (at: number, to: number): boolean =>
    at < end && to < nextEnd && lineOf(was[at]) === lineOf(next[to]);
  const gone = new Map<Tree, number>();
  const from: number[] = [];
  let at = head;
  let jumble = false;
  /* Mostly some come or some go: then one pass tells which old one each is. */
  for (let to = head; to < nextEnd; to++) {
    if (!jumble && same(at + 1, to) && !same(at, to)) gone.set(lineOf(was[at]), at++);
    if (!jumble && same(at, to)) {
      from.push(at++);
    } else {
      from.push(-1);
      if (at < end && !same(at, to + 1)) jumble = true;
    }
  }
  for (; at < end; at++) gone.set(lineOf(was[at]), at);

  /* What is gone here may have come there. */
  const moved = new Set<number>();
  from.forEach((place, index) => {
    const found = place < 0 ? gone.get(lineOf(next[head + index])) : undefined;
    if (found === undefined) return;
    gone.delete(lineOf(next[head + index]));
    from[index] = found;
    moved.add(found);
  });
  if (head + old.length - end === 0 && from.every((place) => place < 0)) return false;
  /* After more than one change as few as can be move. */
  if (jumble) {
    const stay = longestRun(from);
    for (const place of from) {
      if (stay.has(place)) moved.delete(place);
      else moved.add(place);
    }
  }

  const parent = firstOf(part).parentElement!;
  let behind = end < old.length ? firstOf(old[end]) : lastOf(part).nextSibling;
  gone.forEach((place) => {
    for (const node of nodesOf(old[place])) node.remove();
  });
  /* All that is new is parsed at once. */
  const drawing = new Drawing();
  const items = from.map((place, index) =>
    place < 0 ? drawing.draw(next[head + index], part.s) : old[place]);
  if (drawing.parts.length) {
    drawing.parse(parent);
    if (drawing.parts.some((one) => one.s === part.s && one.bad && items.includes(one))) broken();
  }
  for (let index = items.length - 1; index >= 0; index--) {
    if (from[index] < 0 || moved.has(from[index])) put(parent, items[index], behind);
    behind = firstOf(items[index]);
  }
  drawing.settle(new Map());
  if (items.length < 1000) old.splice(head, end - head, ...items);
  else part.slots = old.slice(0, head).concat(items, old.slice(end));
  part.first = part.slots[0];
  part.last = part.slots[part.slots.length - 1];
  items.forEach((item, index) => {
    if (!update(item, next[head + index])) broken();
  });
  return true;
}

/* Make the wrapper show a tree. */
export function present(wrapper: HTMLElement, tree: Tree, of: Table): void {
  const known = !owed && table === of && root;

  owed = false;
  try {
    if (known && update(known, tree)) return;
  } catch (error) {
    /* Compared as a whole it comes right. */
  }
  const drawing = new Drawing();
  table = of;
  const part = drawing.draw(tree, tree.s);
  drawing.place(wrapper, wrapper.firstChild, null, drawing.parse(wrapper));
  root = part;
}

/* Something was left as it was: compare all the next time. */
export function forget(): void {
  owed = true;
}
