import { it, is, ok, done, daemon, writer, listen, post, request, within, until, hasRead, view } from './client.mjs';

const w = writer();
await w.say('head');
const d = await daemon('--http', '127.0.0.1:0', '--heartbeat-ms', '400');
const token = await w.token({});
const messages = e => e.named('message').map(m => m.data.payload);

await it('a stream begins with retry and welcome, which names head and heartbeat', async () => {
  const s = await listen(d.http, token);
  is(s.headers['content-type'], 'text/event-stream');
  ok(s.retry[0] > 0, 'no retry');
  is(s.all[0].data.heartbeat, 400);
  is(s.all[0].data.head, await w.say('head'));
  s.close();
});

await it('an update is the variant for the view that the stream stands at', async () => {
  const s = await listen(d.http, token, 'view=' + view(1));
  const at = await w.page('*', [view(7), view(8), { page: '/', n: 'no' }],
    [view(1), view(2), { page: '/', n: 'yes' }]);
  await s.until(e => e.named('update').length > 0);
  is(s.named('update')[0], { id: at, event: 'update', data: { page: '/', n: 'yes' } });
  await w.page('g:g1', [view(2), view(3), { n: 'next' }]);
  await s.until(e => e.named('update').length > 1);
  is(s.named('update')[1].data.n, 'next', 'the view did not move');
  s.close();
});

await it('a stream that stands at the view a variant leads to is left alone', async () => {
  const s = await listen(d.http, token, 'channels=room.x&view=' + view(2));
  await w.page('*', [view(1), view(2), { n: 'contained' }]);
  await w.message('room.x', 'after');
  await s.until(e => messages(e).length > 0);
  is(s.all.map(e => e.event), ['welcome', 'message']);
  s.close();
});

await it('a row without a variant for it is stale, once, until the client tells its view', async () => {
  const s = await listen(d.http, token, 'channels=room.x&view=' + view(9));
  await w.page('*', [view(1), view(2), {}]);
  await w.page('*', [view(2), view(3), {}]);
  const at = await w.page('g:g1');
  await w.message('room.x', 1);
  await s.until(e => messages(e).length > 0);
  is(s.all.map(e => e.event), ['welcome', 'stale', 'message']);
  is(s.all[1].data.page, '/');
  is((await post(d.http, { conn: s.conn, view: view(3), at })).status, 204);
  await w.page('*', [view(3), view(4), { n: 'again' }]);
  await s.until(e => e.named('update').length > 0);
  is(s.named('update')[0].data.n, 'again');
  s.close();
});

await it('a view that is told late gets the one row it missed, at a position that does not go back', async () => {
  const s = await listen(d.http, token, 'channels=room.x&view=' + view(9));
  const at = await w.page('*');
  await s.until(e => e.named('stale').length > 0);
  const crossed = await w.page('*', [view(20), view(21), { n: 'crossed' }]);
  const last = await w.message('room.x', 1);
  await s.until(e => messages(e).length > 0);
  await post(d.http, { conn: s.conn, view: view(20), at });
  await s.until(e => e.named('update').length > 0);
  is(s.named('update')[0], { id: last, event: 'update', data: { at: crossed, n: 'crossed' } });
  await w.page('*', [view(21), view(22), { n: 'on' }]);
  await s.until(e => e.named('update').length > 1);
  s.close();
});

await it('other pages, groups, users and apps are not heard', async () => {
  const mine = await w.token({ u: 'ann' });
  const s = await listen(d.http, mine, 'view=' + view(1));
  await w.say('page', 'test', '/other', '*', view(1), view(2), { n: 1 });
  await w.say('page', 'else', '/', '*', view(1), view(2), { n: 2 });
  await w.page('g:g2', [view(1), view(2), { n: 3 }]);
  await w.page('u:bob', [view(1), view(2), { n: 4 }]);
  await w.page('u:ann', [view(1), view(2), { n: 5 }]);
  await s.until(e => e.named('update').length > 0);
  is(s.named('update')[0].data.n, 5);
  s.close();
});

await it('channels are heard by name and pattern, a message that matches twice once', async () => {
  const s = await listen(d.http, token, 'channels=room.*,room.a,all.%3E');
  for (const c of ['room.a', 'room.b', 'room.a.deep', 'all.x.y', 'other'])
    await w.message(c, c);
  await w.message('room.a', 'end');
  await s.until(e => messages(e).includes('end'));
  is(messages(s), ['room.a', 'room.b', 'all.x.y', 'end']);
  is(s.named('message')[0].data, { channel: 'room.a', event: 'said', payload: 'room.a' });
  s.close();
});

await it('channels are added and left while the stream runs', async () => {
  const s = await listen(d.http, token);
  await hasRead(d.http, await w.message('room.q', 'before'));
  is((await post(d.http, { conn: s.conn, subscribe: ['room.q', 'room.r'] })).status, 204);
  await w.message('room.q', 'heard');
  await s.until(e => messages(e).length === 1);
  is((await post(d.http, { conn: s.conn, unsubscribe: ['room.q'] })).status, 204);
  await w.message('room.q', 'after');
  await w.message('room.r', 'end');
  await s.until(e => messages(e).includes('end'));
  is(messages(s), ['heard', 'end']);
  s.close();
});

await it('a channel outside of the grants is refused with 403, which names it', async () => {
  const why = async channels => {
    const r = await request(d.http, '/stream?channels=' + channels, { headers: { 'x-lvt-token': token } });
    return [r.status, JSON.parse(r.text).error.message];
  };
  is(await why('room.a,secret.x'), [403, 'the token does not grant this channel: secret.x']);
  is(await why('%3E'), [403, 'the token does not grant this channel: >']);
  is(await why('room.a,a%22%0a%ff%5c'), [400, 'this is not a list of channel patterns: a????']);
  is((await why('r'.repeat(3000)))[1].length, 'this is not a list of channel patterns: '.length + 255);
  const s = await listen(d.http, token);
  is((await post(d.http, { conn: view(5), subscribe: ['room.a'] })).status, 404);
  s.close();
});

await it('of what one request asks for all is done or nothing', async () => {
  const s = await listen(d.http, token, 'channels=room.keep');
  const r = await post(d.http, { conn: s.conn, unsubscribe: ['room.keep'], subscribe: ['room.half', 'secret.x'] });
  is([r.status, JSON.parse(r.text).error.message], [403, 'the token does not grant this channel: secret.x']);
  is((await post(d.http, { conn: s.conn, subscribe: ['room.half', 7] })).status, 400);
  await w.message('room.half', 'unheard');
  await w.message('room.keep', 'kept');
  await s.until(e => messages(e).length > 0);
  is(messages(s), ['kept']);
  s.close();
});

await it('Last-Event-ID resumes once and in order, and wins over after', async () => {
  const s = await listen(d.http, token, 'channels=room.a');
  const first = await w.message('room.a', 1);
  await s.until(e => messages(e).length === 1);
  s.close();
  await w.message('room.a', 2);
  const third = await w.message('room.a', 3);
  const t = await listen(d.http, token, 'channels=room.a&after=' + third, { 'last-event-id': first });
  await w.message('room.a', 4);
  await t.until(e => messages(e).length === 3);
  is(messages(t), [2, 3, 4]);
  t.close();
  const u = await listen(d.http, token, 'channels=room.a&after=' + third);
  await u.until(e => messages(e).length === 1);
  is(messages(u), [4]);
  u.close();
});

await it('a resumed page goes on by its variants', async () => {
  const head = await w.say('head');
  await w.page('*', [view(1), view(2), { n: 1 }]);
  await w.page('*', [view(2), view(3), { n: 2 }]);
  const s = await listen(d.http, token, `view=${view(1)}&after=${head}`);
  await s.until(e => e.named('update').length === 2);
  is(s.named('update').map(e => e.data.n), [1, 2]);
  s.close();
});

await it('a position of another database, or from the future, is stale with a gap', async () => {
  const head = await w.say('head');
  for (const after of [head.replace(/-.*/, '-00000000'), '999999-01234567', 'nonsense']) {
    const s = await listen(d.http, token, 'after=' + after);
    await s.until(e => e.named('stale').length > 0);
    is(s.named('stale')[0].data.gap, { from: after === 'nonsense' ? head : after, to: head });
    s.close();
  }
});

await it('what is too long in the URL is not taken by half: a position is unknown, a page another', async () => {
  const s = await listen(d.http, token, 'after=' + '1'.repeat(200));
  await s.until(e => e.named('stale').length > 0);
  s.close();
  const v = await listen(d.http, token, 'view=' + 'A'.repeat(200));
  is(v.status, 200);
  v.close();
  is((await request(d.http, '/stream?page=' + '/x'.repeat(1100), { headers: { 'x-lvt-token': token } })).status, 403);
});

await it('a user has a stream, whatever length of name a worker takes', async () => {
  const u = 'n'.repeat(511), g = 'g'.repeat(511);
  const s = await listen(d.http, await w.token({ u, g }), 'channels=room.a');
  is(s.status, 200);
  await w.message('room.a', 'long');
  await s.until(e => messages(e).length > 0);
  s.close();
});

await it('nothing before the position that the token names is replayed', async () => {
  const old = await w.message('room.a', 'old');
  const from = await w.message('room.a', 'from');
  await w.message('room.a', 'new');
  const s = await listen(d.http, await w.token({ f: from }), 'channels=room.a&after=' + old);
  await s.until(e => e.named('stale').length > 0);
  is(messages(s), []);
  s.close();
});

await it('of one commit only the last message with a coalesce key is sent live', async () => {
  const s = await listen(d.http, token, 'channels=room.c');
  await w.say('batch', '50', 'room.c', 'key');
  await s.until(e => messages(e).some(m => m.n === 49));
  is(messages(s), [{ n: 49 }]);
  s.close();
});

await it('a forged, an expired and a missing token are 401', async () => {
  is((await listen(d.http, token.slice(0, -4) + 'AAAA')).status, 401);
  is((await listen(d.http, await w.token({ x: 1000 }))).status, 401);
  is((await request(d.http, '/stream')).status, 401);
});

await it('a token may come as X-LVT-Token', async () => {
  is((await request(d.http, '/x/stream', { method: 'HEAD', headers: { 'x-lvt-token': token } })).status, 200);
});

await it('in a URL a token is good for 2 minutes, with the cookie of its group', async () => {
  const now = Math.floor(Date.now() / 1000);
  const status = async (t, cookie) => (await request(d.http, '/stream?token=' + await w.token({ t }),
    { method: 'HEAD', headers: cookie ? { cookie } : {} })).status;
  is(await status(now, 'a=b; livetemplate-id=g1; c=d'), 200);
  is(await status(now - 60, 'livetemplate-id=g1'), 200);
  is(await status(now - 200, 'livetemplate-id=g1'), 401);
  is(await status(now + 300, 'livetemplate-id=g1'), 401);
  is(await status(undefined, 'livetemplate-id=g1'), 401);
  is(await status(now, 'livetemplate-id=g2'), 401);
  is(await status(now, 'xlivetemplate-id=g1'), 401);
  is(await status(now), 401);
});

await it('a stream ends with its token, and the token opens no other', async () => {
  let t, s;
  // A slow machine may need more than two seconds to open one.
  for (let seconds = 2; s?.status !== 200 && seconds < 60; seconds *= 2) {
    t = await w.token({ x: Math.floor(Date.now() / 1000) + seconds });
    s = await listen(d.http, t);
  }
  await within(s.closed, 'the end');
  is((await listen(d.http, t)).status, 401);
});

await it('an idle stream has heartbeats, which carry the position', async () => {
  const s = await listen(d.http, token);
  const at = await w.message('room.unheard', 1);
  await s.until(e => e.beats >= 2 && e.id === at);
  is(s.all.length, 1);
  s.close();
});

await it('revoking a user or a group closes its streams and no others', async () => {
  const ann = await listen(d.http, await w.token({ u: 'ann', g: 'ga' }));
  const bob = await listen(d.http, await w.token({ u: 'bob', g: 'gb' }), 'channels=room.a');
  const eve = await listen(d.http, await w.token({ u: 'eve', g: 'ge' }), 'channels=room.a');
  await w.say('revoke', 'test', { user: 'ann' });
  await within(ann.closed, 'the end of a stream');
  await w.say('revoke', 'test', { group: 'gb' });
  await within(bob.closed, 'the end of a stream');
  await w.message('room.a', 'still');
  await eve.until(e => messages(e).includes('still'));
  eve.close();
});

await it('a token of before a revocation is refused, even after a restart; one of after is good', async () => {
  const claims = { u: 'zoe', g: 'gz', i: await w.say('head') };
  const old = await w.token(claims);
  const group = await w.token({ ...claims, u: '', g: 'gy' });
  const other = await w.token({ ...claims, u: 'joe', g: 'gj' });
  const status = async t => (await request(d.http, '/stream', { method: 'HEAD',
    headers: { authorization: 'LVT ' + t } })).status;
  is([await status(old), await status(group), await status(other)], [200, 200, 200]);
  await w.say('revoke', 'test', { user: 'zoe' });
  await w.say('revoke', 'test', { group: 'gy' });
  await w.say('revoke', 'else', { user: 'joe' });
  const fresh = await w.token({ ...claims, i: await w.say('head') });
  is([await status(fresh), await status(old), await status(group), await status(other)], [200, 401, 401, 200]);
  const two = await daemon('--http', '127.0.0.1:0');
  const first = d.http;
  d.http = two.http;
  is([await status(fresh), await status(old), await status(group), await status(other)], [200, 401, 401, 200]);
  d.http = first;
  await two.stop();
});

await it('a token that was issued in another history of the database is refused', async () => {
  is((await listen(d.http, await w.token({ i: '1-00000000' }))).status, 401);
  is((await listen(d.http, await w.token({ i: '999999-00000000' }))).status, 401);
  is((await listen(d.http, await w.token({ i: 'nonsense' }))).status, 401);
});

await it('who watches is in the database, and no longer when they left', async () => {
  const counts = want => until(async () => await w.say('presence', 'watched', '/') === want, want);
  const open = [];
  for (const u of ['ann', 'ann', 'bob'])
    open.push(await listen(d.http, await w.token({ a: 'watched', u, g: 'g' + u })));
  await counts('3 2');
  open[2].close();
  await counts('2 1');
  open[0].close();
  open[1].close();
  await counts('0 0');
});

await it('a farewell ends the stream and its presence at once, by the id alone', async () => {
  const s = await listen(d.http, await w.token({ a: 'parting', u: 'ann', g: 'ga' }));
  while (await w.say('presence', 'parting', '/') !== '1 1') await new Promise(r => setTimeout(r, 20));
  is((await post(d.http, { conn: view(5), bye: true })).status, 404);
  is((await post(d.http, { conn: s.conn, bye: false })).status, 204);
  const bye = await request(d.http, '/a/stream', { method: 'POST',
    headers: { 'content-type': 'text/plain;charset=UTF-8' }, body: JSON.stringify({ conn: s.conn, bye: true }) });
  is(bye.status, 204);
  await within(s.closed, 'the end');
  while (await w.say('presence', 'parting', '/') !== '0 0') await new Promise(r => setTimeout(r, 20));
  is((await post(d.http, { conn: s.conn, bye: true })).status, 404);
});

await it('SIGTERM says retry, closes the streams and exits 0', async () => {
  const s = await listen(d.http, token);
  const before = s.retry.length;
  const end = d.stop();
  await within(s.closed, 'the end');
  ok(s.retry.length > before, 'no retry');
  is(await end, 0);
});

await it('LVT_LOG=debug tells who comes and goes, and for how many streams a row is', async () => {
  process.env.LVT_LOG = 'debug';
  const quiet = await daemon('--http', '127.0.0.1:0');
  delete process.env.LVT_LOG;
  const [one, two] = [await listen(quiet.http, token, 'view=' + view(1)),
    await listen(quiet.http, token, 'view=' + view(1))];
  const at = await w.page('*', [view(1), view(2), { page: '/' }]);
  for (const s of [one, two]) await s.until(e => e.named('update').length > 0);
  one.close();
  for (const line of [`stream ${one.conn} begins: 1`, `stream ${two.conn} begins: 2`,
    `row ${parseInt(at)} is for 2 streams`, `stream ${one.conn} ends: 1`])
    await until(() => quiet.log.includes(line + '\n'), line);
  two.close();
  await quiet.stop();
});

await done();
