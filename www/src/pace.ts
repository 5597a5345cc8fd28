/*
 * pace.ts - lvt-debounce and lvt-throttle: an action when its element permits.
 *
 * Invariants:
 *   1. Of what an element holds back the last is done, and none is lost: not when
 *      the page is left, either.
 *   2. What is done at another element does not overtake it.
 */
import { inside } from "./inside";

const { plug, said } = inside;

interface Pace {
  timer: number;
  until: number;
  go: (() => void) | null;
}

const paces = new Map<Element, Pace>();

export function openPace(): void {
  plug.pace = pace;
  addEventListener("pagehide", () => flush(null));
}

/* Whatever waits for a pause is done now: something else follows it. */
function flush(except: Element | null): void {
  paces.forEach((pace, el) => {
    if (el === except || !pace.go) return;
    const go = pace.go;
    clearTimeout(pace.timer);
    pace.go = null;
    go();
  });
}

/* fn when the element permits; the last wins. */
function pace(el: Element, fn: () => any): void {
  const debounce = +said(el, "debounce")! || 0;
  const throttle = +said(el, "throttle")! || 0;
  const now = Date.now();
  const pace = paces.get(el) || { timer: 0, until: 0, go: null };

  flush(el);
  if (!debounce && now >= pace.until) {
    if (throttle) paces.set(el, { timer: 0, until: now + throttle, go: null });
    return fn();
  }
  clearTimeout(pace.timer);
  pace.go = fn;
  pace.timer = setTimeout(() => {
    pace.go = null;
    if (throttle) pace.until = Date.now() + throttle;
    else paces.delete(el);
    fn();
  }, debounce || pace.until - now) as any;
  paces.set(el, pace);
}
