// A chart as PNG, SVG or CSV on the clipboard, and its data table; loaded by instruments.js when it is first asked for.

const SVG = "http://www.w3.org/2000/svg";
/** What a drawing looks like by itself: these are taken from the style sheet into a copy. */
const STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "opacity", "vector-effect"];
const FONT = ["font-family", "font-size", "font-weight"];

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

const titleOf = (figure) => figure.querySelector("figcaption b").textContent;

/** A drawing that stands alone: its title above, its styles its own, the page's background behind. */
function standalone(figure, svg) {
  const copy = svg.cloneNode(true);
  const copies = [copy, ...copy.querySelectorAll("*")];
  [svg, ...svg.querySelectorAll("*")].forEach((original, i) => {
    const style = getComputedStyle(original);
    if (style.display === "none" || original.matches(".cursor, .sel")) return copies[i].remove();
    const names = original.matches("text") ? [...STYLES, ...FONT] : STYLES;
    set(copies[i], Object.fromEntries(names.map((name) => [name, style.getPropertyValue(name)])));
    return ["class", "data-plot"].forEach((name) => copies[i].removeAttribute(name));
  });
  const hasSize = svg.hasAttribute("viewBox");
  const { width, height } = hasSize ? svg.viewBox.baseVal : svg.getBoundingClientRect();
  // A drawing in percents of what it has leaves its values, days and changes outside.
  const [top, right, bottom, left] = hasSize ? [32, 12, 12, 12] : [84, 24, 32, 76];
  const size = { width: width + left + right, height: height + top + bottom };
  const picture = hasSize ? copy : document.createElementNS(SVG, "svg");
  if (!hasSize) {
    set(copy, { width, height, overflow: "visible" });
    picture.append(copy);
  }
  set(picture, { viewBox: `${-left} ${-top} ${size.width} ${size.height}`, ...size });
  const page = getComputedStyle(document.body);
  const title = document.createElementNS(SVG, "text");
  title.textContent = titleOf(figure);
  set(title, { y: 28 - top, fill: page.color, "font-family": page.fontFamily, "font-size": 14, "font-weight": 600 });
  const background = document.createElementNS(SVG, "rect");
  set(background, { x: -left, y: -top, ...size, fill: page.backgroundColor });
  const hatch = document.getElementById("hatch").cloneNode(true);
  set(hatch.firstChild, { stroke: getComputedStyle(document.querySelector("#hatch path")).stroke });
  picture.prepend(background, hatch, title);
  return { text: new XMLSerializer().serializeToString(picture), ...size };
}

/** The drawing as a picture with two pixels for one. */
async function picture(figure, svg) {
  const { text, width, height } = standalone(figure, svg);
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [2 * width, 2 * height];
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  return new Promise((done) => { canvas.toBlob(done, "image/png"); });
}

const COPIES = {
  PNG: { type: "image/png", make: picture },
  SVG: { type: "image/svg+xml", make: async (figure, svg) => standalone(figure, svg).text },
  CSV: { type: "text/csv", make: async (figure) => figure.dataset.csv },
};

/** Copies a chart, saves it as a file where the browser keeps its clipboard to itself, and says which. */
export async function copy(figure, svg, kind) {
  const { type, make } = COPIES[kind];
  const made = make(figure, svg);
  try {
    // A picture may still be on its way: the clipboard is asked at once, while the click allows it.
    await (kind === "PNG"
      ? navigator.clipboard.write([new ClipboardItem({ [type]: made })])
      : navigator.clipboard.writeText(await made));
    return `Copied as ${kind}`;
  } catch {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([await made], { type }));
    link.download = `${titleOf(figure).replace(/[^\p{L}\p{N}]+/gu, "-")}.${kind.toLowerCase()}`;
    link.click();
    return `The clipboard is closed to this page: saved as ${kind} file`;
  }
}

/** Fills a data table when it is opened: a day's charts would make a page of tens of thousands of cells. */
export function fill(details, { heading, rows }) {
  const box = document.createElement("div");
  const label = `Data table: ${titleOf(details.closest("figure"))}`;
  set(box, { class: "scroll", tabindex: 0, role: "region", "aria-label": label });
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const text of heading) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = text;
    head.append(cell);
  }
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    for (const text of row) line.insertCell().textContent = text;
  }
  box.append(table);
  details.append(box);
}
