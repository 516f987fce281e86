// What every browser test begins with: a browser, the published example and a server, and the pages it has.

import { launch } from "./browser.mjs";
import { exampleRun, publishExample } from "./report.mjs";
import { serve } from "./server.mjs";

export async function openSite(source) {
  // First, as nothing is open yet where it fails.
  const browser = await launch();
  const published = await publishExample(source);
  const server = await serve(published.folder);
  const run = await exampleRun(source);
  return {
    browser,
    run,
    url: server.url,
    trouble: server.trouble,
    folder: published.folder,
    runFolder: published.runFolder,
    /** Every page of the example, by a name for people and files: its route and what it is headed. */
    pages: {
      runs: { hash: "#/", heading: "Runs" },
      week: { hash: `#/week/${isoWeek(run.started_at)}`, heading: `Week ${isoWeek(run.started_at)}` },
      trends: { hash: "#/trends", heading: /changes? of level|changed (its|their) level/ },
      trend: { hash: "#/trends/response.p95", heading: /^Latency P95/ },
      run: { hash: `#/run/${run.id}`, heading: run.title },
      open: { hash: "#/open", heading: "Open files" },
      glossary: { hash: "#/glossary", heading: "Glossary" },
      choose: { hash: "#/compare", heading: "Compare two runs" },
      compare: { hash: `#/compare/${run.id}:baseline/${run.id}:candidate`, heading: `${run.arms.candidate.label} against ${run.arms.baseline.label}` },
      ...Object.fromEntries(
        run.scenarios.map(({ name, title }) => [name, { hash: `#/run/${run.id}/${name}`, heading: title }]),
      ),
    },
    async close() {
      await browser.close();
      await server.close();
      await published.remove();
    },
  };
}

/** The ISO 8601 week of an instant, `2025-W47`: it belongs to the year of its Thursday. */
function isoWeek(instant) {
  const thursday = new Date(instant.slice(0, 10));
  thursday.setUTCDate(thursday.getUTCDate() - ((thursday.getUTCDay() + 6) % 7) + 3);
  const year = thursday.getUTCFullYear();
  const week = Math.floor((thursday - Date.UTC(year, 0, 1)) / 86_400_000 / 7) + 1;
  return `${year}-W${String(week).padStart(2, "0")}`;
}
