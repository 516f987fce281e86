// Prints how long the pages of a history of 500 runs take: from a click on a link in another page of the site until they are painted,
// and from a cold start. The processor time of the page's main thread says what a busy machine hides.
// node history-times.mjs

import path from "node:path";
import { openPage, shown } from "./harness/browser.mjs";
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
  const first = await openPage(site.browser, site.url);
  const week = await first.locator("tbody.week a").first().getAttribute("href");
  const pages = { list: "#/", week, trends: "#/trends", "one trend": "#/trends/response.p99" };
  for (const [name, hash] of Object.entries(pages)) {
    const clicks = await times(hash, "#/no/page");
    const cold = await times(hash);
    console.log(`${name}: ${clicks} from the click, ${cold} from a cold start (medians of ${TIMES})`);
  }
} finally {
  await site.close();
}

/** Milliseconds until a page is painted, from another page of the site or from nothing, and those of the processor. */
async function times(hash, from) {
  const wall = [];
  const busy = [];
  for (let i = 0; i < TIMES; i++) {
    const context = await site.browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    await page.addInitScript(watch);
    if (from) {
      await page.goto(site.url + from);
      await shown(page);
    }
    await site.browser.startTracing(page, { categories: ["toplevel", "blink.user_timing"] });
    if (from) {
      await page.evaluate((to) => {
        window.begun = performance.now();
        location.hash = to;
      }, hash);
      await page.locator("main h1").getByText("Page not found").waitFor({ state: "detached" });
    } else {
      await page.goto(site.url + hash);
    }
    await page.locator("main section, main table").first().waitFor();
    await shown(page);
    wall.push(await page.evaluate(() => window.painted - (window.begun ?? 0)));
    busy.push(processorTime(JSON.parse(await site.browser.stopTracing())));
    await context.close();
  }
  return `${middle(wall)} ms (${middle(busy)} ms of processor)`;
}

/** Of the main thread of the page, by the busiest renderer's tasks. */
function processorTime({ traceEvents }) {
  const mains = traceEvents.filter((e) => e.name === "thread_name" && e.args.name === "CrRendererMain");
  const of = ({ pid, tid }) => traceEvents
    .filter((e) => e.pid === pid && e.tid === tid && e.name === "ThreadControllerImpl::RunTask")
    .reduce((sum, e) => sum + (e.tdur ?? 0), 0);
  return Math.max(...mains.map(of)) / 1000;
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
