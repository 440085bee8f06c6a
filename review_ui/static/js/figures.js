// Small charts of figures over time: the mean as a line, its least and greatest values as a band, gaps where none came.
"use strict";
(() => {
  const charts = new Map();
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const rounded = (value) => Number(value.toPrecision(4)).toString();
  const written = (value, share) => (share ? `${rounded(value * 100)} %` : rounded(value));

  // As many digits as tell one tick from the next.
  function tick(value, step, share) {
    const by = share ? 100 : 1;
    return (value * by).toFixed(Math.min(6, Math.max(0, -Math.floor(Math.log10(step * by) + 1e-9)))) + (share ? " %" : "");
  }

  function times() {
    const { start, step, points } = JSON.parse(document.getElementById("figures").dataset.times);
    return Array.from({ length: points }, (_, i) => start + i * step);
  }

  function moment(seconds, step) {
    const form = step >= 86400 ? { dateStyle: "medium" } : { dateStyle: "short", timeStyle: "short" };
    return new Intl.DateTimeFormat(document.documentElement.lang, { ...form, hour12: false }).format(new Date(seconds * 1000));
  }

  function read(u, box, share) {
    const i = u.cursor.idx;
    const line = box.parentElement.querySelector(".readout");
    if (i === null || i === undefined) return void (line.textContent = "");
    const value = u.data.at(-1)[i];
    const at = moment(u.data[0][i], u.data[0][1] - u.data[0][0]);
    if (value === null || value === undefined) return void (line.textContent = `${at} · –`);
    const band = u.data.length > 2 ? ` (${written(u.data[1][i], share)} – ${written(u.data[2][i], share)})` : "";
    line.textContent = `${at} · ${written(value, share)}${band}`;
  }

  function range(data, usual) {
    let low = Infinity;
    let high = -Infinity;
    for (const values of data.slice(1)) for (const value of values) {
      if (value === null) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    if (usual !== null) [low, high] = [Math.min(low, usual), Math.max(high, usual)];
    if (low > high) return [0, 1];
    const room = (high - low) * 0.08 || Math.abs(high) * 0.05 || 0.5;
    return [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
  }

  // The usual value as a dashed line, so that a change is seen beside it.
  function drawUsual(u, usual) {
    if (usual === null) return;
    const { ctx } = u;
    const y = u.valToPos(usual, "y", true);
    ctx.save();
    ctx.strokeStyle = token("--ink-3");
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(u.bbox.left, y);
    ctx.lineTo(u.bbox.left + u.bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }

  function draw(box) {
    charts.get(box)?.destroy();
    const series = JSON.parse(box.dataset.series);
    const share = box.dataset.share === "yes";
    const usual = box.dataset.usual === undefined ? null : Number(box.dataset.usual);
    const data = [times(), ...(series.low ? [series.low, series.high] : []), series.mean]; // what is drawn last is on top
    const limits = range(data, usual);
    const axis = { stroke: token("--ink-3"), grid: { stroke: token("--line"), width: 1 }, ticks: { show: false }, font: `11px ${token("--font")}` };
    const edge = { stroke: "transparent", width: 0, points: { show: false } };
    const chart = new uPlot({
      width: box.clientWidth,
      height: box.clientHeight,
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      padding: [6, 4, 0, 0],
      scales: { y: { range: () => limits } },
      axes: [
        { ...axis, size: 22, space: 70, values: (u, at) => at.map((one) => label(one, data[0])) },
        { ...axis, size: 50, space: 34, values: (u, at, _axis, _space, step) => at.map((one) => tick(one, step, share)) },
      ],
      series: [{}, ...(series.low ? [edge, edge] : []), { stroke: token("--blue"), width: 1.5, points: { show: alone(series.mean), size: 4 } }],
      bands: series.low ? [{ series: [2, 1], fill: token("--blue-soft") }] : [],
      hooks: { setCursor: [(u) => read(u, box, share)], drawAxes: [(u) => drawUsual(u, usual)] },
    }, data, box);
    charts.set(box, chart);
  }

  // A value between two gaps has no line to be seen by.
  const alone = (values) => values.some((value, i) => value !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null);

  function label(seconds, all) {
    const at = new Date(seconds * 1000);
    const form = all.at(-1) - all[0] > 2 * 86400 ? { month: "short", day: "numeric" } : { hour: "2-digit", minute: "2-digit", hour12: false };
    return new Intl.DateTimeFormat(document.documentElement.lang, form).format(at);
  }

  // Charts out of sight are drawn once they come near: there may be a hundred.
  const near = new IntersectionObserver((seen) => {
    for (const one of seen) if (one.isIntersecting) { near.unobserve(one.target); draw(one.target); }
  }, { rootMargin: "300px" });

  function drawAll() {
    for (const [box, chart] of charts) if (!box.isConnected) { chart.destroy(); charts.delete(box); }
    for (const box of document.querySelectorAll(".trend[data-series]")) {
      if (charts.has(box)) draw(box);
      else near.observe(box);
    }
  }

  document.addEventListener("DOMContentLoaded", drawAll);
  document.addEventListener("theme", drawAll);
  document.addEventListener("htmx:oobAfterSwap", drawAll);
  window.addEventListener("resize", drawAll);
})();
