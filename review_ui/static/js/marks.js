// Boxes and outlines drawn around defects, in pixels of the image as it came. They go with the answer, as JSON.
"use strict";
(() => {
  const NEAR = 14; // window pixels from an outline's first corner that close it
  const SMALLEST = 4; // window pixels to a side
  const STEP = 0.01; // of the picture's width, for each press of an arrow key
  const SVG = "http://www.w3.org/2000/svg";
  const fingers = new Map();
  let marks = []; // {image, points: [[x, y], ...], box: true or false, type}
  let mode = "";
  let chosen = -1;
  let draft = null; // {view, points, box, loose: where the pointer is}

  const work = () => document.getElementById("work");
  const views = () => [...(work()?.querySelectorAll(".view[data-image]") ?? [])];
  const clamp = (value, most) => Math.min(Math.max(value, 0), most);
  const cornersOf = ([[l, t], [r, b]]) => [[l, t], [r, t], [r, b], [l, b]];
  const text = (points) => points.map((point) => point.join(",")).join(" ");

  function pixel(view, event) {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(view.querySelector("svg.marks").getScreenCTM().inverse());
    return [clamp(place.x, Number(view.dataset.width)), clamp(place.y, Number(view.dataset.height))].map(Math.round);
  }

  function scale(view) { return view.querySelector("svg.marks").getScreenCTM().a; }

  function begin() {
    fingers.clear();
    [marks, mode, chosen, draft] = [[], "", -1, null];
    if (!work()?.marks) return;
    try {
      const known = new Set(views().map((view) => Number(view.dataset.image)));
      marks = JSON.parse(work().marks.value || "[]").filter((said) => known.has(said.image)).map((said) => {
        const box = Boolean(said.box);
        return { image: said.image, box, type: said.type ?? "", points: box ? [said.box.slice(0, 2), said.box.slice(2)] : said.outline };
      });
      show();
    } catch { marks = []; }
  }

  function keep() {
    const said = marks.map(({ image, points, box, type }) => {
      const xs = points.map((p) => p[0]), ys = points.map((p) => p[1]);
      const around = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
      return { image, ...(box ? { box: around } : { outline: points }), ...(type ? { type } : {}) };
    });
    work().marks.value = said.length ? JSON.stringify(said) : "";
    show();
  }

  function shape(points, kind, closed = true) {
    const made = document.createElementNS(SVG, closed ? "polygon" : "polyline");
    made.setAttribute("points", text(points));
    made.setAttribute("class", kind);
    return made;
  }

  function show() {
    for (const view of views()) {
      const shapes = marks.flatMap((mark, i) => {
        if (mark.image !== Number(view.dataset.image)) return [];
        const corners = mark.box ? cornersOf(mark.points) : mark.points;
        const outline = shape(corners, i === chosen ? "mark chosen" : "mark");
        outline.dataset.at = i;
        return [shape(corners, "halo"), outline];
      });
      if (draft?.view === view) {
        const points = draft.box ? cornersOf(draft.points) : [...draft.points, ...(draft.loose ? [draft.loose] : [])];
        shapes.push(shape(points, "halo", draft.box), shape(points, "told", draft.box));
      }
      view.querySelector("svg.marks").replaceChildren(...shapes);
    }
    list();
  }

  function list() {
    const rows = marks.map((mark, i) => {
      const row = work().querySelector("#mark-row").content.firstElementChild.cloneNode(true);
      const view = work().querySelector(`.view[data-image="${mark.image}"] .name`);
      row.dataset.at = i;
      row.classList.toggle("chosen", i === chosen);
      row.querySelector(".mark-name").textContent = `${i + 1} · ${view.textContent}`;
      row.querySelector("select").value = mark.type;
      return row;
    });
    const box = work().querySelector(".mark-list");
    box.replaceChildren(...rows);
    box.hidden = !rows.length;
  }

  function draw(wanted) {
    mode = mode === wanted ? "" : wanted;
    draft = null;
    fingers.clear();
    work().querySelectorAll(".pad").forEach((pad) => pad.remove());
    if (mode) for (const view of views()) view.append(Object.assign(document.createElement("div"), { className: "pad" }));
    for (const button of work().querySelectorAll("[data-draw][aria-pressed]")) {
      button.setAttribute("aria-pressed", String(button.dataset.draw === mode));
    }
    work().querySelector(".draw-how").textContent = mode ? work().querySelector(".draw-how").dataset[mode] : "";
    tell();
    show();
  }

  function tell() { work().querySelector("[data-draw=done]").hidden = !(draft && !draft.box && draft.points.length > 2); }

  function add(view, points, box) {
    if (box) points = [0, 1].map((end) => [0, 1].map((axis) => Math[end ? "max" : "min"](points[0][axis], points[1][axis])));
    marks.push({ image: Number(view.dataset.image), points, box, type: "" });
    [chosen, draft] = [marks.length - 1, null];
    keep();
    tell();
  }

  function remove(at) {
    if (at < 0 || at >= marks.length) return;
    marks.splice(at, 1);
    chosen = marks.length - 1;
    keep();
  }

  function close() {
    if (draft && !draft.box && draft.points.length > 2) add(draft.view, draft.points, false);
  }

  function down(event) {
    const pad = event.target.closest?.(".pad");
    if (!pad) {
      const mark = event.target.closest?.(".mark");
      if (mark) { chosen = Number(mark.dataset.at); show(); }
      return;
    }
    event.preventDefault();
    pad.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    const view = pad.closest(".view");
    if (fingers.size > 1) { if (draft?.box) draft = null; pad.dataset.pinched = "yes"; return show(); }
    if (event.button || mode !== "box") return;
    const at = pixel(view, event);
    draft = { view, points: [at, at], box: true };
    show();
  }

  function move(event) {
    const pad = event.target.closest?.(".pad");
    if (!pad) return;
    const view = pad.closest(".view");
    if (fingers.size > 1 && fingers.has(event.pointerId)) return pinch(view, event);
    if (draft?.view !== view) return;
    if (draft.box) draft.points[1] = pixel(view, event);
    else if (event.pointerType === "mouse") draft.loose = pixel(view, event);
    show();
  }

  function pinch(view, event) {
    const [was, other] = [fingers.get(event.pointerId), [...fingers].find(([id]) => id !== event.pointerId)[1]];
    const now = [event.clientX, event.clientY];
    const apart = (p) => Math.max(Math.hypot(p[0] - other[0], p[1] - other[1]), 1);
    const moved = [(now[0] - was[0]) / 2, (now[1] - was[1]) / 2];
    fingers.set(event.pointerId, now);
    window.jidokaDeep?.zoomAt(view, apart(now) / apart(was), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2, moved);
  }

  function up(event) {
    const pad = event.target.closest?.(".pad");
    if (!pad || !fingers.delete(event.pointerId)) return;
    const view = pad.closest(".view");
    if (pad.dataset.pinched) { if (!fingers.size) delete pad.dataset.pinched; return; }
    if (event.type === "pointercancel" || event.button) { if (draft?.box) draft = null; return show(); }
    const at = pixel(view, event);
    if (mode === "box" && draft) {
      const [[l, t], [r, b]] = [draft.points[0], at];
      if (Math.min(Math.abs(r - l), Math.abs(b - t)) * scale(view) >= SMALLEST) return add(view, [[l, t], [r, b]], true);
      draft = null;
    } else if (mode === "outline") {
      if (draft?.view !== view) draft = { view, points: [], box: false };
      const first = draft.points[0];
      if (draft.points.length > 2 && Math.hypot(at[0] - first[0], at[1] - first[1]) * scale(view) <= NEAR) return close();
      draft.points.push(at);
      tell();
    }
    show();
  }

  // Without a pointer: Enter puts a box into the middle of what is seen, arrows move it, with Shift they size it.
  function middle() {
    const view = views().find((one) => one.classList.contains("front")) ?? views()[0];
    if (!view) return;
    const seen = view.getBoundingClientRect();
    const at = (x, y) => pixel(view, { clientX: seen.left + seen.width * x, clientY: seen.top + seen.height * y });
    add(view, [at(0.4, 0.4), at(0.6, 0.6)], true);
  }

  function nudge(key, sized) {
    const mark = marks[chosen];
    const view = views().find((one) => Number(one.dataset.image) === mark.image);
    const [width, height] = [Number(view.dataset.width), Number(view.dataset.height)];
    const step = Math.max(1, Math.round(width * STEP));
    const [dx, dy] = { arrowleft: [-step, 0], arrowright: [step, 0], arrowup: [0, -step], arrowdown: [0, step] }[key];
    const moved = mark.points.map(([x, y], i) => (sized && i === 0 ? [x, y] : [x + dx, y + dy]));
    if (moved[0][0] >= moved[1][0] || moved[0][1] >= moved[1][1]) return;
    if (moved.some(([x, y]) => x !== clamp(x, width) || y !== clamp(y, height))) return;
    mark.points = moved;
    keep();
  }

  function keyed(event) {
    if (event.target.matches("input:not([type=checkbox]), textarea, select") || !work()?.marks) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    const onButton = event.target.matches("button, summary, a");
    const arrow = key.startsWith("arrow") && mode === "box" && marks[chosen]?.box;
    if (arrow) nudge(key, event.shiftKey);
    else if (event.repeat) return;
    else if (key === "b" || key === "p") draw(key === "b" ? "box" : "outline");
    else if (key === "escape" && mode) { if (draft) { draft = null; tell(); show(); } else draw(""); }
    else if (key === "delete" || key === "backspace") remove(chosen);
    else if (key === "enter" && mode && !onButton) { if (mode === "box") middle(); else close(); }
    else return;
    event.preventDefault();
  }

  function clicked(event) {
    const tool = event.target.closest("[data-draw]");
    if (tool) { if (tool.dataset.draw === "done") close(); else draw(tool.dataset.draw); tool.blur(); }
    const row = event.target.closest(".mark-list li");
    const act = event.target.closest("[data-mark]")?.dataset.mark;
    if (act === "remove") remove(Number(row.dataset.at));
    if (act === "choose") { chosen = Number(row.dataset.at); show(); work().querySelector(".mark-list li.chosen .button").focus(); }
  }

  function wheeled(event) {
    const pad = event.target.closest?.(".pad");
    if (!pad) return;
    event.preventDefault();
    window.jidokaDeep?.zoomAt(pad.closest(".view"), event.deltaY < 0 ? 1.25 : 0.8, event.clientX, event.clientY);
  }

  document.addEventListener("change", (event) => {
    const row = event.target.closest(".mark-list li");
    if (row) { marks[Number(row.dataset.at)].type = event.target.value; keep(); }
  });
  for (const [kind, act] of [["pointerdown", down], ["pointermove", move], ["pointerup", up], ["pointercancel", up]]) {
    document.addEventListener(kind, act, { capture: true });
  }
  document.addEventListener("wheel", wheeled, { passive: false, capture: true });
  document.addEventListener("keydown", keyed);
  document.addEventListener("click", clicked);
  document.addEventListener("htmx:afterSwap", (event) => { if (event.detail.target?.id === "work") begin(); });
  document.addEventListener("DOMContentLoaded", begin);
})();
