// What was broken, what each part contributes, and from where on the candidate pays: sections that few scenarios have.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { assertNoFaults, goTo, openPage } from "./harness/browser.mjs";
import { goldenFolder, readJson } from "./harness/report.mjs";
import { openSite } from "./harness/site.mjs";

let site;
before(async () => { site = await openSite(goldenFolder); });
after(async () => { await site?.close(); });

/** The only scenario of the run. */
const scenario = () => site.run.scenarios[0];

test("faults have a row for each kind and arm, and a chart of the recoveries", async () => {
  const page = await openPage(site.browser, site.url + site.pages[scenario().name].hash);
  const { faults } = await readJson(path.join(goldenFolder, scenario().file));
  const kinds = new Set(faults.map(({ fault, arm }) => `${fault} ${arm}`));
  const section = page.locator('section[aria-labelledby="h-faults"]');
  assert.equal(await section.locator("tbody tr").count(), kinds.size);
  assert.match(await section.innerText(), /A process kill is not a power cut/);
  const interrupting = faults.filter(({ fault }) => fault !== "saves_rejected").length;
  assert.equal(await section.locator("svg.w circle").count(), interrupting);
  assertNoFaults(page, "faults");
});

test("variants have a bar and a row each, the whole service first", async () => {
  const page = await openPage(site.browser, site.url + site.pages[scenario().name].hash);
  const { ablation } = await readJson(path.join(goldenFolder, scenario().file));
  const section = page.locator('section[aria-labelledby="h-ablation"]');
  const labels = await section.locator("tbody th").allInnerTexts();
  assert.deepEqual(labels, ablation.map(({ label }) => label));
  assert.match(await section.locator("tbody tr").first().innerText(), /×1\.00/);
  assert.equal(await section.locator("svg.w .ro").count(), 1);
  assert.equal(await section.locator("svg.w .ros").count(), ablation.length - 1);
  assertNoFaults(page, "ablation");
});

test("the report says what was tested and what was not", async () => {
  const page = await openPage(site.browser, site.url + site.pages.run.hash);
  const text = await page.locator("main").innerText();
  assert.match(text, /Process kills/);
  assert.match(text, /Power cuts\s+a process kill is not a power cut\s+not tested/);
  assertNoFaults(page, "safety");
});

test("an ordinary run says from which share of duplicates on the candidate pays", async () => {
  const ordinary = await openSite();
  try {
    const page = await openPage(ordinary.browser, ordinary.url + ordinary.pages.run.hash);
    assert.match(await page.locator("main").innerText(), /(Pays|Does not pay) (from|at) .* \(.+\)\./);
    await goTo(page, ordinary.pages["medium-load"]);
    assert.match(await page.locator("main").innerText(), /From which share of duplicates on it pays/);
    assertNoFaults(page, "break-even");
  } finally {
    await ordinary.close();
  }
});

test("pages of faults fit a narrow screen", async () => {
  const page = await openPage(site.browser, site.url + site.pages[scenario().name].hash, { viewport: { width: 390, height: 844 } });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(overflow, 0);
});

test("a fault of a kind that nobody knows is named, and the page stays", async () => {
  const damaged = await openSite(goldenFolder);
  try {
    const { file, name } = damaged.run.scenarios[0];
    const target = path.join(damaged.runFolder, file);
    const text = await readFile(target, "utf8");
    await writeFile(target, text.replace('"process_killed"', '"process_kissed"'));
    const page = await openPage(damaged.browser, damaged.url + damaged.pages[name].hash);
    const said = await page.locator("main").innerText();
    assert.ok(said.includes(file), said);
    assert.match(said, /process_kissed|changed|seal|digest/);
    assertNoFaults(page, "an unknown fault");
  } finally {
    await damaged.close();
  }
});
