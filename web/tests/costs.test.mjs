// What a run's saves cost: the reader's prices, which are part of the address, on the page and at the command line.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { assertNoFaults, openPage, shown } from "./harness/browser.mjs";
import { exampleFolder, runner } from "./harness/report.mjs";
import { openSite } from "./harness/site.mjs";

let site;
before(async () => { site = await openSite(); });
after(async () => { await site?.close(); });

const section = (page) => page.locator('section[aria-labelledby="h-cost"]');

/** The figures of the section's table, each row's name and both arms' money. */
const money = (page) => section(page).locator("tbody tr").evaluateAll((rows) => rows.map((row) => (
  [...row.children].slice(0, 3).map((cell) => cell.textContent.replaceAll("\u202f", " "))
)));

const amount = (text) => Number.parseFloat(text.replace(/ (?=\d)/g, ""));

test("nothing costs anything until the reader gives a price, by keyboard too", async () => {
  const page = await openPage(site.browser, site.url + site.pages.run.hash);
  await shown(page, site.pages.run.heading);
  assert.deepEqual(await money(page), []);
  const prices = section(page).locator("summary");
  await prices.focus();
  await page.keyboard.press("Enter");
  await page.getByLabel("Currency").fill("EUR");
  await page.getByLabel("Price of a million rows").fill("0.2");
  await page.keyboard.press("Tab");
  await section(page).locator("tbody tr").first().waitFor();
  assert.ok(page.url().endsWith(`${site.pages.run.hash}?currency=EUR&million_rows=0.2`), page.url());
  assert.match(await section(page).locator("h2").innerText(), /saves .*EUR/);
  assertNoFaults(page, "prices");
});

test("a link shows the same costs, and the command line prints them", async () => {
  const query = "currency=EUR&saves_per_month=200000000&million_rows=0.2&gb_log=0.05&cpu_hour=0.04";
  const page = await openPage(site.browser, `${site.url}${site.pages.run.hash}?${query}`);
  await shown(page, site.pages.run.heading);
  const rows = await money(page);
  assert.equal(rows.length, 4, "three prices and their sum");

  const folder = await mkdtemp(path.join(tmpdir(), "statebench-prices-"));
  const file = path.join(folder, "prices.toml");
  await writeFile(file, 'currency = "EUR"\nsaves_per_month = 200_000_000\nmillion_rows = 0.2\ngb_log = 0.05\ncpu_hour = 0.04\n');
  const text = await runner(["cost", exampleFolder, "--prices", file]);
  const { lines, total } = JSON.parse(await runner(["cost", exampleFolder, "--prices", file, "--format", "json"]));
  await rm(folder, { recursive: true });
  assert.ok(text.includes(`#/run/${site.run.id}?${query}`), text);
  const amounts = [...lines.map((line) => line.money), total];
  for (const [i, { baseline, candidate }] of amounts.entries()) {
    const [, from, to] = rows[i];
    assert.ok(Math.abs(amount(from) - baseline) <= 0.005, `${rows[i]} against ${baseline}`);
    assert.ok(Math.abs(amount(to) - candidate) <= 0.005, `${rows[i]} against ${candidate}`);
  }
});

test("what is no price is said and changes nothing", async () => {
  const page = await openPage(site.browser, `${site.url}${site.pages.run.hash}?million_rows=0.2&gb_log=cheap`);
  await shown(page, site.pages.run.heading);
  assert.equal((await money(page)).length, 1, "the link's price that is none is left out");
  await page.getByLabel("Price of a million rows").fill("<b>free</b>");
  await page.keyboard.press("Tab");
  await section(page).getByText("Not taken: `million_rows = <b>free</b>`").waitFor();
  assert.equal((await money(page)).length, 1);
  assertNoFaults(page, "a price that is none");
});
