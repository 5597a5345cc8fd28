/*
 * sample.ts - a page's script in TypeScript, as users write it; compiled by
 * bundle.test.mjs against lvt.d.ts, and never run.
 */
import type { Hook, Message, Result } from "../../www/src/lvt";

const { lvt } = window;

export async function pay(amount: number): Promise<string> {
  const result: Result = await lvt.action("pay", { amount });

  if (result.success) return String(result.reply);
  if (result.conflict) return "somebody else was first";
  if (result.error) return `${result.error.code} (${result.error.status})`;
  return Object.keys(result.errors).map((name) => result.errors[name].trim()).join();
}

const clock: Hook = {
  mounted() {
    this.timer = setInterval(() => { this.el.textContent = new Date().toString(); }, 1000);
  },
  destroyed() { clearInterval(this.timer); },
};

lvt.hooks.clock = clock;

const end: () => void = lvt.subscribe("order.*", ({ channel, payload, gap }: Message) => {
  console.log(gap ? `${gap.from} to ${gap.to} are lost` : `${channel}: ${payload.id}`);
});

document.querySelector("form")!.addEventListener("lvt:done", ({ detail }) => {
  console.log(detail.action.length, detail.data.amount, detail.success);
});
document.addEventListener("lvt:updated", ({ detail }) => {
  const how: "reply" | "stream" | "sync" = detail.source;
  console.log(how, detail.view, detail.rev + 1);
});
addEventListener("lvt:progress", ({ detail }) => console.log(detail.loaded / detail.total));
addEventListener("lvt:held", ({ detail }) => console.log(detail.count + 1));
addEventListener("lvt:navigated", ({ detail }) => console.log(new URL(detail.url)));
addEventListener("lvt:disconnected", end);

if (lvt.state === "polling" && lvt.transport !== "stream") console.log(lvt.why, lvt.leading);
lvt.sync().then((current: boolean) => console.log(current));

/* What is wrong is told before it runs. */
// @ts-expect-error: an action has a name
lvt.action();
// @ts-expect-error: data are an object
lvt.action("pay", 3);
// @ts-expect-error: there is no such state
if (lvt.state === "gone") end();
// @ts-expect-error: nobody but the client says where it is
lvt.view = "";
// @ts-expect-error: there is no such part of an element's life
lvt.hooks.wrong = { vanished() { end(); } };
// @ts-expect-error: an update has no action
addEventListener("lvt:updated", ({ detail }) => console.log(detail.action));
