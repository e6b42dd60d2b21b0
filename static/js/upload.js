// The upload's form, where a script helps: files go up as soon as they are chosen, each with its progress, and go on
// where the line broke; they are taken in one by one when the form is sent.
(() => {
  "use strict";
  const PIECE_BYTES = 1 << 20;
  // After the last of these the officer is asked; each piece that arrives begins the row anew.
  const WAITS_MS = [0, 1000, 2000, 4000, 8000, 15000, 30000, 60000];
  const form = document.getElementById("upload");
  if (!form || !window.tus || !tus.isSupported) return;
  const words = form.dataset;
  // What is wrong with such a file stays wrong.
  const REFUSED = [400, 413];
  const list = document.getElementById("files");
  const whole = document.getElementById("upload-state");
  const button = form.querySelector("button.main");
  const queue = [];
  let isSending = false;
  let isWished = false;
  let isTaking = false;
  let isLeaving = false;

  const waiting = () => queue.filter((one) => !["taken", "refused"].includes(one.state));

  function add(files) {
    for (const file of files) {
      const one = { file, state: "queued", row: rowOf(file) };
      queue.push(one);
      list.append(one.row.item);
    }
    list.hidden = !queue.length;
    sendNext();
  }

  function rowOf(file) {
    const item = document.createElement("li");
    const name = document.createElement("span");
    const bar = document.createElement("progress");
    const said = document.createElement("span");
    const again = document.createElement("button");
    const [unit, size] = file.size < 1e6 ? ["kB", file.size / 1e3] : ["MB", file.size / 1e6];
    const digits = { maximumFractionDigits: unit === "kB" ? 0 : 1 };
    name.textContent = `${file.name} · ${size.toLocaleString(document.documentElement.lang, digits)} ${unit}`;
    name.className = "name";
    bar.max = file.size || 1;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    said.className = "meta";
    again.type = "button";
    again.textContent = words.again;
    again.hidden = true;
    item.append(name, bar, said, again);
    return { item, bar, said, again };
  }

  function tell(one, text, kind = "meta") {
    one.row.said.textContent = text;
    one.row.said.className = kind;
  }

  function offer(one, act) {
    one.row.again.hidden = false;
    one.row.again.onclick = async () => {
      one.row.again.hidden = true;
      if (await isStillIn()) {
        act();
        return;
      }
      tell(one, words.ended, "error");
      one.row.again.hidden = false;
    };
  }

  // Whoever has logged in anew has another token; false while they have not.
  async function isStillIn() {
    try {
      const answer = await fetch(form.action);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const token = page.getElementById("upload")?.elements._csrf.value;
      if (token) for (const field of document.getElementsByName("_csrf")) field.value = token;
      return Boolean(token) || answer.status >= 500;
    } catch {
      return true;
    }
  }

  // A problem says so itself when it is another request's turn, or bytes are to be counted anew.
  const mayPass = (status, said) => status === 0 || status >= 500 || Boolean(said?.passing);

  function reasonOf(status, said) {
    if (status === 401) return words.ended;
    return said?.detail ?? (status === 0 || status >= 500 ? words.lost : String(status));
  }

  function readAnswer(response) {
    const status = response?.getStatus() ?? 0;
    try {
      return [status, JSON.parse(response.getBody())];
    } catch {
      return [status, null];
    }
  }

  function summarise() {
    const taken = queue.filter((one) => one.state === "taken").length;
    whole.textContent = queue.length ? words.count.replace("{taken}", taken).replace("{all}", queue.length) : "";
  }

  // One at a time: over a bad line several would only starve each other.
  function sendNext() {
    summarise();
    if (isSending) return;
    const one = queue.find((each) => each.state === "queued");
    if (!one) return;
    isSending = true;
    one.state = "sending";
    send(one);
  }

  async function send(one) {
    const upload = new tus.Upload(one.file, {
      endpoint: words.incoming,
      chunkSize: PIECE_BYTES,
      retryDelays: WAITS_MS,
      metadata: { filename: one.file.name },
      headers: { "X-CSRF-Token": form.elements._csrf.value, Accept: "application/problem+json" },
      // Until it is taken in, the same file chosen once more is found to have come already.
      removeFingerprintOnSuccess: false,
      uploadUrl: one.url ?? null,
      onProgress: (sent) => {
        one.row.bar.value = sent;
        tell(one, words.sending.replace("{percent}", Math.floor((100 * sent) / (one.file.size || 1))));
      },
      onShouldRetry: (error, attempt, options) => {
        const [status, said] = readAnswer(error.originalResponse);
        if (mayPass(status, said)) tell(one, said?.detail ?? words.broken);
        return mayPass(status, said);
      },
      onError: (error) => {
        const [status, said] = readAnswer(error.originalResponse);
        isSending = false;
        // The library forgets it when it asks after it and nobody is logged in.
        one.url = upload.url ?? one.url;
        if (REFUSED.includes(status)) {
          refuse(one, reasonOf(status, said));
        } else {
          one.state = "broken";
          tell(one, reasonOf(status, said), "error");
          offer(one, () => requeue(one));
        }
        sendNext();
        takeNext();
      },
      onSuccess: () => {
        isSending = false;
        one.key = upload.url.split("/").pop();
        one.state = "sent";
        one.row.bar.value = one.row.bar.max;
        tell(one, words.sent);
        sendNext();
        takeNext();
      },
    });
    try {
      const [earlier] = await upload.findPreviousUploads();
      if (earlier && !one.url) upload.resumeFromPreviousUpload(earlier);
    } catch {
      // Without a memory of the browser's it begins anew.
    }
    upload.start();
  }

  function requeue(one) {
    one.state = "queued";
    tell(one, "");
    sendNext();
  }

  function refuse(one, reason) {
    one.state = "refused";
    one.row.bar.hidden = true;
    tell(one, reason, "error");
  }

  async function takeNext() {
    if (!isWished || isTaking) return;
    const one = queue.find((each) => each.state === "sent");
    if (!one) {
      finish();
      return;
    }
    isTaking = true;
    tell(one, words.checking);
    await take(one);
    isTaking = false;
    summarise();
    takeNext();
  }

  async function take(one) {
    const body = new FormData(form);
    body.delete("file");
    for (const wait of [...WAITS_MS.slice(1), null]) {
      const [status, said] = await ask(`${words.incoming}/${one.key}/take`, body);
      if (status === 200) {
        one.state = "taken";
        form.elements.changeset.value = said.changeset;
        tell(one, [words.taken, ...said.told].join(" "));
        return;
      }
      if (said?.parameter === "file") {
        refuse(one, said.detail);
        return;
      }
      if (said?.parameter === "changeset" && body.get("changeset")) {
        // It was submitted or discarded meanwhile: a new one is begun.
        form.elements.changeset.value = "";
        body.set("changeset", "");
        continue;
      }
      if (!mayPass(status, said) || wait === null) {
        hold(one, reasonOf(status, said));
        return;
      }
      tell(one, said?.detail ?? words.broken);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  async function ask(address, body) {
    try {
      const answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
      return [answer.status, await answer.json()];
    } catch {
      return [0, null];
    }
  }

  // It has come and is kept: what is wrong lies with the form, the line or the server.
  function hold(one, reason) {
    one.state = "held";
    tell(one, reason, "error");
    offer(one, () => {
      one.state = "sent";
      isWished = true;
      takeNext();
    });
  }

  function finish() {
    if (queue.some((one) => ["queued", "sending"].includes(one.state))) return;
    isWished = false;
    button.disabled = false;
    const changeset = form.elements.changeset.value;
    if (!changeset) return;
    const address = `${words.changesets}/${changeset}/pictures`;
    if (queue.every((one) => one.state === "taken")) {
      isLeaving = true;
      location.assign(address);
      return;
    }
    const link = document.createElement("a");
    link.href = address;
    link.textContent = words.goOn;
    whole.append(" ", link);
  }

  for (const input of form.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => {
      add(input.files);
      input.value = "";
    });
  }

  const target = document.getElementById("drop");
  for (const name of ["dragenter", "dragover"]) {
    target.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      target.classList.add("is-over");
    });
  }
  target.addEventListener("dragleave", (event) => {
    if (!target.contains(event.relatedTarget)) target.classList.remove("is-over");
  });
  target.addEventListener("drop", (event) => {
    event.preventDefault();
    target.classList.remove("is-over");
    add(event.dataTransfer.files);
  });
  document.getElementById("drop-hint").hidden = false;

  form.addEventListener("submit", async (event) => {
    // Files that waited already are seen to by the server.
    if (!queue.length || event.submitter?.name) return;
    event.preventDefault();
    button.disabled = true;
    if (queue.some((one) => ["held", "broken"].includes(one.state))) await isStillIn();
    for (const one of queue) {
      if (one.state === "held") {
        one.state = "sent";
        one.row.again.hidden = true;
      } else if (one.state === "broken") {
        one.row.again.hidden = true;
        requeue(one);
      }
    }
    isWished = true;
    takeNext();
  });

  window.addEventListener("online", () => queue.filter((one) => one.state === "broken").forEach((one) => one.row.again.click()));
  window.addEventListener("beforeunload", (event) => {
    if (!isLeaving && waiting().length) event.preventDefault();
  });
})();
