// A damaged or a missing report names the file and the reason, and the rest of the site goes on.

import assert from "node:assert/strict";
import { readFile, rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { assertNoFaults, goTo, openPage } from "./harness/browser.mjs";
import { openSite } from "./harness/site.mjs";

let site;
beforeEach(async () => { site = await openSite(); });
afterEach(async () => { await site?.close(); });

/** Opens the run and the harmed scenario, and a sound one after it; returns what the pages say. */
async function visit(harmed) {
  const page = await openPage(site.browser, site.url + site.pages.run.hash);
  const run = await page.locator("main").innerText();
  await goTo(page, site.pages[harmed.name]);
  const scenario = await page.locator("main").innerText();

  const sound = site.run.scenarios.find((s) => s.name !== harmed.name);
  await goTo(page, site.pages[sound.name]);
  assert.ok(await page.locator("main svg text").count() > 0, `${sound.name} has no chart`);
  return { page, run, scenario, sound };
}

test("a scenario file that ends early is named with the place of the fault", async () => {
  const harmed = site.run.scenarios[0];
  const file = path.join(site.runFolder, harmed.file);
  await truncate(file, Math.floor((await readFile(file)).length / 2));

  const { page, run, scenario, sound } = await visit(harmed);
  for (const text of [run, scenario]) {
    assert.ok(text.includes(harmed.file), text);
    assert.match(text, /line \d+/i);
  }
  assert.ok(run.includes(sound.title), run);
  assertNoFaults(page, "a truncated scenario");
});

test("a scenario file with one changed letter is recognised by its seal", async () => {
  const harmed = site.run.scenarios[0];
  const file = path.join(site.runFolder, harmed.file);
  const text = await readFile(file, "utf8");
  const changed = text.replace(/"title": *"/, "$&X");
  assert.notEqual(changed, text);
  await writeFile(file, changed);

  const { page, run, scenario } = await visit(harmed);
  for (const said of [run, scenario]) {
    assert.ok(said.includes(harmed.file), said);
    assert.match(said, /changed|damaged|seal|hash|digest/i);
  }
  assertNoFaults(page, "a changed scenario");
});

test("a missing scenario file is named", async () => {
  const harmed = site.run.scenarios[0];
  await rm(path.join(site.runFolder, harmed.file));

  const { page, run, scenario } = await visit(harmed);
  for (const said of [run, scenario]) {
    assert.ok(said.includes(harmed.file), said);
    assert.match(said, /404|missing|not found/i);
  }
  const unexpected = page.faults.filter((fault) => !(fault.includes("404") && fault.includes(harmed.file)));
  assert.deepEqual(unexpected, []);
});

test("a run that is not there is named", async () => {
  const page = await openPage(site.browser, `${site.url}#/run/2001-01-01-nothing`);
  const said = await page.locator("main").innerText();
  assert.match(said, /2001-01-01-nothing/);
  assert.match(said, /404|missing|not found/i);
  await goTo(page, site.pages.runs);
  await page.locator(`main a[href$="${site.pages.run.hash}"]`).first().waitFor();
});

test("a damaged list of runs is named", async () => {
  const index = path.join(site.runFolder, "..", "index.json");
  await truncate(index, 20);
  const page = await openPage(site.browser, site.url);
  assert.match(await page.locator("main").innerText(), /index\.json/);
  assertNoFaults(page, "a damaged list");
});
