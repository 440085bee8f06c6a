// Brightness over time: window medians as dots, their smoothed value as a line, limits dashed, alarms as diamonds.
"use strict";
(() => {
  const charts = new Map();
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function drawLimits(u, series) {
    const { ctx } = u;
    const { left, top, width, height } = u.bbox;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    if (series.low !== null) {
      const high = u.valToPos(series.high, "y", true);
      const low = u.valToPos(series.low, "y", true);
      ctx.fillStyle = token("--blue-soft");
      ctx.fillRect(left, high, width, low - high);
      ctx.strokeStyle = token("--ink-2");
      ctx.lineWidth = 2 * devicePixelRatio;
      ctx.setLineDash([8 * devicePixelRatio, 6 * devicePixelRatio]);
      for (const y of [high, low]) line(ctx, left, y, left + width, y);
      ctx.strokeStyle = token("--bad");
      ctx.setLineDash([2 * devicePixelRatio, 5 * devicePixelRatio]);
      for (const grey of series.jump) line(ctx, left, u.valToPos(grey, "y", true), left + width, u.valToPos(grey, "y", true));
    }
    drawMarks(u, series);
    ctx.restore();
  }

  function line(ctx, x, y, toX, toY) {
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(toX, toY);
    ctx.stroke();
  }

  // What changed meanwhile: upright lines with their names at the top, left out where they would cover one another.
  function drawMarks(u, series) {
    const { ctx } = u;
    const { left, top, width, height } = u.bbox;
    let free = -Infinity;
    ctx.setLineDash([]);
    ctx.lineWidth = devicePixelRatio;
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    ctx.strokeStyle = ctx.fillStyle = token("--ink-2");
    ctx.font = `${12 * devicePixelRatio}px ${token("--font")}`;
    for (const mark of series.marks) {
      const x = u.valToPos(mark.time, "x", true);
      if (x < left || x > left + width) continue;
      line(ctx, x, top, x, top + height);
      const room = ctx.measureText(mark.name).width + 8 * devicePixelRatio;
      if (x < free || x + room > left + width) continue;
      ctx.fillText(mark.name, x + 4 * devicePixelRatio, top + 13 * devicePixelRatio);
      free = x + room;
    }
  }

  function drawAlarms(u, series) {
    const { ctx } = u;
    series.light.forEach((light, i) => {
      if (light !== "alarm" && light !== "warning") return;
      const x = u.valToPos(series.time[i], "x", true);
      const y = u.valToPos(series.median[i], "y", true);
      const r = (light === "alarm" ? 7 : 5) * devicePixelRatio;
      ctx.beginPath();
      ctx.moveTo(x, y - r);
      ctx.lineTo(x + r, y);
      ctx.lineTo(x, y + r);
      ctx.lineTo(x - r, y);
      ctx.closePath();
      ctx.lineWidth = 2 * devicePixelRatio;
      ctx.strokeStyle = ctx.fillStyle = token("--bad");
      if (light === "alarm") ctx.fill();
      else ctx.stroke();
    });
  }

  // Where a second detector says that the mean has changed: triangles on the time axis.
  function drawHints(u, series) {
    const { ctx } = u;
    const bottom = u.bbox.top + u.bbox.height;
    const r = 6 * devicePixelRatio;
    ctx.fillStyle = token("--ink-2");
    for (const at of series.hints) {
      const x = u.valToPos(at, "x", true);
      ctx.beginPath();
      ctx.moveTo(x, bottom - 2 * r);
      ctx.lineTo(x + r, bottom);
      ctx.lineTo(x - r, bottom);
      ctx.closePath();
      ctx.fill();
    }
  }

  function read(u, box, names) {
    const i = u.cursor.idx;
    const line = box.parentElement.querySelector(".readout");
    if (i === null || i === undefined) return void (line.textContent = "");
    const at = new Date(u.data[0][i] * 1000).toLocaleTimeString(document.documentElement.lang, { hour12: false });
    const told = [1, 2].map((k) => (u.data[k][i] === null ? null : `${names[k - 1]} ${u.data[k][i].toFixed(1)}`));
    line.textContent = [at, ...told.filter(Boolean)].join(" · ");
  }

  function draw(box) {
    charts.get(box)?.destroy();
    const series = JSON.parse(box.dataset.series);
    const names = box.dataset.names.split("|");
    const axis = { stroke: token("--ink-3"), grid: { stroke: token("--line"), width: 1 }, ticks: { stroke: token("--line") }, font: `12px ${token("--font")}` };
    const known = [...series.median, ...series.ewma, series.low, series.high].filter((v) => v !== null);
    const range = () => [Math.max(0, Math.min(...known) - 8), Math.min(255, Math.max(...known) + 8)];
    const chart = new uPlot({
      width: box.clientWidth,
      height: 260,
      legend: { show: false },
      cursor: { y: false },
      scales: { y: { range } },
      axes: [{ ...axis, values: [[3600, "{HH}:{mm}"], [60, "{HH}:{mm}"], [1, "{HH}:{mm}:{ss}"]].map((v) => [v[0], v[1], null, null, null, null, null, null, 1]) }, { ...axis, size: 48 }],
      series: [
        {},
        { label: names[0], stroke: token("--ink-3"), width: 0, points: { show: true, size: 6, fill: token("--ink-3") } },
        { label: names[1], stroke: token("--good"), width: 3, points: { show: false } },
      ],
      hooks: { setCursor: [(u) => read(u, box, names)], drawAxes: [(u) => drawLimits(u, series)], draw: [(u) => { drawHints(u, series); drawAlarms(u, series); }] },
    }, [series.time, series.median, series.ewma], box);
    charts.set(box, chart);
  }

  function drawAll() {
    for (const box of charts.keys()) if (!box.isConnected) { charts.get(box).destroy(); charts.delete(box); }
    for (const box of document.querySelectorAll(".chart[data-series]")) draw(box);
  }

  document.addEventListener("DOMContentLoaded", drawAll);
  document.addEventListener("theme", drawAll);
  document.addEventListener("htmx:afterSettle", drawAll);
  document.addEventListener("htmx:oobAfterSwap", drawAll);
  window.addEventListener("resize", drawAll);
})();
