// What lies beside the unit in hand: references, the defect book, the last good unit. It comes after the unit is painted.
"use strict";
(() => {
  const LATER_MS = 120;
  let timer = null;

  const work = () => document.getElementById("work");
  const wanted = () => sessionStorage.getItem("beside") ?? "";

  function toggle(what) {
    sessionStorage.setItem("beside", wanted() === what ? "" : what);
    show();
  }

  async function show() {
    const form = work();
    const box = document.getElementById("beside");
    if (!box) return;
    const what = wanted();
    for (const key of form.querySelectorAll("[data-beside]")) key.setAttribute("aria-pressed", String(key.dataset.beside === what));
    if (!what) {
      box.replaceChildren();
      box.hidden = true;
      window.jidokaDeep?.release();
      return;
    }
    const answer = await fetch(`/review/${form.dataset.task}/beside/${what}`).catch(() => null);
    if (!answer?.ok || !form.isConnected || wanted() !== what) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    box.replaceChildren(...page.body.childNodes);
    box.hidden = false;
    window.jidokaDeep?.release();
    front();
    setTimeout(() => window.jidokaDeep?.attachTwins(), 300);
  }

  // On a phone the twin of the view in front is in front.
  function front() {
    const seen = work()?.querySelector(".views .view.front .name")?.textContent;
    for (const twin of document.querySelectorAll("#beside .view")) twin.classList.toggle("front", twin.dataset.twin === seen);
  }

  document.addEventListener("click", (event) => {
    const key = event.target.closest("[data-beside]");
    if (key) toggle(key.dataset.beside);
    if (event.target.closest("[data-show]")) setTimeout(front);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "work") return;
    clearTimeout(timer);
    const box = document.getElementById("beside");
    if (!wanted() || !box) return;
    box.hidden = false; // so that the picture does not change its size
    timer = setTimeout(show, LATER_MS);
  });
  document.addEventListener("DOMContentLoaded", () => { if (wanted()) show(); });
})();
