// Brightness over time: window medians as dots, their smoothed value as a line, limits dashed, alarms as diamonds.
"use strict";
(() => {
  const { token, line, marks, diamond, axis, clock, times, keep } = plots;

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
    marks(u, series.marks);
    ctx.restore();
  }

  function drawAlarms(u, series) {
    series.light.forEach((light, i) => {
      if (light !== "alarm" && light !== "warning") return;
      const x = u.valToPos(series.time[i], "x", true);
      const y = u.valToPos(series.median[i], "y", true);
      diamond(u, x, y, light === "alarm" ? 7 : 5, light === "alarm");
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
    const series = JSON.parse(box.dataset.series);
    const names = box.dataset.names.split("|");
    const known = [...series.median, ...series.ewma, series.low, series.high].filter((v) => v !== null);
    const range = () => [Math.max(0, Math.min(...known) - 8), Math.min(255, Math.max(...known) + 8)];
    return new uPlot({
      width: box.clientWidth,
      height: 260,
      legend: { show: false },
      cursor: { y: false },
      scales: { x: times, y: { range } },
      axes: [clock([[3600, "{HH}:{mm}"], [60, "{HH}:{mm}"], [1, "{HH}:{mm}:{ss}"]]), { ...axis(), size: 48 }],
      series: [
        {},
        { label: names[0], stroke: token("--ink-3"), width: 0, points: { show: true, size: 6, fill: token("--ink-3") } },
        { label: names[1], stroke: token("--good"), width: 3, points: { show: false } },
      ],
      hooks: { setCursor: [(u) => read(u, box, names)], drawAxes: [(u) => drawLimits(u, series)], draw: [(u) => { drawHints(u, series); drawAlarms(u, series); }] },
    }, [series.time, series.median, series.ewma], box);
  }

  keep(".chart[data-series]", draw);
})();
