// The site and the command line give the same verdict, with the same reason, for every target.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertNoFaults, goTo, openPage, shown } from "./harness/browser.mjs";
import { exampleFolder, runner } from "./harness/report.mjs";
import { openSite } from "./harness/site.mjs";

let site;
before(async () => { site = await openSite(); });
after(async () => { await site?.close(); });

const WORDS = { pass: "Pass", warn: "Warn", fail: "Fail", inconclusive: "Inconclusive", not_judged: "Not judged" };

/** What the runner says, as the page's rows: name, verdict, reason. */
const said = (targets) => targets.map(({ id, verdict, reason }) => row(id, WORDS[verdict], reason));

/** The rows of a page's tables of targets. */
async function rows(page, table) {
  const found = await page.locator(`main ${table} tr[data-verdict]`).evaluateAll((lines) => lines.map((line) => [
    line.dataset.id,
    line.dataset.verdict,
    line.querySelector("th .why")?.textContent ?? "",
  ]));
  return found.map((cells) => row(...cells));
}

/** Sentences begin with a capital and end with a full stop on the page. */
function row(id, verdict, reason) {
  return { id, verdict, reason: reason.trim().replace(/\.$/, "").toLowerCase() };
}

const byId = (a, b) => a.id.localeCompare(b.id);

test("every target of a run", async () => {
  const verdict = JSON.parse(await runner(["verdict", exampleFolder, "--format", "json"]));
  const page = await openPage(site.browser, site.url + site.pages.run.hash);
  await shown(page, site.pages.run.heading);

  const ofPolicy = verdict.targets.filter(({ policy }) => policy);
  assert.ok(ofPolicy.length > 0, "the runner judges nothing");
  assert.deepEqual((await rows(page, "table")).sort(byId), said(ofPolicy).sort(byId));
  const big = await page.locator("main .headline").innerText();
  assert.ok(big.includes(verdict.headline), `${verdict.headline}\nis not in\n${big}`);

  for (const { name } of site.run.scenarios) {
    await goTo(page, site.pages[name]);
    const own = verdict.targets.filter((target) => !target.policy && target.scenario === name);
    assert.deepEqual((await rows(page, "table")).sort(byId), said(own).sort(byId), name);
  }
  assertNoFaults(page, "the run's pages");
});

test("every figure that the strategy wants watched", async () => {
  const told = await runner(["catalogue", exampleFolder]);
  const page = await openPage(site.browser, site.url + site.pages.run.hash);
  const rows = await page.locator('section[aria-labelledby="h-metrics"] tbody tr').evaluateAll((lines) => lines.map((line) => ({
    metric: line.querySelector("th .why").textContent,
    figures: [...line.querySelectorAll("td")].map((cell) => cell.textContent),
  })));
  const measured = rows.filter(({ figures }) => figures.length === 3);
  assert.ok(measured.length > 20, `${measured.length} figures`);
  for (const { metric, figures } of measured) {
    const line = told.split("\n").find((line) => line.trim().split(" ")[0] === metric);
    assert.deepEqual(figures, line?.trim().split(/ {2,}/).slice(1, 4), metric);
  }
  assertNoFaults(page, "the run's page");
});

test("every difference between the arms of a run", async () => {
  const sides = [`${exampleFolder}:baseline`, `${exampleFolder}:candidate`];
  const compared = JSON.parse(await runner(["compare", ...sides, "--format", "json"]));
  const { id } = site.run;
  const page = await openPage(site.browser, `${site.url}#/compare/${id}:baseline/${id}:candidate`);
  const big = await page.locator("main .headline").innerText();
  assert.ok(big.includes(compared.headline), `${compared.headline}\nis not in\n${big}`);

  for (const scenario of new Set(compared.targets.map((target) => target.scenario))) {
    await page.evaluate((to) => { location.hash = to; }, `#/compare/${id}:baseline/${id}:candidate?scenario=${scenario}`);
    await page.locator(`main .scenarios a[aria-current][href$="=${scenario}"]`).waitFor();
    const own = compared.targets.filter((target) => target.scenario === scenario);
    assert.deepEqual(await rows(page, "table.all"), said(own), scenario);
  }
  assertNoFaults(page, "the comparison");
});
