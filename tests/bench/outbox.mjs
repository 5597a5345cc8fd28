// bench-outbox: does an outbox of ten million rows slow anybody down? At each
// size: from before a commit to its receipt, and a resume from an old position,
// through the indexes; then the same while retention takes rows away.
//
//   ROWS=N   rows at the end (default 10000000; on the way: each tenth of it)
import { daemon, writer, listen, db, dir } from '../streamd/client.mjs';
import { rmSync, statSync } from 'node:fs';

const most = Number(process.env.ROWS ?? 10000000);
const w = writer();
const token = await w.token({ x: Math.floor(Date.now() / 1000) + 86400 });
const d = await daemon('--http', '127.0.0.1:0', '--ring-bytes', '65536');
const live = await listen(d.http, token, 'channels=room.live');
const now = () => Number(process.hrtime.bigint()) / 1e6;
const at = (list, q) => [...list].sort((a, b) => a - b)[Math.floor(q * (list.length - 1))].toFixed(2);
let n = 0;

async function deliver(times) {
  const took = [];
  for (let i = 0; i < times; i++) {
    const want = live.named('message').length + 1, then = now();
    await w.message('room.live', n++);
    await live.until(e => e.named('message').length === want, 'it');
    took.push(now() - then);
    live.all.length = 1;
  }
  return took;
}

// From the first row on: two hundred messages of a channel lie in between.
async function resume(from) {
  const then = now(), s = await listen(d.http, token, 'channels=room.old&after=' + from);
  await s.until(e => e.named('message').length >= 200 || e.named('stale').length > 0, 'what was missed');
  const took = now() - then, whole = s.named('stale').length === 0;
  s.close();
  return whole ? took.toFixed(1) : 'stale';
}

const first = await w.message('room.old', 0);
const show = async (rows, what) => {
  const took = await deliver(300);
  console.log(`  ${String(rows).padStart(9)}  ${at(took, 0.5).padStart(7)}  ${at(took, 0.99).padStart(7)}  ` +
    `${(await resume(first)).padStart(8)}  ${(statSync(db).size / 1048576).toFixed(0).padStart(6)}  ${what}`);
};
console.log('outbox: rows, ms from before the commit to the receipt (p50, p99), ms of a resume\nfrom the first row with 200 of a channel, MiB of the database');
await w.say('batch', '200', 'room.old');
let rows = 201;
for (let size = most / 1000; size <= most; size *= 10) {
  for (; rows < size; rows += 10000)
    await w.say('batch', '10000', `all.fill${rows / 10000 % 7 | 0}`);
  await show(rows, '');
}
// Retention takes away in the background, from the old end; the client's
// position is lost then, which it is told at once.
const other = writer();
let going = true;
const gc = (async () => { while (going && await other.say('gc') !== '0'); })().catch(() => {});
const took = await deliver(300);
going = false;
other.child.kill('SIGKILL');
console.log(`  retention beside: p50 ${at(took, 0.5)} ms, p99 ${at(took, 0.99)} ms; a resume from the first row: ${await resume(first)}`);
live.close();
await d.stop();
await w.end();
rmSync(dir, { recursive: true, force: true });
process.exit(0);
