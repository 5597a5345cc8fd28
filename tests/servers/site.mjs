// site.mjs - web servers with the configurations of contrib/, started for real:
// an app as workers at three mounts, a companion, and whichever server is asked for.
import { daemon, freePort, until, within, dir, atEnd } from '../streamd/client.mjs';
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import net from 'node:net';

const src = process.env.LVT_SRCDIR ?? '.', build = process.env.LVT_BUILDDIR ?? '.';
const root = process.getuid() === 0;
export const db = join(dir, 'data/app.db');

// --- What is served ---------------------------------------------------------

process.umask(0);
chmodSync(dir, 0o755);
for (const d of ['run', 'data', 'cgi', 'bin', 'www', 'tmp']) mkdirSync(join(dir, d), { mode: 0o777 });
copyFileSync(join(build, 'tests/app/testapp'), join(dir, 'bin/chat'));
chmodSync(join(dir, 'bin/chat'), 0o755);
cpSync(join(src, 'tests/app/templates'), join(dir, 'templates'), { recursive: true });

export function start(command, args, env = {}) {
  // A group of its own: its workers end with it, even if it is killed.
  const child = spawn(command, args, { env: { ...process.env, LVT_LOG: 'error', ...env },
    stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const only = child.kill.bind(child);
  child.kill = signal => {
    if (signal !== 'SIGKILL' || !child.pid) return only(signal);
    try { process.kill(-child.pid, signal); } catch { /* it has ended */ }
    return true;
  };
  const p = { child, log: '', gone: new Promise(r => child.on('exit', r)) };
  child.stdout.on('data', c => { p.log += c; });
  child.stderr.on('data', c => { p.log += c; });
  child.on('error', e => { p.log += e; });
  p.stop = async () => { child.kill('SIGTERM'); await within(p.gone, command + ' to end'); };
  atEnd(child, p.gone);
  return p;
}

export const pause = ms => new Promise(r => setTimeout(r, ms));
const answers = where => new Promise(r => {
  const s = net.connect(where, () => { s.destroy(); r(true); });
  s.on('error', () => r(false));
});

// What a test wants of the companion, in words. Servers notice that a client has
// gone when they have something to send: at a heartbeat.
const more = (process.env.COMPANION ?? '--heartbeat-ms 500').split(' ').filter(Boolean);
export const companion = await daemon('--db', db, '--http', `unix:${dir}/run/stream-http.sock`,
  '--fcgi', `unix:${dir}/run/stream.sock`, ...more);
export const mounts = ['', '/a', '/a/b'];
export async function worker(name, env) {
  const sock = `${dir}/run/${name}.sock`;
  const w = start(join(dir, 'bin/chat'), ['fcgi', '--socket', 'unix:' + sock, '--workers', '2'],
    { LVT_DB: db, LVT_TEMPLATES: join(dir, 'templates'), ...env });
  await until(() => answers({ path: sock }), 'a worker').catch(e => { throw new Error(e.message + ': ' + w.log); });
  return w;
}
for (const [i, prefix] of mounts.entries()) await worker(`worker-${i}`, { LVT_PREFIX: prefix || '/' });

// --- Servers ------------------------------------------------------------------

// A file of contrib/, for this mount and these folders.
export function configuration(file, i) {
  const prefix = mounts[i];
  let text = readFileSync(join(src, 'contrib', file), 'utf8')
    .replaceAll('/run/lvt/chat-worker.sock', `@RUN@/worker-${i}.sock`).replaceAll('/run/lvt/chat-', '@RUN@/')
    .replaceAll('/srv/lvt/bin/chat', '@BIN@').replaceAll('/srv/lvt', '@SRV@')
    .replaceAll('/var/lib/lvt/chat.db', '@DB@')
    .replace('# fastcgi_param HTTP_HOST', 'fastcgi_param HTTP_HOST');
  if (prefix === '')	// as the files say: no redirect, and "/" for the whole
    text = text.replace(/^.*(RedirectMatch|url\.redirect|location = \/chat \{).*$/mg, '')
      .replaceAll('"/chat" =>', '"/" =>').replaceAll('LVT_PREFIX "/chat"', 'LVT_PREFIX "/"');
  return text.replaceAll('/chat', prefix).replaceAll('@RUN@', `${dir}/run`)
    .replaceAll('@BIN@', `${dir}/bin/chat`).replaceAll('@SRV@', dir)
    .replaceAll('@DB@', `${dir}/cgi/app-${i}.db`);
}

const modules = '/usr/lib/apache2/modules';
const apacheBase = (port, names) => `
ServerRoot ${dir}
ServerName localhost
PidFile ${dir}/run/apache-${port}.pid
DefaultRuntimeDir ${dir}/tmp
Mutex pthread
Listen 127.0.0.1:${port}
${['mpm_event', 'authz_core', 'alias', 'env', 'setenvif', 'http2', ...names]
    .map(m => `LoadModule ${m}_module ${modules}/mod_${m}.so`).join('\n')}
${root ? 'User www-data\nGroup www-data' : ''}
ErrorLog ${dir}/tmp/apache-error.log
LogLevel error
Protocols h2c http/1.1
DocumentRoot ${dir}/www
StartServers 2
<Directory ${dir}>
Require all granted
</Directory>
`;
const apache = (...names) => ({
  present: existsSync('/usr/sbin/apache2') && names.every(n => existsSync(`${modules}/mod_${n}.so`)),
  base: port => apacheBase(port, names), h2: true,
  run: file => ['/usr/sbin/apache2', ['-D', 'FOREGROUND', '-f', file]],
});

export const servers = {
  'lighttpd': { file: 'lighttpd.conf', streams: true, h2: true,
    present: existsSync('/usr/sbin/lighttpd'),
    base: port => `server.modules = ()\nserver.bind = "127.0.0.1"\nserver.port = ${port}
server.document-root = "${dir}/www"\nserver.upload-dirs = ("${dir}/tmp")\n`,
    run: file => ['/usr/sbin/lighttpd', ['-D', '-f', file]] },
  'nginx': { file: 'nginx.conf', streams: true, h2: true,
    present: existsSync('/usr/sbin/nginx'),
    wrap: (port, text, h2) => `daemon off;\npid ${dir}/run/nginx-${port}.pid;\nerror_log stderr;\n` +
      `events {}\nhttp { access_log off;\nclient_body_temp_path ${dir}/tmp/b;\nproxy_temp_path ${dir}/tmp/p;\n` +
      `fastcgi_temp_path ${dir}/tmp/f;\nuwsgi_temp_path ${dir}/tmp/u;\nscgi_temp_path ${dir}/tmp/s;\n` +
      `server { listen 127.0.0.1:${port};\nlisten 127.0.0.1:${h2} http2;\n${text}\n} }\n`,
    run: file => ['/usr/sbin/nginx', ['-c', file, '-p', dir]] },
  'Apache, mod_proxy_http': { file: 'apache-proxy.conf', streams: true,
    ...apache('proxy', 'proxy_fcgi', 'proxy_http') },
  'Apache, mod_proxy_fcgi': { file: 'apache-fcgi.conf', streams: true,
    ...apache('proxy', 'proxy_fcgi') },
  'Apache, mod_fcgid': { file: 'apache-fcgid.conf', streams: false, ...apache('fcgid') },
  'Apache, mod_cgi': { file: 'apache-cgi.conf', streams: false, ...apache('cgid') },
};

export { freePort };

const errors = join(dir, 'tmp/apache-error.log');
const logged = () => existsSync(errors) ? readFileSync(errors, 'utf8').slice(-2000) : '';
// edit: what becomes of the configuration before it is used.
export async function serve(server, i, edit = text => text) {
  const port = await freePort(), h2 = await freePort(), file = join(dir, `server-${port}.conf`);
  const text = edit(configuration(server.file, i), port);
  writeFileSync(file, server.wrap ? server.wrap(port, text, h2) : server.base(port) + text);
  const p = start(...server.run(file));
  p.port = port;
  p.h2 = server.wrap ? h2 : port;	// nginx 1.22 wants a port for it
  await until(async () => p.child.exitCode !== null || await answers({ port, host: '127.0.0.1' }), server.file);
  if (p.child.exitCode !== null) throw new Error(`${server.file}: ${p.log} ${logged()}`);
  return p;
}


export const stopAll = () => companion.stop();

// The client's script, as the app at this mount serves it.
export async function script(i) {
  const p = await serve(servers.nginx, i);
  const page = await (await fetch(`http://127.0.0.1:${p.port}${mounts[i]}/`)).text();
  const name = page.match(/_lvt\/(lvt-[0-9a-f]+\.js)/)[1];
  const text = await (await fetch(`http://127.0.0.1:${p.port}${mounts[i]}/_lvt/${name}`)).text();
  await p.stop();
  return { name, text };
}
