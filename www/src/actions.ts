/*
 * actions.ts - what the user does becomes an action, once and in order.
 *
 * Owns:    the queue of actions.
 * May not: change what is on screen, except to say that something is under way.
 * Invariants:
 *   1. Actions of a tab are sent one after the other, in the order they came.
 *   2. An action has one key for all its tries, so it happens once at most.
 *   3. A form that is on its way is not sent a second time with the same
 *      content (unless it has lvt-repeat, or nothing to fill in: a button
 *      alone that is clicked twice is meant twice).
 *   4. Of a form that went through, only those controls are reset that still
 *      hold what was sent.
 *
 *     QUEUED --send()--> SENT --no answer, 5xx, 429--> WAITING --> SENT
 *                        SENT --any other answer: finish()--> done
 */
import { ACCEPT, address, Envelope, isJson, leave, page, reply, request } from "./page";
import { disputed, isControl, isDirty, own, plug, reset, said, selector } from "./dom";
import { emit } from "./status";
import { tell } from "./transport";
import { backoff, fields, key, typed } from "./wire";
import type { Result } from "./lvt";

interface Job {
  action: string;
  data: Record<string, any>;
  /* Where it came from: gets the events. */
  from: Element;
  /* The form around it. */
  form: HTMLFormElement | null;
  /* The event's name; "" where a script asked. Of "submit" there is one at a
   * time; of "input" the last says all. */
  kind: string;
  /* What was pressed, if something was. */
  button: Element;
  /* The page that it is about. */
  at: string;
  /* What the form's controls held when it was sent. */
  held: Array<[any, string]>;
  body: string;
  /* The files of a form go with it: the form in place of body, as one blob. */
  blob?: Promise<Blob>;
  done: Promise<Result>;
  finish: (result: Result) => void;
}

const queue: Job[] = [];
let running: Job | null = null;

const PATIENCE = 5 * 60000;	/* ms; shorter than the server remembers keys */

/* --- the queue ---------------------------------------------------------- */

export function act(action: string, data: Record<string, any>,
  from: Element = page.el, kind = "", button = from): Promise<Result> {
  const form = from.closest("form");
  const body = JSON.stringify({ action, data });
  const same = [running!, ...queue].filter((job) => job && job.from === from);
  const last = queue[queue.length - 1];

  if (kind === "submit" && said(from, "repeat") === null && fillable(form!)) {
    for (const job of same) if (job.body === body) return job.done;
  }
  if (kind === "input" && last && last.kind === kind && last.from === from &&
    last.action === action) {
    last.data = data;
    last.body = body;
    return last.done;
  }

  const job = { action, data, from, form, kind, button, body, at: address() } as Job;
  job.held = Array.from(kind === "submit" ? form!.elements : [],
    (el) => [el, holds(el)] as [any, string]);
  job.done = new Promise((resolve) => { job.finish = resolve; });
  queue.push(job);
  own(from, "aria-busy", "true");
  if (plug.pending) plug.pending(job);
  emit(from, "pending", { action, data });
  next();
  return job.done;
}

/* Whether a person can enter something there. */
function fillable(form: HTMLFormElement): boolean {
  return [...form.elements].some((el: any) =>
    isControl(el) && !/^(hidden|button|submit|reset|image)$/.test(el.type));
}

function holds(el: any): string {
  return el.tagName === "SELECT"
    ? JSON.stringify(Array.from(el.selectedOptions, (one: any) => one.value))
    : el.value + (el.checked ? "+" : "-");
}

async function next(): Promise<void> {
  if (running || !(running = queue.shift() || null)) return;
  const job = running;
  let result: Result;

  try {
    result = await send(job);
  } catch (error) {
    result = failure(job, "client", String(error));
  }
  running = null;
  finish(job, result);
  next();
}

function failure(job: Job, code: string, message: string, status = 0): Result {
  return {
    success: false,
    action: job.action,
    errors: {},
    error: { code, message, status },
  };
}

/* Try until there is an answer that another try would not change. */
async function send(job: Job): Promise<Result> {
  const id = key();
  const until = Date.now() + PATIENCE;

  for (let tries = 0; ; tries++) {
    let wait = backoff(tries, 500, 20000);
    let status = 0;
    try {
      const blob = await job.blob;
      const options = {
        method: "POST",
        headers: {
          Accept: ACCEPT,
          "Content-Type": blob ? blob.type : "application/json",
          "LVT-Key": id,
          "LVT-View": page.view,
        },
        body: blob || job.body,
        /* Goes on when the user does. */
        keepalive: !blob && job.body.length < 16000,
      };
      const response = await (blob ? plug.upload!(job, job.at, options)
        : request(job.at, options));
      status = response.status;
      /* 500 in our own words: the action failed. In others': its worker died. */
      if (status === 500 ? isJson(response) : status < 500 && status !== 429) {
        return await answer(job, response);
      }
      wait = Math.max(wait, leave(response));
    } catch (error) {
      if (error === "cancelled") return failure(job, error, "cancelled");
      /* No answer, or half of one: it may have been done or not. */
    }
    /* A server that breaks at this very action would break for ever. */
    if (Date.now() + wait > until || (status === 500 && tries >= 4)) {
      return failure(job, status ? "server" : "network",
        status ? "the server failed: " + status : "the server did not answer",
        status);
    }
    await new Promise<void>((resolve) => {
      const go = (): void => {
        removeEventListener("online", go);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(go, wait);
      addEventListener("online", go);
    });
  }
}

async function answer(job: Job, response: Response): Promise<Result> {
  const body: any = isJson(response) ? await response.json() : {};

  if (!body.meta) {
    const error = body.error || {};
    return failure(job, error.code || String(response.status),
      error.message || "the server answered " + response.status,
      response.status);
  }
  const { meta } = body as Envelope;
  if (plug.answered) plug.answered(job, meta.success);
  if (!meta.success) {
    for (const [el] of job.held) if (isControl(el) && isDirty(el)) disputed.add(el);
  }
  /* The user may be elsewhere by now (lvt-nav). */
  const here = job.at === address();
  if (here) await reply(body, job.form);
  tell(250);
  if (here && meta.redirect) {
    const to = new URL(meta.redirect, location.href);
    if (/^https?:$/.test(to.protocol)) location.assign(to.href);
  }
  return {
    success: !!meta.success,
    action: meta.action || job.action,
    errors: meta.errors || {},
    reply: meta.reply,
    conflict: meta.conflict,
  };
}

function finish(job: Job, result: Result): void {
  const { from } = job;
  const detail = { ...result, data: job.data };

  if (!queue.some((other) => other.from === from)) own(from, "aria-busy", null);
  if (result.success && said(from, "preserve") === null) {
    for (const [el, held] of job.held) {
      if (isControl(el) && said(el, "preserve") === null && holds(el) === held) {
        reset(el);
      }
    }
  }
  if (plug.answered) plug.answered(job, result.success);
  job.finish(result);
  const target = from.isConnected ? from : page.el;
  emit(target, result.success ? "success" : "error", detail);
  emit(target, "done", detail);
}

/* --- from the document -------------------------------------------------- */

/* The attributes lvt-EVENT, and whether the event bubbles. */
export const EVENTS: Record<string, boolean> = {
  click: true, submit: true, change: true, input: true, keydown: true,
  keyup: true, focus: false, blur: false, mouseenter: false, mouseleave: false,
};

export function openActions(): void {
  document.addEventListener("compositionend", onEvent);
  for (const type of Object.keys(EVENTS)) {
    document.addEventListener(type, onEvent, !EVENTS[type]);
  }
}

function onEvent(event: any): void {
  const { target } = event;
  /* What is being composed is not yet written. */
  const type = event.type === "compositionend" ? "input" : event.type;

  if (!(target instanceof Element) || event.defaultPrevented || event.isComposing) return;
  const marks = selector([type], "on");
  const el = EVENTS[type] ? target.closest(marks) : target.matches(marks) ? target : null;
  if (el && page.el.contains(el)) {
    const form = type === "submit" && event.target === el;
    if (type === "submit" && !form) return;
    if (form || (type === "click" && submits(el))) event.preventDefault();
    trigger(el, said(el, type)!, event, type);
  } else if (type === "submit" && page.el.contains(target)) {
    plainForm(target as HTMLFormElement, event);
  }
}

/* Whether a click on it would leave the page or send a form. */
function submits(el: any): boolean {
  return el.tagName === "A" || (el.tagName === "BUTTON" && el.type === "submit");
}

/* --- data --------------------------------------------------------------- */

/* Whether the question that it asks before, if any, is answered by yes. */
function sure(el: Element | null): boolean {
  const question = el && said(el, "confirm");

  return !question || confirm(question);
}

export function trigger(el: Element, action: string, event: any, type = event.type): void {
  const only = said(el, "key");

  if (/^key/.test(type) && only && !plug.pressed(only, event)) return;
  if (!sure(el) || !sure(event.submitter)) return;
  plug.pace(el, () => act(action, collect(el, event), el, type, event.submitter || el));
}

function collect(el: Element, event: any): Record<string, any> {
  const source = el.tagName === "FORM" ? event.target : el;
  let data: Record<string, any> = {};

  if (el.tagName === "FORM") data = formData(el as HTMLFormElement, event.submitter);
  if (isControl(source)) {
    const { name, type } = source;
    data.value = type === "checkbox" ? source.checked
      : source.multiple && source.selectedOptions
        ? Array.from(source.selectedOptions, (one) => typed(one.value))
      : type === "password" ? source.value : typed(source.value);
    /* Of a form, several boxes of one name are a list. */
    if (name && source === el) data[name] = data.value;
  } else if (el.tagName === "BUTTON" && (el as HTMLButtonElement).value) {
    data.value = typed((el as HTMLButtonElement).value);
  }
  if (/^key/.test(event.type)) data.key = event.key;
  for (const { name, value } of [...el.attributes]) {
    const match = /^lvt-(?:data|value)-(.+)$/.exec(name);
    if (match) data[match[1]] = typed(value);
  }
  if (plug.data) plug.data(el, data);
  return data;
}

function formData(form: HTMLFormElement, submitter: any): Record<string, any> {
  const data = fields(new FormData(form) as any, form.elements);

  if (submitter && submitter.name && submitter.name !== "lvt-action") {
    data[submitter.name] = data.value = typed(submitter.value);
  }
  return data;
}

/* A form that would post to this page: the server's rule for naming the action
 * as far as it can be told from here. What cannot be, the browser sends. */
function plainForm(form: HTMLFormElement, event: SubmitEvent): void {
  const submitter: any = event.submitter;
  const setting = (name: string): string =>
    submitter && submitter.getAttribute("form" + name) ||
    form.getAttribute(name) || "";
  const to = new URL(setting("action") || location.href, document.baseURI);
  /* Of the buttons only the one that was pressed counts. */
  const field: any = new FormData(form).get("lvt-action");
  const files = !plug.upload && form.querySelector("input[type=file]");
  const action = said(form, "action") || (submitter && submitter.name === "lvt-action" ? submitter.value : "") ||
    field || (submitter && submitter.name);

  if (setting("method").toLowerCase() !== "post" || setting("target") || files ||
    !action || said(form, "native") !== null || said(form, "no-intercept") !== null ||
    to.origin + to.pathname + to.search !== location.origin + address()) {
    return;
  }
  event.preventDefault();
  trigger(form, action, event);
}
