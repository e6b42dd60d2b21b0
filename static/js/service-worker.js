// Between visitors' pages and a bad network: keeps the pages that were seen, with the files they use, and shows them with
// their age where the network is gone or too slow. docs/offline.md says how; the server puts `RELEASE` before this.
const STORE = "disan-kept-1";
const INDEX = "/kept.json";
const MOST_PAGES = 60;
const MOST_BYTES = 40e6;
const PATIENCE_MS = 5000;
// Visitors' pages begin with their language: neither the desk nor what machines read is among them.
const PAGE = /^\/([a-z]{2})\//;
const FILE = /^\/(static\/|media\/[^/]+\.(avif|webp|jpe?g|png)$)/;
const NOTHING_SAID = /^(from|via|fbclid|gclid|utm_.*)$/;
const html = { accept: "text/html" };
let turn = Promise.resolve();

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(begin()));
addEventListener("message", (event) => event.waitUntil(see(event.data)));
addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || request.headers.has("range")) return;
  const isVisit = request.mode === "navigate" && request.destination === "document";
  if (isVisit && (PAGE.test(url.pathname) || /^\/(q\/[^/.]+)?$/.test(url.pathname))) {
    event.respondWith(open(event, url));
  } else if (FILE.test(url.pathname)) {
    event.respondWith(give(event, url));
  }
});

async function begin() {
  for (const name of await caches.keys()) if (name.startsWith("disan-") && name !== STORE) await caches.delete(name);
  await clients.claim();
}

// What a page is kept under: its address without what says nothing of it.
function keyOf(url) {
  const asked = [...url.searchParams].filter(([name]) => !NOTHING_SAID.test(name));
  return url.pathname + (asked.length ? `?${new URLSearchParams(asked)}` : "");
}

const pathOf = (address) => address.slice(location.origin.length);
const languageOf = (key) => key.match(PAGE)[1];
const shelterOf = (language) => `/${language}/offline`;
const isShelter = (key) => key === shelterOf(languageOf(key));

async function readIndex() {
  const kept = await (await caches.open(STORE)).match(INDEX);
  return kept ? kept.json() : { pages: {}, files: {} };
}

// One change at a time; what is not in the index when its worker is ended counts as not kept.
function inTurn(change) {
  const work = async () => {
    const [index, store] = [await readIndex(), await caches.open(STORE)];
    try {
      await change(index, store);
    } catch (error) {
      // The phone is full: half of it will do.
      if (error.name !== "QuotaExceededError") throw error;
      await sweep(index, store, (byAge(index).length || 1) / 2, MOST_BYTES / 2);
    }
    await store.put(INDEX, new Response(JSON.stringify(index)));
  };
  turn = turn.then(work, work);
  return turn.catch(() => {});
}

function byAge(index) {
  const keys = Object.keys(index.pages).filter((key) => !isShelter(key));
  return keys.sort((a, b) => index.pages[a].used - index.pages[b].used);
}

function bytesOf(index) {
  const pages = Object.values(index.pages);
  const files = new Set(pages.flatMap((page) => page.files));
  return pages.reduce((sum, page) => sum + page.bytes, 0) + [...files].reduce((sum, file) => sum + index.files[file], 0);
}

// Lets go of the pages not seen for longest, and of every file that no kept page uses.
async function sweep(index, store, mostPages = MOST_PAGES, mostBytes = MOST_BYTES) {
  const keys = byAge(index);
  while (keys.length > mostPages || (keys.length && bytesOf(index) > mostBytes)) delete index.pages[keys.shift()];
  const used = new Set(Object.values(index.pages).flatMap((page) => page.files));
  for (const file of Object.keys(index.files)) if (!used.has(file)) delete index.files[file];
  for (const request of await store.keys()) {
    const path = pathOf(request.url);
    if (path !== INDEX && !(path in index.pages) && !used.has(path)) await store.delete(request);
  }
}

// Tells whether a file is kept, or could be. One that was led elsewhere is not the file that was named.
async function keepFile(index, store, path) {
  if (path in index.files && (await store.match(path))) return true;
  const response = await fetch(path);
  if (response.status !== 200 || response.redirected) return false;
  index.files[path] = (await response.clone().blob()).size;
  await store.put(path, response);
  return true;
}

// Keeps a page as it came, with the very styles and scripts that it names; lets go of one that is no more.
async function learn(key, response) {
  const rules = response.headers.get("cache-control") ?? "";
  const isHtml = (response.headers.get("content-type") ?? "").startsWith("text/html");
  if ([404, 410].includes(response.status) || (response.ok && /no-store|private/.test(rules))) {
    return inTurn((index, store) => delete index.pages[key] && sweep(index, store));
  }
  if (response.status !== 200 || response.redirected || !isHtml) return undefined;
  const text = await response.text();
  return inTurn(async (index, store) => {
    const named = [...text.matchAll(/<(?:link|script|img)\b[^>]*?(?:href|src)="(\/static\/[^"]+)"/g)].map((found) => found[1]);
    const seen = (index.pages[key]?.files ?? []).filter((path) => !named.includes(path) && text.includes(path));
    const files = [...new Set(named), ...seen];
    for (const path of files) if (!(await keepFile(index, store, path))) return;
    const [at, headers] = [response.headers.get("date"), new Headers(response.headers)];
    for (const name of ["content-encoding", "content-length"]) headers.delete(name);
    await store.put(key, new Response(text, { headers }));
    const title = text.match(/<title>([^<]*?)( – [^–<]*)?<\/title>/)?.[1] ?? key;
    const language = text.match(/<h1 lang="([^"]+)"/)?.[1] ?? languageOf(key);
    const [now, bytes] = [Date.now(), new Blob([text]).size];
    index.pages[key] = { at: at ? Date.parse(at) : now, used: now, bytes, title, language, files, release: RELEASE };
    await sweep(index, store);
  });
}

// A page tells which files it used: the renditions that this phone chose, and what styles ask for.
async function see({ page, files }) {
  const key = keyOf(new URL(page));
  if (!PAGE.test(key)) return;
  await turn.catch(() => {});
  if (!((await readIndex()).pages[key]?.release === RELEASE)) await learn(key, await fetch(key, { headers: html }));
  await inTurn(async (index, store) => {
    const entry = index.pages[key];
    if (!entry) return;
    entry.used = Date.now();
    for (const path of files.filter((file) => FILE.test(file) && !entry.files.includes(file))) {
      if (await keepFile(index, store, path)) entry.files.push(path);
    }
    await sweep(index, store);
  });
  const shelter = shelterOf(languageOf(key));
  if ((await readIndex()).pages[shelter]?.release === RELEASE) return;
  await learn(shelter, await fetch(shelter, { headers: html }));
}

// The network's answer; what is kept instead of it where it does not come (in time).
async function open(event, url) {
  const { request } = event;
  const [key, store] = [keyOf(url), await caches.open(STORE)];
  // Asked anew each time: the browser's own cache would give a page of minutes ago without saying so.
  // The server counts visits by where they come from, which it cannot see in what a worker asks.
  const headers = { accept: request.headers.get("accept") ?? html.accept, "x-opened-from": request.referrer };
  const asked = fetch(url, { cache: "no-cache", redirect: "manual", headers, referrer: request.referrer });
  if (PAGE.test(key)) event.waitUntil(asked.then((response) => learn(key, response.clone())).catch(() => {}));
  const kept = await store.match(key);
  let why = "offline";
  try {
    const late = new Promise((resolve) => kept && setTimeout(resolve, PATIENCE_MS));
    const response = await Promise.race([asked, late]);
    const isDown = !response || [502, 503, 504].includes(response.status);
    if (!kept || !isDown) return key.endsWith("/offline") && response.ok ? tell(response, "listed") : response;
    why = "slow";
  } catch {
    if (!kept) return shelter(key);
  }
  return tell(kept, key.endsWith("/offline") ? "listed" : why);
}

// A record's page in a language is the same under any slug that ends in its code.
function recordOf(path) {
  const [, list, slug] = path.match(/^(\/..\/[a-z]+\/)([^/?]+)$/) ?? [];
  return slug?.includes("-") && list + slug.split("-").slice(-2).join("-");
}

// For a page that is not kept: the way to one that is, or the list of those that are.
async function shelter(key) {
  const [index, store] = [await readIndex(), await caches.open(STORE)];
  const recent = byAge(index).reverse();
  const plaque = key.match(/^\/q\/(.+)$/)?.[1].toLowerCase();
  const better = recent.find((path) => {
    if (plaque) return path.endsWith(`-${plaque}`);
    return key === "/" ? /^\/..\/$/.test(path) : recordOf(key) && recordOf(path) === recordOf(key);
  });
  if (better) return Response.redirect(better, 302);
  const language = PAGE.test(key) ? languageOf(key) : null;
  const shelters = [language, ...recent.map(languageOf)].filter(Boolean).map(shelterOf);
  for (const path of shelters) if (path in index.pages) return tell(await store.match(path), "missing");
  return Response.error();
}

// A kept page says how old it is, without any script of its own: the sentences are in it, hidden.
async function tell(response, why) {
  let text = await response.text();
  const language = text.match(/<html lang="([^"]+)"/)?.[1] ?? "en";
  const write = (at) => writeInstant(at, language);
  const at = Date.parse(response.headers.get("date")) || Date.now();
  text = text.replace("<html ", `<html data-kept="${why}" data-kept-at="${new Date(at).toISOString()}" `);
  text = text.replaceAll(`data-kept-why="${why}" hidden`, `data-kept-why="${why}"`).replaceAll("{kept-at}", write(at));
  if (["offline", "slow"].includes(why)) {
    const then = text.match(/data-as-of="([^"]*)"/)?.[1] ?? write(at);
    text = text.replace(/<[^<>]*\sdata-now\b[^<>]*>/g, (tag) => `${tag}<small>${then}</small> `);
  }
  const index = await readIndex();
  const rows = byAge(index).reverse().map((path) => {
    const { at: since, language: spoken, title } = index.pages[path];
    const other = languageOf(path) === language ? "" : ` · ${nameOf(languageOf(path))}`;
    const named = `<span><span lang="${spoken}">${title}</span><small>${write(since)}${other}</small></span>`;
    return `<li><a href="${path.replaceAll("&", "&amp;")}">${named}</a></li>`;
  });
  // A function, for a title may hold what means something in a replacement.
  text = text.replace("data-kept-list></ul>", () => `>${rows.join("")}</ul>`);
  const headers = new Headers(response.headers);
  for (const name of ["content-encoding", "content-length"]) headers.delete(name);
  return new Response(text, { headers, status: why === "missing" ? 503 : 200 });
}

// The day and the hour of this phone, alike in every browser: those differ in how they join the two.
function writeInstant(at, language) {
  const place = language === "en" ? "en-GB" : language;
  const [day, hour] = [{ dateStyle: "long" }, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }].map((style) =>
    new Intl.DateTimeFormat(place, style).format(at),
  );
  return day + (/^(zh|ja|ko)/.test(language) ? " " : ", ") + hour;
}

// A language by its own name, as in the choice of languages.
function nameOf(language) {
  return `<span lang="${language}">${new Intl.DisplayNames([language], { type: "language" }).of(language)}</span>`;
}

// A file whose address names its content is never out of date; a picture may have been withdrawn.
async function give(event, url) {
  const kept = await (await caches.open(STORE)).match(url.pathname + url.search, { ignoreVary: true });
  if (kept && url.searchParams.has("v")) return kept;
  const asked = fetch(event.request);
  const late = new Promise((resolve) => kept && setTimeout(resolve, PATIENCE_MS));
  try {
    const response = (await Promise.race([asked, late])) ?? kept;
    if ([404, 410].includes(response.status)) event.waitUntil(inTurn((index, store) => store.delete(event.request)));
    return response;
  } catch (error) {
    const other = kept ?? (await another(event.clientId, url.pathname));
    if (other) return other;
    throw error;
  }
}

// A phone that was turned asks for another size of a picture: any that is kept will do.
async function another(clientId, path) {
  const client = await clients.get(clientId);
  const [store, index] = [await caches.open(STORE), await readIndex()];
  const key = client && keyOf(new URL(client.url));
  const page = key in index.pages && (await store.match(key));
  const pictures = page ? (await page.text()).split("<picture>").map((text) => text.split("</picture>")[0]) : [];
  const picture = pictures.find((text) => text.includes(path)) ?? "";
  const file = picture && index.pages[key].files.find((one) => one.startsWith("/media/") && picture.includes(one));
  return file && store.match(file);
}
