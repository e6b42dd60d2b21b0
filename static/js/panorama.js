// A panorama all around, by Pannellum; where the browser has no WebGL, the flat picture stays.
export async function show(stage, source, name) {
  if (!document.createElement("canvas").getContext("webgl")) throw new Error("no WebGL");
  // Given as an element, for it would else be fetched into an address that the content policy forbids.
  const picture = Object.assign(new Image(), { src: source });
  await picture.decode();
  const place = Object.assign(document.createElement("div"), { className: "flat" });
  stage.replaceChildren(place);
  // In degrees across; of a screen that stands upright the height would else show nearly half of the round.
  const across = place.clientWidth < place.clientHeight ? 65 : 110;
  const viewer = pannellum.viewer(place, {
    type: "equirectangular",
    panorama: picture,
    dynamic: true,
    dynamicUpdate: true,
    autoLoad: true,
    showControls: false,
    hfov: across,
  });
  // It is a still: once it is there, it need not be looked at again.
  if (viewer.isLoaded()) viewer.setUpdate(false);
  else viewer.on("load", () => viewer.setUpdate(false));
  const around = viewer.getContainer();
  around.setAttribute("role", "img");
  around.setAttribute("aria-label", name);
  around.focus();
  return {
    acts: {
      in: () => viewer.setHfov(viewer.getHfov() - 15),
      out: () => viewer.setHfov(viewer.getHfov() + 15),
      whole: () => viewer.lookAt(0, 0, across),
    },
    end: () => viewer.destroy(),
  };
}
