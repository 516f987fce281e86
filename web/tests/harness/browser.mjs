// Chromium, and pages that remember everything that went wrong on them.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** How long a page may take to show something, milliseconds: a shared machine is slow at times. */
const PATIENCE = 30_000;

export async function launch() {
  const executablePath = process.env.CHROMIUM;
  if (!executablePath) throw new Error("CHROMIUM is not set; run the tests by: make browser-test");
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/**
 * Opens a page in a fresh profile. `options` are Playwright's: `colorScheme`, `viewport`.
 * `page.faults` fills with console errors, uncaught exceptions and requests to other origins.
 */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.faults = watch(page, new URL(url).origin);
  await page.goto(url);
  await shown(page);
  return page;
}

/** Goes to another page of the same site, as a click on a link would, and waits for its heading. */
export async function goTo(page, { hash, heading }) {
  await page.evaluate((to) => { location.hash = to; }, hash);
  await shown(page, heading);
}

/** Waits until the page has its heading, that one if it is named, and loads nothing any more. */
export async function shown(page, heading) {
  const headings = page.locator("main h1");
  await (heading ? headings.getByText(heading, { exact: true }) : headings.first()).waitFor();
  await page.waitForLoadState("networkidle");
  await page.waitForFunction(() => !document.querySelector('main [aria-busy="true"]'));
}

export function assertNoFaults(page, where) {
  assert.deepEqual(page.faults, [], `faults on ${where}`);
}

function watch(page, origin) {
  const faults = [];
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => faults.push(`exception: ${error.message}`));
  page.on("request", (request) => {
    const { protocol, origin: target } = new URL(request.url());
    if (!["data:", "blob:"].includes(protocol) && target !== origin) faults.push(`request to ${request.url()}`);
  });
  return faults;
}
