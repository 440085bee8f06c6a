// Deep zoom and the overlay's switch on a unit's story.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  setTimeout(() => window.jidokaDeep.attachAll(), 300);
  document.addEventListener("click", (event) => {
    const key = event.target.closest(".overlay-key");
    if (!key) return;
    const view = key.closest(".view");
    const off = view.dataset.ai !== "off";
    view.dataset.ai = off ? "off" : "on";
    key.setAttribute("aria-pressed", String(!off));
  });
});
