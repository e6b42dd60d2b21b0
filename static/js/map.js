// The button that fetches the map: nothing of it is loaded before. Whoever comes back to an open map finds it open.
const canvas = document.querySelector("[data-map]");
const offer = canvas.querySelector(".open");
const said = offer.querySelector("[role=status]");
const { library, basemap, module: view, styles } = canvas.dataset;

offer.hidden = false;
offer.querySelector("button").addEventListener("click", async () => {
  await open();
  if (!offer.hidden) return;
  canvas.scrollIntoView({ block: "start" });
  canvas.querySelector(".frame").focus({ preventScroll: true });
});
if (new URL(location.href).searchParams.get("view") === "map") open();

function fetched(kind, address) {
  return new Promise((resolve, reject) => {
    const made = Object.assign(document.createElement(kind), kind === "link" ? { rel: "stylesheet", href: address } : { src: address });
    made.onload = resolve;
    made.onerror = reject;
    document.head.append(made);
  });
}

async function open() {
  if (said.textContent === said.dataset.wait) return;
  said.textContent = said.dataset.wait;
  try {
    const [{ show }] = await Promise.all([
      import(view),
      ...styles.split(" ").map((one) => fetched("link", one)),
      fetched("script", library).then(() => fetched("script", basemap)),
    ]);
    offer.hidden = true;
    said.textContent = "";
    show(canvas, document.querySelector("[data-map-form]"), document.querySelector("#found"));
  } catch {
    said.textContent = said.dataset.failed;
  }
}
