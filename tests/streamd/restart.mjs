// restart.mjs - the companion is restarted under a thousand clients and a
// publisher: nobody sees a failed request, nobody loses an event.
import { it, is, ok, done, daemon, writer, listen, within, atEnd, db } from './client.mjs';
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const clients = 1000;
const w = writer();
await w.say('head');
const token = await w.token({});
const pause = ms => new Promise(r => setTimeout(r, ms));

// Comes back with its last id when the stream ends, after the time that the
// stream named. Whatever else happens to it is a failure.
function follower(port, room) {
  const f = { got: [], stale: 0, failures: [], connects: 0, polls: 0, id: '', stop: false };
  f.ended = (async () => {
    while (!f.stop) {
      try {
        const s = await listen(port, token, 'channels=' + room, f.id ? { 'last-event-id': f.id } : {});
        if (s.status !== 200) throw new Error('status ' + s.status);
        f.now = s;
        f.connects++;
        await s.closed;
        f.got.push(...s.named('message').map(m => m.data.payload.n));
        f.stale += s.named('stale').length;
        f.id = s.id || f.id;
        f.now = undefined;
        if (!f.stop) await pause(Math.min(s.retry.at(-1), 1000));
      } catch (e) {
        f.failures.push(String(e.message));
        await pause(100);
      }
    }
  })();
  return f;
}

// restart() is called when all are there; again() is true once the next runs.
async function survives(port, room, restart) {
  const all = [];
  for (let i = 0; i < clients; i++) {
    all.push(follower(port, room));
    if (i % 100 === 99) await within((async () => {
      while (all.some(f => f.connects < 1)) await pause(20);
    })(), 'clients');
  }
  let n = 0, publish = true;
  const publisher = (async () => {
    while (publish) {
      await w.message(room, { n: n++ });
      await pause(20);
    }
  })();
  await restart();
  await within((async () => {
    while (all.some(f => f.connects < 2)) await pause(50);
  })(), 'all to come back', 300000);
  publish = false;
  await publisher;
  const last = await w.message(room, { n: n++ });
  await within((async () => {
    while (all.some(f => (f.now?.id || f.id) !== last)) await pause(50);
  })(), 'all to have all', 300000);
  for (const f of all) {
    f.stop = true;
    f.now?.close();
  }
  await Promise.all(all.map(f => f.ended));
  is(all.flatMap(f => f.failures), [], 'failures');
  is(all.reduce((sum, f) => sum + f.stale, 0), 0, 'stale');
  const want = JSON.stringify(Array.from({ length: n }, (_, i) => i));
  const wrong = all.find(f => JSON.stringify(f.got) !== want);
  ok(!wrong, `one got ${JSON.stringify(wrong?.got)} of ${n}`);
  console.log(`#   ${clients} clients, ${n} events, ${Math.max(...all.map(f => f.connects))} connects at most`);
}

await it('started anew by SIGUSR2, it fails no request and loses no event', async () => {
  const d = await daemon('--http', '127.0.0.1:0', '--retry-ms', '100', '--drain-ms', '1000');
  await survives(d.http, 'room.usr2', () => {
    d.child.kill('SIGUSR2');
    return within((async () => {
      while (!/as before[^]*ready: /.test(d.log)) await pause(20);
    })(), 'the next');
  });
  is(d.child.exitCode, null, 'it is the same process');
  is(await d.stop(), 0);
});

await it('restarted with a socket that others keep, it fails no request and loses no event', async () => {
  const child = spawn('perl', [join(dirname(fileURLToPath(import.meta.url)), 'activate.pl'),
    join(process.env.LVT_BUILDDIR ?? '.', 'lvt-streamd'), '--db', db, '--retry-ms', '100', '--drain-ms', '1000'],
  { stdio: ['pipe', 'pipe', 'ignore'] });
  const gone = new Promise(r => child.on('exit', r));
  let said = '';
  child.stdout.on('data', c => { said += c; });
  atEnd(child, gone);
  const pids = () => [...said.matchAll(/^pid (\d+)$/mg)].map(m => Number(m[1]));
  await within((async () => { while (pids().length < 1) await pause(20); })(), 'the daemon');
  const port = Number(said.match(/^port (\d+)$/m)[1]);
  await survives(port, 'room.socket', () => {
    process.kill(pids()[0], 'SIGTERM');
    return within((async () => { while (pids().length < 2) await pause(20); })(), 'the next');
  });
  child.stdin.end();
  await within(gone, 'the end');
});

await it('a request that is on its way when SIGTERM comes is answered', async () => {
  const d = await daemon('--http', '127.0.0.1:0', '--drain-ms', '60000');
  const net = await import('node:net');
  let text = '';
  const s = net.connect(d.http, '127.0.0.1');
  s.on('data', c => { text += c; });
  const closed = new Promise(r => s.on('close', r));
  await new Promise(r => s.on('connect', r));
  s.write('GET /a/healthz HTTP/1.1\r\n');
  const other = await listen(d.http, token);	// keeps it draining
  d.child.kill('SIGTERM');
  await within((async () => { while (!/signal 15/.test(d.log)) await pause(5); })(), 'the signal');
  s.write('Host: x\r\n\r\n');
  await within(closed, 'the answer');
  ok(text.startsWith('HTTP/1.1 200 '), text || 'nothing');
  ok(/connection: close/i.test(text), text);
  other.close();
  is(await within(d.gone, 'the end'), 0);
});
await done();
