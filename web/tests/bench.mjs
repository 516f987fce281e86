// What a reader waits for, and what the page computes while the pointer moves: node bench.mjs
//
// Prints a Markdown table, each line with its target. Times depend on the machine, so they are no tests; the transfer is
// one: `make size` holds it to its budget.

import { openSite } from "./harness/site.mjs";
import { lengthen } from "./harness/long.mjs";
import { openPage, shown } from "./harness/browser.mjs";

const ROUNDS = 5;
const LONG = "stability";

const site = await openSite();
const rows = [];
try {
  const { pages } = site;
  await starts("executive summary", pages.run, 1000);
  const run = await lengthen(site.runFolder, LONG, 200);
  await starts(`page of a 24-hour run (200 blocks, ${60 * 24} samples an arm)`, pages[LONG], 1500);
  await moves(pages[LONG]);
  console.log(`Run ${run.id}, ${site.browser.version()}; the median of ${ROUNDS} rounds, the worst behind it.\n`);
  console.log("| what | median (worst) | target |\n| --- | ---: | ---: |");
  for (const { what, times, target } of rows) {
    const [middle, worst] = [median(times), Math.max(...times)].map((ms) => ms.toFixed(1));
    console.log(`| ${what} | ${middle} ms (${worst}) | ${target} ms |`);
  }
} finally {
  await site.close();
}

/** From a new browser profile to the frame in which the page's verdict is there. */
async function starts(what, target, wanted) {
  const [times, tasks] = [[], []];
  for (let i = 0; i < ROUNDS; i += 1) {
    const context = await site.browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    await page.addInitScript((heading) => {
      const look = () => {
        const found = [...document.querySelectorAll("main h1")].some((h1) => h1.textContent === heading) && document.querySelector("main .headline");
        if (found) requestAnimationFrame(() => setTimeout(() => { globalThis.paintedAt = performance.now(); }));
        else requestAnimationFrame(look);
      };
      look();
      globalThis.longest = 0;
      new PerformanceObserver((list) => {
        globalThis.longest = Math.max(globalThis.longest, ...list.getEntries().map(({ duration }) => duration));
      }).observe({ type: "longtask", buffered: true });
    }, target.heading);
    await page.goto(site.url + target.hash);
    await page.waitForFunction(() => globalThis.paintedAt);
    times.push(await page.evaluate(() => globalThis.paintedAt));
    await shown(page, target.heading);
    tasks.push(await page.evaluate(() => globalThis.longest));
    await context.close();
  }
  rows.push({ what: `${what} painted, cold start`, times, target: wanted });
  rows.push({ what: `${what}: the longest task until everything is there`, times: tasks, target: 200 });
}

/** Scripting for each move of the pointer over a chart over time, and for each step of a range dragged across it. */
async function moves(target) {
  const page = await openPage(site.browser, site.url + target.hash);
  await shown(page, target.heading);
  const chart = page.locator('section[aria-labelledby="h-time"] figure svg.w').first();
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.boundingBox();
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const scripting = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return 1000 * metrics.find(({ name }) => name === "ScriptDuration").value;
  };
  const at = (share) => [box.x + box.width * (0.15 + 0.6 * share), box.y + box.height / 2];
  const measure = async (what) => {
    const times = [];
    for (let i = 0; i <= 40; i += 1) {
      const before = await scripting();
      await page.mouse.move(...at(i / 40));
      await page.evaluate(() => new Promise(requestAnimationFrame));
      times.push(await scripting() - before);
    }
    rows.push({ what, times, target: 16 });
  };
  await measure("scripting a frame while hovering, 200 blocks");
  await page.mouse.move(...at(0));
  await page.mouse.down();
  await measure("scripting a frame while brushing, 200 blocks");
  await page.mouse.up();
  await page.context().close();
}

function median(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
