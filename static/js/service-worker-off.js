// Ends the worker that keeps pages (DISAN_SERVICE_WORKER=false): whatever it kept goes, and so does it.
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(end()));

async function end() {
  for (const name of await caches.keys()) if (name.startsWith("disan-")) await caches.delete(name);
  await registration.unregister();
}
