// What all charts over time have in common: colours, axes, upright marks, and being drawn anew with page and theme.
"use strict";
window.plots = (() => {
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function line(ctx, x, y, toX, toY) {
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(toX, toY);
    ctx.stroke();
  }

  // What changed meanwhile: upright lines with their names at the top, left out where they would cover one another.
  function marks(u, told) {
    const { ctx } = u;
    const { left, top, width, height } = u.bbox;
    let free = -Infinity;
    ctx.setLineDash([]);
    ctx.lineWidth = devicePixelRatio;
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    ctx.strokeStyle = ctx.fillStyle = token("--ink-2");
    ctx.font = `${12 * devicePixelRatio}px ${token("--font")}`;
    for (const mark of told) {
      const x = u.valToPos(mark.time, "x", true);
      if (x < left || x > left + width) continue;
      line(ctx, x, top, x, top + height);
      const room = ctx.measureText(mark.name).width + 8 * devicePixelRatio;
      if (x < free || x + room > left + width) continue;
      ctx.fillText(mark.name, x + 4 * devicePixelRatio, top + 13 * devicePixelRatio);
      free = x + room;
    }
  }

  function diamond(u, x, y, size, filled) {
    const { ctx } = u;
    const r = size * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x, y - r);
    ctx.lineTo(x + r, y);
    ctx.lineTo(x, y + r);
    ctx.lineTo(x - r, y);
    ctx.closePath();
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.strokeStyle = ctx.fillStyle = token("--bad");
    if (filled) ctx.fill();
    else ctx.stroke();
  }

  const axis = () => ({ stroke: token("--ink-3"), grid: { stroke: token("--line"), width: 1 }, ticks: { stroke: token("--line") }, font: `12px ${token("--font")}` });

  // A time axis has room for a label with seconds at each of its marks.
  const clock = (values) => ({ ...axis(), space: 72, values: values.map((v) => [v[0], v[1], null, null, null, null, null, null, 1]) });

  // The span of a time axis: what came, and of a single point the hour around it rather than years.
  const times = { range: (u, low, high) => (high > low ? [low, high] : [low - 1800, low + 1800]) };

  // Draw every box that the selector finds, now and whenever it may look otherwise; `draw(box)` gives the chart.
  function keep(selector, draw) {
    const charts = new Map();
    function all() {
      for (const box of charts.keys()) if (!box.isConnected) { charts.get(box).destroy(); charts.delete(box); }
      for (const box of document.querySelectorAll(selector)) {
        charts.get(box)?.destroy();
        charts.set(box, draw(box));
      }
    }
    document.addEventListener("DOMContentLoaded", all);
    document.addEventListener("theme", all);
    document.addEventListener("htmx:afterSettle", all);
    document.addEventListener("htmx:oobAfterSwap", all);
    window.addEventListener("resize", all);
  }

  return { token, line, marks, diamond, axis, clock, times, keep };
})();
