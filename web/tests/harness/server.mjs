// A plain static web server under a sub-path, as any host would serve the site, with the headers that the site asks for. Nothing is
// rewritten.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import path from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".wasm": "application/wasm",
};

export const SUB_PATH = "/team/bench/";

/**
 * Serves a folder on loopback; `url` is where it begins, `origin` its origin. `trouble` is for tests: it maps the end of a
 * path to a function that answers in the server's place, given the response and the answer that it would have had.
 */
export async function serve(folder) {
  const headers = await headersOf(folder);
  const trouble = new Map();
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://host");
    const answer = await find(folder, pathname);
    const [, instead] = [...trouble].find(([end]) => pathname.endsWith(end)) ?? [];
    if (instead) {
      await instead(response, answer);
      return;
    }
    response.writeHead(answer.status, { ...headers, "content-type": answer.type });
    response.end(answer.body);
  });
  await new Promise((done, failed) => {
    server.once("error", failed);
    server.listen(0, "127.0.0.1", done);
  });

  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    url: origin + SUB_PATH,
    trouble,
    close: () => new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    }),
  };
}

/** What a site's `_headers` says of every file. */
async function headersOf(folder) {
  const [, ofAll] = /^\/\*\n((?:  .+\n)+)/.exec(await readFile(path.join(folder, "_headers"), "utf8"));
  return Object.fromEntries(ofAll.trim().split("\n").map((line) => {
    const [name, ...value] = line.trim().split(": ");
    return [name, value.join(": ")];
  }));
}

async function find(folder, pathname) {
  const missing = { status: 404, type: "text/plain", body: `nothing at ${pathname}\n` };
  if (!pathname.startsWith(SUB_PATH)) return missing;

  const wanted = decodeURIComponent(pathname.slice(SUB_PATH.length)) || "index.html";
  const file = path.resolve(folder, wanted);
  if (!file.startsWith(path.resolve(folder) + path.sep)) return missing;
  try {
    return { status: 200, type: TYPES[path.extname(file)] ?? "application/octet-stream", body: await readFile(file) };
  } catch {
    return missing;
  }
}
