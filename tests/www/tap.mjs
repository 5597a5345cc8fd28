/*
 * tap.mjs - what node's test runner says, as TAP that prove can read.
 *
 * The reporter of node itself puts why a test failed into YAML that prove does
 * not understand, so that nobody gets to see it. Here it is said on standard
 * error, in comments, which prove shows in any case. Titles are escaped as node
 * does it.
 *
 * A suite that is at a standstill is ended, and told apart from a slow one: no
 * test of ours takes as long as SILENCE.
 */
/* Not those that a test may have put in their place. */
import { clearTimeout, setTimeout } from "node:timers";
import { inspect } from "node:util";

const SILENCE = 660000;		/* ms without a test that begins or ends */
const NEVER = 13;		/* node's exit code: a top-level await has no end */

const escape = (text) => text.replace(/[\\#]/g, "\\$&").replace(/\s+/g, " ");
const comment = (text) => text.trimEnd().replace(/^/gm, "# ") + "\n";
const say = (text) => process.stderr.write(comment(text));
const show = (value) => inspect(value, { depth: 8, maxArrayLength: 100, maxStringLength: 4000 });

/* Where it was is of interest, what node does between is not. */
function stack(error) {
  return String(error.stack || error.message).replace(/^ +at .*node:(internal|async_hooks).*\n?/gm, "");
}

function why(error) {
  if (!(error instanceof Error)) return typeof error === "string" ? error : show(error);
  /* What the test threw is the cause of the runner's own error. */
  if (error.code === "ERR_TEST_FAILURE") return error.cause ? why(error.cause) : error.message;
  return [stack(error)]
    .concat("expected" in error ? ["actual: " + show(error.actual),
      "expected: " + show(error.expected)] : [])
    .concat(error.cause ? ["because of " + why(error.cause)] : []).join("\n");
}

function line({ nesting, testNumber, name, skip, todo }, ok) {
  const [word, reason] = skip ? ["SKIP", skip] : todo ? ["TODO", todo] : [];

  return "    ".repeat(nesting) + `${ok ? "" : "not "}ok ${testNumber} - ${escape(name)}` +
    (word ? ` # ${word}${reason === true ? "" : " " + escape(reason)}` : "") + "\n";
}

let last = "the first test";
let watch = 0;

function alive(name) {
  last = name || last;
  clearTimeout(watch);
  watch = setTimeout(() => {
    say(`nothing has happened for ${SILENCE / 60000} minutes, since: ${last}`);
    process.exit(1);
  }, SILENCE).unref();
}

process.on("exit", () => {
  if (process.exitCode === NEVER) say(`the suite waits for what will never be, after: ${last}`);
});

export default async function* tap(source) {
  alive();
  yield "TAP version 13\n";
  for await (const { type, data } of source) {
    if (type === "test:start" || type === "test:pass" || type === "test:fail") alive(data.name);
    if (type === "test:fail") say(`${data.name}: ${why(data.details.error)}`);
    if (type === "test:pass" || type === "test:fail") yield line(data, type === "test:pass");
    if (type === "test:plan") yield "    ".repeat(data.nesting) + `1..${data.count}\n`;
    /* An error that belongs to no test is among what it has to say. */
    if (type === "test:diagnostic" && /^(Error|Warning: .* error)/.test(data.message)) say(data.message);
    else if (type === "test:diagnostic") yield comment(data.message);
  }
}
