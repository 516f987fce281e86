// Slow hosts, hosts that fail, and files that are enormous, hostile, older or newer: each has a calm message, and the rest
// of the site goes on.

import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { assertNoFaults, goTo, newPage, openPage, shown } from "./harness/browser.mjs";
import { repository } from "./harness/report.mjs";
import { change } from "./harness/seal.mjs";
import { openSite } from "./harness/site.mjs";

let site;
beforeEach(async () => { site = await openSite(); });
afterEach(async () => { await site?.close(); });

const text = (page) => page.locator("main").innerText();
const HOSTILE = "<script>globalThis.harmed=1</script><img src=x onerror=globalThis.harmed=1>";

/** A V2 histogram with 10¹² empty counters, then one of 1. */
const MANY_BUCKETS = "HISTFAAAACp4nJNpmSzMwMDAzgABzFCakYGB2c1gxwIG+w8Qgf/7V5yaZcUEAIGFCFg=";

/** Opens a page that may be on its way for as long as the test wants. */
async function begin(hash) {
  const page = await newPage(site.browser);
  await page.goto(site.url + hash);
  return page;
}

/** Sends a body piece by piece, the next one whenever the test says so. */
function byPieces(count) {
  const steps = Array.from({ length: count }, () => {
    const step = {};
    step.allowed = new Promise((done) => { step.allow = done; });
    return step;
  });
  let allowed = 0;
  return {
    go: () => { steps[allowed++].allow(); },
    async answer(response, { status, type, body }) {
      response.writeHead(status, { "content-type": type });
      const size = Math.ceil(body.length / count);
      for (const [i, { allowed: mayGo }] of steps.entries()) {
        await mayGo;
        response.write(body.subarray(i * size, (i + 1) * size));
      }
      response.end();
    },
  };
}

/** Answers with 100 MB, as far as they are taken; `sent` says how many bytes were. */
function enormous() {
  const told = { sent: 0, closed: false };
  return {
    told,
    async answer(response) {
      response.writeHead(200, { "content-type": "application/json" });
      response.on("close", () => { told.closed = true; });
      const piece = Buffer.alloc(1_000_000, " ");
      while (told.sent < 100_000_000 && !told.closed) {
        const taken = response.write(piece);
        told.sent += piece.length;
        if (!taken) await new Promise((done) => { response.once("drain", done); response.once("close", done); });
      }
      response.end();
    },
  };
}

test("a run of a slow host is told as it comes", async () => {
  const [first, second] = site.run.scenarios;
  const slow = byPieces(3);
  site.trouble.set(`/${first.file}`, slow.answer);
  const page = await begin(site.pages.run.hash);
  await page.locator("main h1").getByText(site.run.title, { exact: true }).waitFor();
  const said = await text(page);
  assert.ok(said.includes(`Loading scenario 1 of ${site.run.scenarios.length}: ${first.title}`), said);
  assert.ok(said.includes(second.title), said);
  slow.go();
  slow.go();
  slow.go();
  await page.locator("main .headline").waitFor();
});

test("the size of a large file is told while it comes", async () => {
  const largest = site.run.scenarios.find(({ name }) => name === "capacity");
  const slow = byPieces(4);
  site.trouble.set(`/${largest.file}`, slow.answer);
  const page = await begin(site.pages.run.hash);
  await page.locator("main").getByText(`: ${largest.title} …`).waitFor();
  slow.go();
  slow.go();
  await page.locator("main").getByText(/… \d+.*[KM]iB/).waitFor();
  slow.go();
  slow.go();
  await page.locator("main .headline").waitFor();
});

test("a scenario of 100 MB is left alone before it is there, and the others are shown", async () => {
  const [harmed, sound] = site.run.scenarios;
  const large = enormous();
  site.trouble.set(`/${harmed.file}`, large.answer);
  const page = await openPage(site.browser, site.url + site.pages.run.hash);
  const said = await text(page);
  assert.ok(said.includes(harmed.file), said);
  assert.match(said, /larger than 64\.0.MiB/);
  assert.ok(large.told.sent < 100_000_000, `all ${large.told.sent} bytes were taken`);
  await goTo(page, site.pages[sound.name]);
  assert.ok(await page.locator("main svg text").count() > 0, "the other scenario has no chart");
  assertNoFaults(page, "an enormous scenario");
});

test("a run.json and a list of 100 MB are refused with their names", async () => {
  site.trouble.set("/run.json", enormous().answer);
  site.trouble.set("/index.json", enormous().answer);
  const page = await openPage(site.browser, site.url + site.pages.run.hash);
  assert.match(await text(page), /run\.json\s+is larger than 64/);
  await goTo(page, site.pages.runs);
  assert.match(await text(page), /index\.json\s+is larger than 64/);
  assertNoFaults(page, "enormous files");
});

test("a host that fails can be tried again, and the page is there without another visit", async () => {
  let healthy = false;
  const failing = (response, { status, type, body }) => {
    response.writeHead(healthy ? status : 503, { "content-type": type });
    response.end(healthy ? body : "");
  };
  for (const file of ["/run.json", "/index.json"]) site.trouble.set(file, failing);
  const page = await openPage(site.browser, site.url + site.pages.run.hash);
  assert.match(await text(page), /the server answers 503/);
  await page.evaluate(() => { globalThis.same = true; });

  healthy = true;
  const again = page.getByRole("button", { name: "Try again" });
  await again.focus();
  await page.keyboard.press("Enter");
  await page.locator("main .headline").waitFor();

  healthy = false;
  await goTo(page, site.pages.runs);
  assert.match(await text(page), /the server answers 503/);
  healthy = true;
  await again.click();
  await page.locator(`main a[href$="${site.pages.run.hash}"]`).first().waitFor();
  assert.ok(await page.evaluate(() => globalThis.same), "the page was loaded anew");
});

test("a browser without a connection says so, and goes on when it is back", async () => {
  const page = await openPage(site.browser, site.url + site.pages.run.hash);
  await goTo(page, site.pages.runs);
  await page.context().setOffline(true);
  await goTo(page, { hash: "#/run/another-run", heading: "Run another-run" });
  assert.match(await text(page), /this browser is offline/);
  await page.getByRole("button", { name: "Try again" }).waitFor();
  await page.context().setOffline(false);
  await page.getByText("This run was not found").waitFor();
});

test("one scenario that could not be had is had by another try", async () => {
  const [harmed] = site.run.scenarios;
  site.trouble.set(`/${harmed.file}`, (response) => { response.destroy(); });
  const page = await openPage(site.browser, site.url + site.pages.run.hash);
  assert.match(await text(page), /could not be fetched/);
  await page.locator("main .headline").waitFor();
  site.trouble.clear();
  await page.getByRole("button", { name: "Try again" }).click();
  await page.waitForFunction(() => !/could not be fetched/.test(document.querySelector("main").innerText));
  await page.locator("main .headline").waitFor();
});

test("a run that is gone says so and names the nearest", async () => {
  const gone = `${site.run.id.slice(0, 9)}000000Z-gone`;
  const page = await openPage(site.browser, `${site.url}#/run/${gone}`);
  await page.getByText("Runs with the nearest names").waitFor();
  assert.match(await text(page), /This run was not found/);
  await page.locator("main").getByRole("link", { name: site.run.id }).click();
  await shown(page, site.pages.run.heading);
});

test("script in titles is text", async () => {
  const [{ file, name }] = site.run.scenarios;
  const hostile = (source) => source.replaceAll(/"title": ?"/g, `$&${HOSTILE}`);
  await change(site.runFolder, { run: hostile, file, scenario: hostile });
  const index = path.join(site.runFolder, "..", "index.json");
  await writeFile(index, hostile(await readFile(index, "utf8")));

  const page = await openPage(site.browser, site.url);
  for (const hash of [site.pages.runs.hash, site.pages.run.hash, site.pages[name].hash, site.pages.compare.hash]) {
    await page.evaluate((to) => { location.hash = to; }, hash);
    await page.locator("main").getByText("<script>").first().waitFor();
    await page.waitForFunction(() => !document.querySelector('main [aria-busy="true"]'));
    assert.equal(await page.evaluate(() => globalThis.harmed), undefined, hash);
  }
  assertNoFaults(page, "hostile titles");
});

test("hostile JSON is refused with the file and the place", async () => {
  const runFile = path.join(site.runFolder, "run.json");
  const sound = await readFile(runFile, "utf8");
  const page = await openPage(site.browser, site.url);
  const harms = {
    "a prototype-like key": [sound.replace("{", '{"__proto__": {"polluted": true},'), /__proto__/],
    "deep nesting": [`${"[".repeat(100_000)}${"]".repeat(100_000)}`, /recursion|nest|deep/i],
    "a number that is none": [sound.replace(/"format": \d+/, '"format": NaN'), /line \d+, column \d+/],
    "a negative count": [sound.replace(/"format": \d+/, '"format": -3'), /format/],
    "a newer format": [sound.replace(/"format": \d+/, '"format": 99'), /newer build/],
    "no text": [Buffer.from([0x7b, 0xff, 0xfe]), /UTF-8/],
    "nothing": ["", /line \d+/],
  };
  for (const [harm, [content, reason]] of Object.entries(harms)) {
    await writeFile(runFile, content);
    await goTo(page, site.pages.runs);
    await page.evaluate((to) => { location.hash = to; }, `${site.pages.run.hash}?${encodeURIComponent(harm)}`);
    await page.getByText("This run cannot be read").waitFor();
    const said = await text(page);
    assert.ok(said.includes("run.json"), `${harm}: ${said}`);
    assert.match(said, reason, harm);
    await page.reload();
  }
  assertNoFaults(page, "hostile JSON");
});

test("a histogram that claims a million million buckets is refused, and the other scenarios are shown", async () => {
  const harmed = site.run.scenarios.find(({ name }) => name === "low-load");
  await change(site.runFolder, {
    file: harmed.file,
    scenario: (source) => source.replace(/"HISTF[^"]*"/, `"${MANY_BUCKETS}"`),
  });
  const page = await openPage(site.browser, site.url + site.pages.run.hash);
  const said = await text(page);
  assert.ok(said.includes(harmed.file), said);
  assert.match(said, /histogram/);
  await page.locator("main .headline").waitFor();
  assertNoFaults(page, "a hostile histogram");
});

test("without a list of runs the site says how to get one", async () => {
  await rm(path.join(site.runFolder, "..", "index.json"));
  const page = await openPage(site.browser, site.url);
  assert.match(await text(page), /No reports yet/);
});

for (const version of ["v1", "v2"]) {
  test(`a run of the older format ${version} is shown`, async () => {
    const old = await openSite(path.join(repository, "shared/tests/golden", version));
    try {
      const page = await openPage(old.browser, old.url + old.pages.run.hash);
      await page.locator("main .headline").waitFor();
      assertNoFaults(page, version);
    } finally {
      await old.close();
    }
  });
}
