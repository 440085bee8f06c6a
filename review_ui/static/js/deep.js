// Zoom and pan deep into a picture. The plain picture is shown at once; the viewer is laid over it when there is time.
"use strict";
(() => {
  const viewers = new Map();

  // The viewer would put a style of its own into the page, which the page's policy forbids; it puts none where it finds
  // something of that name, and what it would say is in review.css.
  const mark = document.createElementNS("urn:jidoka", "style");
  mark.setAttribute("data-openseadragon-mobile-css", "true");
  document.head.append(mark);

  function attach(view) {
    const width = Number(view.dataset.width);
    const height = Number(view.dataset.height);
    const element = document.createElement("div");
    element.className = "deep";
    view.prepend(element);
    const viewer = OpenSeadragon({
      element,
      tileSources: { type: "image", url: view.dataset.picture },
      drawer: "canvas",
      showNavigationControl: false,
      showNavigator: false,
      animationTime: 0.25,
      springStiffness: 12,
      maxZoomPixelRatio: 6,
      minZoomImageRatio: 0.9,
      visibilityRatio: 0.6,
      immediateRender: true,
      keyboardNavEnabled: false,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
      gestureSettingsTouch: { dblClickToZoom: true, flickEnabled: true },
    });
    viewer.innerTracker.keyHandler = null;
    viewer.canvas.tabIndex = -1;
    viewers.set(view, viewer);
    viewer.addOnceHandler("tile-drawn", () => {
      for (const overlay of view.querySelectorAll(".overlay, .drawn")) {
        viewer.addOverlay({ element: overlay, location: new OpenSeadragon.Rect(0, 0, 1, height / width) });
      }
      view.classList.add("zoomable");
    });
  }

  function link(one, other) {
    for (const act of ["zoom", "pan"]) one.addHandler(act, () => {
      if (one.following || !one.isOpen() || !other.viewport || !other.isOpen()) return;
      other.following = true; // or the two would follow each other for ever
      other.viewport.zoomTo(one.viewport.getZoom());
      other.viewport.panTo(one.viewport.getCenter());
      other.following = false;
    });
  }

  function each(act) {
    for (const viewer of viewers.values()) if (viewer.isOpen()) act(viewer.viewport);
  }

  window.jidokaDeep = {
    /** Make every picture of the page zoomable. */
    attachAll() {
      for (const view of document.querySelectorAll(".view[data-picture]")) if (!viewers.has(view)) attach(view);
    },
    /** The same, and what is seen of a picture follows what is seen of its twin beside it. */
    attachTwins() {
      this.attachAll();
      for (const twin of document.querySelectorAll(".view[data-twin]:not([data-linked])")) {
        const view = [...document.querySelectorAll(".view[data-image]")]
          .find((one) => one.querySelector(".name")?.textContent === twin.dataset.twin);
        if (!view) continue;
        twin.dataset.linked = "";
        link(viewers.get(view), viewers.get(twin));
        link(viewers.get(twin), viewers.get(view));
      }
    },
    /** Let go of the viewers of pictures that are no longer there. */
    release() {
      for (const [view, viewer] of viewers) {
        if (!view.isConnected) {
          viewer.destroy();
          viewers.delete(view);
        }
      }
    },
    zoom(by) { each((viewport) => { viewport.zoomBy(by); viewport.applyConstraints(); }); },
    /** Zoom one picture about a point of the window, and move it by some pixels. */
    zoomAt(view, by, x, y, moved = [0, 0]) {
      const viewer = viewers.get(view);
      if (!viewer?.isOpen()) return;
      const corner = view.getBoundingClientRect();
      const at = viewer.viewport.pointFromPixel(new OpenSeadragon.Point(x - corner.left, y - corner.top));
      viewer.viewport.zoomBy(by, at);
      viewer.viewport.panBy(viewer.viewport.deltaPointsFromPixels(new OpenSeadragon.Point(-moved[0], -moved[1])));
      viewer.viewport.applyConstraints();
    },
    whole() { each((viewport) => viewport.goHome()); },
  };
})();
