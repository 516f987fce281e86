// The committed example run, and copies of the published site that a test may damage.

import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

export const repository = fileURLToPath(new URL("../../../", import.meta.url));
/** The run's folder; $REPORT names another one, relative to the repository. */
export const exampleFolder = path.resolve(repository, process.env.REPORT ?? "reports/example");

/** Calls the runner that $RUNNER names and returns what it prints. */
export async function runner(args, options = {}) {
  const program = process.env.RUNNER ?? path.join(repository, "target/debug/runner");
  await need(program, "cargo build -p runner");
  const { stdout } = await run(program, args, { maxBuffer: 1 << 28, ...options });
  return stdout;
}

export async function readJson(file) {
  return JSON.parse(await readFile(file, "utf8"));
}

/** A small run of the newest format, with faults and switched-off parts. */
export const goldenFolder = path.join(repository, "shared/tests/golden/v3");

/** The `run.json` of a run's folder, the example's unless it is named. */
export async function exampleRun(folder = exampleFolder) {
  return readJson(path.join(folder, "run.json"));
}

/**
 * Publishes the built viewer with one run alone, the example unless its folder is named, as `runner publish` does it for anybody.
 * Returns the folder to serve, the run's folder in it, and how to remove both.
 */
export async function publishExample(source = exampleFolder) {
  const viewer = path.join(repository, "dist");
  await need(path.join(viewer, "index.html"), "make viewer");
  await need(path.join(source, "run.json"), "git checkout reports shared");

  const home = await mkdtemp(path.join(tmpdir(), "statebench-site-"));
  const [folder, reports] = [path.join(home, "site"), path.join(home, "reports")];
  const { id } = await exampleRun(source);
  await mkdir(reports);
  // Under its own id: a folder that is called the example is left out of sites.
  await cp(source, path.join(reports, id), { recursive: true });
  await runner(["publish", folder, "--reports", reports, "--viewer", viewer]);

  return {
    folder,
    runFolder: path.join(folder, "reports", id),
    remove: () => rm(home, { recursive: true, force: true }),
  };
}

async function need(file, remedy) {
  try {
    await stat(file);
  } catch {
    throw new Error(`${file} is missing; run: ${remedy}`);
  }
}
