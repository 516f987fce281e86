// Charts as instruments: readouts, the shared cursor, ranges of time, switches, copies and data tables, by pointer and by
// keyboard.

import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import hdr from "hdr-histogram-js";
import { assertNoFaults, openPage, shown } from "./harness/browser.mjs";
import { readJson } from "./harness/report.mjs";
import { openSite } from "./harness/site.mjs";

const NAME = "high-load";
/** Two times between which some but not all blocks lie, seconds. */
const RANGE = { from: 3, to: 15 };
const PERCENTILES = { "P50": 50, "P90": 90, "P95": 95, "P99": 99, "P99.9": 99.9 };

let site;
let scenario;
before(async () => {
  site = await openSite();
  scenario = await readJson(path.join(site.runFolder, `${NAME}.json`));
});
after(async () => { await site?.close(); });

async function open(query = "", options = {}) {
  const page = await openPage(site.browser, `${site.url}${site.pages[NAME].hash}${query}`, options);
  await settled(page);
  return page;
}

/** Waits until the intervals of the view are there. */
const settled = (page) => page.waitForFunction(() => !document.querySelector("section[aria-busy]"));
const query = (page) => Object.fromEntries(new URLSearchParams(new URL(page.url()).hash.split("?")[1]));
const chart = (page, title) => page.locator("figure.c").filter({ has: page.locator("figcaption b", { hasText: title }) }).first();
const overTime = (page) => page.locator('figure[data-across^="time"]').first();
const curve = (page) => page.locator('figure[data-across="percentile"]').first();
const readout = (figure) => figure.locator(".readout").innerText();

/** The place of a value on the horizontal axis of a chart, in pixels of the page. */
async function placeOf(figure, value) {
  const svg = figure.locator(":scope > svg").first();
  await svg.scrollIntoViewIfNeeded();
  const box = await svg.boundingBox();
  const [left, right, top, , low, high] = (await svg.getAttribute("data-plot")).split(" ").map(Number);
  const scale = box.width / await svg.evaluate((one) => one.viewBox.baseVal.width);
  return { x: box.x + scale * (left + (value - low) / (high - low) * (right - left)), y: box.y + scale * (top + 30) };
}

/** Waits until the page shows the range of its address, and returns it. */
async function ranged(page) {
  await page.waitForFunction(() => {
    const query = new URLSearchParams(location.hash.split("?")[1]);
    const said = `Seconds ${query.get("from")}–${query.get("to")}:`;
    return query.has("from") && document.querySelector("#range").textContent.startsWith(said);
  });
  await settled(page);
  return query(page);
}

async function drag(page, figure, { from, to }) {
  const [start, end] = [await placeOf(figure, from), await placeOf(figure, to)];
  await page.mouse.move(start.x, start.y);
  await page.mouse.down();
  await page.mouse.move((start.x + end.x) / 2, start.y, { steps: 4 });
  await page.mouse.move(end.x, end.y, { steps: 4 });
  await page.mouse.up();
  return ranged(page);
}

/** The pairs whose samples lie within a range of seconds. */
function pairsWithin({ from, to }) {
  const samples = [...scenario.series.baseline, ...scenario.series.candidate];
  const outside = new Set(samples
    .filter((s) => s.at_ns < from * 1e9 - 1e6 || s.at_ns + s.length_ns > to * 1e9 + 1e6)
    .map((s) => s.pair));
  return new Set(samples.map((s) => s.pair).filter((pair) => !outside.has(pair)));
}

/**
 * What another port of HdrHistogram makes of an arm's blocks of these pairs: percentiles of all saves, nanoseconds. Each as
 * two neighbours, since 99.9 % of 12 000 saves are 11 988 or, by the arithmetic of fractions, one more.
 */
function percentiles(arm, pairs) {
  const merged = hdr.build({ highestTrackableValue: 3.6e12, numberOfSignificantValueDigits: 3, bitBucketSize: 64 });
  for (const block of scenario.blocks.filter((b) => b.mode === "open" && b.arm === arm && pairs.has(b.pair))) {
    for (const { response } of Object.values(block.latencies)) {
      if (response) merged.add(hdr.decodeFromCompressedBase64(response));
    }
  }
  const next = 100 / merged.totalCount;
  return Object.values(PERCENTILES).map((p) => [p, p + next].map((at) => merged.getValueAtPercentile(at)));
}

/** `2.31 ms` as nanoseconds, and half of what its last digit stands for. */
function nanoseconds(text) {
  const [, number, unit] = text.replaceAll("\u202f", " ").match(/^([\d. ]+) (µs|ms|s)$/);
  const scale = { "µs": 1e3, ms: 1e6, s: 1e9 }[unit];
  const digits = number.replaceAll(" ", "");
  return { value: Number(digits) * scale, half: scale * 10 ** -(digits.split(".")[1]?.length ?? 0) / 2 };
}

async function assertTableHolds(page, pairs) {
  const rows = await page.locator("table.pct tbody tr").evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.innerText)));
  assert.deepEqual(rows.map(([name]) => name), Object.keys(PERCENTILES));
  for (const [column, arm] of [[1, "baseline"], [2, "candidate"]]) {
    percentiles(arm, pairs).forEach((expected, i) => {
      const { value, half } = nanoseconds(rows[i][column]);
      const agrees = expected.some((ns) => Math.abs(value - ns) <= half * 1.001);
      assert.ok(agrees, `${rows[i][0]} of the ${arm}: ${rows[i][column]}, not ${expected} ns`);
    });
  }
}

test("a range drawn on a chart over time shows the percentiles of its blocks alone", async () => {
  const page = await open();
  const all = new Set(scenario.blocks.filter((b) => b.mode === "open").map((b) => b.pair));
  await assertTableHolds(page, all);
  const chosen = await drag(page, overTime(page), RANGE);
  const within = pairsWithin({ from: Number(chosen.from), to: Number(chosen.to) });
  assert.ok(within.size > 1 && within.size < all.size, `${within.size} of ${all.size} pairs`);
  await assertTableHolds(page, within);
  const said = await page.locator("#range").innerText();
  assert.match(said, new RegExp(`^Seconds ${chosen.from}–${chosen.to}: ${2 * within.size} of ${2 * all.size} blocks$`));
  assert.ok(await page.locator("svg.w .sel").count() > 3, "every chart over time is shaded");
  await page.getByRole("button", { name: "Whole time" }).click();
  await page.waitForFunction(() => document.querySelector("#range").textContent === "");
  await settled(page);
  assert.deepEqual(query(page), {});
  await assertTableHolds(page, all);
  assert.equal(await page.locator(".sel").count(), 0);
  assertNoFaults(page, "a drawn range");
});

test("Escape takes a range back, also while it is drawn", async () => {
  const page = await open();
  const figure = overTime(page);
  await drag(page, figure, RANGE);
  await page.mouse.move(0, 0);
  await page.waitForFunction(() => !document.querySelector(".cursor"));
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !location.hash.includes("from=") && !document.querySelector(".sel"));
  const [start, end] = [await placeOf(figure, 2), await placeOf(figure, 9)];
  await page.mouse.move(start.x, start.y);
  await page.mouse.down();
  await page.mouse.move(end.x, end.y, { steps: 5 });
  await page.locator(".sel").first().waitFor();
  await page.keyboard.press("Escape");
  await page.mouse.up();
  await page.waitForFunction(() => !document.querySelector(".sel"));
  assert.deepEqual(query(page), {});
  assertNoFaults(page, "Escape");
});

test("keys choose a range: whole samples, from the begin of the first to the end of the last", async () => {
  const page = await open();
  const figure = overTime(page);
  await figure.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Shift+PageDown");
  await page.keyboard.press("Shift+PageDown");
  assert.match(await readout(figure), /chosen; Enter shows them/);
  assert.deepEqual(query(page), {}, "nothing is shown before Enter");
  await page.keyboard.press("Enter");
  const chosen = await ranged(page);
  assert.equal(chosen.from, "0");
  await assertTableHolds(page, pairsWithin({ from: 0, to: Number(chosen.to) }));
  // The figure that the range was chosen on says what came of it.
  await page.waitForFunction(() => /of \d+ blocks/.test(document.activeElement.querySelector(".readout")?.textContent));
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !location.hash.includes("from="));
  assertNoFaults(page, "a range by keys");
});

test("few pairs give no interval but the reason", async () => {
  const page = await open("?from=0&to=5.1");
  const said = await page.locator("table.pct").innerText();
  assert.match(said, /– too few pairs/);
  assert.match(await page.locator("main").innerText(), /No intervals: an interval needs at least 5 pairs, there are \d/);
  await page.goto(`${site.url}${site.pages[NAME].hash}?from=0&to=0.1`);
  await page.waitForFunction(() => document.querySelector("#range").textContent.includes("0 of"));
  assert.match(await page.locator("main").innerText(), /No block lies within the chosen time/);
  assertNoFaults(page, "short ranges");
});

test("a link restores the whole view, and a bad one shows the default", async () => {
  const wanted = { class: "duplicate", time: "service", mark: "99", scale: "linear", arms: "candidate", from: "3", to: "15" };
  const page = await open(`?${new URLSearchParams(wanted)}`);
  for (const [key, value] of Object.entries(wanted).filter(([k]) => !["from", "to"].includes(k))) {
    assert.ok(await page.locator(`[id="${key}-${value}"]`).isChecked(), `${key} is ${value}`);
  }
  assert.match(await page.locator("#range").innerText(), /^Seconds 3–15: /);
  assert.match(await page.locator("main").innerText(), /Duplicates, service time; ms, linear scale/);
  assert.equal(await page.locator("tr.pick th").innerText(), "P99");
  assert.match(await curve(page).locator("svg.w").innerHTML(), /P99 \d/);
  assert.equal(await curve(page).locator("svg.w .lb").isVisible(), false, "the baseline's line is hidden");
  assert.equal(await curve(page).locator("svg.w .lo").isVisible(), true);

  await page.goto(`${site.url}${site.pages[NAME].hash}?class=cats&from=9&to=3&mark=1&scale=x&arms=none`);
  await page.waitForFunction(() => document.querySelector("#range").textContent === "");
  await settled(page);
  for (const id of ["class-all", "time-response", "mark-95", "scale-log", "arms-both"]) {
    assert.ok(await page.locator(`[id="${id}"]`).isChecked(), id);
  }
  assertNoFaults(page, "links");
});

test("every switch works by pointer and by keyboard, and keeps the range", async () => {
  const page = await open("?from=3&to=15");
  for (const [key, value] of [["class", "unique"], ["time", "service"], ["arms", "baseline"], ["mark", "99.9"], ["scale", "linear"]]) {
    await page.locator(`label[for="${key}-${value}"]`).click();
    await page.waitForFunction((part) => location.hash.includes(part), `${key}=${value}`);
    await page.keyboard.press("ArrowLeft");
    await page.waitForFunction((part) => !location.hash.includes(part), `${key}=${value}`);
    assert.equal(await page.evaluate(() => document.activeElement.name), key, "the focus stays on the switch");
    const { from, to } = query(page);
    assert.deepEqual([from, to], ["3", "15"]);
  }
  assertNoFaults(page, "switches");
});

test("the pointer reads all charts over time at once", async () => {
  const page = await open();
  const figure = overTime(page);
  const sample = scenario.series.baseline[20];
  const at = (sample.at_ns + sample.length_ns) / 1e9;
  const place = await placeOf(figure, at);
  await page.mouse.move(place.x, place.y);
  await page.waitForFunction(() => document.querySelectorAll(".cursor").length > 3);
  const rate = (s) => Math.round(s.acknowledged / (s.length_ns / 1e9) * 10) / 10;
  const [b, c] = [scenario.series.baseline[20], scenario.series.candidate[20]].map(rate);
  const said = (await readout(figure)).replaceAll("\u202f", " ");
  assert.equal(said, `${Number(at.toPrecision(5))} seconds: Standard ${b} saves/s, Optimized ${c} saves/s`);
  const others = await page.locator('figure[data-across^="time"]').all();
  for (const other of others) {
    // Some charts have a point for each block, not for each sample.
    const [, seconds] = (await readout(other)).match(/^([\d.]+)\u202fseconds: /);
    assert.ok(Math.abs(Number(seconds) - at) < 2, `${seconds} near ${at}`);
  }
  assert.equal(await curve(page).locator(".cursor").count(), 0, "percentiles are another axis");
  await page.mouse.move(5, 5);
  await page.waitForFunction(() => !document.querySelector(".cursor"));
  assert.equal(await readout(figure), "");
  assertNoFaults(page, "the pointer");
});

test("keys read a chart point by point, and say so", async () => {
  const page = await open();
  const figure = curve(page);
  await page.locator("#scale-linear").focus();
  await page.keyboard.press("Tab");
  assert.ok(await figure.evaluate((one) => one === document.activeElement), "the figure is the next stop");
  assert.match(await readout(figure), /Arrow keys read the figures/);
  const pressed = async (key) => { await page.keyboard.press(key); return readout(figure); };
  assert.match(await pressed("Home"), /^P50: Standard .+ms, Optimized .+ms$/);
  const p55 = await pressed("ArrowRight");
  assert.match(p55, /^P5\d/);
  assert.match(await pressed("ArrowLeft"), /^P50: /);
  assert.match(await pressed("End"), /^P99/);
  assert.equal(await figure.locator(".readout").getAttribute("aria-live"), "polite");
  assert.equal(await figure.locator("svg.w .cursor").count(), 1);
  assert.equal(await pressed("Escape"), "");
  assert.equal(await figure.locator(".cursor").count(), 0);

  const pairs = chart(page, "pairs");
  await pairs.focus();
  await page.keyboard.press("End");
  assert.match(await readout(pairs), /^all: P95, Optimized ÷ Standard \d/, "charts without a horizontal axis are read too");
  assertNoFaults(page, "keys");
});

test("the curves of a comparison are read as those of a run are", async () => {
  const { hash, heading } = site.pages.compare;
  const page = await openPage(site.browser, site.url + hash);
  await shown(page, heading);
  const figure = curve(page);
  await figure.focus();
  await page.keyboard.press("Home");
  assert.match(await readout(figure), /^P50: .+ms, .+ms$/);
  assertNoFaults(page, "a comparison");
});

/** Opens a chart's menu and picks a kind, by keyboard alone. */
async function copyAs(page, figure, kind) {
  await figure.locator(".menu summary").focus();
  await page.keyboard.press("Enter");
  const button = figure.getByRole("button", { name: kind });
  while (!await button.evaluate((one) => one === document.activeElement)) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await figure.locator(".readout", { hasText: kind }).waitFor();
}

test("a chart is copied as CSV, SVG and PNG", async () => {
  const page = await open();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const figure = overTime(page);
  await copyAs(page, figure, "CSV");
  assert.equal(await readout(figure), "Copied as CSV");
  const lines = (await page.evaluate(() => navigator.clipboard.readText())).split("\n").map((line) => line.split(","));
  assert.deepEqual(lines[0], ["time (seconds)", "Standard (saves/s)", "Optimized (saves/s)"]);
  assert.equal(lines.length, scenario.series.baseline.length + 1);
  assert.ok(lines.slice(1).flat().every((cell) => cell !== "" && Number.isFinite(Number(cell))));

  await copyAs(page, figure, "SVG");
  const svg = await page.evaluate(async () => {
    const text = await navigator.clipboard.readText();
    const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
    const line = parsed.querySelectorAll("polyline");
    return {
      root: parsed.documentElement.nodeName,
      error: parsed.querySelector("parsererror")?.textContent,
      strokes: [...line].map((one) => one.getAttribute("stroke")),
      classes: parsed.querySelectorAll("[class]").length,
      title: [...parsed.querySelectorAll("text")].map((one) => one.textContent),
    };
  });
  assert.equal(svg.root, "svg", svg.error);
  assert.ok(svg.strokes.length > 1 && svg.strokes.every((stroke) => /^rgb/.test(stroke)), "styles are its own");
  assert.equal(svg.classes, 0, "nothing waits for a style sheet");
  assert.ok(svg.title.includes(await figure.locator("figcaption b").innerText()));

  await copyAs(page, figure, "PNG");
  const png = await page.evaluate(async () => {
    const [item] = await navigator.clipboard.read();
    const bitmap = await createImageBitmap(await item.getType("image/png"));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    const colours = new Set();
    for (let i = 0; i < data.length; i += 4) colours.add(data.slice(i, i + 3).join(","));
    return { width: bitmap.width, corner: [...data.slice(0, 4)], colours: colours.size };
  });
  assert.equal(png.width, 2 * (536 + 24), "two pixels for one");
  assert.deepEqual(png.corner, [255, 255, 255, 255], "the page's background");
  assert.ok(png.colours > 10, "something is drawn");
  assertNoFaults(page, "copies");
});

test("where the clipboard refuses, a copy is saved as a file", async () => {
  const page = await open();
  await page.evaluate(() => { navigator.clipboard.writeText = () => Promise.reject(new Error("no")); });
  const figure = curve(page);
  const saved = page.waitForEvent("download");
  await figure.locator(".menu summary").click();
  await figure.getByRole("button", { name: "CSV" }).click();
  assert.match((await saved).suggestedFilename(), /\.csv$/);
  await figure.locator(".readout", { hasText: "saved as CSV file" }).waitFor();
  assertNoFaults(page, "a refused clipboard");
});

test("the menu closes by Escape and by a click elsewhere", async () => {
  const page = await open();
  const menu = curve(page).locator(".menu");
  await menu.locator("summary").click();
  await page.keyboard.press("Escape");
  assert.equal(await menu.getAttribute("open"), null);
  assert.ok(await menu.locator("summary").evaluate((one) => one === document.activeElement));
  await menu.locator("summary").click();
  await page.locator("h1").click();
  assert.equal(await menu.getAttribute("open"), null);
});

test("every chart has a data table, which is made when it is opened", async () => {
  const page = await open();
  const figures = await page.locator("figure.c").all();
  assert.ok(figures.length > 10);
  for (const figure of figures) {
    assert.equal(await figure.locator("table").count(), 0);
    await figure.locator("details.table summary").press("Enter");
    await figure.locator("table td").first().waitFor();
    const csv = await figure.getAttribute("data-csv");
    assert.equal(await figure.locator("tbody tr").count(), csv.split("\n").length - 1);
    await figure.locator("details.table summary").press("Enter");
  }
  assertNoFaults(page, "data tables");
});

test("no control of a chart is smaller than 24 pixels, and narrow pages stay as wide as they are", async () => {
  const page = await open("", { viewport: { width: 390, height: 844 } });
  const figure = overTime(page);
  await figure.locator(".menu summary").click();
  for (const control of await figure.locator("summary, button").all()) {
    const { width, height } = await control.boundingBox();
    assert.ok(width >= 24 && height >= 24, `${width} × ${height}`);
  }
  await figure.locator("details.table summary").click();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing sticks out");
  assertNoFaults(page, "a narrow page");
});
