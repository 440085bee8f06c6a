// Wakes the page when something changed on the server, and says so when it can no longer hear the server.
"use strict";
(() => {
  const AT_MOST_EVERY_MS = 700;
  let source = null;
  let waiting = null;
  let missed = false;

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
    waiting ??= setTimeout(() => {
      waiting = null;
      document.body.dispatchEvent(new CustomEvent("live"));
    }, AT_MOST_EVERY_MS);
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
  window.jidoka = { toast };

  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector("meta[name=csrf]");
    if (token) event.detail.headers["X-CSRF-Token"] = token.content;
    if (event.detail.triggeringEvent?.type === "live") event.detail.headers["X-Live"] = "yes";
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    // What somebody is typing in is not replaced under the fingers.
    if (event.detail.requestConfig.triggeringEvent?.type === "live" && inUse()) event.preventDefault();
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
