// The weekly review and the trends: by clicks, by link and by keyboard, with much history, with little and with none.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";
import axe from "axe-core";
import { assertNoFaults, goTo, openPage, shown } from "./harness/browser.mjs";
import { history, rewriteIndex } from "./harness/history.mjs";
import { openSite } from "./harness/site.mjs";

let site;
let list;
let published;
before(async () => {
  site = await openSite();
  list = path.join(site.runFolder, "..", "index.json");
  published = await readFile(list, "utf8");
});
beforeEach(async () => { await writeFile(list, published); });
after(async () => { await site?.close(); });

/** A run every day; P99 gave back a part of its gain twelve runs ago, and rows fell in the newest. */
const steps = { "response.p99": { ago: 12, factor: 1.6 }, "database.rows": { ago: 1, factor: 0.5 } };

async function withHistory(count, options = { steps }) {
  await rewriteIndex(list, (index) => ({ ...index, runs: history(index.runs[0], count, options) }));
}

/** The href of the newest week's review, as the list has it. */
async function newestWeek(page) {
  return page.locator("tbody.week a").first().getAttribute("href");
}

const main = (page) => page.locator("main").innerText();

test("from the list it takes two clicks to a week's run beside the one before, and to the scenario behind a metric", async () => {
  await withHistory(30);
  const page = await openPage(site.browser, site.url);
  const week = await newestWeek(page);
  await page.locator("tbody.week a").first().click();
  await page.locator("main h1", { hasText: week.split("/").at(-1) }).waitFor();
  await shown(page);

  const row = page.locator('section[aria-labelledby="h-moves"] tbody tr', { hasText: "Latency P99" });
  assert.equal(await row.locator(`a[href="#/run/${site.run.id}/medium-load"]`).count(), 1);
  const compare = page.getByRole("link", { name: "Compare the two" });
  assert.match(await compare.getAttribute("href"), new RegExp(`^#/compare/[^/]+/${site.run.id}$`));
  await row.locator(`a[href="#/run/${site.run.id}/medium-load"]`).click();
  await shown(page, site.pages["medium-load"].heading);
  assertNoFaults(page, "the way from the list to the cause");
});

test("a week says what got better and worse in one sentence, and lists it first", async () => {
  await withHistory(30);
  const page = await openPage(site.browser, site.url);
  await goTo(page, { hash: await newestWeek(page) });
  await page.locator("#h-moves").waitFor();
  const said = await page.locator(".headline .say").innerText();
  assert.match(said, /1 key metric better than in \d{4}-W\d\d: Database rows −\d+\s%\s→\s−\d+\s%\.$/);
  const first = await page.locator('section[aria-labelledby="h-moves"] tbody tr').first().innerText();
  assert.match(first, /Database rows\s+better/);
  const text = await main(page);
  for (const part of [/[1-9] of \d+ key metrics changed (its|their) level/, /Capacity headroom: ×\d/, /cache answers [\d.]+\s%/, /Tuning opportunities/, /Runs of the week/]) {
    assert.match(text, part);
  }
  assert.match(text, /▼ worse since \d+ \w+ \d{4}, was −\d+/, "the step of the P99");
  assertNoFaults(page, "a week");
});

test("weeks lead to the one before and the one after, by keyboard", async () => {
  await withHistory(30);
  const page = await openPage(site.browser, site.url);
  const newest = await newestWeek(page);
  await goTo(page, { hash: newest });
  const before = page.locator('a[rel="prev"]');
  await before.focus();
  await page.keyboard.press("Enter");
  await page.locator('a[rel="next"]').waitFor();
  assert.notEqual(new URL(page.url()).hash, newest);
  await page.locator('a[rel="next"]').focus();
  await page.keyboard.press("Enter");
  await page.locator('a[rel="next"]').waitFor({ state: "detached" });
  assert.equal(new URL(page.url()).hash, newest);
  assertNoFaults(page, "neighbouring weeks");
});

test("a week without runs names the nearest that have some, and what is no week says so", async () => {
  await withHistory(3, { hoursBetween: 24 * 21 });
  const page = await openPage(site.browser, site.url);
  const weeks = await page.locator("tbody.week a").allInnerTexts();
  const [year, number] = weeks[1].split("-W").map(Number);
  await goTo(page, { hash: `#/week/${year}-W${String(number + 1).padStart(2, "0")}` });
  await page.getByText("No run in this week").waitFor();
  for (const week of weeks.slice(0, 2)) {
    assert.ok(await page.locator(`main a[href="#/week/${week}"]`).count() > 0, week);
  }
  await goTo(page, { hash: "#/week/soon" });
  await page.getByText("soon is no week").waitFor();
  assertNoFaults(page, "weeks without runs");
});

test("the trend of a metric states its finding, marks the change and lists every run", async () => {
  await withHistory(30);
  const page = await openPage(site.browser, `${site.url}#/trends/response.p99`);
  await page.locator("#h-points").waitFor();
  assert.match(await page.locator("h1").innerText(), /^Latency P99 got worse on \d+ \w+ \d{4}: −\d+\s%\s→\s−\d+\s%$/);
  const charts = page.locator("main svg.tr");
  assert.equal(await charts.count(), 2, "the change, and both arms");
  assert.equal(await charts.first().locator("line.chg").count(), 1);
  assert.match(await charts.first().locator("text.tw").textContent(), /^1 ▼ \d+ \w+ \d{4}: −/);
  assert.equal(await charts.first().locator("line.wk").count(), 30);
  assert.match(await charts.first().getAttribute("aria-label"), /30 runs, now −\d+.+worse from/);
  assert.equal(await page.locator('section[aria-labelledby="h-points"] tbody tr').count(), 30);
  assert.match(await page.locator("#h-arms").innerText(), /Both arms/);
  assert.equal(await page.locator(`main td a[href="#/run/${site.run.id}"], main th a[href="#/run/${site.run.id}"]`).count(), 1);
  assert.match(await page.getByRole("link", { name: "compared with the run before" }).getAttribute("href"), /^#\/compare\//);
  assertNoFaults(page, "a trend");
});

test("a trend is read under the pointer and by keyboard, both charts at once, and copied", async () => {
  await withHistory(30);
  const page = await openPage(site.browser, `${site.url}#/trends/response.p99`);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const figures = page.locator("main figure");
  await figures.nth(1).waitFor();
  await figures.first().focus();
  await page.keyboard.press("End");
  const [change, arms] = [figures.nth(0).locator(".readout"), figures.nth(1).locator(".readout")];
  await page.waitForFunction(() => document.querySelector("main .readout")?.textContent.startsWith("30"));
  assert.match(await change.innerText(), /^30\sof 30: Started \w+ \d+ \w+ \d{4}, .+ UTC, Change −[\d.]+\s%, From −[\d.]+\s%, To −[\d.]+\s%$/);
  assert.match(await arms.innerText(), /^30\sof 30: .+Baseline [\d.]+\sms, Candidate [\d.]+\sms$/);

  const box = await figures.first().locator("svg.tr").boundingBox();
  await page.mouse.move(box.x + 2, box.y + box.height / 2);
  await page.waitForFunction(() => document.querySelector("main .readout").textContent.startsWith("1\u202fof"));
  await page.mouse.move(box.x + box.width * (10.5 / 30), box.y + box.height / 2);
  await page.waitForFunction(() => document.querySelector("main .readout").textContent.startsWith("11\u202fof"));
  assert.equal(await page.locator("main svg.tr > line.cursor").count(), 2);

  await figures.first().getByText("Copy as").click();
  await figures.first().getByRole("button", { name: "SVG" }).click();
  await page.waitForFunction(() => document.querySelector("main .readout").textContent.startsWith("Copied"));
  const svg = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(svg, /^<svg[^>]+viewBox="-76 -84 /);
  assert.ok(svg.includes("<polyline") && !svg.includes("class="), "a drawing that stands alone");
  await figures.first().getByText("Data table").click();
  await page.waitForFunction(() => document.querySelectorAll("main figure details table tbody tr").length === 30);
  assertNoFaults(page, "the instruments of a trend");
});

test("all trends lead to each metric, by keyboard, and back", async () => {
  await withHistory(30);
  const page = await openPage(site.browser, `${site.url}#/trends`);
  await page.locator(".trend h3 a").first().waitFor();
  assert.match(await page.locator("h1").innerText(), /^\d+ of \d+ key metrics changed (its|their) level$/);
  const link = page.locator(".trend h3 a", { hasText: "Cache hit ratio" });
  await link.focus();
  await page.keyboard.press("Enter");
  await page.locator("#h-points").waitFor();
  assert.match(await page.locator("h1").innerText(), /^Cache hit ratio kept its level over 30 runs/);
  await page.locator(".crumbs").getByRole("link", { name: "Trends" }).click();
  await page.locator(".trend h3 a").first().waitFor();
  assertNoFaults(page, "all trends");
});

test("the profile is part of the address, and the switch changes it", async () => {
  await rewriteIndex(list, (index) => {
    const quick = history(index.runs[0], 8, { steps: {} });
    const full = history({ ...index.runs[0], profile: "full", id: "20200101T000000Z-full-0000" }, 3, { hoursBetween: 30 });
    return { ...index, runs: [...quick, ...full].sort((a, b) => b.started_at.localeCompare(a.started_at)) };
  });
  const page = await openPage(site.browser, `${site.url}#/trends/response.p95?profile=full`);
  await page.locator("#h-points").waitFor();
  assert.equal(await page.locator('section[aria-labelledby="h-points"] tbody tr').count(), 3);
  const profiles = page.getByRole("navigation", { name: "Profile" });
  assert.equal(await profiles.locator('[aria-current="true"]').innerText(), "full");
  await profiles.getByRole("link", { name: "quick" }).click();
  await page.waitForFunction(() => document.querySelectorAll('[aria-labelledby="h-points"] tbody tr').length === 8);
  assert.equal(new URL(page.url()).hash, "#/trends/response.p95?profile=quick");
  assertNoFaults(page, "profiles");
});

test("a metric that is not followed says so and lists those that are", async () => {
  const page = await openPage(site.browser, `${site.url}#/trends/happiness`);
  await page.locator("main .links a").first().waitFor();
  assert.match(await page.locator("h1").innerText(), /No trend is kept of happiness/);
  assert.ok(await page.locator("main .links a").count() > 10);
  await page.locator('main .links a[href="#/trends/response.p95"]').click();
  await page.locator("#h-points").waitFor();
  assertNoFaults(page, "an unknown metric");
});

test("one run is no trend, and says how many are", async () => {
  const page = await openPage(site.browser, `${site.url}#/trends/response.p95`);
  await page.locator("#h-points").waitFor();
  assert.match(await page.locator("h1").innerText(), /1 run is too few to tell a change of level/);
  await goTo(page, { hash: `#/week/${await weekOf(page)}` });
  await page.locator("#h-moves").waitFor();
  assert.match(await page.locator(".headline .say").innerText(), /first week with a run of profile quick/);
  assertNoFaults(page, "one run");
});

async function weekOf(page) {
  await goTo(page, site.pages.runs);
  return (await newestWeek(page)).split("/").at(-1);
}

test("a list of an older build shows its runs, and says what adds the figures", async () => {
  await rewriteIndex(list, (index) => ({ ...index, runs: history(index.runs[0], 4).map(({ review, ...run }) => run) }));
  const page = await openPage(site.browser, site.url);
  const week = await newestWeek(page);
  await goTo(page, { hash: week });
  await page.getByText("runner index").first().waitFor();
  assert.ok(await page.locator("table.runs tbody tr").count() > 1);
  for (const hash of ["#/trends", "#/trends/response.p95"]) {
    await goTo(page, { hash });
    await page.getByText("The list of runs holds no figures").waitFor();
  }
  assertNoFaults(page, "an older list");
});

test("a damaged list is named on every page made from it, with the field", async () => {
  await rewriteIndex(list, (index) => {
    index.runs[0].review.figures[1] = ["response.p90"];
    return index;
  });
  for (const hash of ["#/", "#/week/2026-W48", "#/trends", "#/trends/response.p95"]) {
    const page = await openPage(site.browser, site.url + hash);
    const said = await main(page);
    assert.match(said, /reports\/index\.json/, hash);
    assert.match(said, /runs\[0\]\.review\.figures\[1\]: a list of 7 is wanted/, hash);
    assertNoFaults(page, hash);
    await page.context().close();
  }
});

test("figures and texts that make no sense harm no page", async () => {
  await withHistory(10);
  await rewriteIndex(list, (index) => {
    index.runs[0].review.figures = [
      ["response.p99", 99, 0, -5, -3, 9e307, -9e307],
      ["<img src=x onerror=alert(1)>", 0, 1, 1, 0, 0, 0],
      ["throughput.closed", 0, 1e308, 1e308, 1e308, -1e308, 1e308],
      ["capacity.rate", 0, null, -1, null, null, null],
    ];
    index.runs[0].review.steps = [["<script>alert(1)</script>", "<b>bold</b>", 7]];
    index.runs[0].review.missed = [["<i>", "<svg onload=alert(1)>", "fail"]];
    index.runs[0].title = "<script>alert(1)</script>";
    index.runs[1].started_at = "<b>never</b>";
    return index;
  });
  const page = await openPage(site.browser, site.url);
  const week = await newestWeek(page);
  for (const hash of [week, "#/week/undated", "#/trends", "#/trends/response.p99", "#/trends/throughput.closed", "#/trends/capacity.rate"]) {
    await goTo(page, { hash });
    await page.waitForFunction(() => document.querySelector("main h1, main .headline"));
    assert.equal(await page.locator("main script, main img, main i, main b b").count(), 0, hash);
    const drawn = await page.locator("main").innerHTML();
    assert.ok(!/="-?(NaN|inf)/.test(drawn), `${hash}: a place that is no number`);
  }
  assertNoFaults(page, "hostile figures");
});

test("a page shows what an earlier one read, and a list that grew since then", async () => {
  await withHistory(8);
  const page = await openPage(site.browser, site.url);
  const rows = page.locator("table.runs tbody:not(.week) tr");
  assert.equal(await rows.count(), 8);
  await goTo(page, { hash: "#/trends" });
  await withHistory(9);
  await goTo(page, site.pages.runs);
  await page.waitForFunction(() => document.querySelectorAll("table.runs tbody:not(.week) tr").length === 9);
  await page.context().setOffline(true);
  await goTo(page, { hash: "#/trends" });
  await page.locator(".trend h3 a").first().waitFor();
});

test("500 runs are listed, searched and drawn", async () => {
  await withHistory(500);
  const page = await openPage(site.browser, site.url);
  const rows = page.locator("table.runs tbody:not(.week) tr");
  assert.equal(await rows.count(), 500);
  await page.getByRole("searchbox").fill("quick run 123");
  await page.waitForFunction(() => document.querySelectorAll("table.runs tbody:not(.week) tr").length === 1);
  await goTo(page, { hash: "#/trends/response.p99" });
  await page.locator("#h-points").waitFor();
  assert.equal(await page.locator('section[aria-labelledby="h-points"] tbody tr').count(), 500);
  assert.equal(await page.locator("main svg.tr").first().locator("line.chg").count(), 1);
  await goTo(page, { hash: "#/trends" });
  await page.locator(".trend h3 a").first().waitFor();
  assertNoFaults(page, "500 runs");
});

test("axe-core finds nothing where metrics moved and levels changed", async () => {
  await withHistory(30);
  const page = await openPage(site.browser, site.url);
  await page.evaluate(axe.source);
  for (const hash of [await newestWeek(page), "#/trends", "#/trends/response.p99", "#/trends/none", "#/week/2001-W01"]) {
    await goTo(page, { hash });
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    assert.deepEqual(violations.map(({ id, nodes }) => `${hash}: ${id}: ${nodes[0].html}`), []);
  }
});

for (const colorScheme of ["light", "dark"]) {
  test(`weeks and trends fit 390 px in ${colorScheme}`, async () => {
    await withHistory(30);
    const page = await openPage(site.browser, site.url, { colorScheme, viewport: { width: 390, height: 844 } });
    for (const hash of [await newestWeek(page), "#/trends", "#/trends/response.p99", "#/trends/cache.hit_ratio"]) {
      await goTo(page, { hash });
      await page.waitForFunction(() => document.querySelector("main section"));
      const needed = await page.evaluate(() => document.scrollingElement.scrollWidth);
      assert.ok(needed <= 390, `${hash} is ${needed} px wide`);
    }
    assertNoFaults(page, "narrow pages");
  });
}
