/*
 * longpoll.ts - where the stream is no use: a request that is answered when
 * there is something to say.
 *
 * A poll may be silent for long. So that a proxy which lets nothing through is
 * found out before, the first one goes together with a request that is answered
 * at once, whatever the answer is.
 */
import { inside } from "./inside";

const { ask, cut, failure, handle, page, setState, share } = inside;

const PROOF = 2000;		/* ms */
const PATIENCE = 60000;		/* ms; the companion answers after 25 s */

let proven = "";

export function openLongPoll(): void {
  share.longPoll = longPoll;
}

async function longPoll(): Promise<void> {
  const timers = [setTimeout(cut, PATIENCE)];
  const answer = ask("&mode=poll", "application/json");
  const silence = new Promise<never>((_, reject) => {
    if (proven === page.stream) return;
    const none = setTimeout(() => {
      reject(failure(0, true));
      cut();
    }, PROOF);
    const some = (): void => {
      clearTimeout(none);
      /* An error would be here by now. */
      if (timers.length) timers.push(setTimeout(setState, 300, "live"));
    };
    timers.push(none);
    fetch(page.stream, { method: "POST", body: "{}" }).then(some, some);
  });

  try {
    const response = await Promise.race([answer, silence]);
    if (response.status !== 204) {
      const type = response.headers.get("Content-Type") || "";
      if (!response.ok || !type.includes("json")) {
        throw failure(response.status, response.status < 500 &&
          response.status !== 401 && response.status !== 429);
      }
      for (const event of await response.json()) handle(event);
    }
    const tag = /^"(\d+-[0-9a-f]{8})"$/.exec(response.headers.get("ETag") || "");
    if (tag) handle({ id: tag[1], event: "", data: null });
    proven = page.stream;
    setState("live");
  } finally {
    timers.splice(0).forEach(clearTimeout);
  }
}
