/*
 * site.mjs - the examples behind lighttpd, for a suite.
 *
 *     const site = await serve(["counter", "chat"]);
 *     await newTab(null, site.url("chat"));
 *     site.run("chat", ["publish", "ops.announce", "said", '"Hi"']);
 *
 * serve(names, { cgi, env })  lvt serve with these examples (or programs of the
 *                         build tree: "tests/app/testapp") on a free port and a
 *                         database of its own; stopped when the suite ends
 * site.names              what is served
 * site.url(name)          where an example is
 * site.run(name, args, input)  its own command; what it printed
 * site.processes(pattern) [{ pid, command }] that serve started, at any depth
 * site.kill(pattern)      kill -9 of the last of them; its pid
 * site.stop()             SIGTERM; resolves to { code, left }: exit code, and
 *                         which of its processes are still there
 */
import { after } from "node:test";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, until } from "./harness.mjs";

const build = process.env.LVT_BUILDDIR;
const source = process.env.LVT_SRCDIR;
const running = new Set();

after(() => Promise.all([...running].map((site) => site.stop())), { timeout: 120000 });

function allProcesses() {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state === "Z") return [];
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replace(/\0/g, " ").trim();
      return [{ pid: +pid, parent: +parent, command }];
    } catch (_) {
      return [];		/* it ended while we looked */
    }
  });
}

/* Parents come before their children. */
function below(pid) {
  const all = allProcesses();
  const found = [pid];

  for (const one of found) {
    for (const { pid: child, parent } of all) if (parent === one) found.push(child);
  }
  return found.slice(1).map((child) => all.find((one) => one.pid === child));
}

/* Somebody else may take the port meanwhile: then another one. */
export async function serve(names, options) {
  for (let tries = 3; ; tries--) {
    try {
      return await start(names, options);
    } catch (error) {
      if (tries === 1) throw error;
    }
  }
}

async function start(names, { cgi = false, env: more = {} } = {}) {
  const dir = mkdtempSync(join(tmpdir(), "lvt-site-"));
  const port = await freePort();
  const db = join(dir, "site.db");
  const env = { ...process.env, LVT_DB: db, TMPDIR: dir, ...more };
  const program = (name) => name.includes("/") ? join(build, name)
    : join(build, "examples", name, name);
  const child = spawn(join(build, "lvt"), ["serve", "--port", String(port), "--db", db,
    "--index", join(source, "examples/www"), ...(cgi ? ["--cgi"] : []),
    ...names.map(program)], { env });
  let log = "";
  let said = "";
  const ended = new Promise((resolve) => child.on("exit", (code) => resolve(code)));

  child.stdout.on("data", (text) => { said += text; });
  child.stderr.on("data", (text) => { log += text; });
  const site = {
    names, port, db,
    url: (name = "") => `http://127.0.0.1:${port}/` +
      (names.length > 1 && name ? name + "/" : ""),
    run: (name, args, input = "") =>
      execFileSync(program(name), args, { env, input, encoding: "utf8" }),
    log: () => log,
    processes: (pattern) => below(child.pid).filter(({ command }) => pattern.test(command)),
    async kill(pattern) {
      /* It may be on its way back from the last time. The last one is a worker
       * rather than the parent that looks after it. */
      const found = await until(() => site.processes(pattern), (all) => all.length > 0);
      const { pid } = found[found.length - 1];
      process.kill(pid, "SIGKILL");
      return pid;
    },
    async stop(signal = "SIGTERM") {
      running.delete(site);
      const before = below(child.pid).map(({ pid }) => pid);
      child.kill(signal);
      const code = await ended;
      /* What was killed may need a moment to be gone. */
      const left = () => before.filter((pid) => existsSync(`/proc/${pid}`));
      await until(() => left().length, 0).catch(() => 0);
      rmSync(dir, { recursive: true, force: true });
      return { code, left: left() };
    },
  };
  running.add(site);
  /* Its web server may be there before what is behind it. */
  const up = async (url) => (await fetch(url).catch(() => ({ status: 500 }))).status < 500;
  const all = names.flatMap((name) => cgi ? [site.url(name)]
    : [site.url(name), site.url(name) + "_lvt/stream"]);
  try {
    await until(() => said.includes("http://") || child.exitCode !== null, true);
    await until(async () => child.exitCode !== null ||
      (await Promise.all(all.map(up))).every(Boolean));
  } catch (error) {
    await site.stop();
    throw new Error("lvt serve did not start: " + said + log);
  }
  if (child.exitCode === null) return site;
  running.delete(site);
  rmSync(dir, { recursive: true, force: true });
  throw new Error("lvt serve ended: " + said + log);
}
