// doctor.mjs - lvt doctor before each web server: it finds nothing where the
// configurations of contrib/ stand. Each fault is named with lines to write, and
// with these lines in their place it is gone.
process.env.COMPANION = '--heartbeat-ms 2500';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
const { it, is, ok, done, daemon, within, dir } = await import('../streamd/client.mjs');
const site = await import('./site.mjs');
const { companion, configuration, db, freePort, mounts, serve, servers, worker } = site;
const lvt = join(process.env.LVT_BUILDDIR ?? '.', 'lvt');

// Its findings; patient, since others use the machine.
function doctor(url, ...flags) {
  const child = spawn(lvt, ['doctor', '--json', '--within', '3000', ...flags, url],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', c => { text += c; });
  return within(new Promise(r => child.on('close', code => r({ code, text }))), 'the doctor', 60000)
    .then(({ code, text: t }) => {
      const found = JSON.parse(t);
      is(found.ok, code === 0, t);
      return Object.assign(found, { code, bad: found.checks.filter(c => c.state === 'bad') });
    });
}

const told = found => found.checks.map(c => `${c.state} ${c.check}: ${c.text}`).join('\n');
function healthy(found) { ok(found.code === 0, told(found)); }

// The lines that it advises for this way of serving, with the tests' sockets.
function lines(found, check, how) {
  const bad = found.checks.find(c => c.check === check && c.advice?.length);
  ok(bad, `${check} is not named:\n${told(found)}`);
  const row = bad.advice.find(a => a.how.startsWith(how));
  ok(row, `nothing for ${how}: ${JSON.stringify(bad.advice)}`);
  return row.lines.replaceAll('/run/lvt/APP-', join(dir, 'run/'));
}

// --- Faults -------------------------------------------------------------------

const stream = /^.*ProxyPass "[^"]*_lvt\/stream".*\n/m;
const block = /^\$HTTP\["url"\] =~ "[^"]*stream[^]*?^}\n/m;
const location = /^location = [^ ]*_lvt\/stream \{[^]*?^}\n/m;
const cut = what => text => text.replace(what, '#HERE#\n');
const put = (before, ...rest) => text => before(text).replace(...rest);
const same = text => text;
const inLocation = (...without) => text => text.replace(location, l => {
  for (const w of without) l = l.replace(w, '');
  return l.replace(/^}$/m, '#HERE#\n}');
});
const byFastcgi = more => `location = /a/_lvt/stream {
include /etc/nginx/fastcgi_params;\nfastcgi_pass unix:${dir}/run/stream.sock;\ngzip off;\n${more}\n#HERE#\n}\n`;
const me = ['--user', 'ann:secret'];

const faults = [
  // server, fault, what is done to the file, check, how, flags, page
  ['lighttpd', 'no block for the stream', cut(block), 'stream', 'mod_fastcgi'],
  ['lighttpd', 'a stream that is gathered', cut(/^.*stream-response-body.*\n/m), 'stream', ''],
  ['nginx', 'no location for the stream', cut(location), 'stream', ''],
  ['nginx', 'a stream that is gathered', inLocation(/^.*proxy_buffering.*\n/m,
    /^(?=.*proxy_http_version)/m), 'stream', 'proxy_pass', [], '/',
  text => text.replace('proxy_http_version', 'proxy_ignore_headers X-Accel-Buffering;\nproxy_http_version')],
  ['nginx', 'a stream that may not be silent', inLocation(/^.*proxy_read_timeout.*\n/m), 'heartbeat',
    'proxy_pass', ['slow'], '/', text => text.replace('#HERE#\n}', '#HERE#\n}\nproxy_read_timeout 1s;')],
  ['nginx', 'a stream by FastCGI that is gathered', text => text.replace(location, byFastcgi(
    'fastcgi_ignore_headers X-Accel-Buffering;')), 'stream', 'fastcgi_pass'],
  ['nginx', 'a stream by FastCGI that may not be silent', text => 'fastcgi_read_timeout 1s;\n' +
    text.replace(location, byFastcgi('')), 'heartbeat', 'fastcgi_pass', ['slow']],
  ['nginx', 'a stream without its token', inLocation(/^.*proxy_set_header Conn.*\n/m), 'stream', 'proxy_pass', [], '/',
    text => text.replace(/^(location = .*stream \{)/m, 'proxy_set_header X-LVT-Token "";\n$1')],
  ['nginx', 'a stream without Last-Event-ID', inLocation(/^.*proxy_set_header Conn.*\n/m), 'resuming', '', [], '/',
    text => text.replace(/^(location = .*stream \{)/m, 'proxy_set_header Last-Event-ID "";\n$1')],
  ['nginx', 'a Host without its port', cut(/^ *fastcgi_param HTTP_HOST.*\n/m), 'actions', 'fastcgi_pass'],
  ['Apache, mod_proxy_http', 'no ProxyPass for the stream', cut(stream), 'stream', 'mod_proxy_http'],
  ['Apache, mod_proxy_http', 'a stream that may not be silent',
    text => text.replace(stream, '#HERE#\n' + text.match(stream)[0].replace('timeout=86400', 'timeout=1')),
    'heartbeat', 'mod_proxy_http', ['slow']],
  ['Apache, mod_proxy_fcgi', 'no ProxyPass for the stream', cut(stream), 'stream', 'mod_proxy_fcgi'],
  ['Apache, mod_proxy_fcgi', 'the ProxyPass of the stream too late',
    text => '#HERE#\n' + text.replace(stream, '') + text.match(stream)[0], 'stream', 'mod_proxy_fcgi'],
  ['Apache, mod_proxy_fcgi', 'a stream that is gathered',
    text => text.replace(stream, '#HERE#\n' + text.match(stream)[0].replace('flushpackets=on', '')),
    'stream', 'mod_proxy_fcgi'],
  ['Apache, mod_proxy_fcgi', 'a stream that may not be silent',
    text => text.replace(stream, '#HERE#\n' + text.match(stream)[0].replace('timeout=86400', 'timeout=1')),
    'heartbeat', 'mod_proxy_fcgi', ['slow']],
  ['Apache, mod_proxy_fcgi', 'a page without Authorization',
    cut(/^<Location[^]*?<\/Location>\n/m), 'page', 'mod_proxy_fcgi', me, '/me'],
  ['Apache, mod_fcgid', 'a page without Authorization',
    cut(/^FcgidPassHeader.*\n/m), 'page', 'mod_fcgid', me, '/me'],
  ['Apache, mod_fcgid', 'a page that waits for a stream', cut(/^FcgidInitialEnv LVT_STREAM.*\n/m),
    'stream', 'mod_fcgid'],
  ['Apache, mod_fcgid', 'another mount', cut(/^FcgidInitialEnv LVT_PREFIX.*\n/m), 'page', 'mod_fcgid', [], '/',
    text => text.replace('#HERE#', 'FcgidInitialEnv LVT_PREFIX "/elsewhere"\n#HERE#')],
  ['Apache, mod_cgi', 'a page without Authorization',
    text => text.replace(/^ *CGIPassAuth.*\n/m, '') + '#HERE#\n', 'page',
    'mod_proxy_fcgi and mod_cgi', me, '/me'],
  ['Apache, mod_cgi', 'another mount', cut(/^ *SetEnv LVT_PREFIX.*\n/m), 'page', 'mod_cgi', [], '/',
    text => text.replace('#HERE#', 'SetEnv LVT_PREFIX "/elsewhere"\n#HERE#')],
];

async function ask(server, i, edit, page, flags) {
  const p = await serve(server, i, edit);
  try {
    return await doctor(`http://127.0.0.1:${p.port}${mounts[i]}${page}`,
      ...(flags.includes('slow') ? [] : ['--quick']), ...flags.filter(f => f !== 'slow'));
  } finally {
    await p.stop();
  }
}


// --- A few at a time, told in their order ---------------------------------------

const jobs = [];
const job = (needs, title, fn) => jobs.push({ title, fn, present: needs.every(n => servers[n].present) });

for (const name of Object.keys(servers))
  job([name], `${name}: nothing is wrong`, async () => {
    const found = await ask(servers[name], 1, same, '/', ['slow']);
    healthy(found);
    is(found.server, name.match(/\w+/)[0].toLowerCase());
    is(found.checks.some(c => c.check === 'heartbeat'), servers[name].streams, told(found));
    if (!servers[name].streams) ok(/pages poll/.test(told(found)), told(found));
  });

writeFileSync(join(dir, 'users'), 'ann:secret\n');
job(['lighttpd'], 'lighttpd, that asks for a password: nothing is wrong for who has it', async () => {
  const password = text => `server.modules += ("mod_auth", "mod_authn_file")
auth.backend = "plain"\nauth.backend.plain.userfile = "${dir}/users"
auth.require = ("" => ("method" => "basic", "realm" => "lvt", "require" => "valid-user"))\n${text}`;
  healthy(await ask(servers.lighttpd, 1, password, '/', me));
});

for (const [name, fault, breaks, check, how, flags = [], page = '/', more = same] of faults)
  job([name], `${name}: ${fault} is named, with the lines that mend it`, async () => {
    const broken = text => more(breaks(text));
    const found = await ask(servers[name], 1, broken, page, flags);
    is(found.code, 1, told(found));
    const mend = lines(found, check, how);
    healthy(await ask(servers[name], 1, text => broken(text).replace('#HERE#', () => mend), page, flags));
  });

// What is not wrong, but better otherwise.
const mod = m => `LoadModule ${m}_module /usr/lib/apache2/modules/mod_${m}.so\n`;
const zip = text => mod('deflate') + mod('filter') + 'SetOutputFilter DEFLATE\n' + text;
const notes = [
  ['nginx', text => 'gzip on;\ngzip_types text/event-stream application/json;\ngzip_min_length 1;\n' +
    inLocation(/^.*gzip off.*\n/m)(text)],
  ['Apache, mod_proxy_http', text => zip(cut(/^SetEnvIf.*\n/m)(text))],
  ['Apache, mod_proxy_fcgi', text => zip(cut(/^SetEnvIf.*\n/m)(text))],
];
for (const [name, edit] of notes)
  job([name], `${name}: a stream that is compressed is noted, with the lines that end it`, async () => {
    const found = await ask(servers[name], 1, edit, '/', []);
    healthy(found);
    const mend = lines(found, 'compression', '');
    const next = await ask(servers[name], 1, text => edit(text).replace('#HERE#', () => mend), '/', []);
    healthy(next);
    is(next.checks.filter(c => c.state === 'note'), []);
  });

// --- A server before a server ------------------------------------------------------

const cert = join(dir, 'cert.pem');
spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost',
  '-keyout', cert + '.key', '-out', cert + '.crt'], { stdio: 'ignore' });
writeFileSync(cert, existsSync(cert + '.crt') ? readFileSync(cert + '.key') + readFileSync(cert + '.crt') : '');

// Apache and nginx, before lighttpd that serves the app at /a.
const streamOf = name => configuration(servers[name].file, 1)
  .match(name === 'nginx' ? location : stream)[0];
const fronts = {
  'nginx': (port, back, tls, more) => `${tls ? `listen 127.0.0.1:${tls} ssl http2;
ssl_certificate ${cert};\nssl_certificate_key ${cert};` : ''}
location /a/ {\nproxy_pass http://127.0.0.1:${back};\n${more}\n}\n${streamOf('nginx')}`,
  'Apache, mod_proxy_http': (port, back, tls, more) => {
    const rest = `${streamOf('Apache, mod_proxy_http')}ProxyPass "/a/" "http://127.0.0.1:${back}/a/"\n${more}\n`;
    return tls ? `${mod('ssl')}${mod('headers')}Listen 127.0.0.1:${tls}\n<VirtualHost 127.0.0.1:${tls}>
Protocols h2 http/1.1\nSSLEngine on\nSSLCertificateFile ${cert}\n${rest}</VirtualHost>\n` : rest;
  },
};
async function behind(name, tls, more, edit = same) {
  const back = await serve(servers.lighttpd, 1, edit);
  const at = tls ? await freePort() : 0;
  const front = await serve(servers[name], 1, (_, port) => fronts[name](port, back.port, at, more));
  try {
    return await doctor(`http${tls ? 's' : ''}://127.0.0.1:${at || front.port}/a/`, '--quick', '--insecure');
  } finally {
    await front.stop();
    await back.stop();
  }
}
const host = { 'nginx': 'proxy_set_header Host $host:$server_port;', 'Apache, mod_proxy_http': 'ProxyPreserveHost On' };
for (const name of Object.keys(fronts)) {
  job([name, 'lighttpd'], `${name} before another server: a Host that is replaced is named, with the lines that mend it`, async () => {
    const found = await behind(name, false, '');
    is(found.code, 1, told(found));
    const mend = lines(found, 'actions', name === 'nginx' ? 'proxy_pass' : 'mod_proxy_http');
    is(mend.trim(), host[name]);
    healthy(await behind(name, false, mend));
  });
  job([name, 'lighttpd'], `${name} before another server: TLS that the app is not told of is named, with the lines that mend it`, async () => {
    const found = await behind(name, true, host[name]);
    is(found.code, 1, told(found));
    const mend = lines(found, 'https', name === 'nginx' ? 'proxy_pass' : 'mod_headers');
    const next = await behind(name, true, host[name] + '\n' + mend);
    healthy(next);
    ok(/HTTP\/2/.test(told(next)) && /by HTTP\/1.1, too/.test(told(next)), told(next));
    // Or the server behind it is told; nginx does not let its name through.
    if (name === 'nginx') return;
    const other = lines(found, 'https', 'mod_setenv');
    healthy(await behind(name, true, host[name],
      text => `server.modules += ( "mod_setenv" )\n${other}${text}`));
  });
}
job(['lighttpd'], 'lighttpd with TLS: nothing is wrong, by HTTP/2 and HTTP/1.1', async () => {
  const at = await freePort();
  const p = await serve(servers.lighttpd, 1, text => `server.modules += ("mod_openssl")
$SERVER["socket"] == "127.0.0.1:${at}" { ssl.engine = "enable"\nssl.pemfile = "${cert}" }\n` + text);
  const found = await doctor(`https://127.0.0.1:${at}/a/notes`, '--quick', '--insecure');
  await p.stop();
  healthy(found);
  ok(/good cookie: .*Secure/.test(told(found)), told(found));
  ok(/HTTP\/2/.test(told(found)) && /by HTTP\/1.1, too/.test(told(found)), told(found));
});

// --- Files that the web server serves itself ------------------------------------------

// Each leads to a file that the test has put there, and knows nothing of its type.
const files = {
  'nginx': (name, own, here) => text => `location = /a/_lvt/${name} {\nalias ${own};\ndefault_type text/plain;
${here}\n}\n${text}`,
  'lighttpd': (name, own, here) => text => `server.modules += ( "mod_alias", "mod_setenv" )\nmimetype.assign = ()
${here}\n${text}\n$HTTP["url"] == "/a/_lvt/${name}" {\nfastcgi.server = ()\nalias.url = ( "/a/_lvt/${name}" => "${own}" )\n}\n`,
  'Apache, mod_proxy_http': (name, own, here) => text => `${mod('mime')}${mod('headers')}
TypesConfig ${dir}/tmp/no.types\nProxyPass "/a/_lvt/${name}" "!"\nAlias "/a/_lvt/${name}" "${own}"\n${here}\n${text}`,
};
writeFileSync(join(dir, 'tmp/no.types'), '');
let script;
for (const [name, own] of Object.entries(files))
  job([name, 'nginx'], `${name}: a script of the wrong type that nobody keeps is named, with the lines that mend it`, async () => {
    script ??= site.script(1);
    const { name: file, text } = await script;
    const path = join(dir, 'www', file);
    writeFileSync(path, text);
    const first = await ask(servers[name], 1, own(file, path, ''), '/', []);
    const type = lines(first, 'script', '');
    const second = await ask(servers[name], 1, own(file, path, type), '/', []);
    is(second.code, 1, told(second));
    healthy(await ask(servers[name], 1, own(file, path, type + lines(second, 'script', '')), '/', []));
  });

job(['lighttpd'], 'a companion on another host that does not allow the page is named, with the setting that mends it', async () => {
  const front = await freePort(), at = await freePort(), page = `http://127.0.0.1:${front}`;
  const w = await worker('abroad', { LVT_PREFIX: '/a', LVT_STREAM_URL: `http://127.0.0.1:${at}/stream` });
  const listenOn = (...more) => daemon('--db', db, '--http', `127.0.0.1:${at}`, ...more);
  const p = await serve(servers.lighttpd, 1, text => text.replace('worker-1.sock', 'abroad.sock') +
    `\n$SERVER["socket"] == "127.0.0.1:${front}" { }\n`);
  let d = await listenOn();
  const found = await doctor(page + '/a/', '--quick');
  const [, flag, origin] = lines(found, 'other host', '').match(/(--origin) (\S+)/);
  is(origin, page);
  await d.stop();
  d = await listenOn(flag, origin);
  healthy(await doctor(page + '/a/', '--quick'));
  for (const x of [d, p, w]) await x.stop();
});

// --- Things that are not there -----------------------------------------------------------

job(['Apache, mod_proxy_fcgi'], 'an app that does not know its mount behind mod_proxy_fcgi is named', async () => {
  const w = await worker('lost', { LVT_PREFIX: '' });
  const lost = text => text.replace('worker-1.sock', 'lost.sock');
  const found = await ask(servers['Apache, mod_proxy_fcgi'], 1, lost, '/', []);
  is(found.code, 1, told(found));
  is(found.bad.map(c => c.check), ['paths'], told(found));
  is(lines(found, 'paths', '').trim(), 'LVT_PREFIX=/a');
  await w.stop();
});

for (const name of ['lighttpd', 'nginx', 'Apache, mod_proxy_http', 'Apache, mod_proxy_fcgi']) {
  job([name], `${name}: a companion that does not run is named`, async () => {
    const down = text => text.replaceAll(/stream(-http)?\.sock/g, 'nobody.sock');
    const found = await ask(servers[name], 1, down, '/', []);
    is(found.bad.map(c => c.check), ['stream'], told(found));
    ok(/lvt-streamd@/.test(lines(found, 'stream', '')), told(found));
  });
  job([name], `${name}: an app that does not run is named`, async () => {
    const found = await ask(servers[name], 1, text => text.replaceAll('worker-1.sock', 'nobody.sock'), '/', []);
    is(found.bad.map(c => c.check), ['page'], told(found));
    ok(/lvt-worker@/.test(lines(found, 'page', '')), told(found));
  });
}

for (const name of ['Apache, mod_fcgid', 'Apache, mod_cgi'])
  job([name], `${name}: an app that may not have its database is not taken for one that does not run`, async () => {
    const found = await ask(servers[name], 1, text => text.replace(/(LVT_DB ")[^"]*/, `$1${dir}/none/app.db`), '/', []);
    is(found.bad.map(c => c.check), ['page'], told(found));
    ok(/^chown /.test(lines(found, 'page', 'mod_fcgid and mod_cgi')), told(found));
  });

job([], 'nobody there: the reason is told, and the exit code is 1', async () => {
  const found = await doctor(`http://127.0.0.1:${await freePort()}/a/`);
  is([found.code, found.bad.map(c => c.check)], [1, ['page']]);
});

job(['nginx'], 'what is no page of lvt is told to be none', async () => {
  const found = await ask(servers.nginx, 1, text => 'location /plain { return 200 "hello"; }\n' + text, '/../plain', []);
  is(found.bad.map(c => c.check).at(-1), 'wrapper', told(found));
});

job(['lighttpd'], 'a page of another database than the companion\'s is named', async () => {
  const w = await worker('other', { LVT_PREFIX: '/a', LVT_DB: join(dir, 'data/other.db') });
  const found = await ask(servers.lighttpd, 1, text => text.replace('worker-1.sock', 'other.sock'), '/', []);
  ok(/--db of lvt-streamd/.test(lines(found, 'stream', '')), told(found));
  await w.stop();
});

job([], 'wrong usage is told, with the exit code 2', async () => {
  for (const args of [[], ['--json'], ['a', 'b'], ['ftp://a/'], ['--within', 'x', 'http://a/'], ['--nothing', 'http://a/']])
    is(spawnSync(lvt, ['doctor', ...args]).status, 2, args.join(' '));
  is(spawnSync(lvt, ['doctor', '--help']).status, 0);
});

job(['lighttpd'], 'people read lines with marks, and colours on a terminal only', async () => {
  const p = await serve(servers.lighttpd, 0);
  const out = await within(new Promise(r => {
    const child = spawn(lvt, ['doctor', '--quick', '--within', '3000', `127.0.0.1:${p.port}`]);
    let text = '';
    child.stdout.on('data', c => { text += c; });
    child.on('close', code => r({ text, code }));
  }), 'the doctor');
  await p.stop();
  is(out.code, 0, out.text);
  ok(/^✓ page +200, /.test(out.text) && /\n\d+ good, 0 bad\n$/.test(out.text), out.text);
  ok(!out.text.includes('\x1b'), 'colours in a pipe');
});

const todo = jobs.filter(j => j.present);
await Promise.all([1, 2, 3].map(async () => {
  for (let j; (j = todo.shift()); )
    await j.fn().catch(e => { j.error = e; });
}));
for (const j of jobs)
  await it(j.title + (j.present ? '' : ' # SKIP is not installed'), async () => { if (j.error) throw j.error; });
await companion.stop();
await done();
