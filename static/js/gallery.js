// The viewer over a record's page: its pictures large, one after the other, one of them closely, or a panorama all
// around. Without it each picture and button leads to the largest size there is.
const section = document.querySelector(".pictures");
const viewer = document.querySelector(".viewer");
const stage = viewer.querySelector(".stage");
const said = viewer.querySelector(".said");
const sorry = viewer.querySelector(".sorry");
const buttons = Object.fromEntries([...viewer.querySelectorAll("[data-do]")].map((one) => [one.dataset.do, one]));
const asked = new Map();
// What the buttons do while something is shown, and how it is put away.
let shown = { acts: {}, end: () => {} };

function open(acts) {
  shown = { end: () => {}, acts };
  sorry.hidden = true;
  for (const [name, button] of Object.entries(buttons)) button.hidden = name !== "close" && !(name in acts);
  viewer.showModal();
}

function showLarge(index) {
  const strip = section.querySelector(".strip").cloneNode(true);
  strip.classList.remove("alone");
  strip.tabIndex = 0;
  for (const one of strip.querySelectorAll("[sizes]")) one.sizes = "100vw";
  for (const one of strip.querySelectorAll(".button, .blur")) one.remove();
  for (const link of strip.querySelectorAll(".shot")) {
    const frame = Object.assign(document.createElement("div"), { className: "shot" });
    frame.append(...link.childNodes);
    link.replaceWith(frame);
  }
  const pictures = [...strip.children];
  let here = index;
  const go = (to, behavior) => {
    here = Math.max(0, Math.min(pictures.length - 1, to));
    strip.scrollTo({ left: here * strip.clientWidth, behavior });
    tell();
  };
  // Not disabled: a button that has the focus would keep the keys from the viewer.
  const tell = () => {
    buttons.previous.ariaDisabled = here === 0;
    buttons.next.ariaDisabled = here === pictures.length - 1;
  };
  strip.addEventListener("scrollend", () => {
    here = Math.round(strip.scrollLeft / strip.clientWidth);
    tell();
  });
  const several = pictures.length > 1;
  const glide = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
  open(several ? { previous: () => go(here - 1, glide), next: () => go(here + 1, glide) } : {});
  stage.replaceChildren(strip);
  go(index, "instant");
  strip.focus();
}

async function look(link) {
  open({});
  const mine = shown;
  const figure = link.closest("figure").cloneNode(true);
  const flat = figure.querySelector("picture");
  for (const one of flat.querySelectorAll("[sizes]")) one.sizes = "100vw";
  flat.lastElementChild.className = "flat";
  stage.replaceChildren(flat);
  figure.querySelector(".button").remove();
  said.replaceChildren(figure.querySelector("figcaption"));
  try {
    const { dataset } = section.querySelector(`[data-module-of="${link.dataset.look}"]`);
    const { show } = await import(dataset.module);
    await Promise.all([...(dataset.style ? [fetched("link", dataset.style)] : []), fetched("script", dataset.library)]);
    // It may have been closed while it was fetched, and another one opened.
    if (shown !== mine) return;
    const made = await show(stage, link.dataset.source, flat.lastElementChild.alt);
    if (shown !== mine) return made.end();
    shown = made;
    for (const name of Object.keys(made.acts)) buttons[name].hidden = false;
  } catch {
    if (shown !== mine) return;
    stage.replaceChildren(flat);
    sorry.hidden = false;
  }
}

// Fetch a library that is no module, or its style: once, when it is first needed.
function fetched(kind, address) {
  if (!asked.has(address)) {
    const element = Object.assign(document.createElement(kind), { [kind === "link" ? "href" : "src"]: address });
    if (kind === "link") element.rel = "stylesheet";
    const come = new Promise((resolve, reject) => {
      element.onload = resolve;
      element.onerror = reject;
    });
    asked.set(address, come);
    come.catch(() => asked.delete(address));
    document.head.append(element);
  }
  return asked.get(address);
}

section.addEventListener("click", (event) => {
  const link = event.target.closest("a.shot, a[data-look]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.dataset.look) look(link);
  else showLarge([...section.querySelectorAll(".strip > li")].indexOf(link.closest("li")));
});
viewer.addEventListener("click", (event) => {
  const name = event.target.closest("[data-do]")?.dataset.do;
  if (name === "close") viewer.close();
  else if (name) shown.acts[name]();
});
viewer.addEventListener("keydown", (event) => {
  const name = { ArrowLeft: "previous", ArrowRight: "next" }[event.key];
  if (!shown.acts[name]) return;
  event.preventDefault();
  shown.acts[name]();
});
// Escape closes it as well; the browser gives the focus back to what opened it.
viewer.addEventListener("close", () => {
  shown.end();
  shown = { acts: {}, end: () => {} };
  stage.replaceChildren();
  said.replaceChildren();
});
