// The map beside the list. The address is the state: moving the map changes it in place, searching and filtering add to
// the history. Each move fetches what lies in view twice: as spots for the map, as the list of the same page.
const MOVE_MS = 300;
// What is known less exactly is near nothing.
const NEAR = 500;
const FINGER_PX = 36;

export function show(canvas, form, found) {
  const setup = JSON.parse(canvas.dataset.map);
  const words = JSON.parse(canvas.dataset.words);
  const { page, spots, near } = canvas.dataset;
  const lang = document.documentElement.lang;
  const numbers = new Intl.NumberFormat(lang, { maximumFractionDigits: 1 });
  const frame = canvas.querySelector(".frame");
  const here = canvas.querySelector("[data-here]");
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  // To about ten metres: all that an address says of a place.
  const written = (lat, lon) => [lat, lon].map((one) => Number(one.toFixed(4))).join(",");
  const far = (metres) => (metres < 1000 ? `${numbers.format(metres)} m` : `${numbers.format(metres / 1000)} km`);

  frame.hidden = false;
  here.parentNode.hidden = false;
  canvas.classList.add("shown");
  const map = L.map(frame, {
    minZoom: setup.first,
    maxZoom: setup.last,
    zoomControl: false,
    maxBounds: [[-5, 90], [35, 130]],
    ...(matchMedia("(prefers-reduced-motion: reduce)").matches ? { zoomAnimation: false, fadeAnimation: false } : {}),
  });
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-label", words.map);
  L.control.zoom({ position: "bottomright", zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  map.attributionControl.setPrefix("");
  const addresses = canvas.dataset.files.trim().split(" ");
  const files = Object.fromEntries(setup.files.map((name, place) => [name, addresses[place]]));
  disanBasemap.add(map, { files, lang, attribution: setup.attribution }).catch(() => {});
  const shown = L.layerGroup().addTo(map);

  let asked = new AbortController();
  let waiting = 0;
  // The next move is ours, not the visitor's: it must not change the address.
  let isLed = true;

  function look(search) {
    const [lat, lon] = (search.get("at") ?? "").split(",").map(Number);
    isLed = true;
    if (search.has("at") && Number.isFinite(lat) && Number.isFinite(lon)) {
      map.setView([lat, lon], Number(search.get("z")) || setup.zoom, { animate: false });
    } else {
      const [west, south, east, north] = setup.box ?? [0, 0, 0, 0];
      if (setup.box) map.fitBounds([[south, west], [north, east]], { animate: false });
      else map.setView(setup.at, setup.zoom, { animate: false });
    }
  }

  // What is asked, of the form and of where the map looks.
  function question() {
    const search = new URLSearchParams(new FormData(form));
    for (const name of ["at", "z", "view", "cursor"]) search.delete(name);
    for (const [name, value] of [...search]) if (!value) search.delete(name, value);
    return search;
  }

  function state() {
    const search = question();
    const { lat, lng } = map.getCenter();
    search.set("at", written(lat, lng));
    search.set("z", map.getZoom());
    search.set("view", "map");
    return search;
  }

  const address = (path, search) => `${path}?${search.toString().replaceAll("%2C", ",")}`;

  async function load() {
    asked.abort();
    asked = new AbortController();
    const search = state();
    const bounds = map.getBounds();
    const edges = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
    const bbox = edges.map((edge) => edge.toFixed(4)).join(",");
    for (const name of ["at", "z", "view"]) {
      const kept = form.elements[name] ?? form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name }));
      kept.value = search.get(name);
    }
    const middle = question();
    middle.set("at", search.get("at"));
    here.href = address(near, middle);
    search.set("bbox", bbox);
    const { signal } = asked;
    // The spots are the same whatever is drawn across them.
    const seen = new URLSearchParams(search);
    seen.delete("way");
    found.ariaBusy = true;
    try {
      await Promise.all([
        fetch(address(spots, seen), { signal }).then((answer) => answer.json()).then(draw),
        fetch(address(page, search), { signal }).then((answer) => answer.text()).then(list),
      ]);
      found.ariaBusy = false;
    } catch (error) {
      // Without a network the list and the map stay as they are.
      if (error.name !== "AbortError") found.ariaBusy = false;
    }
  }

  function list(text) {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    found.replaceChildren(...fresh.querySelector("#found").childNodes);
    const counts = fresh.querySelectorAll(".kinds .pick");
    form.querySelectorAll(".kinds .pick").forEach((pick, place) => {
      pick.querySelector("b")?.remove();
      const count = counts[place]?.querySelector("b");
      if (count) pick.append(" ", count);
    });
  }

  function marker(lat, lon, name, className, text, act, layer = shown) {
    const icon = L.divIcon({ className: `spot ${className}`, html: text, iconSize: [28, 28] });
    const made = L.marker([lat, lon], { icon, keyboard: true, riseOnHover: true });
    made.on("add", () => made.getElement().setAttribute("aria-label", name));
    made.on("click", act).on("keypress", ({ originalEvent }) => {
      if (originalEvent.key === "Enter" || originalEvent.key === " ") act();
    });
    return made.addTo(layer);
  }

  // An itinerary's stops, and its way: as it was drawn or worked out, else straight and dotted.
  async function follow({ path, stops }) {
    for (const [lat, lon, number, name, url] of stops) {
      const told = fill(words.stop, { number, name });
      const made = marker(lat, lon, told, "stop", number, () => tell(lat, lon, [line("a", told, url), nearby(lat, lon)]), map);
      made.setZIndexOffset(500);
    }
    const { properties } = await (await fetch(path, { headers: { accept: "application/geo+json" } })).json();
    let before = {};
    for (const stop of properties.stops) {
      const ends = [before, stop].map(({ lat, lon }) => [lat, lon]);
      if (stop.leg) L.geoJSON(stop.leg, { className: "way", interactive: false }).addTo(map);
      else if (ends.flat().every(Number.isFinite)) L.polyline(ends, { className: "way straight", interactive: false }).addTo(map);
      before = stop;
    }
  }

  function tell(lat, lon, parts) {
    const box = document.createElement("div");
    box.append(...parts);
    const maxWidth = Math.min(320, map.getSize().x - 100);
    L.popup({ maxHeight: 220, maxWidth, autoPanPadding: [12, 12] }).setLatLng([lat, lon]).setContent(box).openOn(map);
    box.querySelector("a")?.focus({ preventScroll: true });
  }

  function line(tag, text, href) {
    const made = Object.assign(document.createElement(tag), { textContent: text });
    if (href) made.href = href;
    return made;
  }

  function nearby(lat, lon) {
    const search = question();
    search.set("at", written(lat, lon));
    search.set("radius", NEAR);
    const made = line("a", words.near, address(near, search));
    made.className = "near-here";
    return made;
  }

  function draw({ kinds, spots: found, clusters }) {
    const focused = document.activeElement?.getAttribute("aria-label");
    const wasOnMap = frame.contains(document.activeElement) && document.activeElement.classList.contains("spot");
    shown.clearLayers();
    for (const [lon, lat, n] of clusters) {
      const count = numbers.format(n);
      marker(lat, lon, fill(words.cluster, { count }), "cluster", count, () => map.setView([lat, lon], map.getZoom() + 2));
    }
    for (const group of grouped(found)) {
      const { lon, lat, isVague, things } = group;
      const [first] = things;
      const count = numbers.format(things.length);
      const isOne = things.length === 1;
      const many = fill(isVague ? words.vague : words.several, { count });
      const look = isVague ? "vague" : `kind-${first[2]} rank-${isOne && first[5] ? first[5] : "none"}`;
      const wide = Math.max(...things.map((thing) => thing[6] ?? 0));
      marker(lat, lon, isOne ? `${first[3]} (${kinds[first[2]]})` : many, look, isOne ? "" : count, () => {
        const rows = document.createElement("ul");
        for (const thing of things) {
          const row = document.createElement("li");
          row.append(line("a", thing[3], thing[4]), line("small", kinds[thing[2]]));
          rows.append(row);
        }
        const told = isOne ? [] : [line("b", many)];
        if (isVague && wide) told.push(line("p", fill(words.within, { distance: far(wide) })));
        tell(lat, lon, [...told, rows, ...(isVague ? [] : [nearby(lat, lon)])]);
      });
    }
    // Whoever goes from mark to mark by keyboard goes on from the same one.
    if (wasOnMap) [...frame.querySelectorAll(".spot")].find((one) => one.getAttribute("aria-label") === focused)?.focus();
  }

  // What lies closer together than a finger is wide is one mark, at its first thing; what is known only roughly stays
  // apart from it, each with the circle that it may lie in.
  function grouped(found) {
    const groups = [];
    const circles = new Set();
    for (const thing of found) {
      const [lon, lat, , , , , precision] = thing;
      const isVague = !(precision <= NEAR);
      const at = map.latLngToLayerPoint([lat, lon]);
      const group = groups.find((one) => one.isVague === isVague && one.at.distanceTo(at) < FINGER_PX);
      if (group) group.things.push(thing);
      else groups.push({ at, lon, lat, isVague, things: [thing] });
      const circle = `${lon},${lat},${precision}`;
      if (isVague && precision && !circles.has(circle)) {
        circles.add(circle);
        L.circle([lat, lon], { radius: precision, className: "vague-area", interactive: false }).addTo(shown);
      }
    }
    return groups;
  }

  map.on("moveend", () => {
    clearTimeout(waiting);
    // A popup that opens may move the map by itself; what is open stays open.
    waiting = setTimeout(() => {
      if (!isLed) history.replaceState(null, "", address(page, state()));
      isLed = false;
      load();
    }, MOVE_MS);
  });
  map.on("click", ({ latlng }) => tell(latlng.lat, latlng.lng, [nearby(latlng.lat, latlng.lng)]));

  const search = () => {
    history.pushState(null, "", address(page, state()));
    load();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  form.addEventListener("change", ({ target }) => {
    if (target.type === "checkbox") search();
  });
  addEventListener("popstate", () => {
    const wanted = new URL(location.href).searchParams;
    form.elements.q.value = wanted.get("q") ?? "";
    for (const box of form.querySelectorAll("[type=checkbox]")) box.checked = wanted.getAll(box.name).includes(box.value);
    look(wanted);
    clearTimeout(waiting);
    isLed = false;
    load();
  });

  const first = new URL(location.href).searchParams;
  look(first);
  clearTimeout(waiting);
  isLed = false;
  history.replaceState(null, "", address(page, state()));
  load();
  // Without the way the map is of use all the same.
  if (setup.way) follow(setup.way).catch(() => {});
}
