// shared.mjs - contrib/shared-hosting: a home with a public folder, Apache that
// honours .htaccess there, and cron. Nothing else runs. Then its head files before
// the other servers, too.
import { it, is, ok, done, dir, request, until } from '../streamd/client.mjs';
import { servers, serve, stopAll, worker } from './site.mjs';
import { need } from '../www/load.mjs';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
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
for (const d of ['chat-data', 'public_html/chat', 'public_html/chat/heads']) mkdirSync(join(home, d), { recursive: true, mode: 0o777 });
copyFileSync(join(build, 'tests/app/testapp'), join(site, 'chat.cgi'));
chmodSync(join(site, 'chat.cgi'), 0o755);
cpSync(join(src, 'tests/app/templates'), join(home, 'chat-templates'), { recursive: true });
const mine = name => readFileSync(join(src, 'contrib/shared-hosting', name), 'utf8').replaceAll('/home/me', home);
writeFileSync(join(site, '.htaccess'), mine('htaccess'));

writeFileSync(join(dir, 'tmp/mime.types'), '');
const host = () => `${['rewrite', 'mime', 'dir', 'headers', 'expires', 'autoindex'].map(m =>
  `LoadModule ${m}_module /usr/lib/apache2/modules/mod_${m}.so`).join('\n')}
TypesConfig ${dir}/tmp/mime.types
DocumentRoot ${home}/public_html
CustomLog ${dir}/tmp/access.log "%R %>s %U"
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

function doctor() {
  const r = spawnSync(join(build, 'lvt'), ['doctor', '--json', at('/chat/me'), '--user', 'ann:secret'], { encoding: 'utf8' });
  const found = JSON.parse(r.stdout);
  return Object.assign(found, { bad: found.checks.filter(c => c.state === 'bad') });
}
await it('lvt doctor finds nothing, and says that pages poll', async () => {
  const found = doctor();
  is(found.bad, []);
  for (const said of [/pages poll.*plain CGI/, /304 where nothing happened/])
    ok(found.checks.some(c => said.test(c.text)), JSON.stringify(found));
});

for (const [fault, breaks, says, mend] of [
  ['head files that are elsewhere', text => text.replace(/^SetEnv LVT_HEADS .*$/m, '$&\nSetEnv LVT_HEADS_URL "/elsewhere"'),
    /not shown/, text => text.replace('"/elsewhere"', '"/chat/heads/"')],
  ['head files that are kept', text => text.replace('Cache-Control "no-cache"', 'Cache-Control "max-age=3600"'), /keeps/,
    (text, lines) => text.replace(/<FilesMatch[^]*?<\/FilesMatch>\n/, lines)],
  ['head files that are listed', text => text.replace('-Indexes', '+Indexes'), /listed/, text => text.replace('+Indexes', '-Indexes')],
])
  await it(`lvt doctor names ${fault}, and not when that is mended`, async () => {
    const broken = breaks(mine('htaccess'));
    writeFileSync(join(site, '.htaccess'), broken);
    const { bad } = doctor();
    is(bad.length, 1, JSON.stringify(bad));
    ok(says.test(bad[0].text), bad[0].text);
    writeFileSync(join(site, '.htaccess'), mend(broken, bad[0].advice?.[0].lines));
    is(doctor().bad, []);
    writeFileSync(join(site, '.htaccess'), mine('htaccess'));
  });

await it('nothing but the program and .htaccess is in the public folder, and neither is shown', async () => {
  is(readdirSync(site).sort(), ['.htaccess', 'chat.cgi', 'heads']);
  ok(existsSync(join(home, 'chat-data/chat.db')), 'no database');
  for (const path of ['/chat/.htaccess', '/chat-data/chat.db', '/chat/../chat-data/chat.db', '/chat/heads/'])
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

// --- Head files ------------------------------------------------------------------

const lvt = 'application/vnd.lvt+json';
// As a page that polls asks: the files that it is to look at, and where it stands.
const sync = async (ask, view) => {
  const { headers } = await ask({ headers: { accept: lvt, 'if-none-match': `"${view}"` } });
  return { heads: (headers['lvt-heads'] ?? '').split(' ').filter(Boolean), head: headers['lvt-head'] };
};
const broadcast = n => is(app('broadcast', '--all', `{"notice":"n ${n}"}`).status, 0);
// In the log of the host: files looked at, and runs of the app.
const logged = which => readFileSync(join(dir, 'tmp/access.log'), 'utf8').split('\n').filter(which).length;
const looks = line => /^\S+ \d+ \/chat\/heads\//.test(line);
const runs = line => line.startsWith('cgi-script ');

await it('a page names its head files, which robots do not make', async () => {
  for (const f of readdirSync(join(site, 'heads'))) rmSync(join(site, 'heads', f));
  const html = await page('/chat/');
  const named = attribute(html, 'heads').split(' ');
  is(named.length, 2);
  for (const file of named) {
    ok(/^\/chat\/heads\/[\w-]{22}\.txt$/.test(file), file);
    is((await get(file)).status, 404);
  }
  const { heads, head } = await sync(init => get('/chat/', init), attribute(html, 'view'));
  is(heads, named);
  for (const file of heads) {
    const answer = await get(file);
    is([answer.status, answer.headers['cache-control'], answer.text.trim()], [200, 'no-cache', head]);
  }
  is(attribute((await get('/chat/me', { headers: { authorization: 'Basic ' +
    Buffer.from('ann:secret').toString('base64') } })).text, 'heads').split(' ').length, 3, 'with a user');
});

await it('a file that is missing is missed by Apache alone', async () => {
  const before = logged(runs);
  is((await get(`/chat/heads/${'x'.repeat(22)}.txt`)).status, 404);
  is(logged(runs), before);
});

await it('a folder that is read-only fails no action, and is named no more until it can be written', async () => {
  const view = attribute(await page('/chat/'), 'view'), ask = () => sync(init => get('/chat/', init), view);
  const { heads } = await ask();
  is(heads.length, 2);
  chmodSync(join(site, 'heads'), 0o555);
  try {
    is((await add()).status, 303);
    is((await ask()).heads, []);
    is(attribute(await page('/chat/'), 'heads'), undefined);
  } finally {
    chmodSync(join(site, 'heads'), 0o777);
  }
  const again = await ask();
  is(again.heads, heads);
  // A repair says how far the app is, also of what happened meanwhile.
  ok((await Promise.all(heads.map(async file => (await get(file)).text.trim()))).includes(again.head), 'a late file');
});

let browser = null;
try {
  browser = await need('playwright-core').chromium.launch({ executablePath: process.env.LVT_CHROMIUM || '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'] });
} catch { /* skipped */ }
async function open() {
  const tab = await (await browser.newContext()).newPage();
  await tab.goto(at('/chat/'));
  await until(async () => await tab.getAttribute('[data-lvt-id]', 'data-lvt-state') === 'polling', 'polling');
  return tab;
}
const asked = tab => until(async () => (await tab.getAttribute('[data-lvt-id]', 'data-lvt-heads') ?? '') !== '', 'heads');
async function some(n) {
  const from = logged(looks);
  await until(() => logged(looks) >= from + n, 'looks at head files');
}

await it('a page that looks at head files leaves the app alone' + (browser ? '' : ' # SKIP no browser'), async () => {
  if (!browser) return;
  const tab = await open(), since = Date.now();
  await asked(tab);
  await some(4);
  const before = logged(runs);
  await some(8);
  // Every minute or two it asks all the same.
  ok(logged(runs) <= before + Math.floor((Date.now() - since) / 60000), `${logged(runs) - before} runs`);
  ok(logged(line => looks(line) && / 304 /.test(line)) > 0, 'no look was answered by 304');
  await tab.context().close();
});

const sees = async (tab, fn, what) => {
  const from = Date.now();
  await until(fn, what);
  console.log(`#   ${what} after ${Date.now() - from} ms`);
};

await it('it sees what another does, and what a command says' + (browser ? '' : ' # SKIP no browser'), async () => {
  if (!browser) return;
  const tab = await open(), n = Number(await tab.textContent('b'));
  await asked(tab);
  await some(4);
  await add();
  await sees(tab, async () => Number(await tab.textContent('b')) === n + 1, 'an action of another');
  await some(4);
  broadcast('by cron');
  await sees(tab, async () => await tab.textContent('i') === 'n by cron', 'a broadcast');
  await tab.context().close();
});

await it('a folder that is lost and comes again costs nothing but requests' + (browser ? '' : ' # SKIP no browser'), async () => {
  if (!browser) return;
  const tab = await open();
  await asked(tab);
  await some(2);
  rmSync(join(site, 'heads'), { recursive: true });
  const n = Number(await tab.textContent('b'));
  is((await add()).status, 303);
  await sees(tab, async () => Number(await tab.textContent('b')) === n + 1, 'an action without a folder');
  is(attribute(await page('/chat/'), 'heads'), undefined);
  mkdirSync(join(site, 'heads'), { mode: 0o777 });
  await asked(tab);
  await until(() => readdirSync(join(site, 'heads')).some(f => f.endsWith('.txt')), 'files');
  await add();
  await sees(tab, async () => Number(await tab.textContent('b')) === n + 2, 'an action with one');
  await tab.context().close();
});
await browser?.close();

// Who asks with the ETag of a second ago must be told that there is another file.
// lighttpd believes for a moment in what it has seen of a file.
async function changes(port, heads, ask, late = false) {
  const [all] = heads;
  let etag = (await request(port, all)).headers.etag;
  ok(etag, 'no ETag');
  const began = Math.floor(Date.now() / 1000);
  for (let i = 0; i < 10; i++) {
    is((await request(port, all, { headers: { 'if-none-match': etag } })).status, 304, 'nothing happened,');
    broadcast(i);
    const { head } = await ask();
    const again = () => request(port, all, { headers: { 'if-none-match': etag } });
    const next = late ? await until(async () => {
      const r = await again();
      return r.status !== 304 && r;
    }, 'another ETag') : await again();
    is([next.status, next.text.trim()], [200, head], `change ${i},`);
    etag = next.headers.etag;
  }
  console.log(`#   10 changes within ${Math.floor(Date.now() / 1000) - began + 1} s`);
}

await it('Apache: an ETag changes as often as the file, also within a second', async () => {
  const view = attribute(await page('/chat/'), 'view');
  const ask = () => sync(init => get('/chat/', init), view);
  await changes(p.port, (await ask()).heads, ask);
});

copyFileSync(join(site, 'chat.cgi'), join(dir, 'bin/chat.cgi'));
const others = {
  // As plain CGI, and by workers without a companion.
  lighttpd: () => `mimetype.assign = (".txt" => "text/plain")\nserver.modules += ("mod_cgi", "mod_alias", "mod_setenv")
$HTTP["url"] =~ "^/" { server.document-root = "${home}/public_html" }
$HTTP["url"] =~ "^/run/" { alias.url = ("/run/" => "${dir}/bin/")\ncgi.assign = ("" => "")
setenv.add-environment = ("LVT_DB" => "${home}/chat-data/chat.db", "LVT_TEMPLATES" => "${home}/chat-templates",
"LVT_PREFIX" => "/run/chat.cgi", "LVT_HEADS" => "${site}/heads", "LVT_HEADS_URL" => "/chat/heads/") }\n`,
  nginx: text => `location /chat/heads/ { root ${home}/public_html; }\n` + text.replaceAll('worker-1.sock', 'off.sock'),
};
for (const [name, edit] of Object.entries(others))
  await it(`${name}: the same${name === 'lighttpd' ? ', a little late' : ''}${servers[name].present ? '' : ' # SKIP is not installed'}`, async () => {
    if (!servers[name].present) return;
    if (name === 'nginx') await worker('off', { LVT_DB: env.LVT_DB, LVT_TEMPLATES: env.LVT_TEMPLATES, LVT_PREFIX: '/a',
      LVT_STREAM: 'off', LVT_HEADS: env.LVT_HEADS, LVT_HEADS_URL: '/chat/heads/' });
    const q = await serve(servers[name], 1, edit), path = name === 'nginx' ? '/a/' : '/run/chat.cgi/';
    try {
      const ask = () => sync(init => request(q.port, path, init), 'x'.repeat(22));
      const { heads } = await ask();
      is(heads.map(file => file.replace(/[^/]*$/, '')), ['/chat/heads/', '/chat/heads/']);
      await changes(q.port, heads, ask, name === 'lighttpd');
    } finally {
      await q.stop();
    }
  });

await it('a database in the public folder is refused, and nobody can fetch it', async () => {
  writeFileSync(join(site, '.htaccess'), mine('htaccess').replaceAll(`${home}/chat-data/`, `${site}/`));
  const refused = await get('/chat/');
  ok(refused.status >= 500 && !refused.text.includes('data-lvt-token'), refused.text);
  is(readdirSync(site).sort(), ['.htaccess', 'chat.cgi', 'heads']);
});

await p.stop();
await stopAll();
await done();
