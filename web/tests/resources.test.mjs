// What both arms took: the section of a scenario's page, and the block of the run's summary.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertNoFaults, goTo, openPage } from "./harness/browser.mjs";
import { openSite } from "./harness/site.mjs";

let site;
before(async () => { site = await openSite(); });
after(async () => { await site?.close(); });

test("a scenario shows memory, processor, connections and rows over time, each with its finding", async () => {
  const page = await openPage(site.browser, site.url + site.pages["medium-load"].hash);
  const section = page.locator('section[aria-labelledby="h-resources"]');
  const titles = await section.locator("figcaption b").allInnerTexts();
  for (const finding of [/grows by at most/, /^Processor in use: .+%/, /^Most connections in use: \d/, /^Rows changed per second: \d/]) {
    assert.ok(titles.some((title) => finding.test(title)), `${finding} in ${titles.join("; ")}`);
  }
  assert.equal(await section.locator("figure svg.w").count(), titles.length);
  assertNoFaults(page, "resources");
});

test("the summary says what a save costs and leads to the scenario that was measured", async () => {
  const page = await openPage(site.browser, site.url + site.pages.run.hash);
  const section = page.locator('section[aria-labelledby="h-metrics"]');
  assert.match(await section.locator("h2").innerText(), /saves (no writes|[\d\s]+ of [\d\s]+ rows changed per 1\s000 saves)/);
  const rows = (await section.locator("tbody th").allInnerTexts()).join("; ");
  assert.match(rows, /CPU utilization.*Database write reduction/s);
  await section.locator(".sh a").click();
  await page.locator("#h-resources").waitFor();
  assertNoFaults(page, "metrics");
});

test("both fit a narrow screen", async () => {
  const page = await openPage(site.browser, site.url + site.pages.run.hash, { viewport: { width: 390, height: 844 } });
  for (const target of [site.pages.run, site.pages["medium-load"]]) {
    await goTo(page, target);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 390, `${target.hash}: ${width} px`);
  }
  assertNoFaults(page, "narrow");
});
