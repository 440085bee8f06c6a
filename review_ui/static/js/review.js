// One key per verdict, the next unit's pictures ready before they are asked for, and a lease kept while somebody works.
"use strict";
(() => {
  const DEAF_MS = 250; // a bouncing key or a glove that lingers must not answer for the next unit
  const HEARTBEAT_MS = 20_000;
  const AT_WORK_MS = 120_000;
  const preloaded = new Map();
  let shownAt = Infinity;
  let activeAt = performance.now();
  let deepTimer = null;
  let answering = null; // the task whose answer is on its way

  const work = () => document.getElementById("work");
  const isSheet = () => work()?.matches("form");

  function painted() {
    requestAnimationFrame(() => setTimeout(() => {
      shownAt = performance.now();
      performance.mark("jidoka:painted", { detail: work()?.dataset.task ?? "" });
      if (work()) work().dataset.ready = "yes";
      preload();
    }));
  }

  function show() {
    shownAt = Infinity; // deaf until the pictures are there
    answering = null;
    window.jidokaDeep?.release();
    clearTimeout(deepTimer);
    if (!isSheet()) return painted();
    if (sessionStorage.getItem("overlay") === "off" && work().dataset.ai) work().dataset.ai = "off";
    const tabs = work().querySelectorAll("[data-show]");
    if (tabs.length > 1) work().querySelector(".views").dataset.tabs = "on";
    const pictures = [...work().querySelectorAll(".views img.picture")];
    Promise.allSettled(pictures.filter((picture) => !standIn(picture)).map((picture) => picture.decode())).then(painted);
    deepTimer = setTimeout(() => window.jidokaDeep?.attachAll(), 450);
    countDown();
  }

  // A picture of many megapixels takes long to decode; what was decoded ahead, in the size of the screen, stands in for
  // it until the viewer, which has all of it, is laid over it.
  function standIn(picture) {
    const ready = preloaded.get(new URL(picture.src).pathname)?.small;
    if (!ready) return false;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height, canvas.className] = [ready.width, ready.height, "picture stand-in"];
    canvas.getContext("bitmaprenderer").transferFromImageBitmap(ready);
    canvas.setAttribute("aria-hidden", "true");
    picture.classList.add("stood-for");
    picture.after(canvas);
    return true;
  }

  // The next unit's pictures are shown while the server takes the answer: what it then says is next counts, and no key is
  // heard before that is there. Nothing of the unit that was judged may lie over them.
  function ahead() {
    const wanted = (work().dataset.next ?? "").split(" ").filter(Boolean).map((address) => preloaded.get(address)?.small);
    const frames = [...work().querySelectorAll(".views .view")];
    if (!wanted.length || wanted.length !== frames.length || !wanted.every(Boolean)) return;
    shownAt = Infinity;
    wanted.forEach((small, i) => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height, canvas.className] = [small.width, small.height, "ahead"];
      canvas.getContext("2d").drawImage(small, 0, 0);
      frames[i].append(canvas);
    });
    work().dataset.ahead = "yes";
    requestAnimationFrame(() => setTimeout(() => performance.mark("jidoka:ahead")));
  }

  function fallBack() {
    answering = null;
    if (!isSheet() || !work().dataset.ahead) return;
    delete work().dataset.ahead;
    work().querySelectorAll("canvas.ahead").forEach((canvas) => canvas.remove());
    shownAt = performance.now();
  }

  async function shrink(known) {
    const room = work()?.querySelector(".view[data-picture]")?.getBoundingClientRect();
    await known.picture.decode();
    const { naturalWidth: width, naturalHeight: height } = known.picture;
    const share = room && Math.min(room.width / width, room.height / height) * devicePixelRatio;
    if (!share) return;
    const small = Math.ceil(width * Math.min(share, 1));
    known.small = await createImageBitmap(known.picture, { resizeWidth: small, resizeQuality: "medium" });
  }

  function preload() {
    const wanted = (work()?.dataset.next ?? "").split(" ").filter(Boolean);
    for (const known of preloaded.keys()) if (!wanted.includes(known)) preloaded.delete(known);
    for (const address of wanted) {
      if (preloaded.has(address)) continue;
      const picture = new Image();
      picture.src = address;
      const known = { picture, small: null };
      shrink(known).catch(() => {});
      preloaded.set(address, known);
    }
  }

  function countDown() {
    const bar = work().querySelector(".undo");
    if (bar) setTimeout(() => { bar.hidden = true; }, Number(bar.dataset.left) * 1000);
  }

  function seconds() {
    return Math.min(Math.max((performance.now() - shownAt) / 1000, 0), 86_000).toFixed(2);
  }

  function keyed(event) {
    const inField = event.target.matches("input:not([type=checkbox]), textarea, select");
    if (event.key === "Escape" && inField) event.target.blur();
    if (inField || event.repeat || event.ctrlKey || event.metaKey || event.altKey || !work()) return;
    const key = event.key.toLowerCase();
    const button = [...work().querySelectorAll("[data-key]")].find((b) => b.dataset.key === key);
    if (button && !button.closest("[hidden]")) return press(event, button);
    const acts = {
      h: toggleOverlay, n: openNote, "+": () => window.jidokaDeep?.zoom(1.6), "=": () => window.jidokaDeep?.zoom(1.6),
      "-": () => window.jidokaDeep?.zoom(1 / 1.6), "0": () => window.jidokaDeep?.whole(), tab: null,
    };
    if (acts[key]) {
      event.preventDefault();
      acts[key]();
    }
  }

  function press(event, button) {
    event.preventDefault();
    if (performance.now() - shownAt < DEAF_MS && !button.dataset.key.match(/u/)) return;
    performance.mark("jidoka:key");
    button.classList.add("chosen");
    button.click();
  }

  function toggleOverlay() {
    if (!work().dataset.ai) return;
    work().dataset.ai = work().dataset.ai === "on" ? "off" : "on";
    sessionStorage.setItem("overlay", work().dataset.ai);
  }

  function openNote() {
    const field = work().querySelector("textarea[name=note]");
    if (!field) return;
    field.closest("details").open = true;
    field.focus();
  }

  function clicked(event) {
    if (event.target.closest("[data-do=ai]")) toggleOverlay();
    const tab = event.target.closest("[data-show]");
    if (!tab) return;
    const views = work().querySelectorAll(".view");
    views.forEach((view, i) => view.classList.toggle("front", i === Number(tab.dataset.show)));
    work().querySelectorAll("[data-show]").forEach((b) => b.setAttribute("aria-pressed", String(b === tab)));
  }

  async function heartbeat() {
    if (!isSheet() || document.hidden || performance.now() - activeAt > AT_WORK_MS) return;
    const form = work();
    const isOver = () => !form.isConnected || form.dataset.task === answering; // its lease ended by the answer itself
    if (isOver()) return;
    const body = new URLSearchParams({ lease: form.lease.value, csrf: form.csrf.value });
    const answer = await fetch(`/review/${form.dataset.task}/keep`, { method: "POST", body }).catch(() => null);
    if (answer?.status === 409 && !isOver()) window.jidoka?.toast(await answer.text());
  }

  document.addEventListener("keydown", keyed);
  document.addEventListener("click", clicked);
  document.addEventListener("submit", () => { if (isSheet()) work().seconds.value = seconds(); }, true);
  document.addEventListener("htmx:beforeRequest", (event) => { if (event.target.closest?.("#work") && !event.target.closest(".load")) work().classList.add("busy"); });
  document.addEventListener("htmx:beforeSend", (event) => {
    if (!isSheet() || !/^\/review\/\d+(\/unsure)?$/.test(event.detail.requestConfig.path)) return;
    answering = work().dataset.task;
    ahead();
  });
  document.addEventListener("htmx:afterRequest", () => work()?.classList.remove("busy"));
  for (const failed of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) document.addEventListener(failed, fallBack);
  document.addEventListener("htmx:afterSwap", (event) => { if (event.detail.target?.id === "work") show(); });
  for (const kind of ["pointermove", "keydown", "wheel", "touchstart"]) {
    document.addEventListener(kind, () => { activeAt = performance.now(); }, { passive: true });
  }
  setInterval(heartbeat, HEARTBEAT_MS);
  document.addEventListener("DOMContentLoaded", show);
})();
