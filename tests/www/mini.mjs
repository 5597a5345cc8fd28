/*
 * mini.mjs - a client written from docs/protocol.md alone: it shares no code
 * with www/src, so that the page is known to say enough.
 *
 *     const c = new Mini(fetch);          fetch(method, url, headers, body)
 *     await c.load("/app/");              c.html() is what the wrapper holds
 */
const accept = { Accept: "application/vnd.lvt+json" };
const unescape = (s) => s.replace(/&(amp|lt|gt|quot|#34|#39);/g, (m, name) =>
  ({ amp: "&", lt: "<", gt: ">", quot: '"', "#34": '"', "#39": "'" })[name]);

/* Is position a after b? */
export const after = (a, b) => Number(a.split("-")[0]) > Number(b.split("-")[0]);

export class Mini {
  constructor(fetch, check = () => {}) {
    Object.assign(this, { fetch, check, cookie: {} });
  }

  async ask(method, headers = {}, body) {
    const rs = await this.fetch(method, this.url, { ...headers, ...this.cookie }, body);
    const cookie = rs.headers["set-cookie"];
    if (cookie) this.cookie = { Cookie: cookie.split(";")[0] };
    if (rs.headers["lvt-token"]) this.token = rs.headers["lvt-token"];
    return rs;
  }

  async load(url) {
    this.url = url;
    const { text } = await this.ask("GET", { Accept: "text/html" });
    const tag = text.match(/<div data-lvt-id[^>]*>/)[0];
    for (const [, name, value] of tag.matchAll(/ data-lvt-(\w+)="([^"]*)"/g))
      this[name] = unescape(value);
    this.at = this.head;
    const trees = JSON.parse(text.match(/<script type="application\/json" id="lvt-tree">(.*?)<\/script>/s)[1]);
    this.check("tree", trees.tree);
    this.tree = trees.tree;
    this.outer = trees.outer;
    await this.need(this.statics);
    return text;
  }

  async need(hash) {
    if (hash === this.known) return;
    const { text } = await this.fetch("GET", `${this.prefix}/_lvt/statics-${hash}.json`, {});
    this.table = JSON.parse(text);
    this.known = hash;
  }

  /* An envelope: true where it could be applied. */
  async take(text) {
    const envelope = JSON.parse(text), { meta } = envelope;
    this.check("envelope", envelope);
    if (meta.base !== null && meta.base !== this.view) return false;
    await this.need(meta.statics);
    this.step(envelope);
    Object.assign(this, { view: meta.view, rev: meta.rev, at: meta.head, meta });
    return true;
  }

  step({ tree, outer }) {
    this.tree = this.apply(this.tree, tree);
    if (outer) this.outer = this.apply(this.outer, outer);
  }

  async sync() {
    const rs = await this.ask("GET", { ...accept, "If-None-Match": `"${this.view}"`, "LVT-Token": this.token });
    if (rs.status === 304) this.at = rs.headers["lvt-head"];
    else await this.take(rs.text);
    return rs.status;
  }

  async act(action, data = {}, headers = {}) {
    const rs = await this.ask("POST", { ...accept, "LVT-View": this.view,
      "Content-Type": "application/json", ...headers }, JSON.stringify({ action, data }));
    if (rs.text.includes('"meta"') && !await this.take(rs.text)) await this.sync();
    return rs.status;
  }

  /* An event of the stream; what it said where it is for the page. */
  async event(event) {
    this.check("event", event);
    const { data } = event;
    if (event.event === "stale") return (await this.sync(), "stale");
    if (event.event !== "update" || data.page !== this.page) return event.event;
    if (!after(event.id, this.at)) return "contained";
    if (data.base !== this.view) return (await this.sync(), "synced");
    this.step(data);
    Object.assign(this, { view: data.view, rev: data.rev, at: event.id });
    return "applied";
  }

  /* --- trees ------------------------------------------------------------ */

  apply(old, update) {
    if (typeof update === "string" || "s" in update) return update;
    if (Array.isArray(update)) return { s: old.s, d: this.operate(old, update) };
    const now = { ...old };
    for (const slot in update) now[slot] = this.apply(old[slot], update[slot]);
    return now;
  }

  operate(range, operations) {
    const old = range.d.map((item) => ({ item })), list = [...old];
    const keys = old.map(({ item }) => this.key(this.print(range.s, item)));
    const place = (id) => list.indexOf(old[typeof id === "string" ? keys.indexOf(id) : id]);
    for (const [op, id, x, y] of operations) {
      if (op === "i") {
        const at = x === "start" ? 0 : x === "end" ? list.length : place(id) + 1;
        list.splice(at, 0, ...[].concat(y).map((item) => ({ item })));
      } else if (op === "r") list.splice(place(id), 1);
      else if (op === "u") list[place(id)].item = this.apply(list[place(id)].item, x);
      else if (op === "m") {
        const [one] = list.splice(place(id), 1);
        list.splice(x === null ? 0 : place(x) + 1, 0, one);
      } else list.splice(0, list.length, ...id.map((one) => list[place(one)]));
    }
    return list.map(({ item }) => item);
  }

  key(html) {
    const tag = html.replace(/^(\s|<!--.*?-->)*/s, "").match(/^<[a-z][^\s\/>]*((?:"[^"]*"|'[^']*'|[^>"'])*)>/i);
    for (const name of ["data-key", "lvt-key", "id"]) {
      const found = tag && tag[1].match(new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, "i"));
      if (found) return found[1] ?? found[2] ?? found[3];
    }
  }

  print(s, slots) {
    const text = typeof s === "number" ? this.table[s] : s;
    return text.map((static_, i) => static_ + (i in slots ? this.slot(slots[i]) : "")).join("");
  }

  slot(value) {
    if (typeof value === "string") return value;
    return value.d ? value.d.map((item) => this.print(value.s, item)).join("") : this.print(value.s, value);
  }

  html() {
    return this.slot(this.tree);
  }
}
