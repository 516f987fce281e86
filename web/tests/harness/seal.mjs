// Seals report files anew after a test changed them, as docs/report-format.md says: BLAKE3 over the file with the digest's
// own digits as zeros.

import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { blake3 } from "@noble/hashes/blake3.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

const DIGITS = /"blake3": "([0-9a-f]{64})"(?![\s\S]*"blake3")/;

/** The text with a seal that agrees, and its digest. */
export function sealed(text) {
  const blank = text.replace(DIGITS, `"blake3": "${"0".repeat(64)}"`);
  const digest = bytesToHex(blake3(utf8ToBytes(blank)));
  return { text: blank.replace(DIGITS, `"blake3": "${digest}"`), digest };
}

/** Changes the text of a run's `run.json`, of the text of one of its scenarios too, and seals both. */
export async function change(folder, { run = (text) => text, file, scenario }) {
  const runFile = path.join(folder, "run.json");
  let text = run(await readFile(runFile, "utf8"));
  if (file) {
    const name = path.join(folder, file);
    const before = await readFile(name, "utf8");
    const [, old] = DIGITS.exec(before);
    const after = sealed(scenario(before));
    await writeFile(name, after.text);
    text = text.replace(old, after.digest);
  }
  await writeFile(runFile, sealed(text).text);
}
