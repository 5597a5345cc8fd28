/* docs/protocol.md, tried: a client made from that page alone (mini.mjs) at a
 * real worker and companion. All that they send is valid by the schemas. */
import test, { after as finally_ } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builddir, srcdir } from "./load.mjs";
import { Mini } from "./mini.mjs";
import { schema, why } from "./schema.mjs";

const app = join(builddir, "tests/app/testapp"), streamd = join(builddir, "lvt-streamd");
const skip = existsSync(app) && existsSync(streamd) ? false : "testapp is not built";
const dir = mkdtempSync(join(tmpdir(), "lvt-protocol-"));
const env = { ...process.env, LVT_DB: join(dir, "app.db"), LVT_LOG: "error",
  LVT_TEMPLATES: join(srcdir, "tests/app/templates") };
let daemon;

finally_(async () => {
  if (daemon) {
    const gone = new Promise((done) => daemon.on("exit", done));
    daemon.kill();
    await gone;
  }
  rmSync(dir, { recursive: true, force: true });
});

/* --- the worker, by CGI; the companion, by HTTP --------------------------- */

function run(args, more, body) {
  return new Promise((done, fail) => {
    const child = spawn(app, args, { env: { ...env, ...more } });
    let text = "", log = "";

    child.stdout.setEncoding("utf8").on("data", (chunk) => text += chunk);
    child.stderr.on("data", (chunk) => log += chunk);
    child.on("error", fail).on("close", () => done({ text, log }));
    child.stdin.on("error", () => {}).end(body);
  });
}

async function fetch(method, url, headers, body = "") {
  const [path, query = ""] = url.split("?");
  const more = Object.fromEntries(Object.entries(headers).map(([name, value]) =>
    [(name === "Content-Type" ? "" : "HTTP_") + name.toUpperCase().replace(/-/g, "_"), value]));
  const { text, log } = await run([], { ...more, GATEWAY_INTERFACE: "CGI/1.1",
    SERVER_PROTOCOL: "HTTP/1.1", HTTP_HOST: "app.example", SCRIPT_NAME: "/app",
    REQUEST_METHOD: method, PATH_INFO: path.slice(4), QUERY_STRING: query, REQUEST_URI: url,
    CONTENT_LENGTH: String(Buffer.byteLength(body)) }, body);
  const end = text.search(/\r?\n\r?\n/);
  const lines = text.slice(0, end).split(/\r?\n/).map((line) => line.match(/^([^:]*): ?(.*)$/));

  assert.ok(end > 0, `${method} ${url}: ${log}`);
  headers = Object.fromEntries(lines.map(([, name, value]) => [name.toLowerCase(), value]));
  return { headers, status: parseInt(headers.status || "200"), text: text.slice(end).trimStart() };
}

async function companion() {
  daemon = spawn(streamd, ["--db", env.LVT_DB, "--http", "127.0.0.1:0"],
    { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";

  const port = await new Promise((done, fail) => {
    daemon.stderr.on("data", (chunk) => {
      log += chunk;
      if (/ready: /.test(log)) done(log.match(/listening on http \S+:(\d+)/)[1]);
    });
    daemon.on("exit", () => fail(new Error(log)));
  });
  env.LVT_STREAM_URL = `http://127.0.0.1:${port}/stream`;
}

/* One poll: its events, and where to go on from. */
function poll(c, from) {
  const url = `${c.stream}?mode=poll&after=${from}&view=${c.view}&page=${c.page}&channels=room.*`;

  return new Promise((done, fail) => http.get(url, { agent: false,
    headers: { Authorization: `LVT ${c.token}` } }, async (rs) => {
    let text = "";
    for await (const chunk of rs) text += chunk;
    assert.ok([200, 204].includes(rs.statusCode), `${rs.statusCode}: ${text}`);
    done([rs.statusCode === 200 ? JSON.parse(text) : [], rs.headers.etag.replaceAll('"', "")]);
  }).on("error", fail));
}

/* An event stream: next() is its next event. */
async function listen(c, channels = "") {
  const url = `${c.stream}?after=${c.head}&view=${c.view}&page=${c.page}${channels}`;
  const events = [], waiting = [];
  let text = "";
  const rs = await new Promise((done, fail) => http.get(url, { agent: false,
    headers: { Authorization: `LVT ${c.token}` } }, done).on("error", fail));

  assert.equal(rs.statusCode, 200);
  rs.setEncoding("utf8").on("data", (chunk) => {
    const blocks = (text += chunk).split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split("\n").map((line) =>
        [line.split(":")[0], line.slice(line.indexOf(":") + 2)]));
      if (fields.data === undefined) continue;
      events.push({ ...fields.id && { id: fields.id }, event: fields.event,
        data: JSON.parse(fields.data) });
      while (waiting.length && events.length) waiting.shift()(events.shift());
    }
  }).on("error", () => {});
  return {
    next: () => new Promise((done) => events.length ? done(events.shift()) : waiting.push(done)),
    close: () => rs.destroy(),
  };
}

/* --- what is compared ----------------------------------------------------- */

const check = (kind, value) =>
  assert.equal(why(schema(kind), value), "", JSON.stringify(value));

function client() {
  return new Mini(fetch, check);
}

/* The wrapper's content, as a page that is loaded now has it. */
async function shown(c) {
  const { text } = await c.ask("GET", { Accept: "text/html" });
  return text.match(/<div data-lvt-id[^>]*>(.*)<\/div><script type="application\/json"/s)[1];
}

async function agrees(c) {
  assert.equal(c.html(), await shown(c));
}

/* --- tests ---------------------------------------------------------------- */

test("the embedded tree is the page", { skip }, async () => {
  await run(["config"], {});
  await fetch("GET", "/app/", { Accept: "text/html" });
  await companion();
  for (const path of ["/app/", "/app/notes", "/app/room/a", "/app/two"]) {
    const c = client();
    await c.load(path);
    await agrees(c);
  }
});

test("replies lead from page to page, invalid input leaves it", { skip }, async () => {
  const c = client();
  await c.load("/app/notes");
  assert.equal(await c.act("note", { text: "one" }), 200);
  assert.equal(c.meta.success, true);
  await agrees(c);
  await c.act("note", { text: "" });
  assert.equal(c.meta.success, false);
  assert.deepEqual(Object.keys(c.meta.errors), ["text"]);
  assert.match(c.slot(c.apply(c.tree, c.meta.error_tree)), /<small>text: /);
  await agrees(c);
  await c.act("note", { text: "two" });
  await agrees(c);
  assert.match(c.slot(c.outer), /<title>2 notes/);
});

test("a revision that is over is a conflict, with the page as it is", { skip }, async () => {
  const [a, b] = [client(), client()];
  await a.load("/app/");
  await b.load("/app/");
  await a.act("add");
  assert.equal(await b.act("add", {}, { "If-Match": `"rev-${b.rev}"` }), 409);
  assert.equal(b.meta.conflict, true);
  await agrees(b);
});

test("a key makes an action run once", { skip }, async () => {
  const c = client();
  await c.load("/app/");
  for (let i = 0; i < 3; i++) await c.act("add", {}, { "LVT-Key": "same" });
  const page = c.html();
  await agrees(c);
  await c.act("add", {}, { "LVT-Key": "other" });
  assert.notEqual(c.html(), page);
  await agrees(c);
});

test("a sync is 304, or leads to the page", { skip }, async () => {
  const [a, b] = [client(), client()];
  await a.load("/app/");
  await b.load("/app/");
  assert.equal(await a.sync(), 304);
  await b.act("add");
  assert.equal(await a.sync(), 200);
  await agrees(a);
});

test("a stream brings others' changes, once", { skip, timeout: 60000 }, async () => {
  const [a, b] = [client(), client()];
  await a.load("/app/");
  await b.load("/app/");
  const stream = await listen(b);

  assert.equal(await b.event(await stream.next()), "welcome");
  for (let i = 0; i < 3; i++) {
    await a.act("add");
    assert.equal(await b.event(await stream.next()), "applied");
    await agrees(b);
  }
  await b.act("add");
  assert.equal(await b.event(await stream.next()), "contained");
  await agrees(b);
  stream.close();
});

test("messages come with the page's own changes, in order", { skip, timeout: 60000 }, async () => {
  const [a, b] = [client(), client()];
  await a.load("/app/room/x");
  await b.load("/app/room/x");
  const stream = await listen(b, "&channels=room.*"), got = [];

  await stream.next();
  await a.act("say", { text: "<hello>" });
  for (let i = 0; i < 2; i++) got.push(await b.event(await stream.next()));
  assert.deepEqual(got.sort(), ["applied", "message"]);
  await agrees(b);
  stream.close();
});

test("polls bring the same, from one position to the next", { skip, timeout: 60000 }, async () => {
  const [a, b] = [client(), client()];
  await a.load("/app/room/y");
  await b.load("/app/room/y");
  let from = b.head;

  for (const text of ["one", "two", "three"]) {
    const got = [];
    await a.act("say", { text });
    while (got.length < 2) {
      const [events, next] = await poll(b, from);
      for (const event of events) got.push(await b.event(event));
      from = next;
    }
    assert.deepEqual(got.sort(), ["applied", "message"]);
    await agrees(b);
  }
});

test("a channel that the token does not grant is refused", { skip }, async () => {
  const c = client();
  await c.load("/app/");
  await assert.rejects(listen(c, "&channels=room.*"), /403 !== 200/);
});

test("a position that is none is stale, and the sync is right", { skip, timeout: 60000 }, async () => {
  const c = client();
  await c.load("/app/");
  c.head = "1-00000000";
  const stream = await listen(c);
  let event;

  do event = await stream.next(); while (event.event === "welcome");
  assert.equal(await c.event(event), "stale");
  await agrees(c);
  stream.close();
});
