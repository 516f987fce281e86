// Two runs, or two arms, side by side.

import assert from "node:assert/strict";
import { truncate } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { assertNoFaults, openPage, shown } from "./harness/browser.mjs";
import { openSite } from "./harness/site.mjs";

let site;
beforeEach(async () => { site = await openSite(); });
afterEach(async () => { await site?.close(); });

const arms = () => `#/compare/${site.run.id}:baseline/${site.run.id}:candidate`;

test("a link shows the arms of a run, drawn and as a table", async () => {
  const page = await openPage(site.browser, `${site.url}${arms()}?scenario=medium-load`);
  assert.ok(await page.locator("main .headline").isVisible());
  for (const part of ["table.forest svg .cib", "figure svg text", "table.pol tbody tr", "table.all tbody tr"]) {
    assert.ok(await page.locator(`main ${part}`).count() > 0, `no ${part}`);
  }
  assertNoFaults(page, "the comparison");
});

test("the keyboard leads from scenario to scenario, and the link keeps it", async () => {
  const page = await openPage(site.browser, site.url + arms());
  const other = page.locator("main .scenarios a:not([aria-current])").first();
  const title = await other.innerText();
  await other.focus();
  await page.keyboard.press("Enter");
  await page.locator("main .scenarios a[aria-current]").getByText(title, { exact: true }).waitFor();
  assert.match(page.url(), /\?scenario=/);
  await page.reload();
  await shown(page);
  assert.equal(await page.locator("main .scenarios a[aria-current]").innerText(), title);
});

test("the comparison fits 390 px", async () => {
  const page = await openPage(site.browser, site.url + arms(), { viewport: { width: 390, height: 844 } });
  const needed = await page.evaluate(() => document.scrollingElement.scrollWidth);
  assert.ok(needed <= 390, `the page is ${needed} px wide`);
});

test("a run that is not there is named, with the nearest ones", async () => {
  const page = await openPage(site.browser, `${site.url}#/compare/2001-nothing/${site.run.id}`);
  await page.locator("main .near").waitFor();
  const said = await page.locator("main").innerText();
  assert.match(said, /2001-nothing/);
  assert.match(said, /404|not found/i);
  assert.ok(said.includes(site.run.id), said);
});

test("a run that cannot be read is named with the reason", async () => {
  await truncate(path.join(site.runFolder, "run.json"), 200);
  const page = await openPage(site.browser, site.url + arms());
  const said = await page.locator("main").innerText();
  assert.match(said, /run\.json/);
  assert.match(said, /line \d+/);
  assertNoFaults(page, "an unreadable run");
});

test("a damaged scenario is left out and the others are compared", async () => {
  await truncate(path.join(site.runFolder, site.run.scenarios[0].file), 200);
  const page = await openPage(site.browser, site.url + arms());
  const listed = await page.locator("main .scenarios").innerText();
  assert.ok(!listed.includes(site.run.scenarios[0].title), listed);
  assert.ok(await page.locator("main table.all tbody tr").count() > 0);
});

test("an arm against a whole run says why there is nothing to compare", async () => {
  const page = await openPage(site.browser, `${site.url}#/compare/${site.run.id}/${site.run.id}:candidate`);
  assert.match(await page.locator("main").innerText(), /Nothing to compare/);
  assertNoFaults(page, "unequal sides");
});

test("the choice of two runs says what is missing where there is one", async () => {
  const page = await openPage(site.browser, `${site.url}#/compare`);
  assert.match(await page.locator("main").innerText(), /Two runs are needed/);
  assertNoFaults(page, "the choice");
});
