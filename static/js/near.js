// What is near me: asks for the position when it is tapped and not before, then goes to the page of it. Without a
// script, or a position, a place is typed.
const form = document.querySelector("[data-near]");
const button = form.querySelector("[data-locate]");
const said = button.parentNode.querySelector("[role=status]");

if (navigator.geolocation) button.parentNode.hidden = false;

button.addEventListener("click", () => {
  if (button.ariaDisabled === "true") return;
  button.ariaDisabled = "true";
  said.textContent = button.dataset.wait;
  navigator.geolocation.getCurrentPosition(go, fail, { enableHighAccuracy: true, timeout: 20000, maximumAge: 60000 });
});

function go({ coords }) {
  const asked = new URLSearchParams(new FormData(form));
  for (const name of ["place", "around", "at"]) asked.delete(name);
  for (const [name, value] of [...asked]) if (!value) asked.delete(name);
  // A phone that knows its place to within a kilometre is not to look within 500 m.
  const radii = [...form.elements.radius.options].map((one) => Number(one.value));
  const wide = radii.find((one) => one >= coords.accuracy) ?? radii.at(-1);
  asked.set("radius", Math.max(Number(asked.get("radius")), wide));
  const at = [coords.latitude, coords.longitude].map((one) => Number(one.toFixed(4)));
  location.assign(`${form.action}?at=${at}&${asked}`);
}

function fail({ code }) {
  button.ariaDisabled = "false";
  said.textContent = code === 1 ? button.dataset.denied : button.dataset.failed;
}

// Whoever comes back by the back button may tap again.
addEventListener("pageshow", () => {
  button.ariaDisabled = "false";
  said.textContent = "";
});
