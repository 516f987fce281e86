// A list of runs as years of weekly runs would leave it: the figures of one real run, scattered and stepped by a seeded
// generator. Nothing of it was measured; it is for tests of the pages alone.

import { readFile, writeFile } from "node:fs/promises";

/** Mulberry32: the same numbers from the same seed. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** As the runner has it: older runs keep no next steps in the list. */
const RUNS_WITH_STEPS = 100;

const rounded = (value) => (value === null ? null : Number(value.toPrecision(4)));

/**
 * `count` runs, newest first, each some hours before the one after it. `steps` maps a metric to `{ ago, factor }`: from that many
 * runs ago on, what the candidate takes is multiplied. The newest run keeps its name, so that its links lead to a report.
 */
export function history(entry, count, { steps = {}, hoursBetween = 24, seed = 1 } = {}) {
  const next = random(seed);
  // The sum of four uniform numbers, scaled to a standard deviation of one: near enough to a bell.
  const noise = () => (next() + next() + next() + next() - 2) * Math.sqrt(3);
  const newest = Date.parse(entry.started_at);
  return Array.from({ length: count }, (_, ago) => {
    const started = new Date(newest - ago * hoursBetween * 3_600_000).toISOString();
    const run = structuredClone(entry);
    run.started_at = started;
    if (ago > 0) {
      run.id = `${started.replace(/[-:]/g, "").slice(0, 15)}Z-${entry.profile}-${String(ago).padStart(4, "0")}`;
      run.title = `${entry.title} ${count - ago}`;
    }
    run.review.figures = run.review.figures.map((figure) => scattered(figure, ago, steps[figure[0]], noise));
    if (ago >= RUNS_WITH_STEPS) run.review.steps = [];
    const change = (metric) => run.review.figures.find(([name]) => name === metric)?.[4] ?? null;
    run.headline.p95_change = change("response.p95");
    run.headline.p99_change = change("response.p99");
    run.headline.rows_change = change("database.rows");
    return run;
  });
}

function scattered([metric, scenario, baseline, candidate, change, low, high], ago, step, noise) {
  const factor = (step && ago < step.ago ? step.factor : 1) * Math.exp(0.03 * noise());
  const moved = candidate === null ? null : candidate * factor;
  if (change === null) return [metric, scenario, baseline, rounded(moved), null, low && rounded(low * factor), high && rounded(high * factor)];
  const shifted = (value) => (value === null ? null : rounded((1 + value) * factor - 1));
  return [metric, scenario, baseline, rounded(moved), shifted(change), shifted(low), shifted(high)];
}

/** Changes a published list: `edit` gets it and returns it. */
export async function rewriteIndex(file, edit) {
  const index = edit(JSON.parse(await readFile(file, "utf8")));
  const runs = index.runs.map((run) => JSON.stringify(run)).join(",\n");
  const text = `{"format":${index.format},"runs":[\n${runs}\n],"unreadable":${JSON.stringify(index.unreadable)}}\n`;
  await writeFile(file, text);
  return text.length;
}
