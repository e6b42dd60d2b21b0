// The API's description to open and try, by Swagger UI; until it is there, and without it, the plain list stands.
const viewer = document.getElementById("viewer");

// The viewer's parts within our page, which has its own head, its own main part and one server.
const frame = ({ React }) => ({
  components: {
    Frame({ getComponent }) {
      const parts = ["errors", "AuthorizeBtnContainer", "FilterContainer", "operations"];
      const drawn = parts.map((name) => React.createElement(getComponent(name, true), { key: name }));
      const drawings = React.createElement(getComponent("SvgAssets"), { key: "drawings" });
      return React.createElement("div", { className: "swagger-ui" }, drawings, ...drawn);
    },
  },
});

// What the viewer leaves without a name, or out of the keyboard's reach.
function mend() {
  for (const field of viewer.querySelectorAll("[data-param-name] select:not([aria-label])")) {
    field.setAttribute("aria-label", field.closest("[data-param-name]").dataset.paramName);
  }
  for (const part of viewer.querySelectorAll("[role=region]:not([aria-label])")) part.setAttribute("aria-label", part.id);
  for (const code of viewer.querySelectorAll("pre:not([tabindex])")) code.tabIndex = 0;
}

const answer = await fetch(viewer.dataset.description);
if (answer.ok) {
  const description = await answer.json();
  // What is tried goes to where this page is from, whatever name the service has elsewhere.
  description.servers = [{ url: new URL(".", answer.url).pathname.replace(/\/$/, "") }];
  new MutationObserver(mend).observe(viewer, { childList: true, subtree: true });
  SwaggerUIBundle({
    spec: description,
    dom_id: "#drawn",
    plugins: [frame],
    layout: "Frame",
    docExpansion: "none",
    displayRequestDuration: true,
    filter: true,
    syntaxHighlight: false,
    onComplete() {
      document.getElementById("plain").hidden = true;
      viewer.hidden = false;
    },
  });
}
