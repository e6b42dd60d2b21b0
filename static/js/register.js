// "All on this page": shown only where scripts run; without it each box is ticked by itself.
for (const all of document.querySelectorAll("[data-check-all]")) {
  all.closest("label").hidden = false;
  const boxes = [...all.closest("form").querySelectorAll("input[name=code]")];
  const show = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  };
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
  });
  for (const box of boxes) box.addEventListener("change", show);
  show();
}
