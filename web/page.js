// What the page does for whichever program shows it. It takes the files that a reader drops anywhere on the site or chooses
// at #/open, and keeps them as long as the tab lives: `arrivedFiles` are the last ones as [path, File], `openedFiles` those
// that belong to an opened run, by the name under which they would be published. It tells the programs when the reader
// wants to try again, puts explanations of words away, and says on paper where the paper is from.

const OPEN = "#/open";
/** A folder of more files than this was not meant; the rest of it is left alone. */
const MOST = 2000;

globalThis.attempts = 0;
globalThis.arrivedFiles = [];
globalThis.openedFiles = new Map();

/** Hands files to the page that opens them. */
function arrive(files) {
  if (files.length === 0) return;
  globalThis.arrivedFiles = files.slice(0, MOST);
  const [page, query] = location.hash.split("?");
  const src = new URLSearchParams(query).get("src");
  if (page !== OPEN) location.hash = src ? `${OPEN}?src=${src}` : OPEN;
  dispatchEvent(new Event("files"));
}

/** Adds the files below an entry of a file system to `found`. */
async function walk(entry, found) {
  if (entry.isFile) {
    found.push([entry.fullPath.slice(1), await new Promise((done, failed) => { entry.file(done, failed); })]);
    return;
  }
  const reader = entry.createReader();
  // A folder is told in parts; the last one is empty.
  for (let part = [undefined]; part.length > 0 && found.length < MOST;) {
    part = await new Promise((done, failed) => { reader.readEntries(done, failed); });
    for (const child of part) await walk(child, found);
  }
}

async function drop(items) {
  const found = [];
  // All are asked for at once: the browser forgets them when the event is over.
  const entries = [...items].filter(({ kind }) => kind === "file").map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  for (const entry of entries) {
    if (entry instanceof File) found.push([entry.name, entry]);
    else if (entry) await walk(entry, found).catch(() => {}); // unreadable: what else was dropped is opened
  }
  arrive(found);
}

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
const mark = (over) => { document.documentElement.toggleAttribute("data-drop", over); };

addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  mark(true);
});
addEventListener("dragleave", (event) => { if (!event.relatedTarget) mark(false); });
addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  mark(false);
  drop(event.dataTransfer.items);
});
addEventListener("change", ({ target }) => {
  if (target.type !== "file") return;
  arrive([...target.files].map((file) => [file.webkitRelativePath || file.name, file]));
  target.value = ""; // the same files can be chosen again
});
/** Has the programs load again what could not be had, where a page offers that. */
function again() {
  if (!document.querySelector("[data-again]")) return;
  globalThis.attempts += 1;
  dispatchEvent(new Event("hashchange"));
}
addEventListener("online", again);
addEventListener("click", ({ target }) => { if (target.closest?.("[data-again]")) again(); });

// An explanation goes away by Escape, and comes again with the next word that is pointed at or reached.
const quiet = (on) => { document.documentElement.toggleAttribute("data-quiet", on); };
addEventListener("keydown", ({ key }) => { if (key === "Escape") quiet(true); });
for (const event of ["pointerover", "focusin"]) {
  addEventListener(event, ({ target }) => { if (target.matches?.(".term")) quiet(false); });
}

addEventListener("beforeprint", () => {
  const line = `${location.href} · printed ${new Date().toISOString().slice(0, 10)}`;
  for (const place of document.querySelectorAll(".printed")) place.textContent = line;
});
