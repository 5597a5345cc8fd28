// matrix.mjs - the configurations of contrib/, each started for real at three
// mounts, with workers, a companion, and a browser's requests.
import { it, is, ok, done, Events, request } from '../streamd/client.mjs';
import { companion, mounts, pause, serve, servers } from './site.mjs';
import http from 'node:http';
import http2 from 'node:http2';

// --- A browser ------------------------------------------------------------------

// A stream; h2: by HTTP/2 without an upgrade.
function stream(port, path, headers, h2) {
  const ev = new Events(), begun = Date.now();
  const opened = rs => {
    rs.setEncoding('utf8');
    rs.on('data', c => { ev.first ??= Date.now() - begun; ev.feed(c); });
    rs.on('error', () => {});
  };
  if (h2) {
    const session = http2.connect(`http://127.0.0.1:${port}`);
    session.on('error', e => { ev.error = e; });
    const rq = session.request({ ':path': path, ...headers });
    rq.on('response', h => { ev.status = h[':status']; });
    opened(rq);
    rq.end();
    ev.close = () => session.destroy();
  } else {
    const rq = http.request({ port, host: '127.0.0.1', path, headers, agent: false }, rs => {
      ev.status = rs.statusCode;
      opened(rs);
    });
    rq.on('error', e => { ev.error = e; });
    rq.end();
    ev.close = () => rq.destroy();
  }
  return ev.until(e => e.named('welcome').length > 0, 'welcome');
}

const attribute = (html, name) => html.match(new RegExp(`data-lvt-${name}="([^"]*)"`))?.[1];
const add = (port, prefix) => request(port, prefix + '/', { method: 'POST',
  headers: { 'content-type': 'application/json', accept: 'application/vnd.lvt+json' },
  body: '{"action":"add","data":{"value":1}}' });
const shown = html => Number(html.match(/<b>(\d+)<\/b>/)[1]);

async function pages(port, prefix) {
  const first = await request(port, prefix + '/');
  is(first.status, 200);
  is(attribute(first.text, 'prefix'), prefix);
  const script = first.text.match(/<script src="([^"]*)"/)[1];
  ok(script.startsWith(prefix + '/_lvt/'), script);
  is((await request(port, script)).status, 200, 'the script');
  if (prefix) {
    const bare = await request(port, prefix);
    is([301, 302].includes(bare.status), true, 'without the slash: ' + bare.status);
    ok(bare.headers.location.endsWith(prefix + '/'), bare.headers.location);
  }
  const posted = await request(port, prefix + '/', { method: 'POST', body: 'add=',
    headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  is(posted.status, 303);
  const back = new URL(posted.headers.location, `http://127.0.0.1:${port}${prefix}/`);
  is(back.pathname, prefix + '/');
  is(Number(back.port), port);
  const next = await request(port, back.pathname);
  ok(shown(next.text) > shown(first.text), 'the form did nothing');
  const notes = await request(port, prefix + '/notes');
  is(notes.status, 200, notes.text);
  const cookie = notes.headers['set-cookie'][0];
  is(cookie.match(/Path=([^;]*)/i)[1].replace(/\/$/, ''), prefix, 'path of the cookie');
  is((await request(port, prefix + '/me')).status, 401);
  const me = await request(port, prefix + '/me', { headers: { authorization:
    'Basic ' + Buffer.from('ann:secret').toString('base64') } });
  is([me.status, /ann has/.test(me.text)], [200, true], 'Basic login');
}

async function live(p, prefix, h2) {
  const { text } = await request(p.port, prefix + '/');
  const path = attribute(text, 'stream');
  const auth = { authorization: 'LVT ' + attribute(text, 'token') };
  is(path, prefix + '/_lvt/stream');
  let s;
  for (let i = 1; i <= 10 && !(s?.first < 1000); i++) {
    s?.close();
    s = await stream(h2 ? p.h2 : p.port,
      `${path}?after=${attribute(text, 'head')}&view=${attribute(text, 'view')}`, auth, h2);
    is(s.status, 200);
  }
  ok(s.first < 1000, `the first event took ${s.first} ms`);
  // A server that held events up would do so each time, and until its buffer is
  // full: of several tries one that was quick is enough.
  const times = [];
  for (let i = 1; i <= 5 || (i <= 50 && Math.min(...times) >= 200); i++) {
    const then = Date.now(), before = s.all.length;
    is((await add(p.port, prefix)).status, 200);
    await s.until(e => e.all.length > before, 'an event');
    times.push(Date.now() - then);
  }
  s.close();
  times.sort((a, b) => a - b);
  console.log(`#   first event ${s.first} ms (1000), action to event ${times[2]} ms (200), slowest ${times.at(-1)} ms`);
  ok(times[0] < 200, 'events are held up');
  return { path, auth, last: s.id };
}

// It goes on where it was: by stream, then by long-poll.
async function resumes(p, prefix, { path, auth, last }) {
  await add(p.port, prefix);
  const s = await stream(p.port, path, { ...auth, 'last-event-id': last });
  await s.until(e => e.all.length >= 2, 'what was missed');
  const poll = await request(p.port, `${path}?mode=poll&after=${last}`, { headers: auth });
  is(poll.status, 200);
  is(JSON.parse(poll.text).length > 0, true, 'what was missed, by long-poll');
  ok(/"\d+-[0-9a-f]{8}"/.test(poll.headers.etag), 'no ETag');
  s.close();
  const waits = request(p.port, `${path}?mode=poll`, { headers: { ...auth, 'if-none-match': poll.headers.etag } });
  await pause(200);
  await add(p.port, prefix);
  is((await waits).status, 200, 'a poll that waited');
}

async function polls(p, prefix) {
  const { text } = await request(p.port, prefix + '/');
  is(attribute(text, 'stream'), '', 'the page must know that there is no stream');
  const ask = view => request(p.port, prefix + '/', { headers: { accept: 'application/vnd.lvt+json',
    'if-none-match': `"${view}"` } });
  const view = attribute(text, 'view');
  is((await ask(view)).status, 304);
  await add(p.port, prefix);
  const synced = await ask(view);
  is(synced.status, 200);
  const { tree, meta } = JSON.parse(synced.text);
  ok(meta.base === view || (meta.base === null && tree.s !== undefined), synced.text);
}

// --- The matrix ---------------------------------------------------------------------

for (const [name, server] of Object.entries(servers)) {
  if (!server.present) {
    await it(`${name} # SKIP is not installed`, async () => {});
    continue;
  }
  for (const [i, prefix] of mounts.entries()) {
    const where = `${name} at ${prefix}/`;
    let p, at;
    await it(`${where}: pages, forms, cookies and login work`, async () => {
      p = await serve(server, i);
      await pages(p.port, prefix);
    });
    if (!p) continue;
    if (server.streams) {
      await it(`${where}: events stream as they come`, async () => { at = await live(p, prefix, false); });
      if (at) await it(`${where}: a stream and a long-poll go on where they were`, () => resumes(p, prefix, at));
      if (server.h2)
        await it(`${where}: events stream by HTTP/2`, async () => { await live(p, prefix, true); });
    } else
      await it(`${where}: the page says that it polls, and polling brings changes`, () => polls(p, prefix));
    await p.stop();
  }
}
await companion.stop();
await done();
