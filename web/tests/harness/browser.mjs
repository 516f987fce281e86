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

/** How long anything may take, milliseconds. Nothing waits this long but on a machine that is very busy, or where a test fails. */
const PATIENCE = 240_000;

export async function launch() {
  const executablePath = process.env.CHROMIUM;
  if (!executablePath) throw new Error("CHROMIUM is not set; run the tests by: make browser-test");
  return chromium.launch({ executablePath, args: ARGUMENTS, timeout: PATIENCE });
}

/** A page in a fresh profile. `options` are Playwright's: `colorScheme`, `viewport`. */
export async function newPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  return context.newPage();
}

/**
 * Opens a page in a fresh profile, with the options of `newPage`. `page.faults` fills with console errors, uncaught
 * exceptions and requests to other origins.
 */
export async function openPage(browser, url, options = {}) {
  const page = await newPage(browser, options);
  page.faults = watch(page, new URL(url).origin);
  await page.goto(url);
  await shown(page);
  await page.waitForFunction(instruments);
  return page;
}

/** In the page: whether the charts' instruments, which nothing waits for, run already. */
async function instruments() {
  const entry = performance.getEntriesByType("resource").find(({ name }) => /\/instruments[^/]*\.js$/.test(name));
  return entry && import(entry.name).then(() => true);
}

/** Goes to another page of the same site, as a click on a link would, and waits for its heading. */
export async function goTo(page, { hash, heading }) {
  await setHash(page, hash);
  await shown(page, heading);
}

/** Changes the address, and waits until the site has heard of it: what the page showed before is gone by then. */
export async function setHash(page, hash) {
  await page.evaluate((to) => new Promise((heard) => {
    const before = location.hash;
    addEventListener("hashchange", () => setTimeout(heard), { once: true });
    location.hash = to;
    if (location.hash === before) heard();
  }), hash);
}

/**
 * Waits until the page has its heading, that one if it is named, and nothing on it is on its way. A page says by `aria-busy`
 * what is; how quiet the line is says nothing on a busy machine.
 */
export async function shown(page, heading) {
  const headings = page.locator("main h1");
  await (heading ? headings.getByText(heading, { exact: true }) : headings.first()).waitFor();
  await page.waitForFunction(() => document.querySelector("main h1") && !document.querySelector('main [aria-busy="true"]'));
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
