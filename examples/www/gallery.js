/*
 * gallery.js - what the gallery's own script does: the parts of it between
 * "demo" and "end" are shown there.
 *
 * Pages are turned without loading them anew (lvt-nav), so elements are looked
 * for when something happens.
 */
addEventListener("DOMContentLoaded", () => {
  const { lvt } = window;
  const find = (selector) => document.querySelector(selector);

  /* demo hook.js */
  lvt.hooks.clock = {
    mounted() {
      const show = () => {
        this.el.querySelector("span").textContent = new Date().toLocaleTimeString();
      };
      this.timer = setInterval(show, 1000);
      show();
    },
    updated() { this.el.classList.toggle("odd"); },
    destroyed() { clearInterval(this.timer); },
  };
  /* end */

  /* demo subscribe.js */
  lvt.subscribe("gallery.*", ({ event, payload, gap }) => {
    write("#bells", gap ? "some were lost" : `${event}, the ${payload.n}.`);
  });
  /* end */

  /* demo log.js */
  for (const name of ["pending", "progress", "success", "error", "done", "held",
    "released", "connected", "disconnected", "updated", "gone", "navigated"]) {
    addEventListener("lvt:" + name, ({ detail }) => {
      write(`[data-log~="${name}"]`, `lvt:${name} ${JSON.stringify(detail || "")}`);
    });
  }
  /* end */

  /* demo conflict.js */
  addEventListener("lvt:error", ({ target, detail }) => {
    if (detail.conflict) target.querySelector("[data-conflict]").hidden = false;
  });
  addEventListener("lvt:released", ({ target }) => {
    const note = target.querySelector("[data-conflict]");
    if (note) note.hidden = true;
  });
  /* end */

  /* demo cancel.js */
  addEventListener("click", ({ target }) => {
    if (target.matches("[data-cancel]")) target.form.dispatchEvent(new Event("lvt:cancel"));
  });
  /* end */

  /* demo script.js */
  addEventListener("click", async ({ target }) => {
    if (target.id === "sum") {
      const { success, reply } = await lvt.action("sum", { a: 2, b: 3 });
      find("#answer").textContent = success ? reply : "nobody knows";
    } else if (target.id === "sync") {
      const current = await lvt.sync();
      find("#answer").textContent = current ? `${lvt.state}, by ${lvt.transport}` : "no answer";
    }
  });
  /* end */

  /* demo tabs.js */
  const tellRole = () => {
    const role = find("#role");
    if (role) role.textContent = lvt.leading ? "has the connection." : "is told by another.";
  };
  setInterval(tellRole, 500);
  /* end */

  /* demo canvas.js */
  const draw = () => {
    const canvas = find("#canvas");
    if (!canvas || canvas.dataset.drawn) return;
    canvas.dataset.drawn = "yes";
    canvas.textContent = "drawn by a script at " + new Date().toLocaleTimeString();
  };
  addEventListener("lvt:navigated", draw);
  draw();
  /* end */

  function write(where, text) {
    const list = find(where);
    if (!list) return;
    list.prepend(Object.assign(document.createElement("li"), { textContent: text }));
    if (list.children.length > 50) list.lastChild.remove();
  }
});
