// A large picture, tile by tile, by OpenSeadragon; drawn on a canvas, so that every telephone can.
export async function show(stage, source, name) {
  // It would warn of tiles that come when it is closed already.
  OpenSeadragon.console = { ...console, warn: () => {} };
  const place = Object.assign(document.createElement("div"), { className: "flat" });
  stage.replaceChildren(place);
  const viewer = OpenSeadragon({
    element: place,
    tileSources: source,
    drawer: "canvas",
    // The buttons are the page's own.
    showNavigationControl: false,
    immediateRender: true,
    animationTime: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 0.5,
    gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
  });
  try {
    await new Promise((resolve, reject) => {
      viewer.addOnceHandler("open", resolve);
      viewer.addOnceHandler("open-failed", reject);
    });
  } catch (error) {
    viewer.destroy();
    throw error;
  }
  viewer.canvas.setAttribute("role", "img");
  viewer.canvas.setAttribute("aria-label", name);
  viewer.canvas.focus();
  const zoom = (by) => viewer.viewport.zoomBy(by).applyConstraints();
  return {
    acts: { in: () => zoom(1.6), out: () => zoom(1 / 1.6), whole: () => viewer.viewport.goHome() },
    end: () => viewer.destroy(),
  };
}
