// From the list of runs to a scenario, by clicks and by link.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertNoFaults, openPage, shown } from "./harness/browser.mjs";
import { openSite } from "./harness/site.mjs";

let site;
before(async () => { site = await openSite(); });
after(async () => { await site?.close(); });

const heading = (page) => page.locator("main h1").first().innerText();

test("clicks lead from the list to the run and on to each scenario", async () => {
  const page = await openPage(site.browser, site.url);
  await page.locator(`main a[href$="${site.pages.run}"]`).first().click();
  await page.waitForURL(`${site.url}${site.pages.run}`);
  await shown(page);

  for (const { name, title } of site.run.scenarios) {
    await page.locator(`main a[href$="${site.pages[name]}"]`).first().click();
    await page.waitForURL(`${site.url}${site.pages[name]}`);
    await shown(page);
    assert.match(await heading(page), new RegExp(title, "i"));
    await page.goBack();
    await shown(page);
  }
  assertNoFaults(page, "the way from list to scenarios");
});

test("a link opens a scenario straight away", async () => {
  const { name, title } = site.run.scenarios.at(-1);
  const page = await openPage(site.browser, `${site.url}${site.pages[name]}`);
  assert.match(await heading(page), new RegExp(title, "i"));
  assertNoFaults(page, `the link to ${name}`);
});

test("an unknown route says so and leads back to the list", async () => {
  const page = await openPage(site.browser, `${site.url}#/no/such/page`);
  assert.match(await page.locator("main").innerText(), /not found|no such page|no page/i);
  await page.locator('a[href$="#/"]').first().click();
  await shown(page);
  assert.equal(await page.locator(`main a[href$="${site.pages.run}"]`).count() > 0, true);
  assertNoFaults(page, "an unknown route");
});
