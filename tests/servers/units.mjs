// units.mjs - contrib/systemd: what systemd-analyze thinks of the units, and what
// they start, started by hand with the sockets that they name, without rights.
import { it, is, ok, done, dir, atEnd, within } from '../streamd/client.mjs';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import http from 'node:http';
import net from 'node:net';

const src = process.env.LVT_SRCDIR ?? '.', build = process.env.LVT_BUILDDIR ?? '.';
const here = dirname(fileURLToPath(import.meta.url));
const pause = ms => new Promise(r => setTimeout(r, ms));
process.umask(0);
chmodSync(dir, 0o755);
for (const d of ['run', 'lib', 'bin', 'units']) mkdirSync(join(dir, d), { mode: 0o777 });
for (const [from, to] of [['tests/app/testapp', 'chat'], ['lvt-streamd', 'lvt-streamd']]) {
  copyFileSync(join(build, from), join(dir, 'bin', to));
  chmodSync(join(dir, 'bin', to), 0o755);
}
cpSync(join(src, 'tests/app/templates'), join(dir, 'templates'), { recursive: true });

// The units for the app chat, with folders of the test.
const units = {};
for (const name of readdirSync(join(src, 'contrib/systemd'))) {
  units[name] = readFileSync(join(src, 'contrib/systemd', name), 'utf8')
    .replace('ExecStart=lvt-streamd', 'ExecStart=' + join(dir, 'bin/lvt-streamd')).replaceAll('/srv/lvt', dir)
    .replaceAll('/run/lvt', join(dir, 'run')).replaceAll('/var/lib/lvt', join(dir, 'lib'));
  writeFileSync(join(dir, 'units', name), units[name].replaceAll('/bin/%i', '/bin/chat'), { mode: 0o644 });
}
const all = (unit, name) => [...units[unit].matchAll(new RegExp(`^${name}=(.*)$`, 'mg'))]
  .map(m => m[1].replaceAll('%i', 'chat'));
const services = Object.keys(units).filter(u => u.endsWith('.service'));

const analyze = spawnSync('systemd-analyze', ['--version']).status === 0;
const skip = analyze ? '' : ' # SKIP no systemd-analyze';
const unless = fn => analyze ? fn : async () => {};

await it('systemd-analyze verify has nothing to say' + skip, unless(async () => {
  const r = spawnSync('systemd-analyze', ['verify', '--man=no', ...Object.keys(units).map(u => join(dir, 'units', u))],
    { encoding: 'utf8', env: { ...process.env, SYSTEMD_UNIT_PATH: join(dir, 'units') + ':' } });
  // What it says of the host's own units is no concern of ours.
  is((r.stdout + r.stderr).split('\n').filter(l => /lvt-/.test(l)), []);
}));

for (const unit of services)
  await it(`${unit} is exposed to less than 1.5 of 10` + skip, unless(async () => {
    const r = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', '--threshold=15',
      join(dir, 'units', unit)], { encoding: 'utf8' });
    is(r.status, 0, (r.stdout + r.stderr).slice(-300));
  }));

await it('nobody else may look into the folder of the database', async () => {
  for (const unit of services) is(all(unit, 'StateDirectoryMode'), ['0700'], unit);
});

function start(program, args, env) {
  const child = spawn(program, args, { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  const p = { child, log: '', gone: new Promise(r => child.on('exit', (code, signal) => r(signal ?? code))) };
  child.stderr.on('data', c => { p.log += c; });
  atEnd(child, p.gone);
  return p;
}
const until = (test, what, p) => within((async () => { while (!await test()) await pause(20); })(), what)
  .catch(e => { throw new Error(`${e.message}: ${p.log}`); });
const environment = unit => Object.fromEntries(all(unit, 'Environment').flatMap(l => l.split(' ')).map(v => v.split(/=(.*)/s)));
const words = unit => all(unit, 'ExecStart')[0].split(' ');

const ask = (socketPath, path, headers = {}) => new Promise((yes, no) => {
  http.get({ socketPath, path, headers, agent: false }, rs => {
    let text = '';
    rs.on('data', c => { text += c; });
    rs.on('end', () => yes({ status: rs.statusCode, text }));
  }).on('error', no);
});
const fcgi = (socket, path) => spawnSync('perl', [join(here, '../app/fcgi.pl'), socket, 'REQUEST_METHOD=GET',
  'SCRIPT_NAME=/chat', `PATH_INFO=${path}`, `REQUEST_URI=/chat${path}`, 'HTTP_HOST=localhost'],
{ encoding: 'utf8', input: '' }).stdout;

// A request by FastCGI: its answer, "" where it got none.
function request(socket, path) {
  const record = (type, body) => Buffer.concat([Buffer.from([1, type, 0, 1, body.length >> 8, body.length & 255, 0, 0]), body]);
  const params = { REQUEST_METHOD: 'GET', SCRIPT_NAME: '/chat', PATH_INFO: path, REQUEST_URI: '/chat' + path, HTTP_HOST: 'localhost' };
  const pairs = Buffer.concat(Object.entries(params).map(([n, v]) =>
    Buffer.concat([Buffer.from([n.length, v.length]), Buffer.from(n + v)])));
  return new Promise(yes => {
    const s = net.connect(socket);
    let text = '';
    s.on('data', c => { text += c; });
    s.on('error', e => { text = String(e); });
    s.on('close', () => yes(text));
    s.end(Buffer.concat([record(1, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])), record(4, pairs), record(4, Buffer.alloc(0)),
      record(5, Buffer.alloc(0))]));
  });
}

let worker, streamd;
const socket = join(dir, 'run/chat-worker.sock');
await it('the worker\'s unit starts workers on the socket of its other unit', async () => {
  is(all('lvt-worker@.service', 'StandardInput'), ['socket']);
  is(all('lvt-worker@.socket', 'ListenStream'), [socket]);
  worker = start('perl', [join(here, 'listen.pl'), '--again', `stdin=${socket}`, '--', ...words('lvt-worker@.service')],
    environment('lvt-worker@.service'));
  await until(() => existsSync(socket), 'the socket', worker);
  ok(/data-lvt-prefix="\/chat"/.test(fcgi(socket, '/')), worker.log);
});

await it('workers that are restarted under load lose no request', async () => {
  const pids = () => [...worker.log.matchAll(/^pid (\d+)$/mg)].map(m => Number(m[1]));
  let stop = false, asked = 0;
  const lost = [];
  const load = Array.from({ length: 8 }, async () => {
    while (!stop) {
      const text = await request(socket, '/');
      asked++;
      if (!text.includes('data-lvt-prefix')) lost.push(text.slice(0, 200));
    }
  });
  const more = before => until(() => asked > before + 20, 'some requests', worker);
  try {
    for (let i = 1; i <= 5; i++) {
      await more(asked);
      process.kill(pids().at(-1), 'SIGTERM');
      await until(() => pids().length > i, 'the next', worker);
    }
    await more(asked);
  } finally {
    stop = true;
  }
  await Promise.all(load);
  console.log(`#   ${asked} requests, 5 restarts, ${lost.length} lost`);
  is(lost, []);
});

await it('the companion takes the sockets of both units, and speaks as they are named', async () => {
  const given = all('lvt-streamd@.service', 'Sockets')[0].split(' ').map(u => u.replace('@chat', '@'));
  is(given.sort(), Object.keys(units).filter(u => /streamd.*socket$/.test(u)).sort());
  const sockets = given.map(u => `${all(u, 'FileDescriptorName')[0]}=${all(u, 'ListenStream')[0]}`);
  streamd = start('perl', [join(here, 'listen.pl'), ...sockets, '--', ...words('lvt-streamd@.service')], {});
  await until(() => /ready: /.test(streamd.log), 'the companion', streamd);
  is(await ask(join(dir, 'run/chat-stream-http.sock'), '/healthz'), { status: 200, text: 'ok\n' });
  ok(/^Status: 200|ok\n/.test(fcgi(join(dir, 'run/chat-stream.sock'), '/healthz')), streamd.log);
});

await it('it lets in a page of the workers', async () => {
  const html = fcgi(join(dir, 'run/chat-worker.sock'), '/');
  const token = html.match(/data-lvt-token="([^"]*)"/)[1];
  const r = await ask(join(dir, 'run/chat-stream-http.sock'), '/chat/_lvt/stream?mode=poll&after=1-00000000',
    { authorization: 'LVT ' + token });
  is([r.status, /stale/.test(r.text)], [200, true], r.text);
});

await it('it runs without any rights', async () => {
  const status = readFileSync(`/proc/${streamd.child.pid}/status`, 'utf8');
  ok(!/^Uid:\t0/m.test(status), 'it is root');
  is(status.match(/^CapEff:\t(\w+)/m)[1], '0000000000000000');
});

await it('it leaves the sockets to the next', async () => {
  streamd.child.kill('SIGTERM');
  is(await within(streamd.gone, 'the end'), 0);
  for (const s of ['chat-stream.sock', 'chat-stream-http.sock']) ok(existsSync(join(dir, 'run', s)), s);
});

await it('the agent\'s unit starts an agent', async () => {
  const agent = start('perl', [join(here, 'listen.pl'), '--', ...words('lvt-agent@.service')], environment('lvt-agent@.service'));
  // Its first run begins with what is said from then on.
  const say = () => spawnSync(join(dir, 'bin/chat'), ['publish', 'ops.announce', 'said', '"from systemd"'],
    { env: { PATH: process.env.PATH, ...environment('lvt-agent@.service') }, encoding: 'utf8' });
  await until(async () => {
    is(say().status, 0);
    await pause(300);
    return /from systemd/.test(fcgi(join(dir, 'run/chat-worker.sock'), '/'));
  }, 'the handler', agent);
  agent.child.kill('SIGTERM');
  is(await within(agent.gone, 'the end'), 0);
});

await it('the workers end when they are told to', async () => {
  worker.child.kill('SIGTERM');
  await within(worker.gone, 'the end of the workers');
});
await done();
