// browser.mjs - a real browser before each web server: the page becomes live, or
// settles on what the server can do, and says why.
import { it, is, ok, done, dir, until } from '../streamd/client.mjs';
import { companion, freePort, mounts, serve, servers } from './site.mjs';
import { need } from '../www/load.mjs';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const browser = await need('playwright-core').chromium.launch({
  executablePath: process.env.LVT_CHROMIUM,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
});

const stream = /^.*ProxyPass "[^"]*_lvt\/stream".*\n/m;
const same = text => text;
writeFileSync(join(dir, 'users'), 'ann:secret\n');
const password = `server.modules += ("mod_auth", "mod_authn_file")
auth.backend = "plain"\nauth.backend.plain.userfile = "${dir}/users"
auth.require = ("" => ("method" => "basic", "realm" => "lvt", "require" => "valid-user"))\n`;
const cases = [
  // server, what is done to its configuration, state, why, transport
  ['lighttpd', '', same, 'live', '', 'stream'],
  ['nginx', '', same, 'live', '', 'stream'],
  ['Apache, mod_proxy_http', '', same, 'live', '', 'stream'],
  ['Apache, mod_proxy_fcgi', '', same, 'live', '', 'stream'],
  ['Apache, mod_fcgid', '', same, 'polling', 'none', 'poll'],
  ['Apache, mod_cgi', '', same, 'polling', 'none', 'poll'],
  ['Apache, mod_fcgid', ', not told that there is no stream',
    text => text.replace(/^FcgidInitialEnv LVT_STREAM.*\n/m, ''), 'polling', 'refused', 'poll'],
  ['Apache, mod_proxy_fcgi', ', that gathers events',
    text => text.replace(stream, line => line.replace('flushpackets=on', '')), 'live', 'buffered', 'long-poll'],
  ['lighttpd', ', that asks for a password', text => password + text, 'live', '', 'stream'],
  ['lighttpd', ', that gathers events', text => text.replace(/^.*stream-response-body.*\n/m, ''),
    'live', 'buffered', 'long-poll'],
];

// The time from the client's first word to the state that it settles on, by the
// page's own clock: what the machine does before that is not its fault.
const watch = wanted => {
  window.seen = [];
  new MutationObserver(() => {
    const { lvtState, lvtWhy } = document.querySelector('[data-lvt-id]')?.dataset ?? {};
    const last = window.seen.at(-1);
    if (lvtState && (last?.state !== lvtState || last?.why !== (lvtWhy ?? '')))
      window.seen.push({ state: lvtState, why: lvtWhy ?? '', at: performance.now() });
  }).observe(document, { subtree: true, childList: true, attributes: true });
  return wanted;
};

async function open(url) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true,
    httpCredentials: { username: 'ann', password: 'secret' } });
  context.setDefaultTimeout(60000);
  const page = await context.newPage();
  await page.addInitScript(watch);
  await page.goto(url);
  return page;
}
const seen = page => page.evaluate('window.seen');
const now = async page => (await seen(page)).at(-1) ?? {};
const settles = (page, state, why) => until(async () => {
  const at = await now(page);
  return at.state === state && at.why === why;
}, `${state}, ${why || 'no reason'}`).catch(async e => {
  throw new Error(`${e.message}: ${JSON.stringify(await seen(page))}`);
});

for (const [name, how, edit, state, why, transport] of cases) {
  const title = `${name}${how}: a page settles on ${transport}` + (why ? `, and says "${why}"` : '');
  if (!servers[name].present) {
    await it(`${title} # SKIP is not installed`, async () => {});
    continue;
  }
  await it(title, async () => {
    const p = await serve(servers[name], 1, edit);
    const url = `http://127.0.0.1:${p.port}${mounts[1]}/`;
    // A machine with much to do may be late; it is not late each time.
    const times = [];
    let page;
    for (let i = 0; i < 5 && !(Math.min(...times) < 5000); i++) {
      await page?.context().close();
      page = await open(url);
      await settles(page, state, why);
      const all = await seen(page);
      times.push(all.at(-1).at - all[0].at);
    }
    console.log(`#   after ${times.map(t => Math.round(t)).join(', ')} ms (5000)`);
    ok(Math.min(...times) < 5000, `it took ${times} ms each time`);
    is(await page.evaluate('window.lvt?.transport ?? lvt.transport'), transport);
    const before = Number(await page.textContent('b'));
    const other = await open(url);
    await other.click('button[name=add]');
    await until(async () => Number(await page.textContent('b')) > before, 'the change');
    await page.context().close();
    await other.context().close();
    await p.stop();
  });
}

// --- TLS, and so HTTP/2 ----------------------------------------------------------

const cert = join(dir, 'cert.pem');
spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost',
  '-keyout', cert + '.key', '-out', cert + '.crt'], { stdio: 'ignore' });
writeFileSync(cert, existsSync(cert + '.crt') ? readFileSync(cert + '.key') + readFileSync(cert + '.crt') : '');
const mod = m => `LoadModule ${m}_module /usr/lib/apache2/modules/mod_${m}.so\n`;
const tls = {
  'lighttpd': (text, at) => `server.modules += ("mod_openssl")
$SERVER["socket"] == "127.0.0.1:${at}" { ssl.engine = "enable"\nssl.pemfile = "${cert}" }\n${text}`,
  'nginx': (text, at) => `listen 127.0.0.1:${at} ssl http2;\nssl_certificate ${cert};\nssl_certificate_key ${cert};\n${text}`,
  'Apache, mod_proxy_http': (text, at) => `${mod('ssl')}Listen 127.0.0.1:${at}\n<VirtualHost 127.0.0.1:${at}>
Protocols h2 http/1.1\nSSLEngine on\nSSLCertificateFile ${cert}\n${text}</VirtualHost>\n`,
};
for (const [name, edit] of Object.entries(tls)) {
  if (!servers[name].present) continue;
  await it(`${name} with TLS: eight pages of one browser are live by HTTP/2`, async () => {
    const at = await freePort(), p = await serve(servers[name], 1, text => edit(text, at));
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    context.setDefaultTimeout(60000);
    const pages = [];
    for (let i = 0; i < 8; i++) {
      pages.push(await context.newPage());
      await pages[i].addInitScript(watch);
      await pages[i].goto(`https://127.0.0.1:${at}${mounts[1]}/`);
    }
    for (const page of pages) await settles(page, 'live', '');
    is(await pages[0].evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol"), 'h2');
    const before = Number(await pages[7].textContent('b'));
    await pages[0].click('button[name=add]');
    for (const page of pages)
      await until(async () => Number(await page.textContent('b')) > before, 'the change');
    await context.close();
    await p.stop();
  });
}

await browser.close();
await companion.stop();
await done();
