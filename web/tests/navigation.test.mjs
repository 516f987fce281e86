// From the list of runs to a scenario, by clicks and by link.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertNoFaults, goTo, openPage, shown } from "./harness/browser.mjs";
import { openSite } from "./harness/site.mjs";

let site;
before(async () => { site = await openSite(); });
after(async () => { await site?.close(); });

/** Clicks a link to a page, and waits until that page is there and the address is its. */
async function follow(page, target) {
  await page.locator(`main a[href$="${target.hash}"]`).first().click();
  await shown(page, target.heading);
  assert.equal(page.url(), site.url + target.hash);
}

test("clicks lead from the list to the run and on to each scenario", async () => {
  const page = await openPage(site.browser, site.url);
  await follow(page, site.pages.run);
  for (const { name } of site.run.scenarios) {
    await follow(page, site.pages[name]);
    await page.goBack();
    await shown(page, site.pages.run.heading);
  }
  assertNoFaults(page, "the way from list to scenarios");
});

test("a link opens a scenario straight away", async () => {
  const { name } = site.run.scenarios.at(-1);
  const page = await openPage(site.browser, site.url + site.pages[name].hash);
  await shown(page, site.pages[name].heading);
  assert.ok(await page.locator("main svg text").count() > 0, "the page has no chart");
  assertNoFaults(page, `the link to ${name}`);
});

test("an unknown route says so and leads back to the list", async () => {
  const page = await openPage(site.browser, `${site.url}#/no/such/page`);
  assert.match(await page.locator("main").innerText(), /not found|no such page|no page/i);
  await page.locator('a[href$="#/"]').first().click();
  await shown(page, site.pages.runs.heading);
  await page.locator(`main a[href$="${site.pages.run.hash}"]`).first().waitFor();
  assertNoFaults(page, "an unknown route");
});

test("a page downloads its own program alone, and a reader who goes on gets the others", async () => {
  const page = await openPage(site.browser, site.url + site.pages.run.hash);
  await shown(page, site.pages.run.heading);
  assert.deepEqual(await programs(page), ["evidence"]);
  await goTo(page, site.pages.compare);
  await goTo(page, site.pages.runs);
  assert.deepEqual(await programs(page), ["comparison", "evidence", "overview"]);
  await goTo(page, site.pages.run);
  assert.equal(await page.locator("main").count(), 1, "the other programs show nothing");
  assertNoFaults(page, "the way through all programs");
});

test("a program that cannot be loaded is said, and loading the page again mends it", async () => {
  const page = await openPage(site.browser, site.url);
  await page.route("**/evidence*.wasm", (route) => route.abort());
  await page.evaluate((to) => { location.hash = to; }, site.pages.run.hash);
  await page.getByText("program could not be loaded").waitFor();
  await page.unroute("**/evidence*.wasm");
  await page.reload();
  await shown(page, site.pages.run.heading);
});

/** The programs whose code the page has asked for. */
async function programs(page) {
  const names = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
  const program = (name) => /\/(\w+)_bg-[0-9a-f]{16}\.wasm$/.exec(name)?.[1];
  return names.map(program).filter(Boolean).sort();
}
