/* The map of a geometry field: Leaflet and Geoman over our own basemap. Fetched when a map is first opened.
 *
 * disanGeometryMap(canvas, config, allowed, take) gives {show, mark, shown}. `take(geometry)` is told what was drawn, as
 * GeoJSON in WGS 84, null when nothing is left; `show(answer)` draws what the server made of the text, `mark(answer)` only
 * where it is wrong.
 */
(function () {
  "use strict";

  const PROVINCE = [
    [14.95, 107.2],
    [16.25, 108.75],
  ];
  const SORTS = { Point: "point", LineString: "line", Polygon: "polygon" };
  const DRAWN = { Marker: "Point", Line: "LineString", Polygon: "Polygon" };

  function icon() {
    // A pin of our own: Leaflet's is a picture that a style sheet in another folder would have to find.
    return L.divIcon({ className: "geometry-pin", iconSize: [24, 24], iconAnchor: [12, 12] });
  }

  function speak(map, T) {
    map.pm.setLang(
      "disan",
      {
        tooltips: {
          placeMarker: T.placePoint,
          firstVertex: T.firstCorner,
          continueLine: T.nextCorner,
          finishLine: T.finishLine,
          finishPoly: T.finishPolygon,
        },
        actions: { finish: T.finish, cancel: T.cancel, removeLastVertex: T.undo },
        buttonTitles: {
          drawMarkerButton: T.drawPoint,
          drawLineButton: T.drawLine,
          drawPolyButton: T.drawPolygon,
          editButton: T.edit,
          dragButton: T.drag,
          cutButton: T.cut,
          deleteButton: T.remove,
        },
      },
      "en"
    );
  }

  window.disanGeometryMap = function (canvas, config, allowed, take) {
    const T = config.texts;
    const may = (sort) => allowed === "any" || allowed === sort;
    const map = L.map(canvas, { minZoom: 5, maxZoom: 19, zoomControl: false, maxBounds: [[-5, 90], [35, 130]] });
    L.control.zoom({ zoomInTitle: T.zoomIn, zoomOutTitle: T.zoomOut }).addTo(map);
    L.control.scale({ imperial: false }).addTo(map);
    map.attributionControl.setPrefix("");
    map.fitBounds(PROVINCE);
    window.disanBasemap.add(map, { files: config.basemap, lang: config.lang, attribution: config.attribution }).catch(() => {});

    // Beneath what is drawn: what stands in the register already, to be seen and snapped to.
    const context = L.featureGroup().addTo(map);
    const faults = L.featureGroup().addTo(map);
    const drawn = L.featureGroup().addTo(map);

    speak(map, T);
    map.pm.setGlobalOptions({
      layerGroup: drawn,
      snappable: true,
      snapDistance: 15,
      allowSelfIntersection: false,
      continueDrawing: false,
      markerStyle: { icon: icon(), draggable: false },
      pathOptions: { className: "geometry-drawn" },
    });
    map.pm.addControls({
      position: "topleft",
      drawMarker: may("point"),
      drawPolyline: may("line"),
      drawPolygon: may("polygon"),
      drawRectangle: false,
      drawCircle: false,
      drawCircleMarker: false,
      drawText: false,
      editMode: true,
      dragMode: true,
      cutPolygon: may("polygon"),
      removalMode: true,
      rotateMode: false,
    });
    for (const button of canvas.querySelectorAll(".leaflet-pm-toolbar .button-container")) {
      const link = button.querySelector("a");
      if (link && button.title) link.setAttribute("aria-label", button.title);
    }

    /* What is drawn, as one geometry. */
    function geometry() {
      const shapes = drawn.getLayers().flatMap((layer) => {
        const shape = layer.toGeoJSON(9).geometry;
        if (!shape.type.startsWith("Multi")) return [shape];
        return shape.coordinates.map((coordinates) => ({ type: shape.type.slice(5), coordinates }));
      });
      const filled = shapes.filter((shape) => shape.coordinates.length);
      if (!filled.length) return null;
      if (filled.length === 1) return filled[0];
      return { type: "Multi" + filled[0].type, coordinates: filled.map((shape) => shape.coordinates) };
    }

    function changed() {
      take(geometry());
    }

    function follow(layer) {
      layer.off("pm:edit pm:dragend pm:markerdragend", changed);
      layer.on("pm:dragend", changed);
      layer.on("pm:edit", changed);
      return layer;
    }

    map.on("pm:create", ({ layer, shape }) => {
      // One sort at a time, and one point.
      for (const other of drawn.getLayers()) {
        if (other === layer) continue;
        const sort = SORTS[other.toGeoJSON().geometry.type.replace("Multi", "")];
        if (sort !== SORTS[DRAWN[shape]] || sort === "point") drawn.removeLayer(other);
      }
      follow(layer);
      changed();
    });
    map.on("pm:cut", ({ layer, originalLayer }) => {
      drawn.removeLayer(originalLayer);
      if (!drawn.hasLayer(layer) && layer.getLatLngs().flat(Infinity).length) drawn.addLayer(layer);
      follow(layer);
      changed();
    });
    map.on("pm:remove", ({ layer }) => {
      drawn.removeLayer(layer);
      changed();
    });

    function plain(shape, className) {
      const style = { className, interactive: false };
      return L.geoJSON(shape, {
        pmIgnore: true,
        snapIgnore: className !== "geometry-context",
        interactive: false,
        style,
        pointToLayer: (_, at) => L.circleMarker(at, { ...style, radius: 7, pmIgnore: true }),
      });
    }

    function mark(answer) {
      faults.clearLayers();
      for (const warning of answer?.warnings || []) {
        if (warning.geometry) faults.addLayer(plain(warning.geometry, "geometry-warning"));
      }
      const problem = answer?.problem;
      if (problem?.lat !== undefined) {
        faults.addLayer(plain({ type: "Point", coordinates: [problem.lon, problem.lat] }, "geometry-fault"));
      }
    }

    function draw(shape) {
      drawn.clearLayers();
      const parts = shape.type.startsWith("Multi")
        ? shape.coordinates.map((coordinates) => ({ type: shape.type.slice(5), coordinates }))
        : [shape];
      for (const part of parts) {
        L.geoJSON(part, {
          style: { className: "geometry-drawn" },
          pointToLayer: (_, at) => L.marker(at, { icon: icon(), keyboard: false }),
        }).eachLayer((layer) => drawn.addLayer(follow(layer)));
      }
    }

    function show(answer) {
      mark(answer);
      context.clearLayers();
      for (const other of answer?.context || []) {
        const layer = plain(other.geometry, "geometry-context");
        // As text: Leaflet takes a string for HTML.
        const label = Object.assign(document.createElement("span"), { textContent: other.label });
        layer.bindTooltip(label, { permanent: true, direction: "right", offset: [8, 0], className: "geometry-label" });
        context.addLayer(layer);
      }
      if (map.pm.globalEditModeEnabled()) map.pm.disableGlobalEditMode();
      if (answer?.geometry) {
        draw(answer.geometry);
        look(drawn);
      } else {
        drawn.clearLayers();
        if (faults.getLayers().length) look(faults);
        else if (context.getLayers().length) look(context);
      }
    }

    /* Goes there, unless it is seen well already. */
    function look(group) {
      const bounds = group.getBounds();
      const isSeen = map.getBounds().contains(bounds) && (map.getZoom() >= 13 || !isPoint(bounds));
      const isLarge = isSeen && (isPoint(bounds) || map.getBoundsZoom(bounds) - map.getZoom() < 3);
      if (!isLarge) map.fitBounds(bounds, { maxZoom: isPoint(bounds) ? 15 : 18, padding: [40, 40], animate: false });
    }

    function isPoint(bounds) {
      return bounds.getSouthWest().equals(bounds.getNorthEast());
    }

    return { show, mark, shown: () => map.invalidateSize(), map };
  };
})();
