// From the list of runs to a scenario, by clicks and by link.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertNoFaults, openPage, shown } from "./harness/browser.mjs";
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
