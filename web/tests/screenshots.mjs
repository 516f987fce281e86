// Takes a full-page picture of every page, light and dark, wide and narrow: node screenshots.mjs OUTDIR

import { mkdir } from "node:fs/promises";
import path from "node:path";
import { goTo, openPage } from "./harness/browser.mjs";
import { openSite } from "./harness/site.mjs";

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node screenshots.mjs OUTDIR");
  process.exit(2);
}
await mkdir(folder, { recursive: true });

const site = await openSite();
try {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1280, 390]) {
      const page = await openPage(site.browser, site.url, { colorScheme, viewport: { width, height: 844 } });
      for (const [name, target] of Object.entries(site.pages)) {
        await goTo(page, target);
        const file = path.join(folder, `${name}-${colorScheme}-${width}.png`);
        await page.screenshot({ path: file, fullPage: true });
        console.log(file);
      }
      await page.context().close();
    }
  }
} finally {
  await site.close();
}
