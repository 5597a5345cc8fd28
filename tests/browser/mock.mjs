/*
 * mock.mjs - a server that speaks docs/protocol.md about one page, and fails
 * as it is told to. For testing the client where the server must misbehave.
 *
 *     const server = await mock();
 *     server.commit((state) => { state.n++; });     // somebody else's action
 *     server.faults.post.push(503, "drop-after");   // for the next two POSTs
 *     server.faults.stream = "refuse";              // or "hang", "html", null
 *     server.cut();                                 // all streams break
 *     server.log.filter((r) => r.method === "POST") // what was asked
 *     await server.close();
 *
 * The page: a counter (#n, form #count, button #ten), a list (#list, items
 * with an input each), a form with validation (#say), a search (#q), and
 * <details>. Actions: add, say, search, slow, other.
 */
import { createServer } from "node:http";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { builddir } from "../www/load.mjs";

const STATICS = [
  [`<main><output id="n">`, `</output><form method="post" id="count">` +
    `<button name="add">+</button><button name="add" value="-1">-</button></form>` +
    `<button id="ten" lvt-click="add" lvt-data-value="10">+10</button>` +
    `<ul id="list">`, `</ul><form method="post" id="say"><input name="text" value="`,
  `"><textarea name="more"></textarea>`, `<button name="say">Send</button></form>` +
    `<input id="q" name="q" lvt-input="search" lvt-debounce="50" value="`,
  `"><details id="details"><summary>more</summary>`, `</details>` +
    `<div id="foreign" lvt-ignore></div>` +
    `<select id="pick" name="pick"><option>a</option><option>b</option></select></main>`],
  [`<li data-key="`, `"><span>`, `</span> <input name="note"></li>`],
  [`<small id="error">`, `</small>`],
  [`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>n is `,
    `</title></head><body data-n="`, `">`, `</body></html>`],
];
const HASH = "cafe0001";
const TOKEN = "token-";

/* --- trees -------------------------------------------------------------- */

function bodyTree(state, error = null) {
  return {
    s: 0,
    0: String(state.n),
    1: { s: 1, d: state.items.map(([key, text]) => ({ 0: key, 1: text })) },
    2: error ? escape(error.value) : "",
    3: error ? { s: 2, 0: escape(error.text) } : "",
    4: escape(state.q),
    5: String(state.n),
  };
}

function outerTree(state) {
  return { s: 3, 0: String(state.n), 1: String(state.n), 2: "" };
}

function escape(text) {
  return String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

function html(tree) {
  if (typeof tree === "string") return tree;
  const print = (node, s) => STATICS[s].map((text, index) =>
    (index ? html(node[index - 1]) : "") + text).join("");
  return tree.d ? tree.d.map((item) => print(item, tree.s)).join("")
    : print(tree, tree.s);
}

const flat = (value) => JSON.stringify(value);

/* Lists: removals and changes first, then insertions, each behind the last. */
function diffList(from, to) {
  const old = new Map(from.d.map((item) => [item[0], item]));
  const now = new Set(to.d.map((item) => item[0]));
  const ops = from.d.filter((item) => !now.has(item[0])).map((item) => ["r", item[0]]);
  let last = null;

  for (const item of to.d) {
    const was = old.get(item[0]);
    if (!was && last !== null && !old.has(last)) return to;
    if (!was) ops.push(last === null ? ["i", null, "start", item] : ["i", last, "after", item]);
    else if (was[1] !== item[1]) ops.push(["u", item[0], { 1: item[1] }]);
    last = item[0];
  }
  const order = to.d.filter((item) => old.has(item[0])).map((item) => item[0]);
  const kept = from.d.filter((item) => now.has(item[0])).map((item) => item[0]);
  return flat(order) === flat(kept) ? ops : to;
}

function diff(from, to) {
  const update = {};

  for (const name of Object.keys(to)) {
    const [a, b] = [from[name], to[name]];
    if (flat(a) === flat(b)) continue;
    if (a.d && b.d && a.s === b.s) update[name] = diffList(a, b);
    else update[name] = b;
  }
  return update;
}

function viewOf(state) {
  return createHash("sha256").update(flat(bodyTree(state))).digest()
    .subarray(0, 16).toString("base64url");
}

/* --- the server --------------------------------------------------------- */

class Mock {
  state = { n: 0, items: [["a", "first"], ["b", "second"]], q: "" };
  rev = 1;
  rows = [];
  sequence = 10;
  head = "10-0000000a";
  faults = { stream: null, longPoll: null, told: null, sync: null, post: [], statics: null };
  companion = true;
  log = [];
  byes = [];
  streams = new Set();
  replies = new Map();
  views = new Map();
  tokens = 0;
  good = TOKEN + 0;
  heartbeat = 15000;

  constructor() {
    this.remember();
  }

  remember() {
    this.views.set(viewOf(this.state), structuredClone(this.state));
  }

  get view() {
    return viewOf(this.state);
  }

  /* Somebody changes the state: a row of the outbox, and the streams get it. */
  commit(fn) {
    const before = structuredClone(this.state);
    fn(this.state);
    this.remember();
    this.rev++;
    this.row("update", {
      page: "/", base: viewOf(before), view: this.view, rev: this.rev,
      tree: diff(bodyTree(before), bodyTree(this.state)),
      outer: diff(outerTree(before), outerTree(this.state)),
    });
  }

  row(event, data) {
    this.sequence++;
    this.head = `${this.sequence}-${randomBytes(4).toString("hex")}`;
    this.rows.push({ id: this.head, sequence: this.sequence, event, data });
    for (const stream of this.streams) this.pump(stream);
  }

  /* A change that no row tells of. */
  hidden(fn) {
    fn(this.state);
    this.remember();
    this.rev++;
  }

  stale(spread = 0) {
    this.row("stale", { page: "/", spread, why: "test" });
  }

  say(channel, payload) {
    this.row("message", { channel, event: "said", payload });
  }

  /* All connections of the stream break. */
  cut() {
    for (const stream of this.streams) stream.response.destroy();
    this.streams.clear();
  }

  count(method, part) {
    return this.log.filter((r) => r.method === method && r.url.includes(part)).length;
  }

  posts() {
    return this.log.filter((r) => r.method === "POST" && r.url === "/");
  }

  async open() {
    this.server = createServer((request, response) => {
      this.handle(request, response).catch((error) => {
        console.error(error);
        response.destroy();
      });
    });
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    this.url = `http://127.0.0.1:${this.server.address().port}/`;
  }

  async close() {
    this.cut();
    this.server.closeAllConnections();
    this.server.close();
  }

  async handle(request, response) {
    const url = new URL(request.url, this.url);
    let body = "";

    for await (const chunk of request) body += chunk;
    this.log.push({ method: request.method, url: request.url,
      headers: request.headers, body });
    if (url.pathname === "/_lvt/stream") return this.stream(request, response, url, body);
    if (/^\/_lvt\/lvt(-more)?\.js$/.test(url.pathname)) {
      return send(response, 200, "text/javascript",
        readFileSync(join(builddir, "www", url.pathname.slice(6))));
    }
    if (url.pathname.startsWith("/_lvt/statics-")) {
      return this.faults.statics ? send(response, this.faults.statics, "text/plain", "")
        : send(response, 200, "application/json", flat(STATICS));
    }
    if (url.pathname !== "/") return send(response, 404, "text/plain", "");
    if (request.method === "POST") {
      return (request.headers["content-type"] || "").includes("json")
        ? this.post(request, response, body)
        : send(response, 200, "text/plain", "posted " + body);
    }
    if ((request.headers.accept || "").includes("vnd.lvt")) {
      return this.sync(request, response);
    }
    send(response, 200, "text/html; charset=utf-8", this.page(), {
      "Content-Security-Policy": "default-src 'none'; script-src 'self'; " +
        "connect-src 'self'; style-src 'self'; form-action 'self'",
    });
  }

  page() {
    const [tree, outer] = [bodyTree(this.state), outerTree(this.state)];
    const json = flat({ tree, outer }).replace(/[<>&]/g,
      (c) => "\\u00" + c.charCodeAt(0).toString(16));
    const attributes = {
      id: "w", view: this.view, head: this.head, rev: this.rev, page: "/",
      prefix: "", statics: HASH, token: this.good,
      stream: this.companion ? "/_lvt/stream" : "",
    };
    const wrapper = `<div ${Object.entries(attributes).map(([name, value]) =>
      `data-lvt-${name}="${value}"`).join(" ")}>${html(tree)}</div>` +
      `<script type="application/json" id="lvt-tree">${json}</script>` +
      `<script src="/_lvt/lvt.js" defer></script>`;
    return html({ ...outer, 2: wrapper });
  }

  /* The envelope that leads from a view, if it is known, to the present one. */
  envelope(from, meta) {
    const old = this.views.get(from);

    return {
      tree: old ? diff(bodyTree(old), bodyTree(this.state)) : bodyTree(this.state),
      outer: old ? diff(outerTree(old), outerTree(this.state)) : outerTree(this.state),
      meta: {
        view: this.view, base: old ? from : null, rev: this.rev, head: this.head,
        statics: HASH, ...meta,
      },
    };
  }

  sync(request, response) {
    const from = (request.headers["if-none-match"] || "").replace(/"/g, "");
    const headers = { "LVT-Head": this.head, "LVT-Token": this.good,
      "LVT-View": this.view, "LVT-Rev": this.rev };

    if (this.faults.sync) return send(response, this.faults.sync, "text/plain", "");
    if (from === this.view) return send(response, 304, "", "", headers);
    send(response, 200, "application/vnd.lvt+json", flat(this.envelope(from)), headers);
  }

  async post(request, response, body) {
    const fault = this.faults.post.shift();
    const id = request.headers["lvt-key"];

    if (typeof fault === "number") {
      return send(response, fault, "text/html", "<h1>Sorry</h1>", { "Retry-After": "0" });
    }
    if (fault === "drop-before") return response.destroy();
    if (!this.replies.has(id)) {
      this.replies.set(id, await this.act(JSON.parse(body), request.headers["lvt-view"]));
    }
    if (fault === "drop-after") return response.destroy();
    const [status, value] = this.replies.get(id);
    send(response, status, "application/vnd.lvt+json", flat(value));
  }

  async act({ action, data }, from) {
    const meta = { action, success: true };

    if (action === "add") {
      this.commit((s) => { s.n += Number(data.value || 1); });
    } else if (action === "slow") {
      await new Promise((resolve) => setTimeout(resolve, 300));
      this.commit((s) => { s.n++; });
      meta.reply = { n: this.state.n };
    } else if (action === "search") {
      this.commit((s) => { s.q = data.q; });
    } else if (action === "say" && data.text) {
      this.commit((s) => { s.items.push(["k" + this.sequence, escape(data.text)]); });
    } else if (action === "say") {
      meta.success = false;
      meta.errors = { text: "say something" };
      meta.error_tree = diff(bodyTree(this.state),
        bodyTree(this.state, { value: data.text, text: "say something" }));
    } else if (action === "conflict") {
      return [409, this.envelope(from, { action, success: false, conflict: true })];
    } else if (action === "broken") {
      return [500, { error: { code: "failed", message: "it is broken" } }];
    } else {
      return [404, { error: { code: "no_action", message: "no such action" } }];
    }
    return [200, this.envelope(from, meta)];
  }

  /* --- the companion ---------------------------------------------------- */

  stream(request, response, url, body) {
    const poll = url.searchParams.get("mode") === "poll";
    const fault = poll ? this.faults.longPoll : this.faults.stream;

    if (request.method === "POST" && body.includes('"bye"')) {
      this.byes.push(JSON.parse(body).conn);
      return response.writeHead(204).end();
    }
    if (request.headers["x-lvt-token"] !== this.good && request.method === "GET") {
      return send(response, 401, "text/plain", "");
    }
    if (request.method === "POST") {
      if (this.faults.told === "hang") return undefined;
      return this.told(response, JSON.parse(body));
    }
    if (fault === "refuse") return response.destroy();
    if (fault === "html") return send(response, 200, "text/html", "<p>Hello</p>");
    if (typeof fault === "number") return send(response, fault, "text/plain", "");
    if (fault === "hang") return undefined;

    const stream = {
      conn: randomBytes(6).toString("hex"), response, poll,
      after: parseInt(url.searchParams.get("after"), 10),
      view: url.searchParams.get("view"),
      channels: (url.searchParams.get("channels") || "").split(",").filter(Boolean),
    };
    this.streams.add(stream);
    response.on("close", () => this.streams.delete(stream));
    if (!poll) {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write(`retry: 200\n\nevent: welcome\ndata: ${flat({ conn: stream.conn,
        head: this.head, heartbeat: this.heartbeat })}\n\n`);
    }
    this.pump(stream);
    if (poll) {
      setTimeout(() => {
        if (!this.streams.delete(stream)) return;
        response.writeHead(204, { ETag: `"${this.head}"` }).end();
      }, 1000);
    }
  }

  told(response, { conn, add, view = add && add.view, subscribe = [] }) {
    const stream = [...this.streams].find((one) => one.conn === conn);

    if (!stream) return send(response, 404, "text/plain", "");
    if (view) stream.view = view;
    stream.channels.push(...subscribe);
    response.writeHead(204).end();
  }

  pump(stream) {
    const out = [];

    for (const row of this.rows) {
      if (row.sequence <= stream.after) continue;
      stream.after = row.sequence;
      if (row.event === "message" && !stream.channels.some((pattern) =>
        row.data.channel.startsWith(pattern.replace(/[*>]$/, "")))) continue;
      if (row.event === "update" && stream.view === row.data.view) continue;
      if (row.event === "update" && stream.view !== row.data.base) {
        out.push({ ...row, event: "stale", data: { page: "/", spread: 0 } });
        continue;
      }
      if (row.event === "update") stream.view = row.data.view;
      out.push(row);
    }
    if (stream.poll) {
      if (!out.length) return;
      this.streams.delete(stream);
      send(stream.response, 200, "application/json",
        flat(out.map(({ id, event, data }) => ({ id, event, data }))),
        { ETag: `"${this.head}"` });
      return;
    }
    for (const { id, event, data } of out) {
      stream.response.write(`id: ${id}\nevent: ${event}\ndata: ${flat(data)}\n\n`);
    }
  }
}

function send(response, status, type, body, headers = {}) {
  response.writeHead(status, { ...(type ? { "Content-Type": type } : {}), ...headers });
  response.end(body);
}

export async function mock(options = {}) {
  const server = Object.assign(new Mock(), options);

  await server.open();
  return server;
}
