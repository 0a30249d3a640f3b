// What the pages need beyond HTML; no inline script runs under our Content-Security-Policy.
"use strict";

// An answer that refuses says why: show it as any other.
document.addEventListener("htmx:beforeSwap", (event) => {
  if ([400, 413, 503].includes(event.detail.xhr.status) && event.detail.xhr.response) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

// Buttons that copy what stands elsewhere.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  const text = button && document.querySelector(button.dataset.copy)?.textContent;
  if (text) {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  }
});

// Bars by day. The table below each chart says the same to those who see none.
function drawBars(element) {
  const days = JSON.parse(element.dataset.days).map((day) => Date.parse(day + "T12:00:00Z") / 1000);
  const series = JSON.parse(element.dataset.series);
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  const axis = { stroke: color("--soft"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
  const bars = uPlot.paths.bars({ size: [0.75, 36] });
  const fills = [color("--link"), color("--soft")];
  const options = {
    width: element.clientWidth,
    height: 220,
    tzDate: (stamp) => uPlot.tzDate(new Date(stamp * 1000), "Etc/UTC"),
    legend: { live: false },
    cursor: { drag: { x: false, y: false } },
    scales: { x: { range: (_, first, last) => [first - 43200, last + 43200] }, y: { range: (_, __, most) => [0, Math.max(1, most)] } },
    axes: [
      { ...axis, grid: { show: false }, values: (_, stamps) => stamps.map((stamp) => new Date(stamp * 1000).toISOString().slice(5, 10)) },
      { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10000, 100000], size: 44 },
    ],
    series: [{}, ...series.map(([name], place) => ({ label: name, stroke: fills[place], fill: fills[place], paths: bars, points: { show: false } }))],
  };
  // what is drawn last lies on top: the first series, which is part of the others
  const drawn = [days, ...series.map(([, numbers]) => numbers)];
  options.series = [options.series[0], ...options.series.slice(1).reverse()];
  element.replaceChildren();
  new uPlot(options, [drawn[0], ...drawn.slice(1).reverse()], element);
}

function drawAll(root) {
  for (const element of root.querySelectorAll(".chart[data-days]")) drawBars(element);
}

document.addEventListener("DOMContentLoaded", () => {
  drawAll(document);
  document.body.addEventListener("htmx:afterSettle", () => drawAll(document));
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll(document));
addEventListener("resize", () => drawAll(document));
