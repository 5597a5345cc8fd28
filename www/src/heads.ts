/*
 * heads.ts - where there is no companion: small files of the web server that
 * say whether something happened, so that the app is hardly ever asked.
 *
 * A file that is missing or no position says nothing: then the app is asked, as
 * it is without them.
 */
import { inside } from "./inside";

const { after, page, share } = inside;

const LOOK = 2000;		/* ms from one look to the next */
const UNSEEN = 30000;		/* the same where nobody looks at the page */
const ASK = 60000;		/* the app is asked within twice that, whatever they say */
const BLIND = 15000;		/* not looked at again after they said nothing */
const PATIENCE = 10000;		/* for one of them */

let due = 0;
let blind = 0;
let wake: () => void = () => undefined;

export function openHeads(): void {
  if (page.stream) return;
  document.addEventListener("visibilitychange", () => wake());
  share.polled = watch;
  renew();
}

function renew(): void {
  due = Date.now() + ASK * (1 + Math.random());
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms * (0.75 + Math.random() / 2));
    wake = resolve;
  });
}

/* Until there may be something to ask the app for. */
async function watch(): Promise<void> {
  while (Date.now() < due && await still()) await rest(document.hidden ? UNSEEN : LOOK);
  renew();
}

async function still(): Promise<boolean> {
  const files = (page.el.dataset.lvtHeads || "").split(" ");

  /* What came after a failure is to be said by the app. */
  if (!files[0] || Date.now() < blind || window.lvt.state !== "polling") return false;
  try {
    return !(await Promise.all(files.map(read))).some((at) => after(at, page.head));
  } catch (_) {
    blind = Date.now() + BLIND;
    return false;
  }
}

async function read(file: string): Promise<string> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), PATIENCE);

  try {
    /* The browser asks with the ETag that it has. */
    const response = await fetch(file, { cache: "no-cache", signal: abort.signal });
    const text = await response.text();
    if (!response.ok || !/^\d+-[0-9a-f]{8} *$/.test(text)) throw new Error(file);
    return text;
  } finally {
    clearTimeout(timer);
  }
}
