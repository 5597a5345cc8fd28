import { it, is, ok, done, daemon, writer, request, listen, raw, within, dir } from './client.mjs';
import net from 'node:net';
import { join } from 'node:path';

const w = writer();
await w.say('head');
const path = join(dir, 'http.sock');
const d = await daemon('--http', '127.0.0.1:0', '--http', 'unix:' + path,
  '--origin', 'https://a.example,https://b.example');
const token = await w.token({});
const many = n => Array.from({ length: n }, (_, i) => `X-${i}: y\r\n`).join('');

const rows = [
  ['a line that is no request line', 'hello\r\n\r\n', 400],
  ['a line that ends with LF alone', 'GET / HTTP/1.1\nHost: a\r\n\r\n', 400],
  ['a request without Host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
  ['a header that is folded', 'GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n', 400],
  ['a space before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n', 400],
  ['a NUL in a header', 'GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n', 400],
  ['two lengths', 'POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx', 400],
  ['a negative length', 'POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n', 400],
  ['two Authorizations', 'GET /stream HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\nAuthorization: y\r\n\r\n', 400],
  ['chunks', 'POST /stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n', 411],
  ['a body of 65537 bytes', 'POST /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n', 413],
  ['a request line past 8 KiB', 'GET /' + 'a'.repeat(9000), 414],
  ['101 headers', 'GET / HTTP/1.1\r\nHost: a\r\n' + many(100) + '\r\n', 431],
  ['headers past 32 KiB', 'GET / HTTP/1.1\r\nHost: a\r\nX: ' + 'a'.repeat(33000), 431],
  ['HTTP/2.0', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', 505],
];

for (const [what, bytes, status] of rows)
  await it(`${what} is refused with ${status}`, async () => {
    const answer = await raw(d.http, bytes);
    is(answer.split(' ')[1], String(status));
    ok(/"error"/.test(answer), 'no reason: ' + answer);
  });

await it('a request may come byte by byte', async () => {
  const text = `GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
  const answer = await new Promise((yes, no) => {
    let got = '';
    const s = net.connect(d.http, '127.0.0.1', async () => {
      s.setNoDelay(true);
      for (const c of text)
        await new Promise(r => s.write(c, () => setImmediate(r)));
    });
    s.on('data', c => { got += c; });
    s.on('close', () => yes(got));
    s.on('error', no);
  });
  ok(answer.startsWith('HTTP/1.1 200 OK'), answer);
});

await it('requests on one connection are answered in order', async () => {
  const one = p => `GET ${p} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const answer = await raw(d.http, one('/healthz') + one('/none') +
    'GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  is(answer.match(/HTTP\/1.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
});

await it('who waits for 100 before the body is told to go on, and refused at once where it is too long', async () => {
  const head = n => `POST /stream HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${n}\r\n` +
    'Connection: close\r\n\r\n';
  const answer = await within(new Promise((yes, no) => {
    let got = '';
    const s = net.connect(d.http, '127.0.0.1', () => s.write(head(2)));
    s.on('data', c => { got += c; if (got === 'HTTP/1.1 100 Continue\r\n\r\n') s.write('{}'); });
    s.on('close', () => yes(got));
    s.on('error', no);
  }), 'an answer');
  is(answer.match(/HTTP\/1.1 \d+/g), ['HTTP/1.1 100', 'HTTP/1.1 404']);
  is((await raw(d.http, head(65537))).match(/HTTP\/1.1 \d+/g), ['HTTP/1.1 413']);
});

await it('a Unix socket serves the same', async () => {
  const answer = await new Promise(yes => {
    let got = '';
    const s = net.connect(path, () => s.write('GET /healthz HTTP/1.0\r\n\r\n'));
    s.on('data', c => { got += c; });
    s.on('close', () => yes(got));
  });
  ok(answer.endsWith('ok\n'), answer);
});

await it('at the limit of connections a place is given as soon as it is free, and the log says so once', async () => {
  const full = await daemon('--http', '127.0.0.1:0', '--max-connections', '2');
  const s = await listen(full.http, token);
  const begun = Date.now();
  const all = await Promise.all(Array.from({ length: 40 }, () => request(full.http, '/healthz')));
  is(all.map(r => r.status), all.map(() => 200));
  ok(Date.now() - begun < 20000, 'each waited for a second to end');
  is(full.log.match(/no more until one ends/g).length, 1);
  s.close();
  await full.stop();
});

await it('a configured origin is allowed, another is not mentioned', async () => {
  const ask = origin => request(d.http, '/stream', { method: 'OPTIONS', headers: { origin } });
  const good = await ask('https://b.example'), bad = await ask('https://evil.example');
  is(good.status, 204);
  is(good.headers['access-control-allow-origin'], 'https://b.example');
  ok(/Authorization/.test(good.headers['access-control-allow-headers']), 'no headers');
  is(bad.headers['access-control-allow-origin'], undefined);
});

await it('HEAD of a stream answers with headers alone', async () => {
  const r = await request(d.http, '/stream', { method: 'HEAD', headers: { authorization: 'LVT ' + token } });
  is([r.status, r.text, r.headers['content-type']], [200, '', 'text/event-stream']);
});

await it('a method that a path does not have is 405 and says which it has, a body that is no JSON 400', async () => {
  const put = await request(d.http, '/stream', { method: 'PUT' });
  is([put.status, put.headers.allow], [405, 'GET, HEAD, OPTIONS, POST']);
  const post = await request(d.http, '/healthz', { method: 'POST', body: '{}' });
  is([post.status, post.headers.allow], [405, 'GET, HEAD']);
  is((await request(d.http, '/stream', { method: 'POST', body: '{' })).status, 400);
});

await it('metrics are in the format of Prometheus', async () => {
  const r = await request(d.http, '/metrics');
  for (const line of r.text.trim().split('\n'))
    ok(/^(# (HELP|TYPE) \w+ .+|lvt_streamd_\w+ \d+)$/.test(line), line);
  ok(/^lvt_streamd_accepted_total [1-9]/m.test(r.text), 'nothing counted');
});

await done();
