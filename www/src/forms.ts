/*
 * forms.ts - lvt-optimistic, lvt-hold, lvt-draft, and files.
 *
 * Invariants:
 *   1. What an optimistic change did is undone, newest first, before the page
 *      changes by the server's word, and done again after it for actions that
 *      have no answer yet. So the server's word is never mixed with a guess.
 *   2. A form that is emptied before it went through is not emptied again when it
 *      did, and has what was typed back when it did not.
 *   3. A held form is not touched while somebody edits it; when it is clean
 *      again, all that came meanwhile is shown at once. What the server says of
 *      its own content is shown at once, but the values of hidden fields and
 *      buttons (which version it was that they edit) stay.
 */
import { inside } from "./inside";

const { disputed, emit, forget, isControl, isDirty, own, page, plug, reset, said, spared } =
  inside;

export function openForms(): void {
  plug.pending = (job) => {
    const words: string[] = (job.from.getAttribute("lvt-optimistic") || "").split(";")
      .map((step: string) => step.trim());
    const steps: Step[] = words.map((step) => () => guessStep(step, job));
    guesses.push({ job, steps: steps.concat(disableWith(job.button, job)), undo: [] });
    redo();
    native(job);
    if (job.kind === "submit" && job.form.querySelector("input[type=file]")) {
      const all = new FormData(job.form);
      all.set("lvt-action", job.action);
      /* Once, so that each try sends the same bytes. A blob's own type is in small
       * letters, which the boundary is not. */
      const sent = new Response(all);
      job.type = sent.headers.get("Content-Type");
      job.blob = sent.blob();
    }
    job.emptied = new Map();
    for (const step of words) {
      const [, where] = /^reset\s+(\S+)$/.exec(step) || [];
      if (where) empty(where === "." ? job.from : page.el.querySelector(where), job.emptied);
    }
  };
  plug.answered = (job, success) => {
    undo();
    guesses = guesses.filter((one) => one.job !== job);
    redo();
    /* None, if it began before this script was there. */
    const { emptied = new Map() } = job;
    job.held = job.held.filter(([el]: [Element]) => !success || !emptied.has(el));
    if (!success) emptied.forEach((back: () => void) => back());
    emptied.clear();
  };
  const { before, after } = plug;
  plug.before = () => {
    undo();
    if (before) before();
  };
  plug.after = () => {
    if (after) after();
    answering = page.overlay && page.form;
    redo();
    fillDrafts();
  };
  plug.held = holds;
  for (const type of ["input", "change", "reset", "focusout", "lvt:done"]) {
    document.addEventListener(type, () => setTimeout(release));
  }
  document.addEventListener("reset", ({ target }) => {
    for (const el of (target as HTMLFormElement).elements) disputed.delete(el);
  });
  document.addEventListener("input", ({ target }) => spared.delete(target as Element));
  document.addEventListener("focusout", ({ target }) => catchUp(target));
  document.addEventListener("lvt:error", ({ target }) => untick(target));
  plug.upload = upload;
  document.addEventListener("input", ({ target }) => saveDraft((target as any).form));
  addEventListener("lvt:success", ({ target }) => saveDraft(target));
  fillDrafts();
}

/* Somebody was there and did nothing: what the server says counts. */
function catchUp(el: any): void {
  if (spared.has(el) && spared.get(el) === el.value) reset(el);
  spared.delete(el);
}

/* A box that is an action is ticked when the server did it. */
function untick(el: any): void {
  if (isControl(el) && /^(checkbox|radio|select.*)$/.test(el.type)) reset(el);
}

/* --- optimistic --------------------------------------------------------- */

/* Does something and returns how to take it back. */
type Step = () => (() => void) | null;

interface Guess {
  job: any;
  steps: Step[];
  undo: Array<() => void>;
}

let guesses: Guess[] = [];

function undo(): void {
  for (const guess of guesses.slice().reverse()) {
    for (const back of guess.undo.splice(0).reverse()) back();
  }
}

function redo(): void {
  for (const guess of guesses) {
    if (guess.undo.length) continue;
    for (const step of guess.steps) {
      const back = step();
      if (back) guess.undo.push(back);
    }
  }
}

function replaceText(el: Element, text: string): () => void {
  const old = Array.from(el.childNodes);

  el.replaceChildren(text);
  return () => el.replaceChildren(...old);
}

/*
 * "text SELECTOR VALUE", "class SELECTOR NAME", "hide SELECTOR",
 * "append SELECTOR TEMPLATE". {name} in a value is that of the action's data;
 * "." is the element itself. Returns how to take it back. ("reset" is done once.)
 */
function guessStep(step: string, job: any): (() => void) | null {
  const [, what, where, rest = ""] = /^(\w+)\s+(\S+)\s*([^]*)$/.exec(step) || [];
  const el: any = where === "." ? job.from : where && page.el.querySelector(where);
  const fill = (text: string): string => text.replace(/\{([\w-]+)\}/g,
    (_, name) => job.data[name] === undefined ? "" : String(job.data[name]));

  if (!el) return null;
  if (what === "text") return replaceText(el, fill(rest));
  if (what === "class") {
    const had = el.getAttribute("class");
    el.classList.toggle(rest);
    return () => had === null ? el.removeAttribute("class") : el.setAttribute("class", had);
  }
  if (what === "hide") {
    own(el, "hidden", "");
    return () => own(el, "hidden", null);
  }
  const template = what === "append" && document.querySelector<HTMLTemplateElement>(rest);
  if (!template) return null;
  const copy = document.importNode(template.content, true);
  const walker = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) walker.currentNode.nodeValue = fill(walker.currentNode.nodeValue!);
  const added = Array.from(copy.childNodes);
  el.append(copy);
  return () => added.forEach((node) => node.remove());
}

/* Empty a form or control, and note how each has back what was typed: unless
 * something else was typed since. */
function empty(where: any, emptied: Map<Element, () => void>): void {
  for (const el of (where ? where.elements || [where] : []) as any[]) {
    if (!isControl(el) || said(el, "preserve") !== null || !isDirty(el)) continue;
    const { value, checked } = el;
    const chosen = el.options && Array.from(el.options, (one) => one.selected);
    reset(el);
    /* What was refused before is what the server shows now. */
    if (disputed.has(el) && /^(text|search|email|url|tel|textarea)$/.test(el.type)) el.value = "";
    const left = el.value;
    emptied.set(el, () => {
      if (chosen) chosen.forEach((is, index) => { el.options[index].selected = is; });
      else if (/^(checkbox|radio)$/.test(el.type)) el.checked = checked;
      else if (el.value === left && el.type !== "file") el.value = value;
    });
  }
}

/* --- buttons ------------------------------------------------------------ */

/* lvt-disable-with: another text, and no more clicks, until it is done. */
function disableWith(el: any, job: any): Step[] {
  const text = said(el, "disable-with");

  if (text === null || el.disabled || !/^(BUTTON|INPUT)$/.test(el.tagName)) return [];
  const focused = document.activeElement === el;
  own(el, "disabled", "");
  job.done.then(() => {
    own(el, "disabled", null);
    /* A button that cannot be pressed loses the focus. */
    if (focused && /^(BODY|BUTTON)$/.test(document.activeElement!.tagName)) {
      el.focus({ preventScroll: true });
    }
  });
  return [() => {
    if (el.tagName === "BUTTON") return replaceText(el, text);
    const { value } = el;
    el.value = text;
    return () => { el.value = value; };
  }];
}

/* --- held forms --------------------------------------------------------- */

function isBusy(form: HTMLFormElement): boolean {
  const controls = form.elements ? Array.from(form.elements)
    : Array.from((form as Element).querySelectorAll("input,select,textarea"));
  return controls.some((el) => isControl(el) && isDirty(el));
}

/* Forms that something waits for: how much (data-lvt-held), since which view, and
 * the hidden fields and buttons whose values stay. */
interface Waiting {
  count: number;
  view: string;
  pinned: Element[];
}

const waiting = new Map<Element, Waiting>();

/* The form that shows errors. */
let answering: Element | null = null;

function holds(form: any): boolean {
  if (!form || !isBusy(form)) return false;
  const one = waiting.get(form) || { count: 0, view: "", pinned: [] };
  waiting.set(form, one);
  if (form.contains(page.overlay ? page.form : answering)) {
    if (!one.pinned.length) one.pinned = [...form.querySelectorAll("input[type=hidden],button")];
    for (const el of one.pinned) own(el, "value", el.getAttribute("value"));
    return false;
  }
  forget();
  if (one.view !== page.view) {
    one.view = page.view;
    one.count++;
    own(form, "data-lvt-held", String(one.count));
    emit(form, "held", { count: one.count });
  }
  return true;
}

function release(): void {
  waiting.forEach(({ pinned }, form) => {
    if (form.isConnected && isBusy(form as HTMLFormElement)) return;
    waiting.delete(form);
    for (const el of pinned) own(el, "value", null);
    own(form, "data-lvt-held", null);
    emit(form, "released");
    inside.refresh();
  });
}

/* --- drafts ------------------------------------------------------------- */

/* lvt-draft="NAME" on a form: what is typed survives a reload or a crash. */
function draftKey(form: Element): string {
  return "lvt-draft:" + location.pathname + ":" + form.getAttribute("lvt-draft");
}

function draftFields(form: HTMLFormElement): any[] {
  return Array.from(form.elements).filter((el: any) => isControl(el) && el.name &&
    !/^(password|file|hidden|submit)$/.test(el.type));
}

/* What is typed there now; nothing: there is no draft. */
function saveDraft(form: any): void {
  if (!form || !form.matches || !form.matches("form[lvt-draft]")) return;
  const fields = draftFields(form).filter((el) => isDirty(el))
    .map((el) => [el.name, el.value, /^(checkbox|radio)$/.test(el.type) ? el.checked : null]);
  try {
    if (fields.length) localStorage.setItem(draftKey(form), JSON.stringify(fields));
    else localStorage.removeItem(draftKey(form));
  } catch (_) {
    /* Full, or not allowed: then there is no draft. */
  }
}

const filled = new WeakSet<Element>();

function fillDrafts(): void {
  inside.special.forEach((form: any) => {
    if (filled.has(form) || !form.matches("form[lvt-draft]")) return;
    filled.add(form);
    try {
      for (const [name, value, ticked] of JSON.parse(localStorage.getItem(draftKey(form)) || "[]")) {
        for (const el of draftFields(form)) {
          if (el.name !== name || isDirty(el)) continue;
          if (ticked === null) el.value = value;
          else if (el.value === value) el.checked = ticked;
        }
      }
    } catch (_) {
      /* Not what we wrote. */
    }
  });
}

/* --- without a script --------------------------------------------------- */

/* A plain form whose action is not known here: another of its fields may be the
 * name of one, which the server can tell when the browser sends the form. */
function native({ form, button, kind, done }: any): void {
  if (kind !== "submit" || said(form, "submit") !== null) return;
  done.then((result: any) => {
    if (result.error && result.error.status === 404) sendPlain(form, button);
  });
}

function sendPlain(form: HTMLFormElement, submitter: any): void {
  if (submitter !== form) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = submitter.name;
    field.value = submitter.value;
    form.appendChild(field);
  }
  HTMLFormElement.prototype.submit.call(form);
}

/* --- files -------------------------------------------------------------- */

/* With progress, which fetch() does not tell: lvt:progress {loaded, total};
 * lvt-max-size in bytes per file; lvt.cancel by dispatching lvt:cancel. */
function upload(job: any, url: string, options: any): Promise<Response> {
  const form: HTMLFormElement = job.form;

  for (const input of Array.from(form.querySelectorAll<HTMLInputElement>("input[type=file]"))) {
    const most = +(input.getAttribute("lvt-max-size") || Infinity);
    for (const file of Array.from(input.files || [])) {
      if (file.size > most || !accepted(file, input.accept)) {
        return Promise.resolve(refused(input.name, file.size > most
          ? file.name + ": too big" : file.name + ": not of a type that is taken"));
      }
    }
  }
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const cancel = (): void => {
      request.abort();
      reject("cancelled");
    };
    request.open("POST", url);
    options.headers["Content-Type"] = job.type;
    for (const name of Object.keys(options.headers)) {
      request.setRequestHeader(name, options.headers[name]);
    }
    request.upload.onprogress = ({ loaded, total }) => {
      emit(form, "progress", { loaded, total });
      form.querySelectorAll<HTMLProgressElement>("progress").forEach((bar) => {
        own(bar, "max", String(total));
        own(bar, "value", String(loaded));
      });
    };
    request.onload = () => resolve(new Response(request.response, {
      status: request.status,
      headers: { "Content-Type": request.getResponseHeader("Content-Type") || "" },
    }));
    request.onerror = () => reject(new Error("network"));
    request.onloadend = () => form.removeEventListener("lvt:cancel", cancel);
    form.addEventListener("lvt:cancel", cancel);
    request.send(options.body);
  });
}

function accepted(file: File, accept: string): boolean {
  return !accept || accept.split(",").some((one) => {
    const want = one.trim().toLowerCase();
    return want[0] === "." ? file.name.toLowerCase().endsWith(want)
      : want.endsWith("/*") ? file.type.startsWith(want.slice(0, -1)) : file.type === want;
  });
}

/* As the server would say it. */
function refused(field: string, message: string): Response {
  const { view, rev, head } = page;

  return new Response(JSON.stringify({
    tree: {},
    meta: { view, base: view, rev, head, success: false, errors: { [field]: message } },
  }), { headers: { "Content-Type": "application/json" } });
}

