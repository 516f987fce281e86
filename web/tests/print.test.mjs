// What is taken along: a run on two pages of paper, and its summary as Markdown.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openPage } from "./harness/browser.mjs";
import { openSite } from "./harness/site.mjs";

let site;
before(async () => { site = await openSite(); });
after(async () => { await site?.close(); });

async function openRun(options) {
  const page = await openPage(site.browser, site.url + site.pages.run.hash, options);
  await page.locator("main .headline").waitFor();
  return page;
}

const pages = (pdf) => pdf.toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g).length;

for (const format of ["A4", "Letter"]) {
  test(`a run is two pages of ${format}`, async () => {
    const page = await openRun({ colorScheme: "dark" });
    assert.equal(pages(await page.pdf({ format, printBackground: true })), 2);
  });
}

test("on paper a run is black on white, without controls, and says where it is from", async () => {
  const page = await openRun({ colorScheme: "dark" });
  await page.pdf();
  await page.emulateMedia({ media: "print" });
  const colours = await page.evaluate(() => {
    const { color, backgroundColor } = getComputedStyle(document.body);
    return [color, backgroundColor];
  });
  assert.deepEqual(colours, ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]);
  assert.equal(await page.locator("button:visible, nav:visible, input:visible").count(), 0);
  for (const heading of ["Success criteria", "Safety", "Trust in this measurement", "Next steps"]) {
    assert.ok(await page.locator("h2", { hasText: heading }).isVisible(), heading);
  }
  assert.equal(await page.locator("#h-scenarios").isVisible(), false, "the list of scenarios is printed");
  const line = await page.locator(".printed").innerText();
  assert.ok(line.startsWith(page.url()), line);
  assert.match(line, /printed \d{4}-\d\d-\d\d$/);
});

test("a scenario's charts are whole on paper", async () => {
  const { name } = site.run.scenarios.find((s) => s.name === "medium-load");
  const page = await openPage(site.browser, site.url + site.pages[name].hash, { viewport: { width: 690, height: 900 } });
  await page.locator("main figure svg").first().waitFor();
  await page.emulateMedia({ media: "print" });
  const wider = await page.locator("main figure svg:visible").evaluateAll((all) => all
    .filter((svg) => svg.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map((svg) => svg.getAttribute("aria-label")));
  assert.deepEqual(wider, []);
});

test("the summary is copied as Markdown, with the figures of the page", async () => {
  const page = await openRun({ permissions: ["clipboard-read", "clipboard-write"] });
  await page.getByRole("button", { name: "Copy as Markdown" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(text.includes(`### ${site.run.title}`), text);
  assert.ok(text.includes(`[Report](<${page.url()}>)`), text);
  const gains = await page.locator(".strip li").evaluateAll((all) => all.map((li) => [li.querySelector(".k span").innerText, li.querySelector(".n").innerText]));
  assert.ok(gains.length > 0);
  for (const [title, change] of gains) {
    const row = text.split("\n").find((line) => line.startsWith(`| ${title} |`));
    assert.ok(row?.includes(change), `${title} ${change}: ${row}`);
  }
});
