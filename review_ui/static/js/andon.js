// The wall screen says when it was last heard of, and plainly when that is too long ago.
"use strict";
(() => {
  const STALE_MS = 25000; // it asks every ten seconds even where nothing changes
  let heard = Date.now();
  const pad = (n) => String(n).padStart(2, "0");

  function hear() {
    const at = new Date();
    heard = at.getTime();
    const time = document.getElementById("as-of");
    time.dateTime = at.toISOString();
    time.dataset.local = "";
    time.textContent = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
    look();
  }

  function age(seconds) {
    return seconds < 90 ? `${seconds} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
  }

  function look() {
    const lamp = document.getElementById("live").dataset.state;
    const silent = Date.now() - heard;
    const lost = silent > STALE_MS || (lamp === "lost" && silent > 5000);
    document.body.dataset.state = lost ? "lost" : "live";
    const banner = document.getElementById("lost");
    banner.hidden = !lost;
    if (lost) banner.textContent = banner.dataset.words.replace("{n}", age(Math.round(silent / 1000)));
  }

  document.addEventListener("htmx:afterSwap", hear);
  document.addEventListener("DOMContentLoaded", hear);
  setInterval(look, 1000);
})();
