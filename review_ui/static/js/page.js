// What every page does: the theme, times in the browser's own zone, forms that are sent once.
"use strict";
(() => {
  const root = document.documentElement;
  const themes = ["auto", "light", "dark"];
  // Plants of many countries read English pages: there the date is ISO 8601's, which nobody takes for another one.
  const locale = root.lang === "en" ? "sv-SE" : root.lang;
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: "medium", hour12: false });
  const calendar = new Intl.DateTimeFormat(locale, { year: "numeric", month: "2-digit", day: "2-digit" });

  function showTheme() {
    const button = document.getElementById("theme");
    if (button) button.lastElementChild.textContent = button.dataset.words.split("|")[themes.indexOf(root.dataset.theme)];
  }

  function nextTheme() {
    root.dataset.theme = themes[(themes.indexOf(root.dataset.theme) + 1) % themes.length];
    document.cookie = `theme=${root.dataset.theme};path=/;max-age=31536000;samesite=lax`;
    showTheme();
    document.dispatchEvent(new Event("theme"));
  }

  function localTimes(within) {
    for (const time of within.querySelectorAll("time[datetime]:not([data-local])")) {
      const at = new Date(time.dateTime);
      const today = at.toDateString() === new Date().toDateString();
      time.title = time.textContent;
      time.textContent = today ? clock.format(at) : `${calendar.format(at)} ${clock.format(at)}`;
      time.dataset.local = "";
    }
  }

  // A terminal that nobody touches locks itself; the server stops answering it at the same time.
  function watchIdle() {
    const seconds = Number(document.body.dataset.lockAfter);
    const form = document.getElementById("lock");
    if (!seconds || !form) return;
    // All windows of a terminal count as one: who works in one is not locked out by another.
    const touch = () => localStorage.setItem("touched", String(Date.now()));
    touch();
    for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) {
      document.addEventListener(kind, touch, { passive: true });
    }
    setInterval(() => { if (Date.now() - Number(localStorage.getItem("touched")) > seconds * 1000) form.requestSubmit(); }, 1000);
  }

  // On a phone not all tabs of a line fit: the one that is open is to be seen. Only they move, not the page.
  function showTab() {
    const tab = document.querySelector(".tabs [aria-current]");
    if (!tab) return;
    const [at, all] = [tab.getBoundingClientRect(), tab.parentElement.getBoundingClientRect()];
    tab.parentElement.scrollLeft += at.left - all.left - (all.width - at.width) / 2;
  }

  document.addEventListener("DOMContentLoaded", () => {
    showTheme();
    showTab();
    watchIdle();
    localTimes(document);
    document.querySelector("[data-look]")?.scrollIntoView({ block: "center" });
    document.getElementById("theme")?.addEventListener("click", nextTheme);
  });
  document.addEventListener("htmx:afterSettle", () => localTimes(document));
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  // A second click on a button that has already sent its form would do the same thing twice.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.hasAttribute("hx-post") || event.defaultPrevented) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
  });
})();
