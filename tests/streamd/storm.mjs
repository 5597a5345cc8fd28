// What happens to many when one thing goes wrong.
import { it, is, ok, done, daemon, writer, request, within } from './client.mjs';
import { Client, connectAll } from './many.mjs';
import net from 'node:net';

const w = writer();
await w.say('head');
const token = await w.token({});
const port = await new Promise(r => {
  const s = net.createServer();
  s.listen(0, '127.0.0.1', () => { const { port: p } = s.address(); s.close(() => r(p)); });
});
const start = (...more) => daemon('--http', `127.0.0.1:${port}`, ...more);
const pause = ms => new Promise(r => setTimeout(r, ms));
const median = list => [...list].sort((a, b) => a - b)[list.length >> 1];
let d;

await it('kill -9 in a run of 10,000 events for 200 clients: nothing lost, doubled or reordered', async () => {
  d = await start('--retry-ms', '100');
  let faults = 0, reached = 0, all;
  const finished = new Promise(yes => {
    const message = (c, payload) => {
      const n = Number(payload.match(/^\{"n":(\d+)\}$/)?.[1]) + 500 * c.rounds;
      if (n !== c.next) faults++;
      c.next = n + 1;
      if (c.next % 500 === 0) c.rounds++;
      if (c.next === 10000 && ++reached === 200) yes();
    };
    all = connectAll(200, () => Object.assign(
      new Client(port, token, 'channels=room.k', { message, stale: () => { faults++; } }),
      { next: 0, rounds: 0 }));
  });
  for (const c of await all) c.closed = async () => {
    for (;;) {
      await pause(c.retry / 2 + Math.random() * c.retry / 2);
      try { return await c.connect(); } catch { /* it is down: again */ }
    }
  };
  for (let i = 0; i < 20; i++) {
    const written = w.say(i % 2 ? 'batch' : 'many', '500', 'room.k');
    if (i === 6 || i === 13) {
      d.child.kill('SIGKILL');
      await d.gone;
      d = await start('--retry-ms', '100');
    }
    await written;
  }
  await within(finished, 'all to have all', 90000);
  is(faults, 0, 'faults');
  for (const c of await all) { ok(c.connects >= 2, 'never reconnected'); c.close(); }
});

await it('a stalled reader among 1,000 costs the others nothing', async () => {
  await d.stop('SIGKILL');
  d = await start();
  let left = 0, arrived = () => {};
  const message = () => { if (--left === 0) arrived(); };
  const all = await connectAll(1000, () => new Client(port, token, 'channels=room.s', { message }));
  const round = async readers => {
    left = readers;
    const done = new Promise(r => { arrived = r; }), then = process.hrtime.bigint();
    await w.message('room.s', { pad: 'x'.repeat(20000) });
    await within(done, 'everybody');
    return Number(process.hrtime.bigint() - then) / 1e6;
  };
  const before = [], after = [];
  for (let i = 0; i < 15; i++) before.push(await round(1000));
  all[0].message = () => {};
  all[0].socket.pause();
  for (let i = 0; i < 300; i++) await round(999);	// until its socket is full
  for (let i = 0; i < 15; i++) after.push(await round(999));
  console.log(`#   an event to 999: ${median(before).toFixed(1)} ms before, ${median(after).toFixed(1)} ms with one stalled`);
  ok(median(after) < 2 * median(before) + 20, 'the stalled one is felt');
  for (const c of all) c.close();
});

await it('a reader that retention overtakes is told that it is stale', async () => {
  await d.stop('SIGKILL');
  d = await start('--ring-bytes', '65536');
  let told;
  const stale = new Promise(r => { told = r; });
  const [slow] = await connectAll(1, () => new Client(port, token, 'channels=room.o', { stale: (c, b) => told(b) }));
  slow.socket.pause();
  const taken = async () => Number((await request(port, '/metrics')).text.match(/^lvt_streamd_delivered_total (\d+)/m)[1]);
  let n = 0;
  const more = async times => { while (times-- > 0) await w.message('room.o', { n: n++, pad: 'x'.repeat(40000) }); };
  for (let before = -1, now; (now = await taken()) !== before; before = now) await more(100);
  ok(Number(await w.say('gc')) > 0, 'nothing was removed');
  slow.socket.resume();
  ok((await within(stale, 'stale')).includes('"gap":{"from":"'), 'no gap');
  ok(slow.count < n, 'it had all');
  slow.close();
});

await it('5,000 clients come back after a kill within their jitter, and none in vain', async () => {
  await d.stop('SIGKILL');
  d = await start();
  const all = await connectAll(5000, () => new Client(port, token, 'channels=room.j'));
  const waits = all.map(c => c.retry);
  const longest = Math.max(...waits);
  ok(longest > 3000 && longest <= 7000, `the longest wait is ${longest} ms`);
  ok(waits.filter(ms => ms > 2000).length > 1000, 'they are not spread');
  let back = 0, last = 0;
  const died = Date.now();
  const returned = new Promise(yes => {
    for (const c of all) c.closed = async () => {
      await pause(c.retry);
      try { await c.connect(); } catch { return; }
      last = Date.now() - died;
      if (++back === all.length) yes();
    };
  });
  d.child.kill('SIGKILL');
  await d.gone;
  d = await start();
  await within(returned, `everybody; ${back} are back`, 60000);
  console.log(`#   the last was back after ${last} ms; the longest wait was ${longest} ms`);
  is(all.reduce((n, c) => n + c.failures, 0), 0, 'failed requests');
  ok(last < longest + 5000, 'later than the window');
  for (const c of all) c.close();
});

await done();
