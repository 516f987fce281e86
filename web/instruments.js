// Makes instruments of a page's charts: a readout under the pointer and by keyboard, one cursor for all charts with the same
// horizontal axis, a range of time drawn on any chart over time, copies, and data tables.
//
// It computes nothing: what it says stands in the figures. data-csv is the table behind a chart, data-across what its first
// column counts (viewer/src/view_model/data.rs), data-plot of an SVG where the plot area lies (viewer/src/charts/plot.rs).
// A range of time is written into the address, which the page's program follows.

const SVG = "http://www.w3.org/2000/svg";
/** A pointer that moves less, in pixels of the chart, draws no range. */
const SLIP = 4;
/** Time between two addresses while a range is drawn, milliseconds: browsers refuse more than some ten a second. */
const PACE = 100;
/** What a product of whole numbers and fractions may miss a whole number by. */
const SLACK = 1e-6;
/** Where all charts of one kind are read: the figure that leads, the row of its table, and whether keys put it there. */
let cursor;
/** A range on its way: its figure and two times in units of the axis; `pointer` is the one that draws it. */
let draft;
/** The figure that a range was last drawn on: it tells what came of it. */
let author;
let written = 0;

const tables = new WeakMap();

/** The table behind a chart: its heading as names and units, its rows as texts, and the figures of its first column. */
function tableOf(figure) {
  if (!tables.has(figure)) {
    const [heading, ...rows] = parse(figure.dataset.csv);
    const head = heading.map((text) => {
      const [, name, unit] = text.match(/^(.*) \((.*)\)$/s) ?? [text, text, ""];
      return { name, unit };
    });
    tables.set(figure, { heading, head, rows, xs: rows.map(([first]) => Number(first)) });
  }
  return tables.get(figure);
}

function parse(csv) {
  const rows = [[]];
  for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^,\n]*))(,|\n|$)/g)) {
    rows.at(-1).push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === "\n") rows.push([]);
    if (!end) break;
  }
  return rows;
}

/** Seconds of a unit of the time axis; undefined where the chart is not one over time. */
function unitOf(figure) {
  const [kind, seconds] = figure.dataset.across?.split(" ") ?? [];
  return kind === "time" ? Number(seconds) : undefined;
}

/** The plot area and the ends of its axis. A drawing without a size of its own tells it in percents of what it has. */
function areaOf(svg) {
  const area = svg.dataset.plot.split(" ").map(Number);
  if (svg.hasAttribute("viewBox")) return area;
  const { width, height } = svg.getBoundingClientRect();
  return area.map((value, i) => (i > 3 ? value : value / 100 * (i < 2 ? width : height)));
}

/** The drawing that is seen, and how its horizontal axis maps; undefined where none is. */
function plotOf(figure) {
  const svg = [...figure.querySelectorAll(":scope > svg")].find((one) => one.getClientRects().length);
  if (!svg) return undefined;
  const [left, right, top, bottom, low, high, log] = areaOf(svg);
  const isPercentile = figure.dataset.across === "percentile";
  const scaled = isPercentile ? (x) => -Math.log10(1 - x / 100) : log ? Math.log : (x) => x;
  const [from, to] = isPercentile ? [low, high] : [scaled(low), scaled(high)];
  return {
    svg, left, right, top, bottom, low, high,
    pixel: (x) => left + (scaled(x) - from) / (to - from) * (right - left),
  };
}

/** The pointer's place in pixels of the drawing. */
function pointed(svg, event) {
  const box = svg.getBoundingClientRect();
  const width = svg.hasAttribute("viewBox") ? svg.viewBox.baseVal.width : box.width;
  return (event.clientX - box.left) * width / box.width;
}

/** The row whose place is nearest to a pixel. */
function rowAt({ xs }, plot, pixel) {
  let [low, high] = [0, xs.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (plot.pixel(xs[middle]) < pixel) low = middle; else high = middle;
  }
  return high >= 0 && pixel - plot.pixel(xs[low]) > plot.pixel(xs[high]) - pixel ? high : low;
}

/** An SVG element of this class in a drawing, made where it is missing. */
function marked(svg, name, className) {
  let mark = svg.querySelector(`.${className}`);
  if (!mark) {
    mark = document.createElementNS(SVG, name);
    mark.setAttribute("class", className);
    svg.prepend(mark);
  }
  return mark;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

/** Writes a figure's readout. Its text node is kept, so that nobody who watches for new elements is woken. */
function say(figure, text, isSpoken = false) {
  const readout = figure.querySelector(".readout");
  if (!readout) return;
  if (isSpoken || readout.ariaLive) readout.ariaLive = isSpoken ? "polite" : "off";
  if (!readout.firstChild) readout.append("");
  readout.firstChild.data = text;
}

/** A row in words: `12.5 seconds: Standard 3.21 ms, Optimized 1.2 ms`. */
function inWords(figure, row) {
  const { head, rows } = tableOf(figure);
  const { across } = figure.dataset;
  const only = across && figure.closest("[data-arms]")?.dataset.arms;
  const shown = (text, unit) => text.replace(/^-/, "−") + (text && unit && `\u202f${unit}`);
  const words = head.slice(1).map(({ name, unit }, i) => {
    const column = i + 1;
    if (only && (only === "candidate") !== (column === 2)) return "";
    // A sample stands at its end: it holds for all that is before it.
    const from = unitOf(figure) ? rows.slice(row, row + 3).find((cells) => cells[column]) : rows[row];
    return `${name} ${shown(from?.[column] ?? "", unit) || "–"}`;
  });
  const [place] = rows[row];
  const digits = across ? Number(Number(place).toPrecision(5)) : place;
  const first = across === "percentile" ? `P${digits}` : shown(`${digits}`, head[0].unit);
  return `${first}: ${words.filter(Boolean).join(", ")}`;
}

/** The charts that share a cursor with this one, as far as they are seen. */
function related(figure) {
  const { across } = figure.dataset;
  const all = across ? [...document.querySelectorAll(`figure[data-across="${across}"]`)] : [figure];
  // All is read before anything is written: the browser then lays the page out once.
  return all.map((one) => ({ figure: one, plot: plotOf(one), table: tableOf(one) })).filter(({ plot }) => plot);
}

function point(figure, row, isByKey) {
  const x = tableOf(figure).xs[row];
  cursor = { figure, row, isByKey };
  for (const one of related(figure)) {
    const isLeader = one.figure === figure;
    const pixel = one.plot.pixel(x);
    const at = isLeader ? row : rowAt(one.table, one.plot, pixel);
    if (figure.dataset.across) {
      const { svg, top, bottom } = one.plot;
      set(marked(svg, "line", "cursor"), { x1: pixel, x2: pixel, y1: top, y2: bottom });
    }
    say(one.figure, inWords(one.figure, at), isLeader && isByKey);
  }
}

function unpoint() {
  if (!cursor) return;
  for (const { figure, plot } of related(cursor.figure)) {
    plot.svg.querySelector(".cursor")?.remove();
    say(figure, "");
  }
  cursor = undefined;
}

// ---------- ranges of time ----------

/** The range of the address, seconds. */
function addressed() {
  const query = new URLSearchParams(location.hash.split("?")[1]);
  const [from, to] = ["from", "to"].map((key) => Number(query.get(key) ?? NaN));
  return from < to ? { from, to } : undefined;
}

/** Writes a range of seconds into the address; none takes it away. */
function address(range) {
  const [path, rest] = location.hash.split("?");
  const query = new URLSearchParams(rest);
  for (const key of ["from", "to"]) {
    if (range) query.set(key, range[key]); else query.delete(key);
  }
  const hash = query.size ? `${path}?${query}` : path;
  if (hash !== location.hash) location.replace(hash);
  written = performance.now();
}

/** A draft in seconds, rounded outwards to what its chart can show; undefined where nothing is left of it. */
function seconds({ figure, start, end }) {
  const unit = unitOf(figure);
  const { low, high } = plotOf(figure);
  const fine = 10 ** Math.min(3, Math.max(0, Math.ceil(-Math.log10((high - low) * unit / 500))));
  const within = (x) => Math.min(high, Math.max(low, x)) * unit * fine;
  const [from, to] = [Math.floor(within(Math.min(start, end)) + SLACK), Math.ceil(within(Math.max(start, end)) - SLACK)];
  return from < to ? { from: from / fine, to: to / fine } : undefined;
}

/** Shades the range, the draft's or else the address', on all charts over time. */
function shade() {
  const range = draft ? seconds(draft) : addressed();
  const figures = [...document.querySelectorAll('figure[data-across^="time"]')];
  for (const [figure, plot] of figures.map((figure) => [figure, plotOf(figure)])) {
    if (!plot) continue;
    if (!range) {
      plot.svg.querySelector(".sel")?.remove();
      continue;
    }
    const within = (x) => Math.min(plot.right, Math.max(plot.left, plot.pixel(x / unitOf(figure))));
    const [x, end] = [within(range.from), within(range.to)];
    set(marked(plot.svg, "rect", "sel"), { x, y: plot.top, width: end - x, height: plot.bottom - plot.top });
  }
}

function apply() {
  const range = seconds(draft);
  author = draft.figure;
  draft = undefined;
  address(range);
  shade();
}

// ---------- pointer ----------

let moved;

/** The chart under the pointer, where it has a horizontal axis to read. */
function under(event) {
  return event.target.closest?.("figure[data-across] > svg")?.parentElement;
}

function follow() {
  const event = moved;
  moved = undefined;
  const figure = draft?.pointer === event.pointerId ? draft.figure : under(event);
  if (!figure?.isConnected) {
    if (cursor && !cursor.isByKey) unpoint();
    return;
  }
  const plot = plotOf(figure);
  const pixel = pointed(plot.svg, event);
  if (cursor && cursor.figure.dataset.across !== figure.dataset.across) unpoint();
  point(figure, rowAt(tableOf(figure), plot, pixel), false);
  if (draft?.pointer !== event.pointerId) return;
  draft.end = plot.low + (pixel - plot.left) / (plot.right - plot.left) * (plot.high - plot.low);
  draft.isDrawn ||= Math.abs(pixel - draft.pixel) > SLIP;
  if (!draft.isDrawn) return;
  shade();
  const range = seconds(draft);
  if (range && performance.now() - written > PACE) address(range);
}

function onPointerMove(event) {
  if (!moved) requestAnimationFrame(follow);
  moved = event;
}

function onPointerDown(event) {
  onPointerMove(event);
  const figure = under(event);
  if (!figure || event.button !== 0 || !unitOf(figure)) return;
  const plot = plotOf(figure);
  const pixel = pointed(plot.svg, event);
  const start = plot.low + (pixel - plot.left) / (plot.right - plot.left) * (plot.high - plot.low);
  draft = { figure, start, end: start, pixel, pointer: event.pointerId, before: addressed() };
  plot.svg.setPointerCapture(event.pointerId);
}

function onPointerUp(event) {
  if (draft?.pointer !== event.pointerId) return;
  if (moved) follow();
  if (draft.isDrawn) apply(); else draft = undefined;
}

/** Gives a range up that is being drawn; the address is as before. */
function giveUp() {
  const { before, pointer } = draft;
  draft = undefined;
  if (pointer !== undefined) address(before);
  shade();
}

// ---------- keyboard ----------

function onKeyDown(event) {
  const { key, target } = event;
  const figure = target.closest?.("figure[data-csv]");
  if (key === "Escape") return escape(figure);
  if (target !== figure || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  if (key === "Enter" && draft) return apply();
  const { xs } = tableOf(figure);
  const tenth = Math.ceil(xs.length / 10);
  const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -tenth, PageDown: tenth, Home: -xs.length, End: xs.length };
  const step = steps[key];
  if (!step || !xs.length) return undefined;
  event.preventDefault();
  const at = cursor?.figure === figure ? cursor.row : -1;
  const row = Math.min(xs.length - 1, Math.max(0, at + step));
  const isChoosing = event.shiftKey && unitOf(figure);
  if (!isChoosing && draft) giveUp();
  if (cursor && cursor.figure !== figure) unpoint();
  point(figure, row, true);
  if (isChoosing) choose(figure, Math.max(0, at), row);
  return undefined;
}

/** Takes rows into the draft, each with the time that its sample covers. */
function choose(figure, at, row) {
  const { xs, head } = tableOf(figure);
  const first = draft?.first ?? at;
  const [low, high] = [Math.min(first, row), Math.max(first, row)];
  draft = { figure, first, start: low ? xs[low - 1] : 0, end: xs[high] };
  shade();
  const range = seconds(draft);
  const unit = unitOf(figure);
  if (range) say(figure, `${head[0].unit} ${range.from / unit}–${range.to / unit} chosen; Enter shows them, Escape does not`, true);
}

/** Takes back one thing, the latest first. */
function escape(figure) {
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (draft) {
    giveUp();
    if (figure) say(figure, "");
  } else if (cursor) {
    unpoint();
  } else if (addressed()) {
    address();
  }
}

function onFocusIn({ target }) {
  if (!target.matches?.("figure[data-csv]:focus-visible") || cursor) return;
  const more = unitOf(target) ? "; with Shift, and Enter, they choose a time" : "";
  say(target, `Arrow keys read the figures${more}`);
}

function onFocusOut({ target }) {
  if (!target.matches?.("figure[data-csv]")) return;
  if (draft && draft.pointer === undefined) giveUp();
  if (cursor?.isByKey) unpoint();
  say(target, "");
}

// ---------- copies and tables ----------

/** Loaded when they are first asked for: most readers only look. */
const copies = () => import("./copies.js");

async function onClick({ target }) {
  const button = target.closest?.("button[data-copy]");
  // A click elsewhere closes the menu.
  for (const open of document.querySelectorAll("details.menu[open]")) {
    if (button || !open.contains(target)) open.open = false;
  }
  if (!button) return;
  button.closest("details").querySelector("summary").focus();
  const figure = button.closest("figure");
  const { copy } = await copies();
  say(figure, await copy(figure, plotOf(figure).svg, button.dataset.copy), true);
}

async function onToggle({ target: details }) {
  if (!details.matches?.("figure details[open]")) return;
  const { fill } = await copies();
  if (details.matches(".table") && !details.querySelector("table")) fill(details, tableOf(details.closest("figure")));
}

// ---------- the page ----------

let isWaiting = false;

/** Charts come and go with pages and views: shades what is new, and lets go of what is gone. */
function refresh() {
  isWaiting = false;
  if (cursor && !cursor.figure.isConnected) cursor = undefined;
  if (draft && !draft.figure.isConnected) draft = undefined;
  shade();
  const told = document.getElementById("range")?.textContent;
  if (!author?.isConnected || !told || !addressed()) author = undefined;
  else if (!draft) say(author, told);
  globalThis.requestIdleCallback?.(readAhead);
}

/** Reads tables while there is nothing else to do, so that the first readout is as quick as the next. */
function readAhead(deadline) {
  for (const figure of document.querySelectorAll("figure[data-across]")) {
    if (deadline.timeRemaining() < 2) {
      requestIdleCallback(readAhead);
      return;
    }
    tableOf(figure);
  }
}

function onChange() {
  if (!isWaiting) requestAnimationFrame(refresh);
  isWaiting = true;
}

addEventListener("pointermove", onPointerMove, { passive: true });
addEventListener("pointerdown", onPointerDown);
addEventListener("pointerup", onPointerUp);
addEventListener("pointercancel", () => { if (draft) giveUp(); });
addEventListener("keydown", onKeyDown);
addEventListener("focusin", onFocusIn);
addEventListener("focusout", onFocusOut);
addEventListener("click", onClick);
addEventListener("toggle", onToggle, true);
addEventListener("hashchange", onChange);
addEventListener("resize", onChange);
new MutationObserver(onChange).observe(document.body, { childList: true, subtree: true });
onChange();
