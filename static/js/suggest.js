// Suggestions under the search box of every form with `data-suggest`, as somebody types (ARIA 1.2, combobox). The value,
// where there is one, is the language in which records are asked. Without a network there are none.
(() => {
  const style = new URL("../css/suggest.css", document.currentScript.src);
  const { lang } = document.documentElement;

  for (const form of document.querySelectorAll("form[data-suggest]")) {
    equip(form.querySelector("[type=search]"), form.dataset.suggest || (lang === "vi" ? "vi" : "en"));
  }

  function equip(input, content) {
    const id = `${input.id}-suggestions`;
    const list = make("div", { id, className: "suggestions", hidden: true, role: "listbox", ariaLabel: input.labels[0]?.textContent });
    let asked = new AbortController();
    let waiting;
    let at;

    input.after(list);
    Object.assign(input, { role: "combobox", ariaAutoComplete: "list", ariaExpanded: false });
    input.setAttribute("aria-controls", id);

    function show(options) {
      list.replaceChildren(...options);
      list.hidden = !options.length;
      input.ariaExpanded = !list.hidden;
      choose(-1);
    }

    function close() {
      clearTimeout(waiting);
      asked.abort();
      show([]);
    }

    function choose(index) {
      at = index;
      [...list.children].forEach((one, place) => (one.ariaSelected = place === at));
      list.children[at]?.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", at < 0 ? "" : `${id}-${at}`);
    }

    function option({ name, type_label: type, url, by, matched }, place, all) {
      const href = url.replace(`/${content}/`, `/${lang}/`);
      // Of two of one name, a practice and its festival, each says in which list it stands.
      const page = href.split("/", 3).join("/");
      const isAlone = all.filter((one) => one.name === name).length < 2;
      const kind = isAlone ? "" : document.querySelector(`.roof a[href="${page}"]`)?.textContent;
      const said = [by === "other_name" && matched, kind, type].filter(Boolean).join(" · ");
      const made = make("a", { id: `${id}-${place}`, role: "option", tabIndex: -1, href });
      made.append(name, make("small", { textContent: said }));
      return made;
    }

    async function ask() {
      asked = new AbortController();
      try {
        const search = new URLSearchParams({ q: input.value, lang: content });
        const answer = await fetch(`/api/v1/suggest?${search}`, asked);
        const { suggestions = [] } = await answer.json();
        if (document.activeElement === input) show(suggestions.map(option));
      } catch (error) {
        if (error.name !== "AbortError") close();
      }
    }

    input.addEventListener("focus", () => document.head.append(make("link", { rel: "stylesheet", href: style })), { once: true });
    input.addEventListener("input", () => {
      clearTimeout(waiting);
      asked.abort();
      if (input.value.trim().length < 2) close();
      else waiting = setTimeout(ask, 180);
    });
    input.addEventListener("keydown", (event) => {
      const stops = list.children.length + 1;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.isComposing || list.hidden) return;
      // Through the box itself, from the last to the first.
      if (step) choose(((at + 1 + step + stops) % stops) - 1);
      else if (event.key === "Enter" && at >= 0) list.children[at].click();
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
    });
    // A tap on a suggestion must not take the focus first, and the list away with it.
    list.addEventListener("pointerdown", (event) => event.preventDefault());
    input.addEventListener("blur", close);
  }

  function make(tag, properties) {
    return Object.assign(document.createElement(tag), properties);
  }
})();
