// client.mjs - a daemon, a writer and clients, for the tests beside it.
// Node's own modules only. Nothing sleeps: everything waits for an event, for as
// long as a machine with much else to do may take.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import http from 'node:http';
import net from 'node:net';

const build = process.env.LVT_BUILDDIR ?? '.';
const patience = 60000;
export const dir = mkdtempSync(join(tmpdir(), 'lvt-streamd-'));
export const db = join(dir, 'app.db');

// --- TAP -------------------------------------------------------------------

let count = 0, failed = 0;
const cleanups = [];
// A test that crashes leaves nothing running.
const running = new Set();
process.on('exit', () => { for (const c of running) c.kill('SIGKILL'); });
for (const s of ['SIGINT', 'SIGTERM']) process.on(s, () => process.exit(1));

export async function it(title, fn) {
  count++;
  try {
    await fn();
    console.log(`ok ${count} - ${title}`);
  } catch (e) {
    failed++;
    console.log(`not ok ${count} - ${title}`);
    console.log(String(e.stack ?? e).replace(/^/gm, '# '));
  }
}

export async function done() {
  for (const f of cleanups.reverse()) await f();
  rmSync(dir, { recursive: true, force: true });
  console.log(`1..${count}`);
  process.exit(failed ? 1 : 0);
}

export function is(got, want, what = '') {
  const a = JSON.stringify(got), b = JSON.stringify(want);
  if (a !== b) throw new Error(`${what} got ${a}, wanted ${b}`);
}

export function ok(value, what) {
  if (!value) throw new Error(what);
}

export function within(promise, what, ms = patience) {
  let t;
  return Promise.race([promise, new Promise((_, no) => {
    t = setTimeout(() => no(new Error(`waited ${ms} ms for ${what}`)), ms);
  })]).finally(() => clearTimeout(t));
}

// Asks again and again until the answer pleases; that answer.
export function until(test, what, ms = patience) {
  const end = Date.now() + ms;
  return (async () => {
    for (;;) {
      const value = await test();
      if (value) return value;
      if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
      await new Promise(r => setTimeout(r, 20));
    }
  })();
}

// A port that nobody listens at, and that no connection of anybody's can take
// meanwhile: systems choose the ports of those above 32767.
const given = new Set();
export async function freePort() {
  for (;;) {
    const port = 10000 + Math.floor(Math.random() * 22000);
    // Nor the one that was given before.
    if (given.has(port)) continue;
    const s = net.createServer();
    const free = await new Promise(r => {
      s.on('error', () => r(false));
      s.listen(port, '127.0.0.1', () => s.close(() => r(true)));
    });
    if (!free) continue;
    given.add(port);
    return port;
  }
}

// --- Processes --------------------------------------------------------------

// child is ended with the test, however that ends.
export function atEnd(child, gone) {
  running.add(child);
  child.on('exit', () => running.delete(child));
  cleanups.push(async () => { child.kill('SIGKILL'); await gone; });
}

export async function daemon(...args) {
  if (!args.includes('--db')) args.unshift('--db', db);
  const child = spawn(join(build, 'lvt-streamd'), args,
    { stdio: ['ignore', 'ignore', 'pipe'] });
  const d = { child, log: '', http: 0, fcgi: 0 };
  d.gone = new Promise(r => child.on('exit', (code, sig) => r(sig ?? code)));
  await within(new Promise((yes, no) => {
    child.stderr.on('data', chunk => {
      d.log += chunk;
      if (/ready: /.test(d.log)) yes();
    });
    d.gone.then(() => no(new Error('daemon ended: ' + d.log)));
  }), 'the daemon');
  for (const [, front, port] of d.log.matchAll(/listening on (\w+) \S+:(\d+)/g))
    d[front] = Number(port);
  d.stop = async (signal = 'SIGTERM') => {
    child.kill(signal);
    return within(d.gone, 'the end of the daemon');
  };
  atEnd(child, d.gone);
  return d;
}

export function writer(file = db) {
  const child = spawn(join(build, 'tests/streamd/outbox_writer'), [file, '--normal'],
    { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = [];
  let text = '';
  child.stdout.on('data', chunk => {
    text += chunk;
    for (let i; (i = text.indexOf('\n')) >= 0; text = text.slice(i + 1))
      waiting.shift()(text.slice(0, i));
  });
  const gone = new Promise(r => child.on('exit', r));
  const end = () => {
    child.stdin.end();
    return gone;
  };
  cleanups.push(end);
  const say = (...words) => within(new Promise(r => {
    waiting.push(r);
    child.stdin.write(words.map(w => typeof w === 'string' ? w :
      JSON.stringify(w)).join('\t') + '\n');
  }), words[0]);
  const claims = { a: 'test', g: 'g1', u: '', p: ['/'], c: ['room.*', 'all.>'] };
  return {
    child,
    say,
    end,
    token: more => say('token', { ...claims, ...more }),
    message: (channel, payload, ...key) => say('message', channel, 'said', payload, ...key),
    page: (scope, ...variants) => say('page', 'test', '/', scope, ...variants.flat()),
  };
}

// View ids for tests: 22 characters of base64url that decode to 16 bytes.
export const view = n => Buffer.alloc(16, n).toString('base64url');

// --- Clients ----------------------------------------------------------------

// Server-Sent Events out of text, as HTML's event stream interpretation has it.
export class Events {
  constructor() {
    this.all = []; this.id = ''; this.beats = 0; this.retry = [];
    this.text = ''; this.block = {}; this.watch = new Set();
  }
  feed(chunk) {
    this.text += chunk;
    for (let i; (i = this.text.indexOf('\n')) >= 0; ) {
      const line = this.text.slice(0, i);
      this.text = this.text.slice(i + 1);
      this.line(line);
    }
    for (const check of this.watch) check();
  }
  line(line) {
    if (line === '') {
      // Half a block does not move the position.
      this.id = this.block.id ?? this.id;
      if (this.block.data !== undefined)
        this.all.push({ id: this.id, event: this.block.event,
          data: JSON.parse(this.block.data) });
      this.block = {};
    } else if (line.startsWith(':')) this.beats++;
    else {
      const [, name, value] = line.match(/^(\w+): ?(.*)$/);
      if (name === 'retry') this.retry.push(Number(value));
      else this.block[name] = value;
    }
  }
  named(event) { return this.all.filter(e => e.event === event); }
  until(test, what = 'an event', ms = patience) {
    return within(new Promise(yes => {
      const check = () => {
        if (!test(this)) return;
        this.watch.delete(check);
        yes(this);
      };
      this.watch.add(check);
      check();
    }), `${what}; have ${JSON.stringify(this.all.slice(-4)).slice(0, 1000)}`, ms);
  }
}

export function request(port, path, { method = 'GET', headers = {}, body } = {}) {
  return within(new Promise((yes, no) => {
    const rq = http.request({ port, host: '127.0.0.1', path, method, headers, agent: false }, rs => {
      let text = '';
      rs.on('data', c => { text += c; });
      rs.on('end', () => yes({ status: rs.statusCode, headers: rs.headers, text }));
    });
    rq.on('error', no);
    rq.end(body);
  }), path);
}

export function listen(port, token, query = '', headers = {}) {
  const ev = new Events();
  return within(new Promise((yes, no) => {
    const rq = http.request({ port, host: '127.0.0.1', path: '/a/stream?' + query,
      headers: { authorization: 'LVT ' + token, ...headers }, agent: false }, rs => {
      ev.status = rs.statusCode;
      ev.headers = rs.headers;
      ev.socket = rs.socket;
      rs.setEncoding('utf8');
      rs.on('data', c => { if (ev.status === 200) ev.feed(c); });
      ev.closed = new Promise(r => rs.on('close', r));
      rs.on('error', () => {});
      if (rs.statusCode === 200)
        ev.until(e => e.named('welcome').length > 0, 'welcome').then(() => {
          ev.conn = ev.named('welcome')[0].data.conn;
          yes(ev);
        }, no);
      else yes(ev);
    });
    ev.close = () => rq.destroy();
    rq.on('error', e => { if (ev.status === undefined) no(e); });
    rq.end();
  }), 'a stream');
}

// What the daemon counts, by the name in /metrics; and a wait until it has read a
// row of the outbox.
export const figure = async (port, name) => Number((await request(port, '/metrics')).text
  .match(new RegExp(`^lvt_streamd_${name} (\\d+)`, 'm'))[1]);

export const hasRead = (port, position) =>
  until(async () => await figure(port, 'head') >= parseInt(position, 10), 'the tail');

export const post = (port, body) => request(port, '/a/stream', { method: 'POST',
  headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

// Raw bytes to a port: all that comes back until the peer closes.
export function raw(port, bytes) {
  return within(new Promise((yes, no) => {
    let text = '';
    const s = net.connect(port, '127.0.0.1', () => s.write(bytes));
    s.on('data', c => { text += c; });
    s.on('close', () => yes(text));
    s.on('error', e => text ? yes(text) : no(e));
  }), 'an answer');
}
