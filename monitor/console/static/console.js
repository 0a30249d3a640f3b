// What the pages need beyond HTML; no inline script runs under our Content-Security-Policy.
"use strict";

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// -- charts: bars that lie over one another, the sum first, so that they look stacked ------------------------------

function drawChart(place) {
  const data = JSON.parse(place.dataset.chart);
  const step = place.dataset.unit === "hour" ? 3600 : 86400;
  const bars = uPlot.paths.bars({ size: [0.8, 40], align: 1 });
  const series = ["low", "normal", "high", "urgent"].map((name) => ({ label: name, fill: color(name), width: 0, paths: bars, points: { show: false } }));
  const axis = { stroke: color("soft"), grid: { stroke: color("line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
  place.classList.add("drawn");
  place.replaceChildren();
  new uPlot({
    width: place.clientWidth, height: place.clientHeight,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), place.dataset.zone),
    cursor: { show: false }, legend: { show: false }, select: { show: false },
    scales: { x: { range: (_, first, last) => [first, last + step] }, y: { range: (_, __, most) => [0, Math.max(most, 1) * 1.05] } },
    axes: [{ ...axis, grid: { show: false }, space: 70, size: 38 }, { ...axis, size: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] }],
    series: [{}, ...series],
  }, data, place);
}

function drawCharts() {
  document.querySelectorAll("[data-chart][data-zone]").forEach(drawChart);
  document.querySelectorAll("[data-days][data-series]").forEach(drawDays);
}

// -- bars by day: the table below each says the same to those who see no chart -------------------------------------

function drawDays(place) {
  const days = JSON.parse(place.dataset.days).map((day) => Date.parse(day + "T12:00:00Z") / 1000);
  const numbers = JSON.parse(place.dataset.series).map(([, each]) => each);
  const bars = uPlot.paths.bars({ size: [0.75, 36] });
  // the first lies on top: it is a part of the others
  const series = numbers.map((_, at) => ({ fill: color(["normal", "low"][at]), width: 0, paths: bars, points: { show: false } })).reverse();
  const axis = { stroke: color("soft"), grid: { stroke: color("line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
  place.replaceChildren();
  place.classList.add("drawn");
  new uPlot({
    width: place.clientWidth, height: place.clientHeight,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    cursor: { show: false }, legend: { show: false }, select: { show: false },
    scales: { x: { range: (_, first, last) => [first - 43200, last + 43200] }, y: { range: (_, __, most) => [0, Math.max(most, 1) * 1.05] } },
    axes: [
      { ...axis, grid: { show: false }, space: 60, values: (_, splits) => splits.map((seconds) => new Date(seconds * 1000).toISOString().slice(5, 10)) },
      { ...axis, size: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] },
    ],
    series: [{}, ...series],
  }, [days, ...numbers.reverse()], place);
}

// -- live alerts: one stream for the page that is looked at, none for a tab behind others --------------------------

const live = { source: null, list: null, url: "", last: "", waiting: [], retry: 0 };

function listen() {
  const list = document.querySelector("[data-live]");
  if (list !== live.list) {
    hush();
    Object.assign(live, { list, url: list ? list.dataset.live : "", last: "", waiting: [] });
  }
  if (!list || live.source || document.hidden) return;
  const url = new URL(live.url, location.href);
  if (live.last) url.searchParams.set("after", live.last);
  live.source = new EventSource(url);
  live.source.addEventListener("told", (event) => { live.last = event.lastEventId; take(JSON.parse(event.data)); });
  live.source.addEventListener("error", () => {
    if (live.source && live.source.readyState === EventSource.CLOSED) { // refused: too many listen
      hush();
      live.retry = setTimeout(listen, 60000);
    }
  });
}

function hush() {
  clearTimeout(live.retry);
  if (live.source) live.source.close();
  live.source = null;
}

function take(told) {
  live.waiting = [...live.waiting.filter((each) => each.id !== told.id), told];
  const bar = document.querySelector(".news");
  if (window.scrollY > 300 || live.list.contains(document.activeElement)) { // move nothing under a reader's eyes
    const count = live.waiting.length;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "second", textContent: "Show" });
    button.addEventListener("click", () => { show(); window.scrollTo({ top: 0 }); });
    bar.replaceChildren(`${count} new ${count === 1 ? "alert" : "alerts"} `, button);
  } else {
    show();
    bar.replaceChildren(`New: ${told.title}`);
    setTimeout(() => { if (!live.waiting.length) bar.replaceChildren(); }, 8000);
  }
}

function show() {
  for (const told of live.waiting) {
    const holder = document.createElement("template");
    holder.innerHTML = told.card; // made and escaped by our own server
    const card = holder.content.querySelector("li");
    document.getElementById(told.id)?.remove();
    card.classList.add("fresh");
    live.list.prepend(card);
    htmx.process(card);
  }
  live.waiting = [];
  document.querySelector(".news").replaceChildren();
  document.querySelector(".empty")?.remove();
}

// -- beginning -----------------------------------------------------------------------------------------------------

document.addEventListener("DOMContentLoaded", () => { drawCharts(); listen(); });
document.addEventListener("htmx:afterSettle", () => { drawCharts(); listen(); });
document.addEventListener("visibilitychange", () => (document.hidden ? hush() : listen()));
window.addEventListener("pagehide", hush);
window.addEventListener("resize", drawCharts);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);

// addresses without what a form leaves empty
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") return;
  for (const [name, value] of [...event.detail.formData.entries()]) if (value === "") event.detail.formData.delete(name);
});

// buttons that copy what stands elsewhere
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  const text = button && document.querySelector(button.dataset.copy)?.textContent;
  if (text) {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  }
});
