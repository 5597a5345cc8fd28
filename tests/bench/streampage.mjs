// bench-stream's case "page": what an idle stream costs that has a page of its
// own group and a channel of its own, as a site with logins has them.
import { daemon, writer, within, dir } from '../streamd/client.mjs';
import { Client } from '../streamd/many.mjs';
import { readFileSync, rmSync } from 'node:fs';

const n = Number(process.argv[2] ?? 10000);
const w = writer();
await w.say('head');
const d = await daemon('--http', '127.0.0.1:0');
const pss = () => Number(readFileSync(`/proc/${d.child.pid}/smaps_rollup`, 'utf8')
  .match(/^Pss:\s+(\d+)/m)[1]) * 1024;
const group = () => Buffer.from(Array.from({ length: 32 }, () => Math.random() * 256)).toString('base64url');
const view = Buffer.alloc(16, 7).toString('base64url');
const all = [];
let before = pss();
for (let i = 0; i < n; i += 250)
  all.push(...await Promise.all(Array.from({ length: Math.min(250, n - i) }, async (_, k) => {
    const token = await w.token({ g: group(), u: '', p: ['/'], c: ['room.*', `user.${i + k}`] });
    return new Client(d.http, token, `channels=user.${i + k}&view=${view}`).connect();
  })));
await new Promise(r => setTimeout(r, 2000));
console.log(`  lvt      ${((pss() - before) / n).toFixed(0).padStart(8)} B of memory a connection, ${n} at once`);
for (const c of all) c.close();
await within(d.stop(), 'the end');
await w.end();
rmSync(dir, { recursive: true, force: true });
process.exit(0);
