// Scores of units: good ones rise from the axis, defective ones hang below it, counts go by logarithm, thresholds cross.
"use strict";
(() => {
  const charts = new Map();
  const typed = new Map(); // thresholds as they stand in the form, before they are in force
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function marks(box) {
    const kept = JSON.parse(box.dataset.thresholds);
    return kept.map((mark) => (typed.has(mark.id) ? { ...mark, score: typed.get(mark.id) } : mark)).filter((mark) => mark.score !== null);
  }

  function drawMarks(u, box) {
    const { ctx } = u;
    const { top, height, left, width } = u.bbox;
    const size = 12 * devicePixelRatio;
    box.dataset.marked = marks(box).map((mark) => mark.score).join(" ");
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = token("--ink");
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.setLineDash([6 * devicePixelRatio, 5 * devicePixelRatio]);
    ctx.font = `650 ${size}px ${token("--font")}`;
    for (const mark of marks(box)) {
      const x = u.valToPos(mark.score, "x", true);
      ctx.beginPath();
      ctx.moveTo(x, top - 4);
      ctx.lineTo(x, top + height);
      ctx.stroke();
      const before = mark.side === "end";
      const words = before ? `← ${mark.name}` : `${mark.name} →`;
      const room = ctx.measureText(words).width + size;
      const flip = before ? x - left < room : left + width - x < room;
      ctx.textAlign = before === flip ? "start" : "end";
      ctx.fillText(words, x + (ctx.textAlign === "end" ? -size / 2 : size / 2), top - 8 * devicePixelRatio);
    }
    ctx.restore();
  }

  function draw(box) {
    charts.get(box)?.destroy();
    const data = JSON.parse(box.dataset.bins);
    const axis = { stroke: token("--ink-3"), ticks: { stroke: token("--line") }, font: `12px ${token("--font")}` };
    const bars = (share) => uPlot.paths.bars({ size: [share, 60] });
    const tens = [1, 10, 100, 1000, 10000, 100000];
    const splits = (u, axis, low, high) => [...tens.map((n) => -n).reverse(), 0, ...tens].filter((n) => n >= low && n <= high);
    charts.set(box, new uPlot({
      width: box.clientWidth,
      height: 280,
      padding: [26, 8, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: [0, 1] }, y: { distr: 4, asinh: 0.5 } },
      axes: [{ ...axis, grid: { show: false } }, { ...axis, size: 52, grid: { stroke: token("--line"), width: 1 }, splits, values: (u, found) => found.map((n) => String(Math.abs(n))) }],
      series: [
        {},
        { fill: token("--line-strong"), width: 0, points: { show: false }, paths: bars(0.95) },
        { fill: token("--good"), width: 0, points: { show: false }, paths: bars(0.6) },
        { fill: token("--bad"), width: 0, points: { show: false }, paths: bars(0.6) },
      ],
      hooks: { draw: [(u) => drawMarks(u, box)] },
    }, [data.score, data.unlabelled, data.good, data.defective.map((n) => (n === null ? null : -n))], box));
  }

  function drawAll() {
    for (const [box, chart] of charts) if (!box.isConnected) { chart.destroy(); charts.delete(box); }
    for (const box of document.querySelectorAll(".scores[data-bins]")) draw(box);
  }

  document.addEventListener("threshold", (event) => {
    typed.set(event.detail.id, event.detail.score);
    for (const chart of charts.values()) chart.redraw();
  });
  for (const event of ["DOMContentLoaded", "theme", "htmx:oobAfterSwap"]) document.addEventListener(event, drawAll);
  window.addEventListener("resize", drawAll);
})();
