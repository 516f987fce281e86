// axe-core finds nothing against WCAG 2.2 A and AA on any page, in either theme.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { assertNoFaults, goTo, openPage } from "./harness/browser.mjs";
import { openSite } from "./harness/site.mjs";

let site;
before(async () => { site = await openSite(); });
after(async () => { await site?.close(); });

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

for (const [colorScheme, width] of [["light", 1280], ["dark", 390]]) {
  test(`every page is accessible: ${colorScheme}, ${width} px`, async () => {
    const page = await openPage(site.browser, site.url, { colorScheme, viewport: { width, height: 900 } });
    // By the debugger, as the page's own policy forbids foreign scripts.
    await page.evaluate(axe.source);
    const found = [];
    for (const [name, target] of Object.entries(site.pages)) {
      await goTo(page, target);
      for (const { id, help, nodes } of await violations(page)) {
        found.push(`${name}: ${id} (${help}), ${nodes.length} times: ${nodes[0].html.slice(0, 200)}: ${nodes[0].any.concat(nodes[0].all)[0]?.message ?? ""}`);
      }
    }
    assert.deepEqual(found, []);
    assertNoFaults(page, "the pages");
  });
}

test("the check finds what is wrong", async () => {
  const page = await openPage(site.browser, site.url);
  await page.evaluate(axe.source);
  await page.evaluate(() => { document.querySelector("main").append(document.createElement("button")); });
  assert.deepEqual((await violations(page)).map(({ id }) => id), ["button-name"]);
});

async function violations(page) {
  const result = await page.evaluate((values) => globalThis.axe.run(document, { runOnly: { type: "tag", values }, resultTypes: ["violations"] }), RULES);
  return result.violations;
}
