// soak.mjs - make soak: connections come and go for minutes; memory and
// descriptors of the daemon must not grow. Its ring of events is small, so that
// what fills it is not taken for a leak. SOAK_SECONDS, SOAK_CLIENTS.
import { it, ok, done, daemon, writer } from './client.mjs';
import { Client, connectAll } from './many.mjs';
import { readdirSync, readFileSync } from 'node:fs';

const seconds = Number(process.env.SOAK_SECONDS ?? 600);
const clients = Number(process.env.SOAK_CLIENTS ?? 15000);
const pause = ms => new Promise(r => setTimeout(r, ms));

await it(`${clients} connections with churn for ${seconds} s: memory is flat, no descriptor leaks`, async () => {
  const w = writer();
  await w.say('head');
  const token = await w.token({ x: Math.floor(Date.now() / 1000) + seconds + 600 });
  const d = await daemon('--http', '127.0.0.1:0', '--ring-bytes', '65536');
  const pid = d.child.pid;
  const rss = () => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);
  const fds = () => readdirSync(`/proc/${pid}/fd`).length;
  const idle = fds();
  const make = i => new Client(d.http, token, `channels=room.${i % 100}&view=`);
  const all = await connectAll(clients, make);
  const samples = [], begun = Date.now(), churn = Math.ceil(clients / 100);
  let turns = 0, opened = clients;
  while (Date.now() - begun < seconds * 1000) {
    // A hundredth of them goes each turn, and others come.
    const at = (turns * churn) % clients;
    for (let i = at; i < at + churn && i < clients; i++) all[i].close();
    await Promise.all(Array.from({ length: Math.min(churn, clients - at) }, async (_, k) => {
      all[at + k] = await make(opened++).connect();
    }));
    await w.message(`room.${turns % 100}`, { n: turns });
    if (++turns % 10 === 0) samples.push({ s: Math.round((Date.now() - begun) / 1000), rss: rss(), fds: fds() });
    await pause(200);
  }
  const warm = samples.filter(x => x.s > seconds / 5);
  const first = warm[0], last = warm[warm.length - 1];
  console.log(`#   ${opened} connections in all; after ${first.s} s ${first.rss} KiB, after ${last.s} s ${last.rss} KiB`);
  ok(last.rss < first.rss * 1.03 + 256, `memory grew from ${first.rss} to ${last.rss} KiB`);
  await pause(500);
  const now = fds();
  ok(now <= idle + clients + 8, `${now} descriptors for ${clients} clients (${idle} without)`);
  for (const c of all) c.close();
  for (let i = 0; i < 100 && fds() > idle + 8; i++) await pause(100);
  ok(fds() <= idle + 8, `${fds()} descriptors with nobody there, ${idle} before`);
});
await done();
