// Prints how long the pages of a history of 500 runs take from a click until they are painted, and from a cold start:
// node history-times.mjs

import path from "node:path";
import { shown, openPage } from "./harness/browser.mjs";
import { history, rewriteIndex } from "./harness/history.mjs";
import { openSite } from "./harness/site.mjs";

const RUNS = 500;
const TIMES = 5;

const site = await openSite();
try {
  const file = path.join(site.runFolder, "..", "index.json");
  const bytes = await rewriteIndex(file, (index) => ({
    ...index,
    runs: history(index.runs[0], RUNS, { steps: { "response.p99": { ago: 40, factor: 1.4 } } }),
  }));
  console.log(`${RUNS} runs, ${bytes} bytes of list`);
  const pages = { list: "#/", week: "", trends: "#/trends", "one trend": "#/trends/response.p99" };
  const first = await openPage(site.browser, site.url);
  pages.week = await first.locator("tbody.week a").first().getAttribute("href");
  for (const [name, hash] of Object.entries(pages)) {
    const cold = [];
    const warm = [];
    for (let i = 0; i < TIMES; i++) {
      const page = await openPage(site.browser, `${site.url}#/no/page`);
      warm.push(await timeTo(page, hash));
      await page.context().close();
      const fresh = await site.browser.newContext({ viewport: { width: 1280, height: 900 } });
      const other = await fresh.newPage();
      await other.addInitScript(watch);
      await other.goto(site.url + hash);
      await shown(other);
      cold.push(await other.evaluate(() => window.painted));
      await fresh.close();
    }
    console.log(`${name}: ${middle(warm)} ms from the click, ${middle(cold)} ms from a cold start (medians of ${TIMES})`);
  }
} finally {
  await site.close();
}

function middle(times) {
  return Math.round(times.sort((a, b) => a - b)[TIMES >> 1]);
}

/** Remembers when the page last had new content painted. */
function watch() {
  new MutationObserver(() => {
    requestAnimationFrame(() => setTimeout(() => { window.painted = performance.now(); }));
  }).observe(document, { childList: true, subtree: true });
}

async function timeTo(page, hash) {
  await page.evaluate(watch);
  await page.evaluate((to) => {
    window.clicked = performance.now();
    location.hash = to;
  }, hash);
  await page.locator("main h1").getByText("not found", { exact: false }).waitFor({ state: "detached" });
  await shown(page);
  return page.evaluate(() => window.painted - window.clicked);
}
