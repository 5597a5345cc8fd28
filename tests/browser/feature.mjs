/*
 * feature.mjs - a server for one small page with slots, for tests of attributes.
 *
 *     const server = await feature({ statics, slots, css });
 *     server.set(["2"]);                 // all slots anew
 *     server.update({ 0: "2" });         // an update as it is
 *     server.actions                     // what was posted: {action, data, type, size}
 *     server.hold = true; server.go();   // answers wait until then
 *     server.answers.save = ({ data }) => ({ tree, success, errors, … });
 *     server.syncs = (response) => …     // instead of an answer to a sync
 *
 * The action "fail" fails, "slow" takes 300 ms; others do nothing, unless answers
 * has what is to be in the envelope; { status, type, body, headers } is another answer
 * than that, null none at all. Any other path is another page of the same app; pages
 * has their { statics, slots }.
 */
import { createServer } from "node:http";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { builddir } from "../www/load.mjs";
import { newTab, test, until } from "./harness.mjs";

const flat = JSON.stringify;

function html(node, s = node.s) {
  if (typeof node === "string") return node;
  if (node.d) return node.d.map((item) => html(item, node.s)).join("");
  return s.map((text, index) => (index ? html(node[index - 1]) : "") + text).join("");
}

class Feature {
  sequence = 1;
  actions = [];
  streams = [];
  rows = [];
  hands = new Set();
  answers = {};
  hold = false;
  waiting = [];

  constructor({ statics, slots, css = "", pages = {} }) {
    Object.assign(this, { css, pages, tree: { s: statics, ...slots } });
  }

  get view() { return String(this.sequence).padStart(22, "v"); }
  get head() { return `${this.sequence}-0000000a`; }

  set(slots) {
    this.update({ ...slots });
  }

  /* The page itself is not kept up to date: tests that load it again do not
   * change it before. */
  update(tree) {
    const base = this.view;
    this.sequence++;
    const data = { page: "/", base, view: this.view, rev: this.sequence, tree };
    this.rows.push({ id: this.head, event: "update", data });
    for (const hand of this.hands) hand();
  }

  /* A stream or a poll, from a position on; a slow machine may come to need both. */
  listen(request, response) {
    const { searchParams } = new URL(request.url, this.url);
    const poll = searchParams.get("mode") === "poll";
    let from = this.rows.findIndex(({ id }) => id === searchParams.get("after")) + 1;
    const hand = () => {
      const rows = this.rows.slice(from);
      from += rows.length;
      if (poll && rows.length) response.end(flat(rows));
      else for (const { id, event, data } of rows) {
        response.write(`id: ${id}\nevent: ${event}\ndata: ${flat(data)}\n\n`);
      }
    };
    this.streams.push({ response, url: request.url });
    this.hands.add(hand);
    response.on("close", () => this.hands.delete(hand));
    response.writeHead(200, { "Content-Type": poll ? "application/json" : "text/event-stream" });
    if (!poll) response.write(`event: welcome\ndata: {"conn":"c","head":"${this.head}"}\n\n`);
    hand();
  }

  go() {
    this.hold = false;
    for (const fn of this.waiting.splice(0)) fn();
  }

  page(path) {
    const { statics, slots } = this.pages[path] ||
      { statics: ['<nav lvt-nav><a href="/">one</a></nav><p>', "</p>"], slots: ["at " + path] };
    const tree = path === "/" ? this.tree : { s: statics, ...slots };
    return `<!doctype html><html lang="en"><head><title>Page ${path}</title>` +
      `<link rel="stylesheet" href="/css"></head><body>` +
      `<div data-lvt-id="w" data-lvt-view="${this.view}" data-lvt-head="${this.head}" ` +
      `data-lvt-rev="1" data-lvt-page="${path}" data-lvt-prefix="" data-lvt-statics="x" ` +
      `data-lvt-stream="/_lvt/stream" data-lvt-token="t">${html(tree)}</div>` +
      `<script type="application/json" id="lvt-tree">${
        flat({ tree }).replace(/</g, "\\u003c")}</script>` +
      `<script src="/_lvt/lvt.js" defer></script></body></html>`;
  }

  async handle(request, response) {
    const { pathname } = new URL(request.url, this.url);
    const chunks = [];
    const send = (status, type, body) => {
      response.writeHead(status, { "Content-Type": type, "Content-Security-Policy":
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'" });
      response.end(body);
    };

    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (/^\/_lvt\/lvt/.test(pathname)) {
      return send(200, "text/javascript", readFileSync(join(builddir, "www", pathname.slice(6))));
    }
    if (pathname === "/css") return send(200, "text/css", this.css);
    if (pathname.includes("statics")) return send(200, "application/json", "[]");
    if (pathname === "/_lvt/stream") {
      if (request.method === "POST") return response.writeHead(204).end();
      return this.listen(request, response);
    }
    /* Whatever view it is, it is current: rows lead on from there. */
    const [, view] = /^"v*(\d+)"$/.exec(request.headers["if-none-match"]) || [];
    if (!this.syncs && view && (request.headers.accept || "").includes("vnd.lvt")) {
      return response.writeHead(304, { "LVT-Head": `${view}-0000000a`, "LVT-Rev": view,
        "LVT-Token": "t" }).end();
    }
    if (request.method !== "POST") {
      if (this.syncs && pathname === "/" && /vnd.lvt/.test(request.headers.accept)) {
        return this.syncs(response);
      }
      return send(200, "text/html; charset=utf-8", this.page(pathname));
    }
    const type = request.headers["content-type"];
    const { action, data } = type.includes("json") ? JSON.parse(body) : {};
    const { "lvt-key": key } = request.headers;
    this.actions.push({ action, data, type, size: body.length, key, path: pathname });
    if (this.hold) await new Promise((resolve) => this.waiting.push(resolve));
    if (action === "slow") await new Promise((resolve) => setTimeout(resolve, 300));
    const answer = this.answers[action] ? this.answers[action](this.actions.at(-1)) : {};
    if (answer === null) return request.socket.destroy();
    if (answer.status) {
      return response.writeHead(answer.status, { "Content-Type": "text/html", ...answer.headers })
        .end(answer.body);
    }
    const { tree = {}, ...meta } = answer;
    const base = this.view;
    if (Object.keys(tree).length) this.sequence++;
    send(200, "application/json", flat({ tree, meta: { view: this.view, base, rev: this.sequence,
      head: this.head, statics: "x", success: action !== "fail", action, ...meta } }));
  }
}

/* A test with a page of its own, and a tab that shows it with all that the client has:
 *     it("a title", { statics, slots }, async (tab, server) => { … }); */
export function it(title, page, fn) {
  test(title, async () => {
    const server = await feature(page);
    try {
      const tab = await newTab(null, server.url);
      await until(() => tab.locator(".lvt-announcer").count(), 1);
      await fn(tab, server);
    } finally {
      await server.close();
    }
  });
}

export async function feature(page) {
  const it = new Feature(page);
  const server = createServer((request, response) => it.handle(request, response));

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  it.url = `http://127.0.0.1:${server.address().port}/`;
  it.close = async () => {
    server.closeAllConnections();
    server.close();
  };
  return it;
}
