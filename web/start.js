// Loads the program that the address belongs to, as viewer/src/route.rs has it too (Program). Each program shows nothing
// while another one's page is open.

const PROGRAMS = {
  comparison: { script: "./comparison.js", code: "./comparison_bg.wasm" },
  evidence: { script: "./evidence.js", code: "./evidence_bg.wasm" },
  overview: { script: "./overview.js", code: "./overview_bg.wasm" },
};

const running = new Set();

/** The program of the address; none where it is no page's but a place on the page. */
function wanted() {
  const { hash } = location;
  if (hash && !hash.startsWith("#/")) return undefined;
  const [, page, run, other] = hash.split("?")[0].split("/").filter((part, i) => part || i === 0);
  if (page === "run" && run) return "evidence";
  return page === "open" || (page === "compare" && other) ? "comparison" : "overview";
}

async function start() {
  const name = wanted();
  if (!name || running.has(name)) return;
  running.add(name);
  const said = document.getElementById("loading");
  try {
    const { script, code } = PROGRAMS[name];
    // Both at once: the script is small, and waiting for it would cost a round trip.
    const fetched = fetch(new URL(code, import.meta.url));
    const { default: run } = await import(script);
    // Charts without instruments are better than no charts.
    import("./instruments.js").catch(console.warn);
    await run({ module_or_path: fetched });
  } catch (error) {
    running.delete(name);
    said.textContent = `This page’s program could not be loaded: ${error.message}. Check the connection, then load the page again.`;
    console.warn(error);
  }
}

addEventListener("hashchange", start);
start();
