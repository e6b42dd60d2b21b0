// The desk's forms, where a script helps: rows without a page load, drafts saved on their own, names offered while typing.
(() => {
  "use strict";
  const WAIT_MS = 4000;
  const OFFER_AFTER_MS = 150;
  let form = document.getElementById("sheet");
  if (!form) return;
  // Counted up at each change, so that what is typed while a draft is being saved is saved next.
  let changes = 0;
  let saved = 0;
  let timer = 0;
  let sending = null;
  let isLeaving = false;

  const isDirty = () => changes !== saved;

  function tell(text, kind) {
    const place = document.getElementById("autosaved");
    place.textContent = text;
    place.className = kind === "wrong" ? "error" : "meta";
  }

  function changed() {
    changes += 1;
    clearTimeout(timer);
    timer = setTimeout(autosave, WAIT_MS);
  }

  function send(act) {
    const body = new FormData(form);
    body.set("do", act);
    return fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
  }

  // One request at a time: each carries the count that the one before it was answered with.
  function autosave() {
    clearTimeout(timer);
    if (!isDirty() || isLeaving) return sending;
    if (sending) return sending.then(autosave);
    const upTo = changes;
    tell(form.dataset.saving, "");
    sending = send("autosave").then((answer) => take(answer, upTo), (error) => refuse(form.dataset.offline, error))
      .finally(() => { sending = null; });
    return sending;
  }

  async function take(answer, upTo) {
    const isJson = answer.headers.get("Content-Type")?.includes("json");
    const said = isJson ? await answer.json() : {};
    if (!answer.ok) {
      refuse(answer.status === 401 ? form.dataset.ended : said.error || String(answer.status));
      return;
    }
    saved = Math.max(saved, upTo);
    form.elements.saved.value = said.saved;
    // A new record is a draft from now on, at an address of its own.
    if (said.edit && new URL(form.action).pathname !== said.edit) {
      form.action = said.edit;
      form.elements.code.value ||= said.code;
      history.replaceState(null, "", said.edit);
    }
    const time = new Date(said.at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    tell(form.dataset.saved.replace("{time}", time), "");
    if (isDirty()) timer = setTimeout(autosave, WAIT_MS);
  }

  function refuse(reason) {
    tell(form.dataset.failed.replace("{reason}", reason), "wrong");
    // Out of reach for a moment is no reason to stop trying; anything else waits for the next change.
    if (reason === form.dataset.offline) timer = setTimeout(autosave, WAIT_MS * 4);
  }

  // Buttons of lists: the page comes back, and only the list is taken from it; the rest stays as it is being typed.
  async function rows(button) {
    const [verb, list, uid] = button.value.split(":");
    const lengthened = button.closest("fieldset");
    button.disabled = true;
    let fresh = null;
    try {
      const answer = await send(button.value);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      fresh = page.getElementById("f-" + list);
    } catch {
      fresh = null;
    }
    button.disabled = false;
    if (!fresh) {
      // The whole page, then: it says what is wrong, a log-in for instance, and keeps what was typed.
      isLeaving = true;
      form.requestSubmit(button);
      return;
    }
    lengthened.replaceWith(fresh);
    changed();
    focusRow(fresh, verb, uid);
    document.dispatchEvent(new CustomEvent("disan:form", { detail: fresh }));
  }

  function focusRow(list, verb, uid) {
    const parts = [...list.querySelectorAll(".part")];
    const moved = parts.find((part) => part.querySelector("input[type=hidden]")?.value === uid);
    const part = verb === "add" ? parts.at(-1) : moved;
    const target = part?.querySelector("input:not([type=hidden]), select, textarea") ?? list.querySelector(":scope > button");
    target?.focus({ preventScroll: true });
    (part ?? list).scrollIntoView({ block: "nearest" });
  }

  const offered = new Map();
  let offering = 0;
  function offer(field) {
    clearTimeout(offering);
    offering = setTimeout(() => fill(field), OFFER_AFTER_MS);
  }

  async function fill(field) {
    const words = field.value.trim();
    if (words.length < 2) return;
    const address = `/desk/pick/${field.dataset.pick}?${new URLSearchParams({ q: words, kind: field.dataset.kind || "" })}`;
    if (!offered.has(address)) {
      offered.set(address, fetch(address).then((answer) => (answer.ok ? answer.json() : []), () => []));
    }
    const found = await offered.get(address);
    // Only for what is still being typed.
    if (document.activeElement !== field || field.value.trim() !== words) return;
    const list = document.getElementById(field.getAttribute("list"));
    list.replaceChildren(...found.map((one) => new Option(one.text, one.text)));
  }

  form.addEventListener("input", (event) => {
    if (!event.target.name) return;
    changed();
    if (event.target.dataset.pick) offer(event.target);
  });

  form.addEventListener("submit", (event) => {
    const act = event.submitter?.value || "";
    if (/^(add|remove|up):/.test(act) && !isLeaving) {
      event.preventDefault();
      rows(event.submitter);
    } else if (sending && !isLeaving) {
      // What is on its way arrives first, or the form would look like a second tab's.
      event.preventDefault();
      const submitter = event.submitter;
      isLeaving = true;
      sending.finally(() => form.requestSubmit(submitter));
    } else {
      isLeaving = true;
    }
  });

  // Ctrl+S (or ⌘S) saves, as everywhere.
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s") {
      event.preventDefault();
      autosave();
    }
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") autosave();
  });
  window.addEventListener("beforeunload", (event) => {
    if (isDirty() && !isLeaving) event.preventDefault();
  });
  // Back from the browser's cache the form is as it was left.
  window.addEventListener("pageshow", () => { isLeaving = false; });
  document.getElementById("wrong")?.focus();
})();
