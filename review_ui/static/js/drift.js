// Figures over time against their limits: one line each, zones of warning and alarm shaded, looks that alarmed as diamonds.
"use strict";
(() => {
  const { token, line, marks, diamond, axis, clock, times, keep } = plots;
  const STYLES = [["--good", []], ["--ink", [8, 5]], ["--ink-2", [2, 4]]];
  const SPANS = [[86400, "{MM}-{DD}"], [3600, "{HH}:{mm}"], [60, "{HH}:{mm}"], [1, "{HH}:{mm}:{ss}"]];

  function zones(u, series) {
    const { ctx } = u;
    const { left, top, width, height } = u.bbox;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    for (const zone of series.zones) {
      const low = u.valToPos(zone.from, "y", true);
      const high = zone.to === null ? top : u.valToPos(zone.to, "y", true);
      ctx.fillStyle = token("--orange-soft");
      ctx.globalAlpha = zone.alarm ? 1 : 0.45;
      ctx.fillRect(left, high, width, low - high);
      ctx.globalAlpha = 1;
      ctx.strokeStyle = token("--bad");
      ctx.lineWidth = 1.5 * devicePixelRatio;
      ctx.setLineDash(zone.alarm ? [] : [6 * devicePixelRatio, 5 * devicePixelRatio]);
      line(ctx, left, low, left + width, low);
    }
    marks(u, series.marks);
    ctx.restore();
  }

  function spans(u, series) {
    const { ctx } = u;
    ctx.setLineDash([]);
    ctx.lineWidth = 1.5 * devicePixelRatio;
    series.lines.forEach((one, k) => {
      ctx.strokeStyle = token(STYLES[k][0]);
      (one.low ?? []).forEach((low, i) => {
        const x = u.valToPos(series.time[i], "x", true);
        line(ctx, x, u.valToPos(low, "y", true), x, u.valToPos(one.high[i], "y", true));
      });
      (one.states ?? []).forEach((state, i) => {
        if (one.values[i] === null || (state !== "alarm" && state !== "warning")) return;
        diamond(u, u.valToPos(series.time[i], "x", true), u.valToPos(one.values[i], "y", true), state === "alarm" ? 6 : 5, state === "alarm");
      });
    });
  }

  function read(u, box, series) {
    const i = u.cursor.idx;
    const told = box.parentElement.querySelector(".readout");
    if (i === null || i === undefined) return void (told.textContent = "");
    const at = new Date(series.time[i] * 1000).toLocaleString(document.documentElement.lang, { hour12: false });
    const values = series.lines.filter((one) => one.values[i] !== null).map((one) => `${one.name} ${one.values[i].toFixed(series.digits)}`);
    told.textContent = [at, ...values].join(" · ");
  }

  function draw(box) {
    const series = JSON.parse(box.dataset.drift);
    const known = series.lines.flatMap((one) => [...one.values, ...(one.low ?? []), ...(one.high ?? [])]).filter((v) => v !== null);
    const reach = [...known, ...series.show];
    const room = 0.06 * (Math.max(...reach) - Math.min(...reach));
    const range = () => [series.floor ?? Math.min(...reach) - room, Math.min(series.ceiling ?? Infinity, Math.max(...reach) + room)];
    const lines = series.lines.map((one, k) => ({
      label: one.name, stroke: token(STYLES[k][0]), width: 2.5, dash: STYLES[k][1],
      points: { show: series.time.length < 60, size: 6, fill: token(STYLES[k][0]), stroke: token(STYLES[k][0]) },
    }));
    return new uPlot({
      width: box.clientWidth,
      height: 260,
      legend: { show: false },
      cursor: { y: false },
      scales: { x: times, y: { range } },
      axes: [clock(SPANS), { ...axis(), size: 52 }],
      series: [{}, ...lines],
      hooks: { setCursor: [(u) => read(u, box, series)], drawAxes: [(u) => zones(u, series)], draw: [(u) => spans(u, series)] },
    }, [series.time, ...series.lines.map((one) => one.values)], box);
  }

  keep(".chart[data-drift]", draw);
})();
