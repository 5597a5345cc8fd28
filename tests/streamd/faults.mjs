import { it, is, ok, done, daemon, writer, listen, post, within, freePort, view, db } from './client.mjs';
import { copyFileSync, renameSync } from 'node:fs';

const w = writer();
await w.say('head');
const token = await w.token({});
const numbers = s => s.named('message').map(m => m.data.payload.n);
const port = await freePort();
const start = (...more) => daemon('--http', `127.0.0.1:${port}`, '--retry-ms', '50', ...more);
let d = await start();

// A client that reconnects with its last id, as browsers do.
async function follower(query) {
  const f = { events: [], id: '', stop: false, connects: 0 };
  const run = async () => {
    while (!f.stop) {
      try {
        const s = await listen(port, token, query, f.id ? { 'last-event-id': f.id } : {});
        f.now = s;
        f.connects++;
        f.welcome?.();
        await s.closed;
        f.events.push(...s.all);
        f.id = s.id || f.id;
        f.now = undefined;
      } catch { /* it is down: again */ }
      await new Promise(r => setTimeout(r, 20 + Math.random() * 60));
    }
  };
  f.ended = run();
  await within(new Promise(r => { f.welcome = r; if (f.connects) r(); }), 'a follower');
  return f;
}

await it('kill -9 during 1,000 events for 20 clients loses and doubles nothing', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => follower('channels=room.k')));
  const written = w.say('many', '500', 'room.k');
  d.child.kill('SIGKILL');
  await d.gone;
  await written;
  const more = w.say('many', '250', 'room.k');
  d = await start();
  await more;
  await w.say('many', '250', 'room.k');
  const end = await w.message('room.k', { n: 'end' });
  for (const f of all) {
    await within((async () => {
      for (;;) {
        if (f.now && f.now.id === end) break;
        await (f.now ? Promise.race([f.now.closed, f.now.until(e => e.id === end)]) :
          new Promise(r => setTimeout(r, 20)));
      }
    })(), 'the end');
    f.stop = true;
    f.now.close();
    await f.ended;
    const got = f.events.filter(e => e.event === 'message').map(e => e.data.payload.n);
    const want = [500, 250, 250].flatMap(n => Array.from({ length: n }, (_, i) => i)).concat('end');
    is(got.length, want.length, 'count');
    is(got, want);
    is(f.events.filter(e => e.event === 'stale').length, 0, 'stale');
    ok(f.connects >= 2, 'never reconnected');
  }
});

await it('a reader that takes nothing delays nobody, and gets all of it later', async () => {
  const slow = await listen(port, token, 'channels=room.s');
  slow.socket.pause();
  const quick = await listen(port, token, 'channels=room.s');
  const pad = 'x'.repeat(40000);
  for (let i = 0; i < 400; i++)
    await w.say('message', 'room.s', 'said', { n: i, pad });
  await quick.until(e => numbers(e).length === 400, 'all');
  ok(numbers(slow).length < 400, 'the slow one was not slow');
  slow.socket.resume();
  await slow.until(e => numbers(e).length === 400, 'all, late');
  is(numbers(slow), Array.from({ length: 400 }, (_, i) => i));
  slow.close();
  quick.close();
});

await it('a slow reader is served from the outbox where memory no longer has it', async () => {
  await d.stop();
  d = await start('--ring-bytes', '65536');
  const slow = await listen(port, token, `channels=room.s&view=${view(1)}`);
  slow.socket.pause();
  const pad = 'x'.repeat(40000);
  for (let i = 0; i < 300; i++)
    await w.page('*', [view(1 + i % 200), view(1 + (i + 1) % 200), { n: i, pad }]);
  slow.socket.resume();
  await slow.until(e => e.named('update').length === 300, 'all');
  is(slow.named('update').map(e => e.data.n), Array.from({ length: 300 }, (_, i) => i));
  slow.close();
});

await it('a resume past the limit of rows is stale, not a part', async () => {
  await d.stop();
  d = await start('--retention-limit', '50');
  const from = await w.message('room.r', { n: -1 });
  await w.say('batch', '60', 'room.r');
  await d.stop();
  d = await start('--retention-limit', '50');
  const s = await listen(port, token, 'channels=room.r&after=' + from);
  await s.until(e => e.named('stale').length > 0);
  is(numbers(s), []);
  is(s.named('stale')[0].data.gap.from, from);
  s.close();
});

await it('a position that retention has passed is stale', async () => {
  const old = await w.say('message', 'room.g', 'said', { n: 0 });
  await w.say('message', 'room.g', 'said', { n: 1 });
  ok(Number(await w.say('gc')) > 0, 'nothing was removed');
  await d.stop();
  d = await start();
  const s = await listen(port, token, 'channels=room.g', { 'last-event-id': old });
  await s.until(e => e.named('stale').length > 0, 'stale');
  is(numbers(s), []);
  s.close();
});

await it('a live stream does not notice that retention took all rows', async () => {
  const live = await listen(port, token, 'channels=room.g');
  await w.say('message', 'room.g', 'said', { n: 1 });
  await live.until(e => numbers(e).length === 1);
  ok(Number(await w.say('gc')) > 0, 'nothing was removed');
  await w.say('message', 'room.g', 'said', { n: 2 });
  await live.until(e => numbers(e).length === 2);
  is(live.named('stale').length, 0);
  live.close();
});

await it('a connection id of before a restart is 404, so that clients reconnect', async () => {
  const s = await listen(port, token);
  await d.stop('SIGKILL');
  d = await start();
  is((await post(port, { conn: s.conn, view: view(1), at: '1-00000000' })).status, 404);
});

await it('a database that was replaced is noticed, and every stream told', async () => {
  const s = await listen(port, token, 'channels=room.a');
  copyFileSync(db, db + '.copy');
  renameSync(db + '.copy', db);
  await s.until(e => e.named('stale').length > 0, 'stale');
  s.close();
});

await it('a page row is told to 200 streams with a spread for their syncs', async () => {
  await d.stop();
  d = await start('--sync-rate', '100');
  const all = await Promise.all(Array.from({ length: 200 }, () => listen(port, token, 'view=' + view(3))));
  const w2 = writer();
  await w2.page('*');
  for (const s of all) await s.until(e => e.named('stale').length === 1);
  is(all[0].named('stale')[0].data.spread, 2000);
  for (const s of all) s.close();
});

await done();
