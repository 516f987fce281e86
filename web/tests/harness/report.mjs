// The committed example run, and copies of the published site that a test may damage.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

export const repository = fileURLToPath(new URL("../../../", import.meta.url));
/** The run's folder; $REPORT names another one, relative to the repository. */
export const exampleFolder = path.resolve(repository, process.env.REPORT ?? "reports/example");

const program = () => process.env.RUNNER ?? path.join(repository, "target/debug/runner");

/** Calls the runner that $RUNNER names and returns what it prints. */
export async function runner(args, options = {}) {
  await need(program(), "cargo build -p runner");
  const { stdout } = await run(program(), args, { maxBuffer: 1 << 28, ...options });
  return stdout;
}

export async function readJson(file) {
  return JSON.parse(await readFile(file, "utf8"));
}

/** A small run of the newest format, with faults and switched-off parts. */
export const goldenFolder = path.join(repository, "shared/tests/golden/v4");

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

  const published = await publishOnce(source, viewer);
  const home = await mkdtemp(path.join(tmpdir(), "statebench-site-"));
  const folder = path.join(home, "site");
  await cp(published, folder, { recursive: true });
  return {
    folder,
    runFolder: path.join(folder, "reports", (await exampleRun(source)).id),
    remove: () => rm(home, { recursive: true, force: true }),
  };
}

/**
 * The site with one run, as this runner publishes it from this viewer: made by the first test that needs it, and kept for the
 * others, as the runner of a debug build takes some seconds for it. Nobody may change it.
 */
async function publishOnce(source, viewer) {
  const state = await stat(program());
  const names = (await readdir(viewer)).sort();
  const { seal } = await exampleRun(source);
  const key = createHash("sha256").update(JSON.stringify([state.mtimeMs, state.size, names, seal])).digest("hex").slice(0, 16);
  const kept = path.join(repository, "target/published");
  const folder = path.join(kept, key);
  if (await exists(folder)) return folder;

  await mkdir(kept, { recursive: true });
  const home = await mkdtemp(path.join(kept, "making-"));
  const { id } = await exampleRun(source);
  // Under its own id: a folder that is called the example is left out of sites.
  await cp(source, path.join(home, "reports", id), { recursive: true });
  await runner(["publish", path.join(home, "site"), "--reports", path.join(home, "reports"), "--viewer", viewer]);
  // Another test may have been as quick: then its site stays.
  await rename(path.join(home, "site"), folder).catch((error) => {
    if (!["ENOTEMPTY", "EEXIST"].includes(error.code)) throw error;
  });
  await rm(home, { recursive: true, force: true });
  return folder;
}

async function exists(file) {
  return stat(file).then(() => true, () => false);
}

async function need(file, remedy) {
  try {
    await stat(file);
  } catch {
    throw new Error(`${file} is missing; run: ${remedy}`);
  }
}
