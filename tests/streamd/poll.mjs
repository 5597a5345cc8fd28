import { it, is, ok, done, daemon, writer, request, until, figure, hasRead, view } from './client.mjs';

const w = writer();
await w.say('head');
const d = await daemon('--http', '127.0.0.1:0', '--wait-ms', '120000');
const token = await w.token({});
const poll = (query, headers = {}, port = d.http) => request(port, '/stream?mode=poll&' + query,
  { headers: { authorization: 'LVT ' + token, ...headers } });

await it('a poll without events ends with 204 and the position to go on from', async () => {
  const brief = await daemon('--http', '127.0.0.1:0', '--wait-ms', '500');
  const r = await poll('channels=room.a', {}, brief.http);
  await brief.stop();
  is(r.status, 204);
  is(r.text, '');
  is(r.headers.etag, `"${await w.say('head')}"`);
});

await it('a poll waits for an event and answers with all that are ready', async () => {
  const after = await w.say('head');
  const answer = poll('channels=room.a&after=' + after);
  await until(() => figure(d.http, 'streams'), 'a poll that waits');
  await w.say('batch', '3', 'room.a');
  const r = await answer;
  is(r.status, 200);
  is(r.headers['content-type'], 'application/json');
  const list = JSON.parse(r.text);
  is(list.map(e => e.data.payload.n), [0, 1, 2]);
  is(list[0].event, 'message');
  is(r.headers.etag, `"${list[2].id}"`);
});

await it('what happened between two polls is in the second, by after or If-None-Match', async () => {
  const at = await w.say('head');
  await w.message('room.a', 'one');
  const last = await w.message('room.a', 'two');
  for (const r of [await poll('channels=room.a&after=' + at),
    await poll('channels=room.a', { 'if-none-match': `"${at}"` })]) {
    is(JSON.parse(r.text).map(e => e.data.payload), ['one', 'two']);
    is(r.headers.etag, `"${last}"`);
  }
});

await it('a poll that ends before it has seen all that was kept goes on from where it was', async () => {
  const other = await daemon('--http', '127.0.0.1:0', '--wait-ms', '100', '--ring-bytes', '268435456');
  const start = `"${await w.say('head')}"`;
  await w.say('batch', '60000', 'room.far');
  await hasRead(other.http, await w.message('room.near', 'seen'));
  let ended = 0;
  const heard = async () => {
    for (let at = start, r; ; at = r.headers.etag, ended++) {
      r = await poll('channels=room.near', { 'if-none-match': at }, other.http);
      if (r.status === 200) return JSON.parse(r.text).map(e => e.data.payload);
      if (r.headers.etag === `"${await w.say('head')}"`) return 'nothing';
    }
  };
  const all = await Promise.all(Array.from({ length: 300 }, heard));
  await other.stop();
  for (const got of all) is(got, ['seen']);
  console.log(`#   ${ended} polls ended on their way`);
});

await it('a poll takes the variants from its view, one after the other', async () => {
  const at = await w.say('head');
  await w.page('*', [view(1), view(2), { n: 1 }]);
  await w.page('*', [view(2), view(3), { n: 2 }]);
  await w.page('*', [view(8), view(9), { n: 3 }]);
  const r = await poll(`view=${view(1)}&after=${at}`);
  const list = JSON.parse(r.text);
  is(list.map(e => e.event), ['update', 'update', 'stale']);
  is(list.slice(0, 2).map(e => e.data.n), [1, 2]);
});

await it('a poll from an unknown position is told stale, with a gap', async () => {
  const list = JSON.parse((await poll('after=5000-00000000')).text);
  is(list.map(e => e.event), ['stale']);
  ok(list[0].data.gap, 'no gap');
});

await it('a poll that waits is ended by SIGTERM with 204', async () => {
  const answer = poll('channels=room.a');
  await until(() => figure(d.http, 'streams'), 'a poll that waits');
  const end = d.stop();
  is((await answer).status, 204);
  is(await end, 0);
});

await done();
