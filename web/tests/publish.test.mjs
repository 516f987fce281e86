// The published site on hosts of files: the strict policy, pages for link previews, and `runner view`.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { assertNoFaults, goTo, launch, newPage, openPage, shown } from "./harness/browser.mjs";
import { publishExample, repository } from "./harness/report.mjs";
import { openSite } from "./harness/site.mjs";

const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
  + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

let site;
before(async () => { site = await openSite(); });
after(async () => { await site?.close(); });

/** The address of a run's page for link previews. */
const previewOf = (url, run) => `${url}r/${run.id}.html`;

test("every page works at a sub-path under the strict policy", async () => {
  const { headers } = await fetch(site.url);
  assert.equal(headers.get("content-security-policy"), POLICY);
  const page = await openPage(site.browser, site.url);
  for (const target of Object.values(site.pages)) {
    await goTo(page, target);
    assertNoFaults(page, target.hash);
  }
});

test("the policy stops a script that gets into a page", async () => {
  const page = await openPage(site.browser, site.url);
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.stranger = true";
    document.body.append(script);
  });
  assert.equal(await page.evaluate(() => window.stranger), undefined);
  assert.match(page.faults.join("\n"), /Content Security Policy/);
});

test("a page for link previews leads on to the run, with scripts and without", async () => {
  for (const javaScriptEnabled of [true, false]) {
    const page = await newPage(site.browser, { javaScriptEnabled });
    await page.goto(previewOf(site.url, site.run));
    await page.waitForURL(`${site.url}#/run/${site.run.id}`);
    if (javaScriptEnabled) await shown(page, site.run.title);
    await page.context().close();
  }
});

test("a run's page gives the link to its page for link previews", async () => {
  const page = await openPage(site.browser, site.url + site.pages.run.hash, { permissions: ["clipboard-read", "clipboard-write"] });
  await shown(page, site.run.title);
  await page.getByRole("button", { name: "Copy link with preview" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, previewOf(site.url, site.run));
  assert.match(await (await fetch(link)).text(), /property="og:title"|property=og:title/);
});

test("going back from a run does not lead into its preview page", async () => {
  const page = await openPage(site.browser, site.url);
  await page.goto(previewOf(site.url, site.run));
  await page.waitForURL(`${site.url}#/run/${site.run.id}`);
  await shown(page, site.run.title);
  await page.goBack();
  await page.waitForURL(site.url);
  await shown(page, site.pages.runs.heading);
});

test("a page for link previews says by itself what the run came to, to everybody", async () => {
  for (const [colorScheme, width] of [["light", 1280], ["dark", 390]]) {
    const page = await newPage(site.browser, { colorScheme, viewport: { width, height: 900 } });
    const faults = [];
    page.on("console", (message) => { if (message.type() === "error") faults.push(message.text()); });
    // As a reader sees it whose browser does not move on.
    await page.route("**/r/*.html", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replace(/<meta http-equiv="refresh"[^>]*>/, "") });
    });
    await page.goto(previewOf(site.url, site.run));
    assert.equal(await page.locator("h1").innerText(), site.run.title);
    assert.ok(await page.locator("tbody tr").count() > 0, "no figures");
    const picture = page.getByRole("img");
    assert.deepEqual(await picture.evaluate((image) => [image.naturalWidth, image.naturalHeight]), [1200, 630]);
    assert.match(await picture.getAttribute("alt"), /^(Pass|Warn|Fail|Inconclusive|Not judged)/);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(overflow <= 0, `${overflow} px too wide at ${width}`);
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), []);
    await page.getByRole("link", { name: "Open the report" }).click();
    await shown(page, site.run.title);
    assert.deepEqual(faults, []);
    await page.context().close();
  }
});

test("runner view serves compressed code that may be kept, and reports that may not", async () => {
  const published = await publishExample();
  const program = process.env.RUNNER ?? path.join(repository, "target/debug/runner");
  const server = spawn(program, ["view", published.folder, "--port", "0", "--no-open"], { stdio: ["ignore", "pipe", "ignore"] });
  const browser = await launch();
  try {
    const [line] = await once(server.stdout, "data");
    const url = line.toString().trim();
    const seen = new Map();
    const page = await newPage(browser);
    page.on("response", (response) => { seen.set(new URL(response.url()).pathname, response); });
    await page.goto(`${url}#/run/${site.run.id}`);
    await shown(page, site.run.title);
    const of = (pattern) => [...seen].find(([name]) => pattern.test(name))[1].allHeaders();
    const code = await of(/_bg-[0-9a-f]{16}\.wasm$/);
    assert.equal(code["content-type"], "application/wasm");
    assert.equal(code["content-encoding"], "br");
    assert.match(code["cache-control"], /immutable/);
    const report = await of(/run\.json$/);
    assert.equal(report["content-encoding"], "gzip");
    assert.equal(report["cache-control"], "no-cache");
    assert.equal((await of(/^\/$/))["content-security-policy"], POLICY);
  } finally {
    await browser.close();
    server.kill();
    await published.remove();
  }
});
