/*
 * wire.ts - small things of the protocol that need no document: positions,
 * event streams, waiting times, names of channels.
 */

/* What an event stream or a long poll hands over. */
export interface Event {
  id: string;
  event: string;
  data: any;
}

/* Whether position a is later than b; a position is SEQ-TAG. */
export function after(a: string, b: string): boolean {
  return sequence(a) > sequence(b);
}

function sequence(position: string): number {
  return parseInt(position, 10) || 0;
}

/* How long to wait before try n (0, 1, …): exponential, full jitter. */
export function backoff(n: number, base: number, most: number,
  random: () => number = Math.random): number {
  return random() * Math.min(most, base * 2 ** Math.min(n, 30));
}

/*
 * A parser of text/event-stream: give it the text as it comes, in any pieces.
 * A line that ends in CR alone is complete when the next character is seen,
 * as it may be half of CR LF.
 */
export function parser(event: (name: string, data: string, id: string) => void,
  retry: (ms: number) => void): (text: string) => void {
  let rest = "";
  let first = true;
  let name = "";
  let id = "";
  let data: string[] = [];
  /* A block with an id and no data: only a position. */
  let moved = false;

  const line = (text: string): void => {
    const colon = text.indexOf(":");
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");

    if (!text) {
      if (data.length) event(name || "message", data.join("\n"), id);
      else if (moved) event("", "", id);
      name = "";
      data = [];
      moved = false;
    } else if (field === "event") {
      name = value;
    } else if (field === "data") {
      data.push(value);
    } else if (field === "id" && !value.includes("\0")) {
      id = value;
      moved = true;
    } else if (field === "retry" && /^\d+$/.test(value)) {
      retry(+value);
    }
  };

  return (text) => {
    if (first && text) {
      text = text.replace(/^\uFEFF/, "");
      first = false;
    }
    const lines = (rest + text).split(/\r\n|\n|\r(?=[^])(?!\n)/);
    rest = lines.pop()!;
    lines.forEach(line);
  };
}

/* Whether a channel's name fits a pattern: "*" is one level, ">" the rest. */
export function fits(pattern: string, channel: string): boolean {
  const want = pattern.split(".");
  const have = channel.split(".");

  return want.every((level, index) =>
    index < have.length && (level === ">" || level === "*" ||
      level === have[index])) &&
    (want.length === have.length || want[want.length - 1] === ">");
}

/* A key for an action, or anything that must not be guessed: 22 characters. */
export function key(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));

  return btoa(String.fromCharCode(...[...bytes]))
    .replace(/\+/g, "-").replace(/\//g, "_").slice(0, 22);
}

/*
 * A text as the value that it says: 42, 3.5, true. A number only if it reads
 * back the same (so "007" and a number too long for exactness stay texts).
 */
export function typed(text: string): any {
  const short = text.trim();
  const number = parseFloat(short);

  if (isFinite(number)) {
    if (Number.isInteger(number) && !Number.isSafeInteger(number)) return short;
    if (String(number) === short) return number;
  }
  return text === "true" || (text === "false" ? false : text);
}

/*
 * The fields of a form as action data. A checkbox is a boolean, several of one
 * name are the list of those ticked; a list with multiple choice is a list; any
 * other name used twice becomes one. Passwords and ticked values stay texts.
 */
export function fields(entries: Iterable<[string, any]>, controls: Iterable<any> = []):
  Record<string, any> {
  const data: Record<string, any> = {};
  const boxes = new Map<string, any[]>();
  const texts = new Set<string>();

  for (const el of controls) {
    const { name, type } = el;
    if (!name || el.matches(":disabled")) continue;
    if (type === "checkbox") boxes.set(name, (boxes.get(name) || []).concat(el));
    if (type === "password") texts.add(name);
    if (type === "select-multiple") data[name] = [];
  }
  for (const [name, value] of entries) {
    if (typeof value !== "string" || name === "lvt-action") continue;
    const one = texts.has(name) ? value : typed(value);
    data[name] = Object.prototype.hasOwnProperty.call(data, name)
      ? [].concat(data[name], one) : one;
  }
  boxes.forEach((all, name) => {
    data[name] = all[1] ? all.filter((el) => el.checked).map((el) => el.value) : all[0].checked;
  });
  return data;
}
