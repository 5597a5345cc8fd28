// Several pages on one stream, as the tabs of a browser share it.
import { it, is, ok, done, daemon, writer, listen, post, request, Events, within, until, figure, view } from './client.mjs';
import http from 'node:http';

// What was freed does not go on looking as it did.
Object.assign(process.env, { MALLOC_PERTURB_: '90',
  ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:max_free_fill_size=4096:free_fill_byte=90` });
const w = writer();
await w.say('head');
const d = await daemon('--http', '127.0.0.1:0', '--heartbeat-ms', '400');
const soon = s => Math.floor(Date.now() / 1000) + s;
const tokenOf = (page, more) => w.token({ p: [page], c: [], ...more });
const put = (page, ...variant) => w.say('page', 'test', page, '*', ...variant);
const updates = s => s.named('update').map(e => [e.data.page, e.data.n]);
const add = async (s, page, more = {}, claims = {}) =>
  (await post(d.http, { conn: s.conn, add: { token: await tokenOf(page, claims), page, ...more } })).status;

// POST that opens a stream.
async function open(body) {
  const s = new Events();
  return within(new Promise((yes, no) => {
    const rq = http.request({ port: d.http, host: '127.0.0.1', path: '/a/stream', method: 'POST',
      headers: { 'content-type': 'application/json' }, agent: false }, rs => {
      s.status = rs.statusCode;
      rs.setEncoding('utf8');
      rs.on('data', c => { if (s.status === 200) s.feed(c); });
      s.closed = new Promise(r => rs.on('close', r));
      rs.on('error', () => {});
      if (s.status !== 200) return yes(s);
      s.until(e => e.named('welcome').length > 0, 'welcome').then(() => {
        s.conn = s.named('welcome')[0].data.conn;
        yes(s);
      }, no);
    });
    s.close = () => rq.destroy();
    rq.on('error', e => { if (s.status === undefined) no(e); });
    rq.end(JSON.stringify(body));
  }), 'a stream');
}

await it('a page that is added gets its updates beside the first, each names its page', async () => {
  const s = await listen(d.http, await tokenOf('/a'), 'view=' + view(1));
  is(await add(s, '/b', { view: view(5), at: await w.say('head') }), 204);
  await put('/a', view(1), view(2), { page: '/a', n: 1 });
  await put('/b', view(5), view(6), { page: '/b', n: 2 });
  await put('/c', view(5), view(6), { page: '/c', n: 3 });
  await put('/b', view(6), view(7), { page: '/b', n: 4 });
  await s.until(e => e.named('update').length === 3);
  is(updates(s), [['/a', 1], ['/b', 2], ['/b', 4]]);
  s.close();
});

await it('each page has its own view, is stale by itself, and is told of by name', async () => {
  const s = await listen(d.http, await tokenOf('/a'), 'view=' + view(1));
  is(await add(s, '/b', { view: view(5), at: await w.say('head') }), 204);
  const at = await put('/b', view(8), view(9), { page: '/b', n: 0 });
  await s.until(e => e.named('stale').length === 1);
  is(s.named('stale')[0].data.page, '/b');
  await put('/a', view(1), view(2), { page: '/a', n: 1 });
  is((await post(d.http, { conn: s.conn, page: '/b', view: view(9), at })).status, 204);
  await put('/b', view(9), view(10), { page: '/b', n: 2 });
  await s.until(e => e.named('update').length === 2);
  is(updates(s), [['/a', 1], ['/b', 2]]);
  is((await post(d.http, { conn: s.conn, page: '/c', view: view(9), at })).status, 409);
  s.close();
});

await it('a channel that is asked for again, with each fresh token, counts once among the 64 of a stream', async () => {
  const s = await listen(d.http, await tokenOf('/a'));
  for (let i = 0; i < 70; i++) is(await add(s, '/b', { channels: ['room.b'] }, { c: ['room.*'] }), 204);
  const say = more => post(d.http, { conn: s.conn, ...more }).then(r => r.status);
  const others = Array.from({ length: 63 }, (_, i) => 'room.' + i);
  is(await say({ subscribe: others }), 204);
  is(await say({ subscribe: ['room.more'] }), 409);
  is(await say({ subscribe: ['room.b'] }), 204);
  is(await say({ unsubscribe: ['room.b', 'room.none'] }), 204);
  is(await say({ subscribe: ['room.more'] }), 204);
  s.close();
});

await it('who hears a channel by the token of a page is counted no more when the page is removed', async () => {
  const heard = want => until(async () => await w.say('presence', 'test', 'channel:room.w') === want, want);
  const s = await listen(d.http, await tokenOf('/a'));
  is(await add(s, '/b', { channels: ['room.w'] }, { c: ['room.*'], w: true }), 204);
  await heard('1 1');
  is((await post(d.http, { conn: s.conn, remove: { page: '/b' } })).status, 204);
  await heard('0 0');
  s.close();
});

await it('what a page missed before it was added is replayed row by row, at a position that does not go back', async () => {
  const s = await listen(d.http, await tokenOf('/a', { c: ['room.*'] }), 'channels=room.x');
  const at = await w.say('head');
  const first = await put('/b', view(1), view(2), { page: '/b', n: 1 });
  const second = await put('/b', view(2), view(3), { page: '/b', n: 2 });
  const last = await w.message('room.x', 1);
  await s.until(e => e.named('message').length === 1);
  is(await add(s, '/b', { view: view(1), at }), 204);
  await s.until(e => e.named('update').length === 2);
  is(s.named('update').map(e => [e.id, e.data]), [
    [last, { at: first, page: '/b', n: 1 }], [last, { at: second, page: '/b', n: 2 }]]);
  await put('/b', view(3), view(4), { page: '/b', n: 3 });
  await s.until(e => e.named('update').length === 3);
  is(s.named('stale'), []);
  s.close();
});

await it('a page whose gap cannot be closed is stale, and the others are not', async () => {
  const s = await listen(d.http, await tokenOf('/a'), 'view=' + view(1));
  const at = await w.say('head');
  await put('/b', view(1), view(2), { page: '/b', n: 1 });
  const from = await put('/b', view(3), view(4), { page: '/b', n: 2 });
  is(await add(s, '/b', { view: view(1), at }), 204);
  await s.until(e => e.named('stale').length === 1);
  is(await add(s, '/c', { view: view(1), at }, { f: from }), 204);
  await s.until(e => e.named('stale').length === 2);
  is(await add(s, '/d', { view: view(1), at: '1-00000000' }), 204);
  await s.until(e => e.named('stale').length === 3);
  is(s.named('stale').map(e => [e.data.page, e.data.gap, e.data.left]), ['/b', '/c', '/d'].map(page => [page, undefined, undefined]));
  await put('/a', view(1), view(2), { page: '/a', n: 3 });
  await s.until(e => e.named('update').length === 2);
  is(updates(s), [['/b', 1], ['/a', 3]]);
  s.close();
});

await it('a channel that the fresh token of a page grants no more is left', async () => {
  const s = await listen(d.http, await tokenOf('/a', { c: ['room.a'] }), 'channels=room.a');
  is(await add(s, '/b', { channels: ['room.b', 'room.c'] }, { c: ['room.*'] }), 204);
  is(await add(s, '/b', {}, { c: ['room.c'] }), 204);
  for (const c of ['room.b', 'room.c', 'room.a']) await w.message(c, c);
  await s.until(e => e.named('message').some(m => m.data.channel === 'room.a'));
  is(s.named('message').map(m => m.data.channel), ['room.c', 'room.a']);
  s.close();
});

await it('a page is not added where one of its channels is refused', async () => {
  const s = await listen(d.http, await tokenOf('/a'), 'view=' + view(1));
  const r = await post(d.http, { conn: s.conn, add: { token: await tokenOf('/b', { c: ['room.b'] }), page: '/b',
    view: view(1), channels: ['room.b', 'room.c'] } });
  is([r.status, JSON.parse(r.text).error.message], [403, 'the token does not grant this channel: room.c']);
  is((await post(d.http, { conn: s.conn, page: '/b', view: view(1) })).status, 409);
  s.close();
});

await it('a view of before what a token replays is not led on, but stale', async () => {
  const at = await w.say('head');
  const from = await put('/a', view(1), view(2), { page: '/a', n: 'before' });
  const s = await listen(d.http, await tokenOf('/a', { f: from }), 'view=' + view(9));
  is((await post(d.http, { conn: s.conn, view: view(1), at })).status, 204);
  await s.until(e => e.all.length === 2);
  is([s.all[1].event, s.all[1].data.why], ['stale', 'the view is too old']);
  s.close();
});

await it('a page that is added to a stream that has not come to where its token begins is stale', async () => {
  const s = await listen(d.http, await tokenOf('/a'), 'view=' + view(1));
  const at = await w.say('head');
  const f = `${parseInt(at) + 1}-00000000`;
  is(await add(s, '/b', { view: view(1), at }, { f }), 204);
  await put('/b', view(1), view(2), { page: '/b', n: 'before' });
  await put('/a', view(1), view(2), { page: '/a', n: 'after' });
  await s.until(e => e.named('update').length === 1);
  is(s.named('stale').map(e => [e.data.page, e.data.why]), [['/b', 'the view is too old']]);
  s.close();
});

await it('a page that is removed is heard no more, nor what its token alone granted', async () => {
  const s = await listen(d.http, await tokenOf('/a', { c: ['room.a'] }), 'channels=room.a&view=' + view(1));
  is((await post(d.http, { conn: s.conn, subscribe: ['room.b'] })).status, 403);
  is(await add(s, '/b', { view: view(1), channels: ['room.b'] }, { c: ['room.*'] }), 204);
  await w.message('room.b', 1);
  await put('/b', view(1), view(2), { page: '/b', n: 1 });
  await s.until(e => e.named('update').length === 1);
  is((await post(d.http, { conn: s.conn, remove: { page: '/b' } })).status, 204);
  is((await post(d.http, { conn: s.conn, remove: { page: '/b' } })).status, 204);
  await w.message('room.b', 2);
  await put('/b', view(2), view(3), { page: '/b', n: 2 });
  await put('/a', view(1), view(2), { page: '/a', n: 3 });
  await w.message('room.a', 3);
  await s.until(e => e.named('message').length === 2);
  is(s.named('message').map(m => m.data.payload), [1, 3]);
  is(updates(s), [['/b', 1], ['/a', 3]]);
  is((await post(d.http, { conn: s.conn, subscribe: ['room.b'] })).status, 403);
  is((await post(d.http, { conn: s.conn, remove: { page: '/a' } })).status, 204);
  await within(s.closed, 'the end with the last page');
});

await it('a page of another app, or for another visitor, is 409; a bad token 401; a page it does not name 403', async () => {
  const s = await listen(d.http, await tokenOf('/a'));
  is(await add(s, '/b', {}, { a: 'else' }), 409);
  is(await add(s, '/b', {}, { g: 'g2', u: 'ann' }), 204);
  is(await add(s, '/b', {}, { g: 'g3' }), 409);
  is(await add(s, '/b', {}, { x: 1000 }), 401);
  is((await post(d.http, { conn: s.conn, add: { page: '/b' } })).status, 401);
  is((await post(d.http, { conn: s.conn, add: { token: await tokenOf('/b'), page: '/c' } })).status, 403);
  is((await post(d.http, { conn: view(3), add: { token: await tokenOf('/b') } })).status, 404);
  is(await add(s, '/c', { view: 'x' }), 400);
  is(await add(s, '/c', { channels: ['secret'] }), 403);
  s.close();
});

await it('a stream follows 64 pages and no more', async () => {
  const s = await listen(d.http, await tokenOf('/0'));
  const got = [];
  for (let i = 1; i <= 64; i++) got.push(await add(s, '/' + i, { view: view(i) }));
  is(got, [...Array.from({ length: 63 }, () => 204), 409]);
  is(await add(s, '/5', { view: view(90) }), 204);
  await put('/63', view(63), view(64), { page: '/63', n: 1 });
  await put('/5', view(90), view(91), { page: '/5', n: 2 });
  await s.until(e => e.named('update').length === 2);
  s.close();
});

await it('who watches is counted by page, and no longer when it is removed', async () => {
  const counts = async (page, want) => {
    for (;;) {
      if (await w.say('presence', 'tabs', page) === want) return;
      await new Promise(r => setTimeout(r, 20));
    }
  };
  const s = await listen(d.http, await tokenOf('/a', { a: 'tabs', u: 'ann' }));
  is(await add(s, '/b', {}, { a: 'tabs', u: 'ann' }), 204);
  await counts('/a', '1 1');
  await counts('/b', '1 1');
  await post(d.http, { conn: s.conn, remove: { page: '/b' } });
  await counts('/b', '0 0');
  await counts('/a', '1 1');
  is(await add(s, '/b', {}, { a: 'tabs', u: 'ann' }), 204);
  await counts('/b', '1 1');
  await post(d.http, { conn: s.conn, bye: true });
  await counts('/b', '0 0');
  await counts('/a', '0 0');
});

await it('a page whose token ends or is revoked is told to sync and left, the stream goes on', async () => {
  const s = await listen(d.http, await tokenOf('/a'), 'view=' + view(1));
  // A slow machine may need more than two seconds to add one.
  for (let seconds = 2; await add(s, '/b', { view: view(1) }, { x: soon(seconds) }) !== 204; seconds *= 2)
    ok(seconds < 60, 'it could not be added');
  is(await add(s, '/c', { view: view(1) }, { g: 'gr' }), 204);
  await w.say('revoke', 'test', { group: 'gr' });
  await s.until(e => e.named('stale').length === 2, 'both');
  is(s.named('stale').map(e => [e.data.page, e.data.left]).sort(), [['/b', true], ['/c', true]]);
  await put('/b', view(1), view(2), { page: '/b', n: 1 });
  await put('/c', view(1), view(2), { page: '/c', n: 2 });
  await put('/a', view(1), view(2), { page: '/a', n: 3 });
  await s.until(e => e.named('update').length === 1);
  is(updates(s), [['/a', 3]]);
  s.close();
});

await it('a page that is added again takes the fresh token', async () => {
  let s, end;
  // Before the first one ends; a slow machine is given more time.
  for (let seconds = 2; ; seconds *= 2) {
    end = soon(seconds);
    s = await listen(d.http, await tokenOf('/a', { x: end }), 'view=' + view(1));
    if (s.status === 200 && await add(s, '/a', {}, { x: soon(600) }) === 204) break;
    ok(seconds < 60, 'it could not be added');
    s.close();
  }
  await new Promise(r => setTimeout(r, Math.max(0, (end + 1) * 1000 - Date.now()) + 600));
  await put('/a', view(1), view(2), { page: '/a', n: 1 });
  await s.until(e => e.named('update').length === 1);
  is(s.named('stale'), []);
  s.close();
});

await it('a POST opens a stream of several pages and resumes all from one position', async () => {
  const after = await w.say('head');
  await put('/a', view(1), view(2), { page: '/a', n: 1 });
  await put('/b', view(5), view(6), { page: '/b', n: 2 });
  await w.message('room.a', 3);
  await put('/a', view(2), view(3), { page: '/a', n: 4 });
  const s = await open({ after, open: [
    { token: await tokenOf('/a', { c: ['room.*'] }), page: '/a', view: view(1), channels: ['room.a'] },
    { token: await tokenOf('/b'), page: '/b', view: view(5) },
    { token: await tokenOf('/c', { x: 1000 }), page: '/c', view: view(5) }] });
  await put('/b', view(6), view(7), { page: '/b', n: 5 });
  await s.until(e => e.named('update').length === 4);
  is(updates(s), [['/a', 1], ['/b', 2], ['/a', 4], ['/b', 5]]);
  is(s.named('message').map(m => m.data.payload), [3]);
  is(s.named('stale').map(e => [e.data.page, e.data.left]), [['/c', true]]);
  s.close();
});

await it('several pages are resumed from the outbox where memory no longer has the rows', async () => {
  const after = await w.say('head');
  for (let i = 0; i < 4; i++) await put(i % 2 ? '/b' : '/a', view(i), view(i + 2), { page: i % 2 ? '/b' : '/a', n: i });
  const two = await daemon('--http', '127.0.0.1:0');
  const before = d.http;
  d.http = two.http;
  const s = await open({ after, open: [{ token: await tokenOf('/a'), view: view(0) }, { token: await tokenOf('/b'), view: view(1) }] });
  await s.until(e => e.named('update').length === 4);
  is(updates(s), [['/a', 0], ['/b', 1], ['/a', 2], ['/b', 3]]);
  s.close();
  d.http = before;
  await two.stop();
});

await it('a page whose token may not replay that far begins where it may, and holds no other back', async () => {
  const after = await w.say('head');
  for (const bell of ['room.a', 'room.b']) await w.message(bell, 1);
  await put('/b', view(1), view(2), { page: '/b', n: 1 });
  const f = await w.say('head');
  for (const bell of ['room.a', 'room.b']) await w.message(bell, 2);
  await put('/b', view(2), view(3), { page: '/b', n: 2 });
  const pages = [{ token: await tokenOf('/a', { c: ['room.a'] }), page: '/a', channels: ['room.a'] },
    { token: await tokenOf('/b', { c: ['room.b'], f }), page: '/b', view: view(2), channels: ['room.b'] }];
  const s = await open({ after, open: pages });
  await s.until(e => e.named('update').length === 1);
  is(s.named('message').map(m => [m.data.channel, m.data.payload]), [['room.a', 1], ['room.a', 2], ['room.b', 2]]);
  is(updates(s), [['/b', 2]]);
  is(s.named('stale').length, 0);
  s.close();
  const none = await open({ after, open: [pages[1]] });
  await none.until(e => e.named('stale').length === 1);
  ok(none.named('stale')[0].data.gap, 'where no token may, there is a gap');
  none.close();
});

await it('a page says up to where its view has the rows, which are then not stale for it', async () => {
  const after = await w.say('head');
  await put('/a', view(1), view(2), { page: '/a', n: 1 });
  await put('/a', view(2), view(3), { page: '/a', n: 2 });
  const at = await w.say('head');
  await put('/a', view(3), view(4), { page: '/a', n: 3 });
  const token = await tokenOf('/a');
  const s = await open({ after, open: [{ token, page: '/a', view: view(3), at }] });
  await s.until(e => e.named('update').length === 1);
  is([updates(s), s.named('stale').length], [[['/a', 3]], 0]);
  s.close();
  /* One that no row has yet does not hide those to come. */
  const later = await open({ after: await w.say('head'), open: [{ token, page: '/a', view: view(4), at: '99999-00000000' }] });
  await put('/a', view(4), view(5), { page: '/a', n: 4 });
  await later.until(e => e.named('update').length === 1);
  is(updates(later), [['/a', 4]]);
  later.close();
  is((await open({ open: [{ token, at: 'x' }] })).status, 400);
});

await it('a page that is opened with a view of before what its token replays is stale, the others go on', async () => {
  const after = await w.say('head');
  await put('/b', view(1), view(2), { page: '/b', n: 1 });
  const f = await w.say('head');
  await put('/a', view(1), view(2), { page: '/a', n: 2 });
  const pages = [{ token: await tokenOf('/a'), page: '/a', view: view(1), at: after },
    { token: await tokenOf('/b', { f }), page: '/b', view: view(1), at: after }];
  const s = await open({ after, open: pages });
  await s.until(e => e.named('update').length === 1);
  is(s.named('stale').map(e => [e.id, e.data.page, e.data.gap, e.data.why]), [[after, '/b', undefined, 'the view is too old']]);
  s.close();
  const ask = () => within(post(d.http, { after, mode: 'poll', open: pages }), 'a poll');
  const r = await ask();
  is([r.status, r.headers.etag, JSON.parse(r.text).map(e => [e.id, e.event, e.data.page])],
    [200, `"${after}"`, [[after, 'stale', '/b']]]);
  /* Told, it says no view until it has another. */
  pages[1].view = '';
  is(JSON.parse((await ask()).text).map(e => [e.event, e.data.page]), [['update', '/a']]);
});

await it('several pages are polled for by POST, too', async () => {
  const after = await w.say('head');
  await put('/b', view(5), view(6), { page: '/b', n: 2 });
  const body = { after, mode: 'poll', open: [{ token: await tokenOf('/a') }, { token: await tokenOf('/b'), view: view(5) }] };
  const r = await post(d.http, body);
  is([r.status, JSON.parse(r.text).map(e => [e.event, e.data.page])], [200, [['update', '/b']]]);
  body.open[0].token = 'x';
  is((await post(d.http, body)).status, 401);
});

await it('a poll for several pages ends when one of the tokens is revoked', async () => {
  await until(async () => await figure(d.http, 'streams') === 0, 'the end of all others');
  const poll = within(post(d.http, { mode: 'poll', after: await w.say('head'), open: [{ token: await tokenOf('/a') },
    { token: await tokenOf('/b', { g: 'gp' }) }] }), 'the end of the poll');
  await until(() => figure(d.http, 'streams'), 'a poll that waits');
  await w.say('revoke', 'test', { group: 'gp' });
  is((await poll).status, 204);
});

await it('a POST that opens nothing, or too much, is refused', async () => {
  const token = await tokenOf('/a');
  is((await open({ open: [] })).status, 400);
  is((await open({ open: {} })).status, 400);
  is((await open({ open: [{ token: 'x', page: '/a' }] })).status, 401);
  is((await open({ open: [{ token, page: '/b' }] })).status, 400);
  is((await open({ open: [{ token }, { token: await tokenOf('/a', { g: 'g9' }) }] })).status, 409);
  is((await open({ open: [{ token, channels: ['secret'] }] })).status, 403);
  is((await open({ open: [{ token, channels: ['x'.repeat(5000)] }] })).status, 400);
  is((await open({ open: Array.from({ length: 65 }, (_, i) => ({ token, page: '/' + i })) })).status, 400);
  is((await request(d.http, '/healthz')).status, 200);
});

await it('a companion that served pages of all kinds ends without a trace', async () => {
  is(await d.stop(), 0);
});

await done();
