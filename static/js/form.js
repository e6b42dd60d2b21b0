// The desk's forms, where a script helps: rows without a page load, drafts saved on their own, names offered while typing.
(() => {
  "use strict";
  const WAIT_MS = 5000;
  let form = document.getElementById("sheet");
  if (!form) return;
  let isDirty = false;
  let timer = 0;
  let isSaving = false;

  const told = () => document.getElementById("autosaved");

  function changed() {
    isDirty = true;
    clearTimeout(timer);
    timer = setTimeout(autosave, WAIT_MS);
  }

  async function send(act) {
    const body = new FormData(form);
    body.set("do", act);
    return fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
  }

  // A draft that is there already is saved on its own; a new record is not made by itself.
  async function autosave() {
    if (!isDirty || isSaving || form.elements.saved.value === "0") return;
    isSaving = true;
    isDirty = false;
    try {
      const answer = await send("autosave");
      const said = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
      if (answer.ok) {
        form.elements.saved.value = said.saved;
        const time = new Date(said.at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
        told().textContent = form.dataset.saved.replace("{time}", time);
      } else {
        isDirty = true;
        told().textContent = form.dataset.failed.replace("{reason}", said.error || answer.status);
      }
    } catch (error) {
      isDirty = true;
      told().textContent = form.dataset.failed.replace("{reason}", error.message);
    } finally {
      isSaving = false;
    }
  }

  // Buttons of lists come back with the whole page; only the form is taken from it.
  async function rows(button) {
    const at = window.scrollY;
    const answer = await send(button.value);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("sheet");
    if (!fresh) {
      form.requestSubmit(button);
      return;
    }
    const list = button.value.split(":")[1];
    form.replaceWith(fresh);
    form = fresh;
    listen();
    changed();
    window.scrollTo(0, at);
    const parts = document.getElementById("f-" + list)?.querySelectorAll(".part");
    const target = button.value.startsWith("add:") && parts?.length ? parts[parts.length - 1] : document.getElementById("f-" + list);
    target?.querySelector("input:not([type=hidden]), select, textarea, button")?.focus();
    document.dispatchEvent(new CustomEvent("disan:form", { detail: form }));
  }

  const offered = new Map();
  async function offer(field) {
    const words = field.value.trim();
    if (words.length < 2) return;
    const query = new URLSearchParams({ q: words, kind: field.dataset.kind || "" });
    const address = `/desk/pick/${field.dataset.pick}?${query}`;
    if (!offered.has(address)) offered.set(address, fetch(address).then((answer) => (answer.ok ? answer.json() : [])));
    const found = await offered.get(address);
    const list = document.getElementById(field.getAttribute("list"));
    list.replaceChildren(...found.map((one) => new Option(one.text, one.text)));
  }

  function listen() {
    form.addEventListener("input", (event) => {
      changed();
      if (event.target.dataset.pick) offer(event.target);
    });
    form.addEventListener("submit", (event) => {
      const act = event.submitter?.value || "";
      if (/^(add|remove|up):/.test(act)) {
        event.preventDefault();
        rows(event.submitter);
      } else {
        isDirty = false;
      }
    });
  }

  window.addEventListener("beforeunload", (event) => {
    if (isDirty) event.preventDefault();
  });
  listen();
  document.getElementById("wrong")?.focus();
})();
