// What every browser test begins with: a browser, the published example and a server, and the pages it has.

import { launch } from "./browser.mjs";
import { exampleRun, publishExample } from "./report.mjs";
import { serve } from "./server.mjs";

export async function openSite(source) {
  const published = await publishExample(source);
  const server = await serve(published.folder);
  const browser = await launch();
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
      run: { hash: `#/run/${run.id}`, heading: run.title },
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
