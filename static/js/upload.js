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
  const token = form.elements._csrf.value;
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
    name.textContent = `${file.name} · ${(file.size / 1e6).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} MB`;
    name.className = "name";
    bar.max = file.size || 1;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    said.className = "meta";
    again.type = "button";
    again.hidden = true;
    item.append(name, bar, said, again);
    return { item, bar, said, again };
  }

  function tell(one, text, kind = "meta") {
    one.row.said.textContent = text;
    one.row.said.className = kind;
  }

  function offer(one, text, act) {
    one.row.again.textContent = text;
    one.row.again.hidden = false;
    one.row.again.onclick = () => {
      one.row.again.hidden = true;
      act();
    };
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
      headers: { "X-CSRF-Token": token, Accept: "application/problem+json" },
      // Until it is taken in, the same file chosen once more is found to have come already.
      removeFingerprintOnSuccess: false,
      onProgress: (sent) => {
        one.row.bar.value = sent;
        tell(one, words.sending.replace("{percent}", Math.floor((100 * sent) / (one.file.size || 1))));
      },
      onShouldRetry: (error, attempt, options) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        const mayPass = status === 0 || status === 409 || status >= 500;
        if (mayPass) tell(one, words.broken);
        return mayPass;
      },
      onError: (error) => {
        const response = error.originalResponse;
        isSending = false;
        if (response && response.getStatus() < 500 && response.getStatus() !== 409) {
          refuse(one, reasonOf(response));
        } else {
          one.state = "broken";
          tell(one, words.lost, "error");
          offer(one, words.again, () => requeue(one));
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
      if (earlier) upload.resumeFromPreviousUpload(earlier);
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

  function reasonOf(response) {
    try {
      return JSON.parse(response.getBody()).detail;
    } catch {
      return response.getStatus() === 401 ? words.ended : String(response.getStatus());
    }
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
      const mayPass = status === 0 || status === 409 || status >= 500;
      if (!mayPass || wait === null) {
        hold(one, status === 401 ? words.ended : said?.detail ?? words.lost);
        return;
      }
      tell(one, words.broken);
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
    offer(one, words.again, () => {
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

  form.addEventListener("submit", (event) => {
    if (!queue.length) return;
    event.preventDefault();
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
    button.disabled = true;
    takeNext();
  });

  window.addEventListener("online", () => queue.filter((one) => one.state === "broken").forEach((one) => one.row.again.click()));
  window.addEventListener("beforeunload", (event) => {
    if (!isLeaving && waiting().length) event.preventDefault();
  });
})();
