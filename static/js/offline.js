// Registers the worker that keeps the pages seen, once this one is there, and tells it which files the page used.
{
  const files = new Set();
  let isTold = true;

  async function tell() {
    isTold = true;
    const { active } = await navigator.serviceWorker.ready;
    active.postMessage({ page: location.href, files: [...files] });
  }

  function note(entries) {
    for (const { name } of entries) if (name.startsWith(location.origin)) files.add(name.slice(location.origin.length));
    if (isTold) setTimeout(tell, 1000);
    isTold = false;
  }

  addEventListener("load", () => {
    if (!("serviceWorker" in navigator)) return;
    navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" }).catch(() => {});
    const [visit] = performance.getEntriesByType("navigation");
    if (document.documentElement.dataset.kept || visit?.responseStatus >= 400) return;
    note([]);
    new PerformanceObserver((list) => note(list.getEntries())).observe({ type: "resource", buffered: true });
  });
}
