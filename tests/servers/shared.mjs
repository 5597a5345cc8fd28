// shared.mjs - contrib/shared-hosting: a home with a public folder, Apache that
// honours .htaccess there, and cron. Nothing else runs.
import { it, is, ok, done, dir, request } from '../streamd/client.mjs';
import { servers, serve, stopAll } from './site.mjs';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const src = process.env.LVT_SRCDIR ?? '.', build = process.env.LVT_BUILDDIR ?? '.';
const home = join(dir, 'home'), site = join(home, 'public_html/chat');
const apache = servers['Apache, mod_cgi'];
if (!apache.present) {
  await it('shared hosting # SKIP Apache is not installed', async () => {});
  await done();
}

// The web server of a shared host runs CGI as the user; here all are one, or
// anybody may write.
for (const d of ['chat-data', 'public_html/chat']) mkdirSync(join(home, d), { recursive: true, mode: 0o777 });
copyFileSync(join(build, 'tests/app/testapp'), join(site, 'chat.cgi'));
chmodSync(join(site, 'chat.cgi'), 0o755);
cpSync(join(src, 'tests/app/templates'), join(home, 'chat-templates'), { recursive: true });
const mine = name => readFileSync(join(src, 'contrib/shared-hosting', name), 'utf8').replaceAll('/home/me', home);
writeFileSync(join(site, '.htaccess'), mine('htaccess'));

writeFileSync(join(dir, 'tmp/mime.types'), '');
const host = () => `${['rewrite', 'mime', 'dir'].map(m =>
  `LoadModule ${m}_module /usr/lib/apache2/modules/mod_${m}.so`).join('\n')}
TypesConfig ${dir}/tmp/mime.types
DocumentRoot ${home}/public_html
<Directory ${home}/public_html>
AllowOverride AuthConfig FileInfo Indexes Options=ExecCGI,Indexes
</Directory>
`;
const p = await serve(apache, 1, host);
const at = path => `http://127.0.0.1:${p.port}${path}`;
const get = (path, init) => request(p.port, path, init);
const page = async path => (await get(path)).text;
const attribute = (html, name) => html.match(new RegExp(`data-lvt-${name}="([^"]*)"`))?.[1];
const add = () => get('/chat/', { method: 'POST', body: 'add=',
  headers: { 'content-type': 'application/x-www-form-urlencoded' } });
const number = html => Number(html.match(/<b>(\d+)<\/b>/)[1]);

await it('pages, links, scripts and forms work', async () => {
  const html = await page('/chat/');
  is(attribute(html, 'prefix'), '/chat');
  is(attribute(html, 'stream'), '', 'the page must know that there is no stream');
  const script = html.match(/<script src="([^"]*)"/)[1];
  is((await get(script)).status, 200);
  const posted = await add();
  is([posted.status, new URL(posted.headers.location, at('/chat/')).pathname], [303, '/chat/']);
  is(number(await page('/chat/')), number(html) + 1);
  const notes = await get('/chat/notes');
  is(notes.status, 200);
  ok(/Path=\/chat(;|$)/.test(notes.headers['set-cookie'][0]), notes.headers['set-cookie']);
});

await it('without its slash the address leads to the page', async () => {
  const bare = await get('/chat');
  is([bare.status, new URL(bare.headers.location).pathname], [301, '/chat/']);
});

await it('Basic login works', async () => {
  const login = { headers: { authorization: 'Basic ' + Buffer.from('ann:secret').toString('base64') } };
  is((await get('/chat/me')).status, 401);
  is((await get('/chat/me', login)).status, 200);
});

await it('polling brings changes', async () => {
  const view = attribute(await page('/chat/'), 'view');
  const ask = () => get('/chat/', { headers: { accept: 'application/vnd.lvt+json', 'if-none-match': `"${view}"` } });
  is((await ask()).status, 304);
  await add();
  is(JSON.parse((await ask()).text).meta.base !== undefined, true);
});

await it('lvt doctor finds nothing, and says that pages poll', async () => {
  const r = spawnSync(join(build, 'lvt'), ['doctor', '--json', at('/chat/me'), '--user', 'ann:secret'], { encoding: 'utf8' });
  const found = JSON.parse(r.stdout);
  is(found.checks.filter(c => c.state === 'bad'), []);
  ok(found.checks.some(c => /pages poll.*plain CGI/.test(c.text)), r.stdout);
});

await it('nothing but the program and .htaccess is in the public folder, and neither is shown', async () => {
  is(readdirSync(site).sort(), ['.htaccess', 'chat.cgi']);
  ok(existsSync(join(home, 'chat-data/chat.db')), 'no database');
  for (const path of ['/chat/.htaccess', '/chat-data/chat.db', '/chat/../chat-data/chat.db'])
    ok([400, 403, 404].includes((await get(path)).status), path);
  ok(!(await page('/chat/chat.cgi')).includes('ELF'), 'the program itself is sent');
});

// A line of crontab as cron runs it: by sh, with little around it.
const env = { PATH: '/usr/bin:/bin', HOME: home, SHELL: '/bin/sh', LVT_LOG: 'error' };
let command;
for (const line of mine('crontab').split('\n')) {
  const [, name, value] = line.match(/^([A-Z_]+)=(.*)$/) ?? [];
  if (name) env[name] = value;
  else if (line.startsWith('* * * * * ')) command = line.slice(10);
}
const cron = () => new Promise(r => {
  const c = spawn('/bin/sh', ['-c', command], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const s of [c.stdout, c.stderr]) s.on('data', d => { text += d; });
  c.on('close', code => r({ code, text }));
});
const app = (...args) => spawnSync(join(site, 'chat.cgi'), args, { env, encoding: 'utf8' });

await it('the line for cron does what is due, and says nothing', async () => {
  is(await cron(), { code: 0, text: '' });
  is(app('publish', 'ops.announce', 'said', '"from cron"').status, 0);
  is(await cron(), { code: 0, text: '' });
  ok((await page('/chat/')).includes('from cron'), 'the handler did not run');
});

await it('runs that overlap end well, and do things once', async () => {
  is(app('publish', 'order.placed', 'new', '{"item":"tea"}').status, 0);
  is((await Promise.all(Array.from({ length: 6 }, cron))).map(r => r.code), [0, 0, 0, 0, 0, 0]);
  is((await page('/chat/orders')).match(/<li>tea/g)?.length, 1);
});

await it('a database in the public folder is refused, and nobody can fetch it', async () => {
  writeFileSync(join(site, '.htaccess'), mine('htaccess').replaceAll(`${home}/chat-data/`, `${site}/`));
  const refused = await get('/chat/');
  ok(refused.status >= 500 && !refused.text.includes('data-lvt-token'), refused.text);
  is(readdirSync(site).sort(), ['.htaccess', 'chat.cgi']);
});

await p.stop();
await stopAll();
await done();
