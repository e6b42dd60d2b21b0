/* Tools beside a field of coordinates: a live check, a map, a table of boundary markers, reading from a file.
 *
 * The two fields of the form (text and system) hold everything; the tools only read and write them. The page carries
 * `#geometry-config` and, after each pair of fields, `[data-geometry-tools]` (templates/desk/_geometry.html).
 */
(function () {
  "use strict";

  const configElement = document.getElementById("geometry-config");
  if (!configElement) return;
  const config = JSON.parse(configElement.textContent);
  const T = config.texts;
  const WAIT_MS = 500;
  const WGS84 = "EPSG:4326";
  const GEOGRAPHIC = ["", WGS84, "EPSG:4756"];

  const say = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  function make(tag, properties, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties || {})) {
      if (name in element && name !== "list") element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  let loading = null;
  /* The map's files, fetched once, in their order. */
  function load() {
    if (!loading) {
      for (const href of config.styles) document.head.append(make("link", { rel: "stylesheet", href }));
      loading = config.scripts.reduce(
        (before, src) =>
          before.then(
            () =>
              new Promise((done, failed) => {
                document.head.append(make("script", { src, onload: done, onerror: () => failed(new Error(src)) }));
              })
          ),
        Promise.resolve()
      );
      loading.catch(() => (loading = null));
    }
    return loading;
  }

  let count = 0;

  class Tools {
    constructor(box) {
      this.box = box;
      this.names = JSON.parse(box.dataset.geometryTools);
      this.allowed = box.dataset.allowed;
      this.form = box.closest("form");
      this.text = this.field("text");
      this.crs = this.field("crs");
      this.answer = null;
      this.id = "geometry-" + ++count;
      box.querySelector("[data-geometry-check]").hidden = true;
      this.result = make("div", { className: "geometry-result", role: "status" });
      this.acts = box.querySelector(".geometry-acts");
      this.panels = {};
      for (const name of ["map", "markers", "file"]) this.addPanel(name);
      box.append(this.result);
      this.text.addEventListener("input", (event) => event.isTrusted && this.later());
      this.crs.addEventListener("change", () => this.later());
      for (const name of ["site", "zone_type", "unit", "accuracy_m"]) {
        this.field(name)?.addEventListener("change", () => this.later());
      }
      if (this.text.value.trim()) this.check();
    }

    field(name) {
      return this.names[name] ? this.form.elements.namedItem(this.names[name]) : null;
    }

    addPanel(name) {
      const panel = make("div", { className: "geometry-panel geometry-" + name, id: `${this.id}-${name}`, hidden: true });
      const button = make("button", { type: "button", className: "quiet", textContent: T[name] });
      button.setAttribute("aria-expanded", "false");
      button.setAttribute("aria-controls", panel.id);
      button.addEventListener("click", () => this.toggle(name));
      this.acts.append(button);
      this.box.append(panel);
      this.panels[name] = { panel, button, isMade: false };
    }

    toggle(name) {
      const found = this.panels[name];
      found.panel.hidden = !found.panel.hidden;
      found.button.setAttribute("aria-expanded", String(!found.panel.hidden));
      if (found.panel.hidden) return;
      if (!found.isMade) {
        found.isMade = true;
        ({ map: () => this.makeMap(), markers: () => this.makeTable(), file: () => this.makeUpload() })[name]();
      }
      if (name === "map") this.map?.shown();
      if (name === "markers") this.fillTable();
    }

    /* Writes the field as if typed, so that the form's own script sees it. */
    write(text, crs) {
      this.text.value = text;
      if (crs && this.crs.value !== crs) {
        if (![...this.crs.options].some((option) => option.value === crs)) this.crs.add(new Option(crs, crs));
        this.crs.value = crs;
        this.crs.dispatchEvent(new CustomEvent("input", { bubbles: true }));
      }
      this.text.dispatchEvent(new CustomEvent("input", { bubbles: true }));
    }

    later() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.check(), WAIT_MS);
    }

    async ask(body) {
      this.waiting?.abort();
      const waiting = (this.waiting = new AbortController());
      const about = {};
      for (const name of ["site", "code", "zone_type", "edition", "unit", "accuracy_m"]) {
        // A reference is shown as "code – name".
        about[name] = (this.field(name)?.value || "").split(" ")[0];
      }
      about.edition = this.field("edition")?.value || "";
      const answer = await fetch(config.preview, {
        method: "POST",
        signal: waiting.signal,
        headers: { "Content-Type": "application/json", "X-CSRF-Token": this.form.elements.namedItem("_csrf")?.value || "" },
        body: JSON.stringify({ ...about, crs: this.crs.value, allowed: this.allowed, ...body }),
      });
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.json();
    }

    /* Checks what stands in the field and shows it everywhere. */
    async check() {
      clearTimeout(this.timer);
      if (!this.text.value.trim()) {
        this.waiting?.abort();
        this.answer = null;
        this.result.replaceChildren();
        this.map?.show(null);
        return;
      }
      await this.attempt({ text: this.text.value }, (answer) => this.map?.show(answer));
    }

    /* Takes what the map drew: the server writes it in the system that is chosen. */
    async take(geometry) {
      if (!geometry) {
        this.write("", "");
        await this.check();
        return;
      }
      if (!this.crs.value) this.write(this.text.value, WGS84);
      await this.attempt({ geometry }, (answer) => {
        if (answer.text !== undefined) this.write(answer.text, "");
        this.map?.mark(answer);
      });
    }

    async attempt(body, then) {
      this.box.setAttribute("aria-busy", "true");
      try {
        const answer = await this.ask(body);
        this.answer = answer;
        then(answer);
        this.tell(answer);
        if (!this.panels.markers.panel.hidden) this.fillTable();
      } catch (error) {
        if (error.name === "AbortError") return;
        this.result.replaceChildren(make("p", { className: "error", textContent: T.failed }));
      }
      this.box.removeAttribute("aria-busy");
    }

    tell(answer) {
      const parts = [];
      if (answer.problem) parts.push(make("p", { className: "error", textContent: answer.problem.message }));
      if (answer.warnings?.length) {
        const list = make("ul", {}, ...answer.warnings.map((w) => make("li", { textContent: w.message })));
        parts.push(make("div", { className: "said geometry-warnings" }, make("b", { textContent: T.warnings }), list));
      }
      if (answer.facts) {
        const facts = answer.facts.flatMap((fact) => [
          make("dt", { textContent: fact.label }),
          make("dd", { textContent: fact.value }),
        ]);
        parts.push(make("dl", { className: "geometry-facts" }, ...facts));
      }
      this.result.replaceChildren(...parts);
    }

    async makeMap() {
      const { panel } = this.panels.map;
      panel.replaceChildren(make("p", { className: "hint", role: "status", textContent: T.loading }));
      try {
        await load();
        const canvas = make("div", { className: "geometry-canvas", role: "region" });
        canvas.setAttribute("aria-label", T.mapLabel);
        panel.replaceChildren(canvas, make("p", { className: "hint", textContent: T.mapHelp }));
        this.map = window.disanGeometryMap(canvas, config, this.allowed, (geometry) => this.take(geometry));
        this.map.show(this.answer);
      } catch {
        this.panels.map.isMade = false;
        panel.replaceChildren(make("p", { className: "error", textContent: T.mapFailed }));
      }
    }

    makeTable() {
      const { panel } = this.panels.markers;
      this.body = make("tbody");
      this.heads = ["markerName", "x", "y", "note"].map((name) => make("th", { scope: "col", textContent: T[name] }));
      const table = make(
        "table",
        { className: "markers" },
        make("caption", { className: "unseen", textContent: T.markers }),
        make("thead", {}, make("tr", {}, ...this.heads, make("td"))),
        this.body
      );
      const add = make("button", { type: "button", className: "quiet", textContent: T.addRow });
      add.addEventListener("click", () => this.addRow().querySelector("input").focus());
      this.tableNote = make("p", { className: "hint" });
      panel.replaceChildren(make("p", { className: "hint", textContent: T.markersHelp }), this.tableNote, table, add);
      table.addEventListener("paste", (event) => this.paste(event));
      // What is typed into a cell is not the form's: only the text made of all rows is.
      table.addEventListener("input", (event) => {
        event.stopPropagation();
        this.fromTable();
      });
      table.addEventListener("keydown", (event) => this.walk(event));
    }

    addRow(values) {
      const row = make("tr");
      for (const [index, column] of ["name", "x", "y", "note"].entries()) {
        const input = make("input", { value: values?.[column] || "", autocomplete: "off", spellcheck: false });
        input.dataset.column = index;
        if (column === "x" || column === "y") input.inputMode = "decimal";
        row.append(make("td", {}, input));
      }
      const button = make("button", { type: "button", className: "quiet", textContent: "×" });
      button.addEventListener("click", () => {
        const next = row.nextElementSibling || row.previousElementSibling;
        row.remove();
        this.number();
        this.fromTable();
        next?.querySelector("input").focus();
      });
      row.append(make("td", {}, button));
      this.body.append(row);
      this.number();
      return row;
    }

    /* Tells whoever cannot see the table which cell is which. */
    number() {
      const isGeographic = GEOGRAPHIC.includes(this.crs.value);
      const columns = [T.markerName, isGeographic ? T.latitude : T.x, isGeographic ? T.longitude : T.y, T.note];
      columns.forEach((text, index) => (this.heads[index].textContent = text));
      [...this.body.rows].forEach((row, at) => {
        row.querySelectorAll("input").forEach((input, index) => {
          input.placeholder = columns[index];
          input.setAttribute("aria-label", say(T.cell, { column: columns[index], number: at + 1 }));
        });
        row.querySelector("button").setAttribute("aria-label", say(T.removeRow, { number: at + 1 }));
      });
    }

    fillTable() {
      if (this.body.contains(document.activeElement)) return;
      const rows = this.answer?.rows || [];
      this.body.replaceChildren();
      for (const row of rows) this.addRow(row);
      while (this.body.rows.length < 3) this.addRow();
      this.tableNote.textContent = this.answer?.geometry && !rows.length && this.answer.sort !== "point" ? T.noRows : "";
    }

    fromTable() {
      const rows = [...this.body.rows]
        .map((row) => [...row.querySelectorAll("input")].map((input) => input.value.replace(/[\t\n;]/g, " ").trim()))
        .filter((row) => row[1] || row[2]);
      const isPair = rows.length === 1 && !rows[0][3];
      const lines = rows.map((row) => (row[3] ? row : row.slice(0, 3)).join("\t"));
      this.write(isPair ? `${rows[0][1]} ${rows[0][2]}` : lines.join("\n"), "");
      this.later();
    }

    paste(event) {
      const text = event.clipboardData.getData("text/plain");
      const cell = event.target.closest("input");
      if (!cell || !/[\t\n]/.test(text.trim())) return;
      event.preventDefault();
      let lines = text.split(/\r?\n/).filter((line) => line.trim()).map((line) => line.split("\t"));
      // A heading is no marker.
      if (lines.length > 1 && !lines[0].some((value) => /\d/.test(value))) lines = lines.slice(1);
      // Two columns are X and Y, wherever the cursor stands.
      const first = Math.max(...lines.map((line) => line.length)) === 2 ? 1 : Number(cell.dataset.column);
      let row = cell.closest("tr");
      lines.forEach((values, at) => {
        row = at ? row.nextElementSibling || this.addRow() : row;
        const inputs = row.querySelectorAll("input");
        values.forEach((value, index) => {
          if (inputs[first + index]) inputs[first + index].value = value.trim();
        });
        if (first === 1 && !inputs[0].value) inputs[0].value = String(row.sectionRowIndex + 1);
      });
      this.fromTable();
    }

    /* Up, down and Return go through a column; Return in the last row makes another. */
    walk(event) {
      if (!["ArrowUp", "ArrowDown", "Enter"].includes(event.key) || event.target.tagName !== "INPUT") return;
      event.preventDefault();
      const row = event.target.closest("tr");
      const next = event.key === "ArrowUp" ? row.previousElementSibling : row.nextElementSibling;
      const target = next || (event.key === "Enter" ? this.addRow() : null);
      target?.querySelectorAll("input")[event.target.dataset.column].focus();
    }

    makeUpload() {
      const { panel } = this.panels.file;
      const input = make("input", { type: "file", id: this.id + "-input", accept: ".geojson,.json,.kml,.kmz,.gpx,.gpkg" });
      const found = make("div", { role: "status" });
      panel.replaceChildren(
        make("label", { htmlFor: input.id, textContent: T.fileLabel }),
        make("p", { className: "hint", textContent: T.fileHelp }),
        input,
        found
      );
      input.addEventListener("input", (event) => event.stopPropagation());
      input.addEventListener("change", async () => {
        if (!input.files.length) return;
        found.replaceChildren(make("p", { className: "hint", textContent: T.reading }));
        try {
          found.replaceChildren(...this.offer(await this.upload(input.files[0])));
        } catch (error) {
          found.replaceChildren(make("p", { className: "error", textContent: error.message || T.failed }));
        }
      });
    }

    async upload(file) {
      const body = new FormData();
      body.set("file", file);
      const csrf = this.form.elements.namedItem("_csrf")?.value || "";
      const headers = { "X-CSRF-Token": csrf, Accept: "application/json" };
      let answer = await fetch(config.upload, { method: "POST", body, headers });
      let said = await answer.json().catch(() => ({}));
      // A large file is read by the worker; ask until it has.
      while (answer.status === 202 && said.reading) {
        await new Promise((resolve) => setTimeout(resolve, 1500));
        answer = await fetch(said.reading, { headers });
        said = await answer.json().catch(() => ({}));
      }
      if (!answer.ok) throw new Error(said.detail || T.failed);
      return said;
    }

    offer(report) {
      const notes = [...(report.problem ? [report.problem] : []), ...report.notes];
      const told = make("p", { role: "status" });
      const parts = notes.map((text) => make("p", { className: "error", textContent: text }));
      const items = report.features.map((feature) => {
        const name = feature.name || T.unnamed;
        const item = make("li", {}, make("b", { textContent: name }), ` · ${T[feature.sort] || "–"} `);
        for (const problem of feature.problems) item.append(make("span", { className: "error", textContent: problem + " " }));
        if (feature.text) {
          const button = make("button", { type: "button", className: "quiet", textContent: T.take });
          button.setAttribute("aria-label", `${T.take}: ${name}`);
          button.addEventListener("click", () => {
            this.write(feature.text, feature.crs);
            this.check();
            told.textContent = say(T.taken, { name });
          });
          item.append(button);
        }
        return item;
      });
      if (items.length) parts.push(make("b", { textContent: T.features }), make("ul", { className: "geometry-found" }, ...items), told);
      return parts;
    }
  }

  function start(root) {
    for (const box of root.querySelectorAll("[data-geometry-tools]:not([data-geometry-on])")) {
      box.dataset.geometryOn = "";
      new Tools(box);
    }
  }

  start(document);
  // Rows that come without a page load.
  document.addEventListener("disan:form", (event) => start(event.detail));
})();
