// Another HdrHistogram port reads the example's histograms, and finds the percentiles that the runner prints.

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { before, test } from "node:test";
import hdr from "hdr-histogram-js";
import { exampleFolder, readJson, runner } from "./harness/report.mjs";

/** How the base64 text of a compressed V2 histogram begins: its cookie, 0x1c849314. */
const COOKIE = "HISTF";
const PERCENTILES = { "p50": 50, "p90": 90, "p95": 95, "p99": 99, "p99.9": 99.9 };

let printed;
before(async () => {
  printed = JSON.parse(await runner(["percentiles", exampleFolder, "--format", "json"]));
});

/** Every histogram in a document, as [JSON pointer, text]. */
function* histograms(value, pointer = "") {
  if (typeof value === "string" && value.startsWith(COOKIE)) yield [pointer, value];
  if (value === null || typeof value !== "object") return;
  for (const [key, child] of Object.entries(value)) {
    const step = key.replaceAll("~", "~0").replaceAll("/", "~1");
    yield* histograms(child, `${pointer}/${step}`);
  }
}

async function stored() {
  const found = new Map();
  for (const file of (await readdir(exampleFolder)).filter((name) => name.endsWith(".json"))) {
    for (const [pointer, text] of histograms(await readJson(path.join(exampleFolder, file)))) {
      found.set(`${file}#${pointer}`, text);
    }
  }
  return found;
}

const place = ({ file, path: pointer }) => `${file}#${pointer}`;

test("the runner prints percentiles of every histogram of the run", async () => {
  const texts = await stored();
  assert.ok(texts.size > 0, "the example holds no histogram");
  const filled = printed.filter((entry) => entry.count > 0).map(place);
  assert.deepEqual(filled.sort(), [...texts.keys()].sort());
});

test("the other port decodes the same percentiles", async () => {
  const texts = await stored();
  for (const entry of printed.filter(({ count }) => count > 0)) {
    const histogram = hdr.decodeFromCompressedBase64(texts.get(place(entry)));
    const decoded = {
      count: histogram.totalCount,
      max: histogram.highestEquivalentValue(histogram.maxValue),
      ...Object.fromEntries(Object.entries(PERCENTILES).map(([name, p]) => [name, histogram.getValueAtPercentile(p)])),
    };
    const { file, path: pointer, ...figures } = entry;
    assert.deepEqual(decoded, figures, place(entry));
  }
});
