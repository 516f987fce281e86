// The field's words in plain language, where they stand and all together.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertNoFaults, openPage, shown } from "./harness/browser.mjs";
import { openSite } from "./harness/site.mjs";

let site;
before(async () => { site = await openSite(); });
after(async () => { await site?.close(); });

test("a word's meaning comes by focus and by pointer, stays under the pointer, and goes by Escape", async () => {
  const page = await openPage(site.browser, site.url + site.pages.run.hash);
  const word = page.locator("a.term", { hasText: "confidence interval" });
  const meaning = page.getByRole("tooltip", { name: /true figure/, includeHidden: true }).or(page.locator("#term-confidence-interval"));
  assert.equal(await meaning.isVisible(), false);
  assert.equal(await word.getAttribute("aria-describedby"), await meaning.getAttribute("id"));

  await word.focus();
  assert.ok(await meaning.isVisible(), "not on focus");
  await page.keyboard.press("Escape");
  assert.equal(await meaning.isVisible(), false, "Escape does not put it away");

  await word.hover();
  assert.ok(await meaning.isVisible(), "not on hover");
  await meaning.hover();
  assert.ok(await meaning.isVisible(), "it cannot be pointed at");
  await page.keyboard.press("Escape");
  assert.equal(await meaning.isVisible(), false, "Escape does not put it away from the pointer");
  assertNoFaults(page, "a word's meaning");
});

test("the glossary lists the words, and each page leads to it", async () => {
  const page = await openPage(site.browser, site.url + site.pages.run.hash);
  await page.locator("footer").getByRole("link", { name: "Glossary" }).click();
  await shown(page, "Glossary");
  const words = await page.locator("main dt").allInnerTexts();
  for (const word of ["baseline", "candidate", "confidence interval", "deduplication", "open model", "pair", "percentile", "response time", "saturated", "service time", "write-ahead log"]) {
    assert.ok(words.includes(word), word);
  }
  assertNoFaults(page, "the glossary");
});
