// What a machine does to a companion: a full disk, a clock that is set, readers
// that take nothing, a copy of the database put in its place.
import { it, is, ok, done, daemon, writer, listen, request, within, until, db, dir } from './client.mjs';
import { copyFileSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import net from 'node:net';

const build = process.env.LVT_BUILDDIR ?? '.';
const numbers = s => s.named('message').map(m => m.data.payload.n ?? m.data.payload);
const metric = async (d, name) => Number((await request(d.http, '/metrics')).text
  .match(new RegExp(`^lvt_streamd_${name} (\\d+)`, 'm'))[1]);

await it('a copy that is put in the place of the database is stale for all, also once its numbers catch up', async () => {
  const first = writer();
  await first.token({});	// the key is in the copy, too
  for (let i = 0; i < 5; i++) await first.message('room.a', i);
  await first.end();
  for (const end of ['', '-wal']) if (existsSync(db + end)) copyFileSync(db + end, db + '.old' + end);
  const w = writer();
  const token = await w.token({});
  const d = await daemon('--http', '127.0.0.1:0');
  const s = await listen(d.http, token, 'channels=room.a');
  for (let i = 0; i < 5; i++) await w.message('room.a', i);
  await s.until(e => numbers(e).length === 5);
  const last = s.id;
  await w.end();
  for (const end of ['-wal', '-shm']) rmSync(db + end, { force: true });
  for (const end of ['-wal', '']) if (existsSync(db + '.old' + end)) renameSync(db + '.old' + end, db + end);
  await s.until(e => e.named('stale').length > 0, 'stale');
  ok(s.named('stale')[0].data.gap, 'no gap');
  const other = writer();
  for (let i = 10; i < 20; i++) await other.message('room.a', i);
  await s.until(e => numbers(e).length === 15, 'what the copy goes on with');
  is(numbers(s).slice(5), Array.from({ length: 10 }, (_, i) => 10 + i));
  const again = await listen(d.http, token, 'channels=room.a&after=' + last);
  is(again.status, 200);
  await again.until(e => e.named('stale').length > 0, 'stale on resuming');
  is(numbers(again), []);
  again.close();
  s.close();
  await d.stop();
});

await it('what a copy goes on with is heard from its first event on, whatever was said before at that number', async () => {
  const first = writer();
  await first.token({});
  await first.end();
  const saved = ['', '-wal'].filter(end => existsSync(db + end));
  for (const end of saved) copyFileSync(db + end, db + '.old' + end);
  const w = writer();
  const d = await daemon('--http', '127.0.0.1:0');
  const one = await listen(d.http, await w.token({}), 'channels=room.a');
  const same = await w.message('room.a', 'before');
  await one.until(e => numbers(e).length === 1);
  for (let i = 0; i < 5; i++) await w.message('room.b', i);
  const two = await listen(d.http, await w.token({ f: await w.say('head') }), 'channels=room.a');
  await w.end();
  for (const end of ['-wal', '-shm']) rmSync(db + end, { force: true });
  for (const end of saved.reverse()) renameSync(db + '.old' + end, db + end);
  for (const s of [one, two]) await s.until(e => e.named('stale').length > 0, 'stale');
  const other = writer();
  is(parseInt(await other.message('room.a', 'after'), 10), parseInt(same, 10));
  await other.message('room.a', 'last');
  for (const s of [one, two]) {
    await s.until(e => numbers(e).includes('last'), 'the last');
    is(numbers(s).slice(s === one ? 1 : 0), ['after', 'last']);
    s.close();
  }
  await other.end();
  await d.stop();
});

await it('what is no database, in its place, is told once and unhealthy, and well again when it is back', async () => {
  const w = writer();
  const d = await daemon('--http', '127.0.0.1:0');
  const health = async () => (await request(d.http, '/healthz')).status;
  const s = await listen(d.http, await w.token({}), 'channels=room.a');
  await w.end();
  renameSync(db, db + '.aside');
  writeFileSync(db, 'no database');
  await until(async () => await health() === 503, 'trouble');
  const begun = Date.now();
  await until(async () => { is(await health(), 503); return Date.now() > begun + 3500; }, 'some more looks');
  renameSync(db + '.aside', db);
  await s.until(e => e.named('stale').length > 0, 'stale');
  is(await health(), 200);
  is(d.log.match(/replaced|cannot read/g), ['replaced', 'cannot read']);
  const other = writer();
  await other.message('room.a', 'heard');
  await s.until(e => numbers(e).includes('heard'), 'what is said then');
  s.close();
  await other.end();
  await d.stop();
});

await it('a database restored in place may have other keys: tokens made with them are good', async () => {
  const w = writer(), other = writer(join(dir, 'other.db'));
  const old = await w.token({}), fresh = await other.token({});
  const d = await daemon('--http', '127.0.0.1:0');
  const s = await listen(d.http, old);
  is(await w.say('restore', join(dir, 'other.db')), 'restored');
  await s.until(e => e.named('stale').length > 0, 'stale');
  is((await listen(d.http, old)).status, 401);
  const t = await listen(d.http, fresh);
  is(t.status, 200);
  t.close();
  s.close();
  await w.end();
  await other.end();
  await d.stop();
});

const w = writer();
const token = await w.token({});

await it('a reader that takes nothing is dropped after the setting, the reason is logged, the others go on', async () => {
  const d = await daemon('--http', '127.0.0.1:0', '--stall-ms', '5000', '--heartbeat-ms', '500');
  const slow = await listen(d.http, token, 'channels=room.s');
  const quick = await listen(d.http, token, 'channels=room.s');
  slow.socket.pause();
  let n = 0;
  await until(async () => {
    for (let i = 0; i < 50; i++) await w.message('room.s', { n: n++, pad: 'x'.repeat(40000) });
    return await metric(d, 'blocked_total') > 0;
  }, 'a full socket');
  await until(async () => /a reader is dropped: it took nothing for \d+ ms/.test(d.log), 'the log');
  is(await metric(d, 'stalled_total'), 1);
  await quick.until(e => numbers(e).length === n, 'all');
  is(numbers(quick), Array.from({ length: n }, (_, i) => i));
  await until(async () => await metric(d, 'streams') === 1, 'one stream');
  quick.close();
  await d.stop();
});

await it('an answer goes on for as long as its reader takes some of it', async () => {
  const path = join(dir, 'slow.sock');
  const d = await daemon('--http', 'unix:' + path);
  const after = await w.say('head');
  for (const n of [400000, 900000]) await w.message('room.l', 'x'.repeat(n));
  const s = net.connect(path);
  s.write(`GET /stream?mode=poll&channels=room.l&after=${after} HTTP/1.1\r\nHost: a\r\n` +
    `Authorization: LVT ${token}\r\nConnection: close\r\n\r\n`);
  let text = '';
  const ended = new Promise(r => s.on('close', r));
  s.on('data', chunk => {		// a reader on a slow line
    text += chunk;
    s.pause();
    setTimeout(() => s.resume(), 800);
  });
  await within(ended, 'the whole answer', 300000);
  const [head, body] = text.split('\r\n\r\n');
  is(body.length, Number(head.match(/Content-Length: (\d+)/)[1]));
  is(JSON.parse(body).map(e => e.data.payload.length), [400000, 900000]);
  await d.stop();
});

await it('of readers that would hold too much memory one is dropped, and resumes by position', async () => {
  const d = await daemon('--http', '127.0.0.1:0', '--rest-bytes', '65536');
  const slow = [];
  for (let i = 0; i < 4; i++) slow.push(await listen(d.http, token, 'channels=room.m'));
  for (const s of slow) s.socket.pause();
  let n = 0;
  await until(async () => {
    for (let i = 0; i < 20; i++) await w.message('room.m', { n: n++, pad: 'x'.repeat(50000) });
    return /a reader is dropped: no room/.test(d.log);
  }, 'the log');
  ok(await metric(d, 'dropped_total') > 0, 'nobody was counted');
  for (const s of slow) s.socket.resume();
  for (const s of slow) {
    const got = [];
    let now = s, id = '';
    for (;;) {
      await within(Promise.race([now.closed, now.until(e => got.length + numbers(e).length === n, 'all')]), 'all');
      got.push(...numbers(now));
      if (got.length === n) break;
      // One that was dropped before its first event begins where the one before it
      // ended.
      id = now.id || id;
      now = await listen(d.http, token, 'channels=room.m', { 'last-event-id': id });
    }
    is(got, Array.from({ length: n }, (_, i) => i));
    now.close();
  }
  await d.stop();
});

await it('a companion that can write nothing delivers all the same, says so, and tells presence later', async () => {
  const prlimit = '/usr/bin/prlimit';
  if (!existsSync(prlimit)) return console.log('#   no prlimit here');
  const d = await daemon('--http', '127.0.0.1:0');
  const seen = await listen(d.http, await w.token({ a: 'full', u: 'ann' }), 'channels=room.d');
  await until(async () => await w.say('presence', 'full', '/') === '1 1', 'presence');
  execFileSync(prlimit, ['--pid', String(d.child.pid), '--fsize=0:unlimited']);
  const s = await listen(d.http, await w.token({ a: 'full', u: 'bob', g: 'g2' }), 'channels=room.d');
  await until(async () => /presence cannot be written/.test(d.log), 'the log');
  for (let i = 0; i < 20; i++) await w.message('room.d', i);
  for (const x of [seen, s]) {
    await x.until(e => numbers(e).length === 20, 'all');
    is(numbers(x), Array.from({ length: 20 }, (_, i) => i));
  }
  is((await request(d.http, '/healthz')).status, 200);
  execFileSync(prlimit, ['--pid', String(d.child.pid), '--fsize=unlimited:unlimited']);
  await until(async () => await w.say('presence', 'full', '/') === '2 2', 'presence of both');
  s.close();
  seen.close();
  is(await d.stop(), 0);
});

await it('a clock that jumps a day on and a day back neither holds up nor repeats an event', async () => {
  const file = join(dir, 'jump'), preload = join(build, 'tests/streamd/.libs/jump.so');
  if (!existsSync(preload)) return console.log('#   no module to preload here');
  writeFileSync(file, '0');
  Object.assign(process.env, { LD_PRELOAD: preload, JUMP_FILE: file, ASAN_OPTIONS:
    `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0` });
  const d = await daemon('--http', '127.0.0.1:0', '--heartbeat-ms', '400');
  for (const name of ['LD_PRELOAD', 'JUMP_FILE']) delete process.env[name];
  const day = 86400, long = await w.token({ a: 'jump', x: Math.floor(Date.now() / 1000) + 3 * day });
  const s = await listen(d.http, long, 'channels=room.t');
  const short = await listen(d.http, token, 'channels=room.t');
  let n = 0;
  for (const jump of [0, day, -day, 0]) {
    writeFileSync(file, String(jump));
    const beats = s.beats;
    for (let i = 0; i < 20; i++) await w.message('room.t', n++);
    await s.until(e => numbers(e).length === n && e.beats >= beats + 2, 'all, and heartbeats');
    await until(async () => await w.say('presence', 'jump', '/') === '1 1' || jump === day, 'presence');
    // A token of ten minutes is over by then, and says so when it is a day on.
    if (jump === day) await within(short.closed, 'the end of the short one');
  }
  is(numbers(s), Array.from({ length: n }, (_, i) => i));
  is(s.named('stale'), []);
  await until(async () => await w.say('presence', 'jump', '/') === '1 1', 'presence at the end');
  s.close();
  await d.stop();
});

await done();
