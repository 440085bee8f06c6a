// What every page does: the theme, times in the browser's own zone, forms that are sent once.
"use strict";
(() => {
  const root = document.documentElement;
  const themes = ["auto", "light", "dark"];

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
      const pad = (n) => String(n).padStart(2, "0");
      const today = at.toDateString() === new Date().toDateString();
      const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} `;
      time.title = time.textContent;
      time.textContent = `${today ? "" : day}${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
      time.dataset.local = "";
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    showTheme();
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
