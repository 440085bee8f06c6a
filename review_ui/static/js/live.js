// Wakes the page when something changed on the server, and says so when it can no longer hear the server.
"use strict";
(() => {
  const GATHER_MS = 700;
  const BUSY_MS = 3000;
  let source = null;
  let missed = false;
  const waiting = new Map(); // what will be asked for, by its path
  const asked = new Map(); // and when it last was

  function tell(state) {
    const lamp = document.getElementById("live");
    if (!lamp) return;
    lamp.dataset.state = state;
    lamp.lastElementChild.textContent = lamp.dataset[state];
  }

  function wake() {
    if (document.hidden) {
      missed = true;
      return;
    }
    for (const part of document.querySelectorAll("[data-every]")) wakePart(part.getAttribute("hx-get"), 1000 * part.dataset.every);
  }

  // A part asks no more often than it wants to, and always once more after the last change.
  function wakePart(path, every) {
    if (waiting.has(path)) return;
    const rest = Math.max(GATHER_MS, (asked.get(path) ?? -every) + every - performance.now());
    waiting.set(path, setTimeout(() => {
      waiting.delete(path);
      asked.set(path, performance.now());
      document.querySelector(`[data-every][hx-get="${CSS.escape(path)}"]`)?.dispatchEvent(new CustomEvent("live"));
    }, rest));
  }

  function connect() {
    source?.close();
    source = new EventSource("/live");
    source.addEventListener("open", () => { tell("live"); wake(); });
    source.addEventListener("changed", wake);
    source.addEventListener("error", () => {
      tell("lost");
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 5000);
    });
  }

  // A hidden page lets its connection go: browsers grant six to a server, and a terminal has many tabs.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else {
      connect();
      if (missed) wake();
      missed = false;
    }
  });
  window.addEventListener("pagehide", () => source?.close());

  function toast(words) {
    const box = document.getElementById("toast");
    box.textContent = words;
    box.className = "toast";
    clearTimeout(toast.timer);
    toast.timer = setTimeout(() => { box.className = "visually-hidden"; }, 6000);
  }
  window.jidoka = { toast, wake };

  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector("meta[name=csrf]");
    if (token) event.detail.headers["X-CSRF-Token"] = token.content;
    if (event.detail.triggeringEvent?.type === "live") event.detail.headers["X-Live"] = "yes";
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    // What somebody is typing in is not replaced under the fingers.
    if (event.detail.requestConfig.triggeringEvent?.type !== "live" || !inUse()) return;
    event.preventDefault();
    setTimeout(wake, BUSY_MS);
  });

  function inUse() {
    const typing = document.activeElement;
    if (typing?.matches("input, textarea, select") && typing.closest("[data-live-part]")) return true;
    const fields = document.querySelectorAll("[data-live-part] input:not([type=hidden]), [data-live-part] textarea");
    return [...fields].some((field) => field.value !== field.defaultValue);
  }

  document.addEventListener("htmx:responseError", (event) => {
    const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    toast(page.querySelector("[data-words]")?.textContent ?? document.body.dataset.failed);
  });
  document.addEventListener("htmx:sendError", () => { tell("lost"); toast(document.body.dataset.failed); });
  document.addEventListener("DOMContentLoaded", () => { if (!document.hidden) connect(); });
})();
