// Files of the reader's own: dropped on any page or chosen, runs are shown as if they were published, histograms of other
// tools beside each other. And reports that are kept elsewhere on the same origin.

import assert from "node:assert/strict";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import hdr from "hdr-histogram-js";
import { assertNoFaults, goTo, openPage, shown } from "./harness/browser.mjs";
import { goldenFolder, repository } from "./harness/report.mjs";
import { openSite } from "./harness/site.mjs";

let site, golden;
before(async () => {
  site = await openSite();
  golden = JSON.parse(await readFile(path.join(goldenFolder, "run.json"), "utf8"));
});
after(async () => { await site?.close(); });

const text = (page) => page.locator("main").innerText();
const foreign = (name) => path.join(repository, "shared/tests/foreign", name);
const filesInput = (page) => page.getByLabel("Files", { exact: true });

/** Drops files on the page as the browser would hand them over: by name and text. */
async function drop(page, files) {
  await page.evaluate((all) => {
    const dataTransfer = new DataTransfer();
    for (const [name, content] of all) dataTransfer.items.add(new File([content], name));
    for (const type of ["dragover", "drop"]) {
      document.querySelector("main").dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    }
  }, files);
}

async function goldenFiles() {
  const names = await readdir(goldenFolder);
  return Promise.all(names.map(async (name) => [name, await readFile(path.join(goldenFolder, name), "utf8")]));
}

test("a run's files that are dropped on another run's page are shown as a run", async () => {
  const page = await openPage(site.browser, site.url + site.pages.run.hash);
  await drop(page, await goldenFiles());
  await shown(page, golden.title);
  assert.equal(page.url(), `${site.url}#/run/${golden.id}`);
  assert.match(await text(page), /is only in this tab/);
  assert.equal(await page.getByRole("link", { name: "Download JSON" }).count(), 0);

  const [scenario] = golden.scenarios;
  await goTo(page, { hash: `#/run/${golden.id}/${scenario.name}`, heading: scenario.title });
  assert.match(await text(page), /is only in this tab/);
  await goTo(page, { hash: `#/compare/${golden.id}:baseline/${golden.id}:candidate` });
  await page.locator("main .vs").waitFor();
  await goTo(page, site.pages.run);
  assert.doesNotMatch(await text(page), /is only in this tab/);
  assertNoFaults(page, "a dropped run");
});

test("a run's folder that is chosen is shown as a run", async () => {
  const page = await openPage(site.browser, `${site.url}#/open`);
  await page.getByLabel("A folder").setInputFiles(goldenFolder);
  await shown(page, golden.title);
  await page.locator("main .headline").waitFor();
  await page.goBack();
  assertNoFaults(page, "a chosen folder");
});

test("a run whose scenario is not among the files names it, and shows the rest", async () => {
  const page = await openPage(site.browser, `${site.url}#/open`);
  await drop(page, (await goldenFiles()).filter(([name]) => name === "run.json"));
  await shown(page, golden.title);
  assert.ok((await text(page)).includes(golden.scenarios[0].file), await text(page));
});

test("files that are no part of a run, damaged or of another kind are named with the reason", async () => {
  const page = await openPage(site.browser, `${site.url}#/open`);
  await drop(page, [
    ["run.json", "{ \"format\": 99 }"],
    ["notes.txt", "nothing of interest"],
    ["cut.hlog", "0.1,1.0,2"],
    ["cut.hgrm", "Value Percentile TotalCount\n1 0.5 x\n"],
    ["<img src=x onerror=globalThis.harmed=1>.hlog", "#[Histogram log format version 9.0]"],
  ]);
  await page.getByText("Not all files could be opened").waitFor();
  const said = await text(page);
  for (const reason of [/newer build/, /neither a file of a run nor/, /line 1: start, length/, /line 2: value, percentile/, /log format 9\.0 is newer/]) {
    assert.match(said, reason);
  }
  assert.equal(await page.evaluate(() => globalThis.harmed), undefined);
  await drop(page, [["lonely.json", "{}"]]);
  await page.getByText("no run.json beside it").waitFor();
  assertNoFaults(page, "files of no use");
});

test("interval logs and percentile files of another tool are drawn beside each other with their percentiles", async () => {
  const page = await openPage(site.browser, `${site.url}#/open`);
  await filesInput(page).setInputFiles(["tags.hlog", "read.hgrm", "write.csv.hgrm"].map(foreign));
  const rows = page.locator("main table tbody tr");
  await rows.first().waitFor();
  const cells = await rows.evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.innerText.replace(/\s/g, " "))));
  const named = Object.fromEntries(cells.map(([name, ...rest]) => [name, rest]));
  assert.deepEqual(Object.keys(named), ["tags.hlog: read", "tags.hlog: write", "read.hgrm", "write.csv.hgrm"]);

  const expected = JSON.parse(await readFile(foreign("expected.json"), "utf8"));
  const ms = (ns) => `${Number((ns / 1e6).toPrecision(3)).toFixed(2 - Math.floor(Math.log10(ns / 1e6)))} ms`;
  for (const [name, { count, percentiles }] of [
    ["tags.hlog: read", expected["tags.hlog"].read],
    ["tags.hlog: write", expected["tags.hlog"].write],
    ["read.hgrm", expected["read.hgrm"]],
    ["write.csv.hgrm", expected["write.csv.hgrm"]],
  ]) {
    const [values, p50, p90, , , , , max] = named[name];
    assert.equal(values, "2 000", name);
    assert.equal(count, 2000);
    assert.deepEqual([p50, p90, max], [50, 90, 100].map((p) => ms(percentiles[p])), name);
  }
  for (const [name] of cells) assert.ok(await page.locator("main figure svg.w").getByText(name.slice(0, 15)).count() > 0, `${name} has no curve`);
  assert.match(await page.locator("main figcaption").innerText(), /has the lowest P99, 5\.7\d.ms; .* the highest, 22\.3.ms/);
  assert.match(await text(page), /does not say the unit of its values; read as nanoseconds/);

  const unit = page.getByLabel("Values of logs are");
  await unit.selectOption("microseconds");
  await page.getByText("read as microseconds").first().waitFor();
  assert.match(await rows.first().innerText(), /1\s?833|1\.83.s/);
  assertNoFaults(page, "histograms of another tool");
});

test("a log that another HdrHistogram port writes now comes to its percentiles", async () => {
  const histogram = hdr.build({ highestTrackableValue: 1e12, numberOfSignificantValueDigits: 3 });
  for (let i = 1; i <= 1000; i++) histogram.recordValue(i * 1e5);
  let log = "";
  const writer = new hdr.HistogramLogWriter((line) => { log += line; });
  writer.outputLogFormatVersion();
  writer.outputIntervalHistogram(histogram, 0, 10, 1e6);

  const page = await openPage(site.browser, site.url);
  await drop(page, [["now.hlog", log]]);
  const row = page.locator("main table tbody tr").first();
  await row.waitFor();
  const ms = (p) => (histogram.getValueAtPercentile(p) / 1e6).toPrecision(3);
  const said = (await row.innerText()).replace(/\s/g, " ");
  for (const p of [50, 90, 99]) assert.ok(said.includes(ms(p)), `P${p} ${ms(p)}: ${said}`);
  assertNoFaults(page, "a log of now");
});

test("a dropped file of 100 MB is refused by its size", async () => {
  const page = await openPage(site.browser, `${site.url}#/open`);
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(Array.from({ length: 100 }, () => new Uint8Array(1_000_000)), "huge.hlog"));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  });
  await page.getByText("is larger than").waitFor();
  assert.match(await text(page), /huge\.hlog\s+is larger than 64\.0.MiB/);
});

test("reports that are kept elsewhere on the same origin are shown, and links stay there", async () => {
  const archive = path.join(site.folder, "archive", "2025");
  await mkdir(archive, { recursive: true });
  await cp(goldenFolder, path.join(archive, golden.id), { recursive: true });
  try {
    const query = "?src=archive/2025/";
    const page = await openPage(site.browser, `${site.url}#/run/${golden.id}?src=archive/2025`);
    await shown(page, golden.title);
    const [scenario] = golden.scenarios;
    await page.locator(`main a[href^="#/run/${golden.id}/${scenario.name}"]`).first().click();
    await shown(page, scenario.title);
    assert.equal(page.url(), `${site.url}#/run/${golden.id}/${scenario.name}${query}`);
    const links = await page.locator("header a, main a").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
    assert.deepEqual(links.filter((link) => link.startsWith("#/") && !link.includes("src=archive/2025/")), []);
    await page.locator('label[for="class-duplicate"]').click();
    await page.waitForURL(/class=duplicate.*src=archive\/2025\//);
    assertNoFaults(page, "reports kept elsewhere");
  } finally {
    await rm(path.join(site.folder, "archive"), { recursive: true });
  }
});

test("another origin is refused with the reason, whatever its form", async () => {
  for (const src of ["https://reports.example/", "//reports.example/", "data:text/plain,x", "https%3A%2F%2Freports.example/"]) {
    const page = await openPage(site.browser, `${site.url}#/run/${golden.id}?src=${src}`);
    assert.match(await text(page), /names another origin( or scheme)?: reports are read from this site alone/, src);
    assertNoFaults(page, src);
    await page.context().close();
  }
});

test("no hostile log freezes or breaks the page", async () => {
  const folder = path.join(site.folder, "hostile.hlog");
  await writeFile(folder, `${"0,1,1,HISTFAAAACp4nJNpmSzMwMDAzgABzFCakYGB2c1gxwIG+w8Qgf/7V5yaZcUEAIGFCFg=\n".repeat(3)}`);
  const page = await openPage(site.browser, `${site.url}#/open`);
  await filesInput(page).setInputFiles(folder);
  await page.getByText("Not all files could be opened").waitFor();
  assert.match(await text(page), /line 1: the histogram holds damaged counters/);
  await rm(folder);
  assertNoFaults(page, "a hostile log");
});
