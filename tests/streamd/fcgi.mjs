import { it, is, ok, done, daemon, writer, Events, within, dir } from './client.mjs';
import { spawn } from 'node:child_process';
import net from 'node:net';
import { join } from 'node:path';

const w = writer();
await w.say('head');
const path = join(dir, 'fcgi.sock');
const d = await daemon('--fcgi', '127.0.0.1:0', '--fcgi', 'unix:' + path);
const token = await w.token({});

// FastCGI 1.0, as a web server speaks it.
const record = (type, id, content = Buffer.alloc(0)) => {
  const body = Buffer.from(content), pad = (8 - body.length % 8) % 8;
  return Buffer.concat([Buffer.from([1, type, id >> 8, id & 255,
    body.length >> 8, body.length & 255, pad, 0]), body, Buffer.alloc(pad)]);
};
const size = n => n < 128 ? Buffer.from([n]) :
  Buffer.from([n >> 24 | 128, n >> 16 & 255, n >> 8 & 255, n & 255]);
const pairs = o => Buffer.concat(Object.entries(o).flatMap(([k, v]) =>
  [size(k.length), size(v.length), Buffer.from(k), Buffer.from(v)]));
const begin = (id, keep, role = 1) => record(1, id, [0, role, keep ? 1 : 0, 0, 0, 0, 0, 0]);

// A server over FastCGI, one request after the other.
class Client {
  constructor(where) {
    this.bytes = Buffer.alloc(0); this.out = ''; this.records = []; this.fresh();
    this.events = new Events(); this.inBody = false; this.wake = () => {};
    this.socket = net.connect(where);
    this.socket.on('data', c => this.feed(c));
    this.closed = new Promise(r => this.socket.on('close', r));
    this.socket.on('error', () => {});
  }
  fresh() { this.now = ''; this.inBody = false; }
  feed(chunk) {
    this.bytes = Buffer.concat([this.bytes, chunk]);
    for (;;) {
      if (this.bytes.length < 8) break;
      const n = this.bytes.readUInt16BE(4), all = 8 + n + this.bytes[6];
      if (this.bytes.length < all) break;
      const r = { type: this.bytes[1], id: this.bytes.readUInt16BE(2),
        content: Buffer.from(this.bytes.subarray(8, 8 + n)) };
      this.bytes = this.bytes.subarray(all);
      this.records.push(r);
      if (r.type === 3) this.fresh();
      if (r.type === 6) this.stdout(r.content.toString());
    }
    this.wake();
  }
  stdout(text) {
    this.out += text;
    this.now += text;
    if (!/^Status: 200[^]*event-stream/.test(this.now)) return;
    if (this.inBody) this.events.feed(text);
    else if (this.now.includes('\r\n\r\n')) {
      this.inBody = true;
      this.events.feed(this.now.split('\r\n\r\n').slice(1).join('\r\n\r\n'));
    }
  }
  until(test, what) {
    return within(new Promise(yes => {
      const check = () => test(this) && yes(this);
      this.wake = check;
      check();
    }), what + ' ' + this.out);
  }
  ask(id, params, { keep = false, body = '', method = 'GET' } = {}) {
    this.socket.write(Buffer.concat([begin(id, keep), record(4, id, pairs({
      REQUEST_METHOD: method, SCRIPT_NAME: '/a', ...params })), record(4, id),
      ...(body ? [record(5, id, body)] : []), record(5, id)]));
  }
  end(id) { return this.until(c => c.records.some(r => r.type === 3 && r.id === id), 'the end'); }
}

const tcp = { host: '127.0.0.1', port: d.fcgi };
const stream = { PATH_INFO: '/stream', QUERY_STRING: 'channels=room.a', HTTP_AUTHORIZATION: 'LVT ' + token };

await it('a stream runs over FastCGI, each event flushed in a record of its own', async () => {
  const c = new Client(tcp);
  c.ask(1, stream);
  await c.events.until(e => e.named('welcome').length > 0, 'welcome');
  ok(c.out.startsWith('Status: 200 OK\r\n'), c.out);
  for (const n of [1, 2]) {
    await w.message('room.a', n);
    await c.events.until(e => e.named('message').length === n);
  }
  is(c.events.named('message').map(m => m.data.payload), [1, 2]);
  c.socket.destroy();
});

await it('an event past 64 KiB comes whole, in several records', async () => {
  const c = new Client(path);
  c.ask(1, stream);
  await c.events.until(e => e.named('welcome').length > 0, 'welcome');
  await w.message('room.a', 'x'.repeat(200000));
  await w.message('room.a', 'y');
  await c.events.until(e => e.named('message').length === 2);
  is(c.events.named('message').map(m => m.data.payload.length), [200000, 1]);
  c.socket.destroy();
});

await it('a connection is kept where the server asks for it, and closed where not', async () => {
  const c = new Client(path);
  c.ask(1, { PATH_INFO: '/healthz' }, { keep: true });
  await c.end(1);
  c.ask(2, { REQUEST_URI: '/healthz?x=1' }, { keep: false });
  await c.end(2);
  is(c.out.match(/ok\n/g).length, 2);
  await within(c.closed, 'the close');
});

await it('ABORT_REQUEST ends the stream and keeps the connection', async () => {
  const c = new Client(tcp);
  c.ask(1, stream, { keep: true });
  await c.events.until(e => e.named('welcome').length > 0, 'welcome');
  c.socket.write(record(2, 1));
  await c.end(1);
  c.ask(2, { PATH_INFO: '/healthz' }, { keep: true });
  await c.end(2);
  ok(c.out.endsWith('ok\n'), c.out);
  c.socket.destroy();
});

await it('a POST reaches the stream of another connection', async () => {
  const c = new Client(tcp), p = new Client(tcp);
  c.ask(1, { ...stream, QUERY_STRING: '' });
  await c.events.until(e => e.named('welcome').length > 0, 'welcome');
  const conn = c.events.named('welcome')[0].data.conn;
  p.ask(1, { PATH_INFO: '/stream' }, { method: 'POST',
    body: JSON.stringify({ conn, subscribe: ['room.z'] }) });
  await p.end(1);
  ok(p.out.startsWith('Status: 204'), p.out);
  await w.message('room.z', 'heard');
  await c.events.until(e => e.named('message').length === 1);
  c.socket.destroy();
});

await it('a farewell ends the request of the stream, and its connection serves on', async () => {
  const c = new Client(tcp), p = new Client(path);
  c.ask(1, { ...stream, QUERY_STRING: '' }, { keep: true });
  await c.events.until(e => e.named('welcome').length > 0, 'welcome');
  p.ask(1, { PATH_INFO: '/stream' }, { method: 'POST',
    body: JSON.stringify({ conn: c.events.named('welcome')[0].data.conn, bye: true }) });
  await p.end(1);
  ok(p.out.startsWith('Status: 204'), p.out);
  await c.end(1);
  c.ask(2, { PATH_INFO: '/healthz' }, { keep: true });
  await c.end(2);
  c.socket.destroy();
});

await it('other roles, a second request at a time and unknown records are answered as specified', async () => {
  const c = new Client(tcp);
  c.socket.write(begin(1, true, 3));
  await c.end(1);
  is(c.records.at(-1).content[4], 3, 'UNKNOWN_ROLE');
  c.ask(2, stream, { keep: true });
  await c.events.until(e => e.named('welcome').length > 0, 'welcome');
  c.socket.write(begin(3, true));
  await c.end(3);
  is(c.records.at(-1).content[4], 1, 'CANT_MPX_CONN');
  c.socket.write(record(9, 0, pairs({ FCGI_MPXS_CONNS: '' })));
  await c.until(x => x.records.at(-1).type === 10, 'values');
  ok(c.records.at(-1).content.toString().includes('FCGI_MPXS_CONNS0'), 'no value');
  c.socket.write(record(77, 0));
  await c.until(x => x.records.at(-1).type === 11, 'UNKNOWN_TYPE');
  c.socket.destroy();
});

await it('parameters past 64 KiB are 431, damaged ones 400, no FastCGI at all is closed', async () => {
  const big = new Client(tcp), bad = new Client(tcp), none = new Client(tcp);
  const part = Buffer.alloc(60000, 65);
  big.socket.write(Buffer.concat([begin(1, false), record(4, 1, part), record(4, 1, part)]));
  await big.end(1);
  ok(big.out.startsWith('Status: 431'), big.out);
  bad.socket.write(Buffer.concat([begin(1, false), record(4, 1, [200, 0, 0]), record(4, 1)]));
  await bad.end(1);
  ok(bad.out.startsWith('Status: 400'), bad.out);
  none.socket.write('GET / HTTP/1.1\r\n\r\n');
  await within(none.closed, 'the close');
});

await it('a web server may pass its listening socket as standard input', async () => {
  const build = process.env.LVT_BUILDDIR ?? '.';
  const at = join(dir, 'in.sock');
  const child = spawn('perl', ['-MIO::Socket::UNIX', '-MPOSIX', '-e',
    '$s = IO::Socket::UNIX->new(Local => shift, Listen => 9) or die; ' +
    'POSIX::dup2(fileno($s), 0); exec @ARGV', at,
    join(build, 'lvt-streamd'), '--db', join(dir, 'app.db'), '--fcgi', '-'],
  { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  await within(new Promise(r => child.stderr.on('data', x => { log += x; if (/ready/.test(log)) r(); })), 'ready');
  const gone = new Promise(r => child.on('exit', r));
  try {
    const c = new Client(at);
    c.ask(1, { PATH_INFO: '/healthz' });
    await c.end(1);
    ok(c.out.endsWith('ok\n'), c.out);
  } finally {
    child.kill('SIGTERM');
    await gone;
  }
});

await done();
