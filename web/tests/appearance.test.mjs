// Every page in both themes, wide and narrow.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertNoFaults, goTo, openPage, shown } from "./harness/browser.mjs";
import { openSite } from "./harness/site.mjs";

let site;
before(async () => { site = await openSite(); });
after(async () => { await site?.close(); });

/** Lightness of the page's background: 0 is black, 1 is white. */
async function lightness(page) {
  const colour = await page.evaluate(() => {
    const opaque = (element) => {
      const found = getComputedStyle(element).backgroundColor;
      return found === "rgba(0, 0, 0, 0)" ? null : found;
    };
    return opaque(document.body) ?? opaque(document.documentElement) ?? "rgb(255, 255, 255)";
  });
  const channels = colour.match(/[\d.]+/g).slice(0, 3).map(Number);
  return channels.reduce((sum, c) => sum + c, 0) / 3 / 255;
}

const THEMES = {
  light: (found) => found > 0.9,
  dark: (found) => found < 0.15,
};

for (const [theme, fits] of Object.entries(THEMES)) {
  for (const width of [1280, 390]) {
    test(`every page is ${theme} and fits ${width} px without a fault`, async () => {
      const page = await openPage(site.browser, site.url, { colorScheme: theme, viewport: { width, height: 844 } });
      for (const [name, target] of Object.entries(site.pages)) {
        await goTo(page, target);
        const found = await lightness(page);
        assert.ok(fits(found), `${name}: the background's lightness is ${found}`);
        const needed = await page.evaluate(() => document.scrollingElement.scrollWidth);
        assert.ok(needed <= width, `${name} is ${needed} px wide`);
        assertNoFaults(page, `${name}, ${theme}, ${width} px`);
      }
    });
  }
}

test("the button changes the theme, and the choice outlives the page", async () => {
  const page = await openPage(site.browser, site.url, { colorScheme: "light" });
  await page.getByRole("button", { name: /theme/i }).click();
  assert.ok(THEMES.dark(await lightness(page)), "still light after the click");
  await page.reload();
  await shown(page);
  assert.ok(THEMES.dark(await lightness(page)), "light again after a reload");
  await page.getByRole("button", { name: /theme/i }).click();
  assert.ok(THEMES.light(await lightness(page)), "still dark after the second click");
  assertNoFaults(page, "the theme button");
});

test("a link holds the theme, whatever the system prefers, and a new view of the page keeps it", async () => {
  const { hash, heading } = site.pages[site.run.scenarios[0].name];
  const page = await openPage(site.browser, `${site.url}${hash}?theme=dark`, { colorScheme: "light" });
  await shown(page, heading);
  assert.ok(THEMES.dark(await lightness(page)), "the link says dark");
  await page.getByText("Service", { exact: true }).click();
  await page.waitForFunction(() => location.hash.endsWith("time=service&theme=dark"));
  await page.getByRole("button", { name: /theme/i }).click();
  await page.waitForFunction(() => location.hash.endsWith("time=service&theme=light"));
  assertNoFaults(page, "a theme in the link");
});

test("the charts follow the theme", async () => {
  const { hash, heading } = site.pages[site.run.scenarios[0].name];
  const colours = {};
  for (const colorScheme of ["light", "dark"]) {
    const page = await openPage(site.browser, site.url + hash, { colorScheme });
    await shown(page, heading);
    colours[colorScheme] = await page.locator("main svg text").first().evaluate((e) => getComputedStyle(e).fill);
  }
  assert.notEqual(colours.light, colours.dark);
});
