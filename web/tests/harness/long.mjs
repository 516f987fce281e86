// A run as long as a day, made from a short one by repeating its blocks and samples: for benchmarks, never for figures.

import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { sealed } from "./seal.mjs";

const DAY_NS = 24 * 3600 * 1e9;

/**
 * Makes one scenario of a published run 24 hours long, with so many blocks and a sample every minute on each arm, and
 * seals it and the run anew.
 */
export async function lengthen(runFolder, name, blocks = 200) {
  const runFile = path.join(runFolder, "run.json");
  const run = JSON.parse(await readFile(runFile, "utf8"));
  const entry = run.scenarios.find((scenario) => scenario.name === name);
  const file = path.join(runFolder, entry.file);
  const scenario = JSON.parse(await readFile(file, "utf8"));

  const pairs = scenario.blocks.length / 2;
  const length = Math.floor(DAY_NS / (blocks / 2));
  scenario.blocks = Array.from({ length: blocks }, (_, i) => {
    const pair = Math.floor(i / 2);
    return { ...scenario.blocks[2 * (pair % pairs) + (i % 2)], pair, started_ns: i * length, duration_ns: length };
  });
  for (const arm of ["baseline", "candidate"]) {
    const samples = scenario.series[arm];
    const minute = 60 * 1e9;
    scenario.series[arm] = Array.from({ length: DAY_NS / minute }, (_, i) => (
      { ...samples[i % samples.length], at_ns: i * minute, length_ns: minute, pair: Math.min(Math.floor((i * minute) / length), blocks / 2 - 1) }
    ));
  }
  const { text, digest } = sealed(written(scenario));
  await writeFile(file, text);
  entry.digest = digest;
  await writeFile(runFile, sealed(written(run)).text);
  return run;
}

/** A report file's text, its seal last and to be filled in. */
function written({ seal, ...document }) {
  return `${JSON.stringify({ ...document, seal: { parts: {}, blake3: "0".repeat(64) } }, null, 1)}\n`;
}
