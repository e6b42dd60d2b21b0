/* Our own basemap under any Leaflet map: land, water, borders, names; no tiles, nothing from elsewhere.
 *
 * disanBasemap.add(map, {files: {overview, province, archipelagos, units}, lang: "vi", attribution: "…"}) gives a promise
 * that is kept when everything that the view needs is drawn. Colours come from map.css (light and dark). The names of
 * Hoàng Sa and Trường Sa are written first, at every zoom at which any part of them lies in view, and never left out.
 */
(function () {
  "use strict";

  const DETAIL_FROM = 9;
  // What the country's file covers; beyond it the map ends.
  const COVERED = [
    [4, 97],
    [25.5, 121],
  ];
  // What a name yields to: the lower, the earlier it is written. `from` and `to` are zooms.
  const NAMES = {
    country: { rank: 1, from: 0, to: 8 },
    sea: { rank: 2, from: 0, to: 8 },
    island: { rank: 3, from: 9, to: 19 },
    "river-name": { rank: 4, from: 10, to: 19 },
    commune: { rank: 5, from: 10, to: 19 },
  };
  const GAP = 4;

  function style(feature) {
    const kind = feature.properties.kind;
    return { className: "bm-" + kind, weight: kind === "border" ? 1.5 : 1, interactive: false };
  }

  function drawing(data, pane, renderer, filter) {
    return L.geoJSON(data, {
      pane,
      renderer,
      style,
      interactive: false,
      pmIgnore: true,
      snapIgnore: true,
      smoothFactor: 1,
      filter: (feature) => feature.geometry.type !== "Point" && feature.properties.kind !== "archipelago" && filter(feature),
    });
  }

  /* The names: placed anew after each move, the important ones first, each where no earlier one stands. */
  const Names = L.Layer.extend({
    initialize: function (lang) {
      this._lang = lang;
      this._points = [];
      this._areas = [];
    },

    onAdd: function (map) {
      this._box = L.DomUtil.create("div", "bm-names", map.getPane("basemap-names"));
      // Above whatever else a page puts on its map: these names are never covered.
      this._top = L.DomUtil.create("div", "bm-names", map.getPane("basemap-archipelagos"));
      map.on("moveend zoomend resize", this._place, this);
      map.on("zoomstart", this._hide, this);
      this._place();
    },

    onRemove: function (map) {
      map.off("moveend zoomend resize", this._place, this);
      map.off("zoomstart", this._hide, this);
      this._box.remove();
      this._top.remove();
    },

    addFeatures: function (features) {
      for (const feature of features) {
        const { kind } = feature.properties;
        if (kind === "archipelago") {
          this._areas.push({ name: this._name(feature), box: L.geoJSON(feature).getBounds() });
        } else if (NAMES[kind]) {
          const [lon, lat] = feature.geometry.coordinates;
          this._points.push({ kind, name: this._name(feature), at: L.latLng(lat, lon), ...NAMES[kind] });
        }
      }
      this._points.sort((a, b) => a.rank - b.rank || a.name.localeCompare(b.name, "vi"));
      if (this._map) this._place();
    },

    _name: function (feature) {
      return feature.properties[this._lang] || feature.properties.en || feature.properties.vi;
    },

    _hide: function () {
      this._box.hidden = true;
      this._top.hidden = true;
    },

    _place: function () {
      const map = this._map;
      const zoom = map.getZoom();
      const view = map.getBounds();
      const taken = [];
      for (const box of [this._box, this._top]) {
        box.replaceChildren();
        box.hidden = false;
      }
      for (const area of this._areas) {
        if (view.intersects(area.box)) this._write("archipelago", area.name, this._seen(area.box, view), taken, true);
      }
      for (const point of this._points) {
        if (zoom >= point.from && zoom <= point.to && view.contains(point.at)) {
          this._write(point.kind, point.name, map.latLngToContainerPoint(point.at), taken, false);
        }
      }
    },

    /* The middle of what is seen of an area, in pixels of the map's box. */
    _seen: function (area, view) {
      const south = Math.max(area.getSouth(), view.getSouth());
      const north = Math.min(area.getNorth(), view.getNorth());
      const west = Math.max(area.getWest(), view.getWest());
      const east = Math.min(area.getEast(), view.getEast());
      return this._map.latLngToContainerPoint([(south + north) / 2, (west + east) / 2]);
    },

    _write: function (kind, text, at, taken, isKept) {
      const label = L.DomUtil.create("span", "bm-name bm-name-" + kind, isKept ? this._top : this._box);
      label.textContent = text;
      const size = this._map.getSize();
      const wide = label.offsetWidth;
      const high = label.offsetHeight;
      // Wholly inside the map's box, or half a name would be a wrong one.
      const x = Math.round(Math.min(Math.max(at.x - wide / 2, 2), Math.max(size.x - wide - 2, 2)));
      let y = Math.round(Math.min(Math.max(at.y - high / 2, 2), Math.max(size.y - high - 2, 2)));
      const meets = () =>
        taken.some((t) => x < t.x + t.wide + GAP && t.x < x + wide + GAP && y < t.y + t.high && t.y < y + high);
      while (isKept && meets() && y + 2 * high < size.y) y += high;
      if (!isKept && meets()) {
        label.remove();
        return;
      }
      taken.push({ x, y, wide, high });
      L.DomUtil.setPosition(label, this._map.containerPointToLayerPoint([x, y]));
    },
  });

  async function read(url) {
    const answer = await fetch(url, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(url + ": " + answer.status);
    return answer.json();
  }

  async function add(map, options) {
    const pane = map.createPane("basemap");
    pane.style.zIndex = 150;
    pane.style.pointerEvents = "none";
    const over = map.createPane("basemap-names");
    over.style.zIndex = 450;
    over.style.pointerEvents = "none";
    const top = map.createPane("basemap-archipelagos");
    top.style.zIndex = 690;
    top.style.pointerEvents = "none";
    map.getContainer().classList.add("bm");
    if (map.attributionControl && options.attribution) map.attributionControl.addAttribution(options.attribution);

    // One renderer for all: their order in it is their order on the map.
    const renderer = L.svg({ pane: "basemap", padding: 0.5 });
    const names = new Names(options.lang).addTo(map);
    const waiting = [read(options.files.overview), read(options.files.archipelagos)];
    const [overview, archipelagos] = await Promise.all(waiting);
    const quiet = { pane: "basemap", renderer, interactive: false, pmIgnore: true, snapIgnore: true };
    L.rectangle(COVERED, { ...quiet, className: "bm-sea" }).addTo(map);
    drawing(overview, "basemap", renderer, (f) => !f.properties.inside && f.properties.kind === "land").addTo(map);
    const coarse = drawing(overview, "basemap", renderer, (f) => f.properties.inside).addTo(map);
    const border = drawing(overview, "basemap", renderer, (f) => f.properties.kind === "border").addTo(map);
    drawing(archipelagos, "basemap", renderer, () => true).addTo(map);
    names.addFeatures(archipelagos.features);
    names.addFeatures(overview.features);

    let detail = null;
    async function refine() {
      const isNear = map.getZoom() >= DETAIL_FROM;
      if (isNear && !detail) {
        detail = Promise.all([read(options.files.province), read(options.files.units)]).then(([province, units]) => {
          names.addFeatures(province.features.concat(units.features));
          return drawing(province, "basemap", renderer, () => true);
        });
      }
      if (!detail) return;
      const fine = await detail;
      const isStillNear = map.getZoom() >= DETAIL_FROM;
      (isStillNear ? fine : coarse).addTo(map);
      (isStillNear ? coarse : fine).remove();
      border.bringToFront();
    }
    map.on("zoomend", () => refine().catch(() => {}));
    await refine();
    map.getContainer().dataset.basemap = "ready";
  }

  window.disanBasemap = { add };
})();
