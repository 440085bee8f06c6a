// Keys for the two verdicts of a study, the time they took, and zoom.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const DEAF_MS = 250; // a bouncing key must not answer for the next part
  const form = document.getElementById("work");
  if (!form) return;
  let shownAt = Infinity;
  const pictures = [...form.querySelectorAll("img.picture")];
  Promise.allSettled(pictures.map((picture) => picture.decode())).then(() => {
    shownAt = performance.now();
    form.dataset.ready = "yes";
    setTimeout(() => window.jidokaDeep?.attachAll(), 300);
  });
  form.addEventListener("submit", () => {
    form.elements.seconds.value = Math.max((performance.now() - shownAt) / 1000, 0).toFixed(2);
  });
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("summary, a, input")) return;
    const key = event.key.toLowerCase() === "p" ? " " : event.key.toLowerCase();
    const button = [...form.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
    if (!button) return;
    event.preventDefault();
    if (performance.now() - shownAt < DEAF_MS || !(performance.now() >= shownAt)) return;
    button.click();
  });
});
