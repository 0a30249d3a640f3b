// What the pages need beyond HTML; no inline script runs under our Content-Security-Policy.
"use strict";

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// -- charts: bars that lie over one another, the sum first, so that they look stacked; a table below says the same ---

const AXIS = { ticks: { show: false }, font: "12px system-ui" };
const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];

function shortName(name, unit) { // of a day or an hour, such as 2026-11-22 14:00
  return unit === "hour" && !name.endsWith("00:00") ? name.slice(11) : name.slice(5, 10);
}

// a bar stands over its number on the axis, and under it the day or hour that it is of
function drawBars(place, names, series, size) {
  const grid = { stroke: color("line"), width: 1 };
  const bars = uPlot.paths.bars({ size: [0.8, size] });
  place.classList.add("drawn");
  place.replaceChildren();
  const each = Math.ceil(names.length / Math.max(1, Math.floor((place.clientWidth - 40) / 64)));
  new uPlot({
    width: place.clientWidth, height: place.clientHeight,
    cursor: { show: false }, legend: { show: false }, select: { show: false },
    scales: { x: { time: false, range: [-0.5, names.length - 0.5] }, y: { range: (_, __, most) => [0, Math.max(most, 1) * 1.05] } },
    axes: [
      { ...AXIS, stroke: color("soft"), grid: { show: false }, size: 26, splits: () => names.map((_, at) => at).filter((at) => at % each === 0), values: (_, splits) => splits.map((at) => shortName(names[at], place.dataset.unit)) },
      { ...AXIS, stroke: color("soft"), grid, size: 36, incrs: WHOLE },
    ],
    series: [{}, ...series.map((fill) => ({ fill, width: 0, paths: bars, points: { show: false } }))],
  }, [names.map((_, at) => at), ...JSON.parse(place.dataset.numbers)], place);
}

function drawCharts() {
  for (const place of document.querySelectorAll("[data-names][data-numbers]")) {
    drawBars(place, JSON.parse(place.dataset.names), place.dataset.colors.split(" ").map(color), 40);
  }
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
  // move nothing under the eyes, the mouse or the focus of somebody who reads
  if (window.scrollY > 300 || live.list.contains(document.activeElement) || live.list.matches(":hover")) {
    const count = live.waiting.length;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "second", textContent: "Show" });
    button.addEventListener("click", () => { show(); window.scrollTo({ top: 0 }); live.list.querySelector("a")?.focus(); });
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

// -- times: how long ago, kept up with the clock, and at a touch the hour itself ------------------------------------

const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
const times = { began: Date.now(), exact: false };

function ago(then) { // as the server writes it
  const now = Date.parse(document.body.dataset.now) + Date.now() - times.began;
  const seconds = Math.trunc((now - then) / 1000);
  const [unit, length] = UNITS.find((each) => Math.abs(seconds) >= each[1]) || ["", 1];
  if (!unit) return "now";
  return seconds < 0 ? `in ${Math.ceil(-seconds / length)} ${unit}` : `${Math.floor(seconds / length)} ${unit} ago`;
}

function tellTimes() {
  if (!document.body.dataset.now || document.hidden) return;
  for (const time of document.querySelectorAll("time[title]")) {
    const said = times.exact ? time.title.slice(0, 16) : ago(Date.parse(time.dateTime));
    if (time.textContent !== said) time.textContent = said;
  }
}

function turnTimes() {
  times.exact = !times.exact;
  document.querySelector(".turn-times").textContent = times.exact ? "Show how long ago" : "Show exact times";
  tellTimes();
}

function offerTimes() {
  if (!document.body.dataset.now) return;
  const button = Object.assign(document.createElement("button"), { type: "button", className: "linked turn-times", textContent: "Show exact times" });
  button.addEventListener("click", turnTimes);
  document.querySelector("footer").append(button);
}

// -- what a screen reader hears of a part that has changed: one sentence, not all of it ----------------------------

function hear(event) {
  const part = event.detail.target;
  const told = part && part.isConnected && part.querySelector("[data-heard]");
  const heard = document.getElementById("heard");
  if (told && heard.textContent !== told.dataset.heard) heard.textContent = told.dataset.heard;
}

// -- beginning -----------------------------------------------------------------------------------------------------

document.addEventListener("DOMContentLoaded", () => { drawCharts(); listen(); offerTimes(); });
document.addEventListener("htmx:afterSettle", (event) => { drawCharts(); listen(); tellTimes(); hear(event); });
document.addEventListener("visibilitychange", () => { document.hidden ? hush() : listen(); tellTimes(); });
setInterval(tellTimes, 20000);
window.addEventListener("pagehide", hush);
for (const [name, exact] of [["beforeprint", true], ["afterprint", false]]) { // on paper nobody knows how long ago
  window.addEventListener(name, () => { if (document.querySelector(".turn-times") && times.exact !== exact) turnTimes(); });
}
window.addEventListener("resize", drawCharts);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);

// addresses without what a form leaves empty
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") return;
  for (const [name, value] of [...event.detail.formData.entries()]) if (value === "") event.detail.formData.delete(name);
});

// buttons that copy what stands elsewhere
document.addEventListener("click", async (event) => {
  if (event.target.closest("time[title]")) turnTimes();
  const button = event.target.closest("[data-copy]");
  const text = button && document.querySelector(button.dataset.copy)?.textContent;
  if (text) {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  }
});

// among stories, j goes to the next one and k to the one before
document.addEventListener("keydown", (event) => {
  const story = event.target.closest(".stories > li");
  if (!story || !"jk".includes(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
  const next = event.key === "j" ? story.nextElementSibling : story.previousElementSibling;
  next?.querySelector("a, summary, button")?.focus();
});
