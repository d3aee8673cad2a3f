"use strict";

// Text enters the page only as text nodes: names and problems are whatever a model file says.
function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter(c => c !== null && c !== undefined && c !== ""));
  return node;
}

const isNumber = value => typeof value === "number" && Number.isFinite(value);
const none = "–";

function fixed(value, digits) {
  return isNumber(value) ? value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }) : none;
}

// Three or four significant digits, never an exponent between a thousandth and a million.
function significant(value) {
  if (!isNumber(value)) return none;
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 1e-3 || size >= 1e7) return value.toExponential(2).replace("e+", "e");
  if (size < 1) return value.toLocaleString("en", { minimumSignificantDigits: 3, maximumSignificantDigits: 3 });
  return fixed(value, size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3);
}

const ms = value => isNumber(value) ? significant(value) + " ms" : none;
const times = value => isNumber(value) ? (value >= 100 ? fixed(value, 0) : value >= 10 ? fixed(value, 1) : fixed(value, 2)) + "×" : none;
const percent = (value, digits) => isNumber(value) ? fixed(value * 100, digits ?? 1) + " %" : none;
const count = (number, one, many) => `${fixed(number, 0)} ${number === 1 ? one : many ?? one + "s"}`;

function scaled(value, base, units) {
  if (!isNumber(value)) return none;
  let step = 0;
  while (Math.abs(value) >= base && step < units.length - 1) {
    value /= base;
    step++;
  }
  return `${step === 0 && Number.isInteger(value) ? fixed(value, 0) : fixed(value, value >= 100 ? 0 : value >= 10 ? 1 : 2)} ${units[step]}`;
}

const bytes = value => scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]);
const flops = value => scaled(value, 1000, ["FLOP/s", "kFLOP/s", "MFLOP/s", "GFLOP/s", "TFLOP/s", "PFLOP/s"]);
const bandwidth = value => scaled(value, 1000, ["B/s", "kB/s", "MB/s", "GB/s", "TB/s"]);
const operations = value => scaled(value, 1000, ["", "k", "M", "G", "T"]).trim();

function duration(seconds) {
  if (!isNumber(seconds) || seconds < 0) return none;
  if (seconds < 60) return `${fixed(seconds, seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function moment(text) {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? none : time.toISOString().slice(0, 16).replace("T", " ") + " UTC";
}

const geometricMean = values => values.length === 0 ? null : Math.exp(values.reduce((sum, v) => sum + Math.log(v), 0) / values.length);
const unique = values => [...new Set(values)];
const precisionName = name => String(name).toUpperCase();

// The results, with what every section asks of them.
const results = JSON.parse(document.getElementById("results").textContent);
const environment = results.environment;
const onGpu = environment.sdk === "nvidia";
const titles = results.models.map(m => m.title);
for (const m of results.models) {
  // Charts tell models apart by title.
  if (!m.title || titles.indexOf(m.title) !== titles.lastIndexOf(m.title)) m.title = m.title ? `${m.title} (${m.name})` : m.name;
}
const models = new Map(results.models.map(m => [m.name, m]));

// Warnings of a cell, those that differ in their figures alone as one, with the modes that they were seen in; the first says its figures.
function warningKinds(cell) {
  const kinds = new Map();
  for (const [mode, text] of [...cell.warnings.map(text => [null, text]), ...cell.modes.flatMap(m => m.warnings.map(text => [m.name, text]))]) {
    const key = text.replace(/[\d.,]+/g, "#");
    if (!kinds.has(key)) kinds.set(key, { text, modes: [] });
    const kind = kinds.get(key);
    if (mode !== null && !kind.modes.includes(mode)) kind.modes.push(mode);
  }
  return [...kinds.values()];
}

const cells = results.cells.map(cell => {
  const model = models.get(cell.model) ?? null;
  const mode = name => cell.modes.find(m => m.name === name) ?? null;
  const main = mode("graph-1") ?? cell.modes[0] ?? null;
  return {
    ...cell, model, mode, main,
    title: model?.title || cell.model,
    family: model?.family || "Other models",
    // Its first word; what follows explains it.
    computedKind: String(cell.computedIn ?? "").split(" ")[0].toLowerCase(),
    measured: cell.status === "measured" && main !== null,
    median: main?.latencyMs?.median ?? null,
    warningKinds: warningKinds(cell),
  };
});
const measuredCells = cells.filter(c => c.measured);
const batches = unique(measuredCells.map(c => c.batch)).sort((a, b) => a - b);
const precisions = unique(measuredCells.map(c => c.precision)).sort((a, b) => (b === "fp32") - (a === "fp32") || a.localeCompare(b));
const families = unique(cells.map(c => c.family));
const find = (modelName, batch, precision) => measuredCells.find(c => c.model?.name === modelName && c.batch === batch && c.precision === precision) ?? null;
const cellName = cell => `${cell.title}, batch ${cell.batch}, ${precisionName(cell.precision)}`;
const ofHardware = onGpu ? environment.device : /\bcpu\b/i.test(environment.cpu) ? environment.cpu : `${environment.cpu} (CPU)`;
const publishedTop1 = model => {
  const top1 = model?.published?.top1;
  return isNumber(top1) ? (top1 <= 1 ? top1 * 100 : top1) : null;
};
