// Input that is faster than a page is drawn anew: what several controls change in one task comes together, whatever the
// page showed before, and nothing that a reader typed is taken back by a drawing that comes meanwhile.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { assertNoFaults, openPage, setHash, shown } from "./harness/browser.mjs";
import { history, rewriteIndex } from "./harness/history.mjs";
import { goldenFolder, repository } from "./harness/report.mjs";
import { openSite } from "./harness/site.mjs";

const SCENARIO = "high-load";

let site;
before(async () => { site = await openSite(); });
after(async () => { await site?.close(); });

const open = (page, query = "", options = {}) => openPage(site.browser, `${site.url}${page.hash}${query}`, options);
const hash = (page) => page.evaluate(() => location.hash);
const query = async (page) => Object.fromEntries(new URLSearchParams((await hash(page)).split("?")[1]));
const field = (page, name) => page.getByRole("textbox", { name });

/** Puts texts into fields in one task, by label; the reader has left those that are committed. */
const type = (page, fields) => page.evaluate((all) => {
  for (const [label, text, isCommitted] of all) {
    const input = [...document.querySelectorAll("label")].find((one) => one.textContent.startsWith(label)).control;
    input.value = text;
    if (isCommitted) input.dispatchEvent(new Event("change", { bubbles: true }));
  }
}, fields);

/** Clicks in one task on what these selectors name. */
const click = (page, selectors) => page.evaluate((all) => {
  for (const selector of all) document.querySelector(selector).click();
}, selectors);

/** Chooses in one task, and then clicks. */
const choose = (page, choices, clicked) => page.evaluate(([all, link]) => {
  for (const [label, index] of all) {
    const select = [...document.querySelectorAll("label")].find((one) => one.textContent.startsWith(label)).control;
    select.selectedIndex = index;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }
  if (link) document.querySelector(link).click();
}, [choices, clicked]);

test("prices that are typed in one task all come into the address", async () => {
  const page = await open(site.pages.run);
  await type(page, [["Currency", "EUR", true], ["Price of a million rows", "0.2", true], ["Saves a month", "1000", true], ["Currency", "€", true]]);
  await page.locator("#h-cost", { hasText: "€" }).waitFor();
  assert.deepEqual(await query(page), { currency: "€", saves_per_month: "1000", million_rows: "0.2" });
  for (const [label, text] of [["Currency", "€"], ["Price of a million rows", "0.2"], ["Saves a month", "1000"]]) {
    assert.equal(await field(page, label).inputValue(), text, label);
  }
  assertNoFaults(page, "prices in one task");
});

test("a drawing that comes while the reader types takes nothing back", async () => {
  const page = await open(site.pages.run);
  await type(page, [["Price of a million rows", "0.2", true], ["Currency", "US", false]]);
  await page.locator('section[aria-labelledby="h-cost"] tbody tr').first().waitFor();
  assert.equal(await field(page, "Currency").inputValue(), "US");

  await type(page, [["Price of a GB of write-ahead log", "cheap", true], ["Saves a month", "many", true], ["Price of an hour of a processor", "0.04", true]]);
  await page.waitForFunction(() => document.querySelectorAll('section[aria-labelledby="h-cost"] tbody tr').length > 1);
  const said = await page.locator('section[aria-labelledby="h-cost"] [role="status"]').innerText();
  assert.match(said, /gb_log = cheap/);
  assert.match(said, /saves_per_month = many/);
  assert.equal(await field(page, "Price of a GB of write-ahead log").inputValue(), "cheap", "it can be mended");
  assert.deepEqual(await query(page), { million_rows: "0.2", cpu_hour: "0.04" });

  await type(page, [["Price of a million rows", "", true], ["Price of an hour of a processor", "", true]]);
  await page.waitForFunction(() => !document.querySelector('section[aria-labelledby="h-cost"] tbody tr'));
  assert.ok(await field(page, "Currency").isVisible(), "the fields stay open");
  await setHash(page, `${site.pages.run.hash}?currency=CHF&million_rows=3`);
  await page.locator('section[aria-labelledby="h-cost"] tbody tr').first().waitFor();
  assert.equal(await field(page, "Currency").inputValue(), "CHF", "another address is another text");
  assertNoFaults(page, "typing");
});

test("switches that are clicked in one task come together, with range, place and theme", async () => {
  const page = await open(site.pages[SCENARIO], "?from=3&to=15&theme=light");
  const wanted = { class: "unique", time: "service", mark: "99", scale: "linear", arms: "candidate" };
  const ids = Object.entries(wanted).map(([key, value]) => `[id="${key}-${value}"]`);
  await click(page, [...ids, 'button[aria-label^="Theme"]']);
  await page.waitForFunction((all) => all.every((id) => document.querySelector(id).checked), ids);
  assert.deepEqual(await query(page), { ...wanted, from: "3", to: "15", theme: "dark" });
  await shown(page);
  assert.match(await page.locator("main").innerText(), /Unique states, service time; ms, linear scale/);
  await click(page, ["[data-whole]", '[id="mark-50"]', 'button[aria-label^="Theme"]']);
  await page.waitForFunction(() => document.querySelector("#range").textContent === "");
  assert.deepEqual(await query(page), { ...wanted, mark: "50", theme: "light" });
  assertNoFaults(page, "switches in one task");
});

test("a range that is chosen in the task of a switch leaves the switch", async () => {
  const page = await open(site.pages[SCENARIO]);
  await page.evaluate(() => {
    const figure = document.querySelector('figure[data-across^="time"]');
    const press = (key, shiftKey = false) => figure.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey, bubbles: true }));
    document.getElementById("time-service").click();
    press("Home");
    press("PageDown", true);
    press("PageDown", true);
    press("Enter");
    document.getElementById("mark-99").click();
  });
  await page.waitForFunction(() => document.querySelector("#range").textContent.startsWith("Seconds"));
  const { time, mark, from, to } = await query(page);
  assert.deepEqual([time, mark, from], ["service", "99", "0"]);
  assert.ok(Number(to) > 0, to);
  assertNoFaults(page, "a range and switches");
});

test("the theme that is changed twice in one task is the first one", async () => {
  const page = await open(site.pages.runs, "", { colorScheme: "light" });
  const button = 'button[aria-label^="Theme"]';
  await click(page, [button, button]);
  assert.equal(await hash(page), "#/?theme=light");
  await click(page, [button]);
  await page.getByRole("button", { name: "change to light" }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
});

test("a change keeps the place that the address came to name in the same task", async () => {
  const page = await open(site.pages.run);
  await page.evaluate((to) => {
    location.replace(to);
    const input = [...document.querySelectorAll("label")].find((one) => one.textContent.startsWith("Currency")).control;
    input.value = "EUR";
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }, `${site.pages.run.hash}?src=reports/`);
  assert.deepEqual(await query(page), { currency: "EUR", src: "reports/" });
});

test("a change that comes after the reader went to another page changes nothing there", async () => {
  const page = await open(site.pages.run);
  await page.evaluate(() => {
    const input = [...document.querySelectorAll("label")].find((one) => one.textContent.startsWith("Currency")).control;
    location.hash = "#/";
    input.value = "EUR";
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  await shown(page, site.pages.runs.heading);
  assert.equal(await hash(page), "#/");
});

test("files that are read after the reader went on do not lead back", async () => {
  const names = await readdir(goldenFolder);
  const files = await Promise.all(names.map(async (name) => [name, await readFile(path.join(goldenFolder, name), "utf8")]));
  const page = await open(site.pages.open);
  await page.evaluate((all) => {
    const dataTransfer = new DataTransfer();
    for (const [name, content] of all) dataTransfer.items.add(new File([content], name));
    addEventListener("files", () => { location.hash = "#/glossary"; }, { once: true });
    document.querySelector("main").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  }, files);
  await page.waitForFunction(() => globalThis.openedFiles.size > 0);
  await shown(page, "Glossary");
  assert.equal(await hash(page), "#/glossary");
  assertNoFaults(page, "files on their way");
});

test("units that are chosen in one task are both taken", async () => {
  const page = await open(site.pages.open);
  const foreign = (name) => path.join(repository, "shared/tests/foreign", name);
  await page.getByLabel("Files", { exact: true }).setInputFiles(["tags.hlog", "read.hgrm"].map(foreign));
  await page.getByLabel("Values of logs are").waitFor();
  await choose(page, [["Values of logs are", 1], ["Values of percentile files are", 1]]);
  const names = await page.getByLabel("Values of logs are").locator("option").allInnerTexts();
  await page.waitForFunction((unit) => [...document.querySelectorAll("main dd")].every((one) => one.textContent.includes(`read as ${unit}`)), names[1]);
  assertNoFaults(page, "units");
});

test("runs are compared and found as they were chosen a moment ago", async () => {
  await rewriteIndex(path.join(site.runFolder, "..", "index.json"), (index) => {
    const runs = history(index.runs[0], 6);
    runs[2].profile = "ci";
    return { ...index, runs };
  });
  const page = await open(site.pages.choose);
  const ids = await page.getByLabel("Reference").locator("option").evaluateAll((all) => all.map((one) => one.value));
  await choose(page, [["Reference", 4], ["Candidate", 3], ["What of them", 1]], "main a.btn.main");
  assert.equal(await hash(page), `#/compare/${ids[4]}:candidate/${ids[3]}:candidate`);

  await setHash(page, "#/");
  await shown(page, "Runs");
  const rows = page.locator("table.runs tbody:not(.week) tr");
  assert.equal(await rows.count(), 6);
  await choose(page, [["Verdict", 1], ["Profile", 2]]);
  await page.waitForFunction(() => document.querySelectorAll("table.runs tbody:not(.week) tr").length === 1);
  assert.match(await rows.innerText(), /First look \(ci\)/);
});
