// Colours that keep 3:1 against their card and stay apart for the colour-blind; marker shapes tell hardware, never colour alone.
const palettes = {
  light: {
    ink: "#17202c", muted: "#566070", grid: "#e3e7ed", axis: "#aab3bf", card: "#ffffff",
    series: ["#1f5fd0", "#c8550a", "#1b7f3b", "#8a3fc4", "#a97a00", "#0b8288", "#c22a5c", "#5b6775"],
    measured: "#1f5fd0", other: "#c8550a", other2: "#7a4fc0", good: "#1b7f3b", bad: "#b3322c", roof: "#5b6775",
  },
  dark: {
    ink: "#e6ebf2", muted: "#9dabbd", grid: "#2a3441", axis: "#56657a", card: "#171d26",
    series: ["#74acff", "#ff9f4d", "#5fd483", "#cb9bff", "#e6c14a", "#4fd0c8", "#ff86a8", "#a3b1c2"],
    measured: "#74acff", other: "#ff9f4d", other2: "#c0a0ff", good: "#5fd483", bad: "#ff8d86", roof: "#a3b1c2",
  },
};
const darkQuery = matchMedia("(prefers-color-scheme: dark)");
const phoneQuery = matchMedia("(max-width: 760px)");
// Landscape paper, less margins and the card's padding, in CSS pixels.
const paper = { width: 920, height: 500 };
let printing = false;
// A build without the chart library makes a page without charts, which says so.
const canDraw = typeof Chart !== "undefined";
const charts = [];

const palette = () => palettes[!printing && darkQuery.matches ? "dark" : "light"];
const faded = (color, alpha) => color + Math.round(alpha * 255).toString(16).padStart(2, "0");
// Names of one family differ at their ends.
const short = (text, length) => text.length > length ? `${text.slice(0, length >> 1)}…${text.slice((length >> 1) + 1 - length)}` : text;

// One chart in a card: build(palette) gives Chart.js's configuration, or null where the choice has no data.
function chartCard({ id, title, says, height, build, figures, wide }) {
  const canvas = el("canvas", { id, role: "img" });
  const plot = el("div", { class: "plot" }, canvas);
  const text = el("p");
  const nothing = el("p", { class: "left-out", hidden: true }, canDraw ? "No measured cell for this choice." : "The chart is left out.");
  const data = el("div");
  const card = el("div", { class: wide ? "card wide" : "card" }, el("h3", {}, title), text, plot, nothing,
    figures ? el("details", {}, el("summary", {}, "Figures"), data) : null);
  let chart = null;

  function draw() {
    chart?.destroy();
    chart = null;
    const config = canDraw ? build(palette()) : null;
    text.textContent = says();
    plot.hidden = config === null;
    nothing.hidden = config !== null;
    if (config === null) return;
    const high = printing ? Math.min(height(), paper.height) : height();
    plot.style.height = `${high}px`;
    canvas.setAttribute("aria-label", `${title}. ${says()}${figures ? " The figures are in the table below the chart." : ""}`);
    chart = new Chart(canvas, withDefaults(config));
    if (printing) chart.resize(wide || card.matches(":only-child") ? paper.width : paper.width / 2 - 24, high);
  }

  function write() {
    if (figures) data.replaceChildren(sortableTable(figures()).node);
  }

  charts.push({ draw, write });
  return card;
}

function drawAll() {
  for (const chart of charts) chart.draw();
}

function withDefaults(config) {
  const colors = palette();
  const family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.family = family;
  Chart.defaults.font.size = 12;
  Chart.defaults.color = colors.muted;
  Chart.defaults.borderColor = colors.grid;
  config.options = {
    animation: false, responsive: !printing, maintainAspectRatio: false, devicePixelRatio: printing ? 2 : undefined,
    interaction: { mode: "nearest", intersect: false, axis: "xy" },
    // Room for the last label of an axis.
    layout: { padding: { top: 6, right: 16 } },
    ...config.options,
  };
  const plugins = config.options.plugins ??= {};
  plugins.legend = {
    position: "bottom", align: "start",
    ...plugins.legend,
    labels: { color: colors.ink, usePointStyle: true, boxWidth: 8, boxHeight: 8, padding: 10, ...plugins.legend?.labels },
  };
  plugins.tooltip = {
    backgroundColor: colors.card, titleColor: colors.ink, bodyColor: colors.ink, footerColor: colors.muted, borderColor: colors.axis, borderWidth: 1,
    padding: 10, boxPadding: 4, usePointStyle: true, footerFont: { weight: "normal" },
    ...plugins.tooltip,
  };
  for (const scale of Object.values(config.options.scales ?? {})) {
    scale.grid = { color: colors.grid, ...scale.grid };
    scale.border = { color: colors.axis, ...scale.border };
    scale.ticks = { color: colors.muted, ...scale.ticks };
    if (scale.title) scale.title = { display: true, color: colors.muted, ...scale.title };
    if (scale.type === "logarithmic") {
      scale.ticks.callback = (value) => roundTick(value) ? significantTick(value) : "";
      scale.ticks.autoSkip = false;
      scale.ticks.maxRotation = 0;
      scale.grid.color = context => roundTick(context.tick.value) ? colors.grid : "transparent";
    }
  }
  return config;
}

// 1, 2 and 5 of each power of ten.
function roundTick(value) {
  const lead = value / 10 ** Math.floor(Math.log10(value) + 1e-9);
  return [1, 2, 5].some(n => Math.abs(lead - n) < 1e-6);
}

function significantTick(value) {
  return value >= 1e5 || value < 1e-3 ? value.toExponential(0).replace("e+", "e") : value.toLocaleString("en", { maximumSignificantDigits: 2 });
}

// Room for a tenth above and below on a logarithmic axis.
function logRange(values, floor) {
  const good = values.filter(v => isNumber(v) && v > 0);
  return good.length === 0 ? {} : { min: Math.min(...good) / 1.25, max: Math.max(...good, floor ?? 0) * 1.25 };
}

// Names beside points, left out where they would cover another.
const pointNames = {
  id: "pointNames",
  afterDatasetsDraw(chart, _, options) {
    if (!options?.color) return;
    const context = chart.ctx;
    const taken = chart.data.datasets.flatMap((d, i) => chart.isDatasetVisible(i)
      ? chart.getDatasetMeta(i).data.map(p => ({ x: p.x - 5, y: p.y - 5, w: 10, h: 10 })) : []);
    context.save();
    context.font = `11px ${Chart.defaults.font.family}`;
    context.textBaseline = "middle";
    chart.data.datasets.forEach((dataset, i) => {
      if (!chart.isDatasetVisible(i)) return;
      chart.getDatasetMeta(i).data.forEach((point, j) => {
        const name = dataset.data[j].name;
        if (!name) return;
        const width = context.measureText(name).width;
        const area = chart.chartArea;
        for (const box of [[8, -6], [-8 - width, -6], [-width / 2, -19], [-width / 2, 8]].map(([dx, dy]) => ({ x: point.x + dx, y: point.y + dy, w: width, h: 12 }))) {
          const inside = box.x >= area.left && box.x + box.w <= area.right && box.y >= area.top && box.y + box.h <= area.bottom;
          if (inside && !taken.some(t => box.x < t.x + t.w && t.x < box.x + box.w && box.y < t.y + t.h && t.y < box.y + box.h)) {
            taken.push(box);
            // Lines behind a name stop short of it.
            context.fillStyle = options.behind;
            context.fillRect(box.x - 2, box.y, box.w + 4, box.h);
            context.fillStyle = options.color;
            context.fillText(name, box.x, box.y + 6);
            break;
          }
        }
      });
    });
    context.restore();
  },
};

// Bars behind points that have a spread: two values on the axis of the latency.
const spreads = {
  id: "spreads",
  beforeDatasetsDraw(chart) {
    const context = chart.ctx;
    context.save();
    context.lineWidth = 1.5;
    chart.data.datasets.forEach((dataset, i) => {
      if (!chart.isDatasetVisible(i)) return;
      chart.getDatasetMeta(i).data.forEach((point, j) => {
        const spread = dataset.data[j]?.spread;
        if (!spread) return;
        const upright = dataset.data[j].y === dataset.data[j].ms;
        const [from, to] = spread.map(v => chart.scales[upright ? "y" : "x"].getPixelForValue(v));
        const ends = upright ? [[point.x, from], [point.x, to]] : [[from, point.y], [to, point.y]];
        context.strokeStyle = dataset.borderColor;
        context.beginPath();
        context.moveTo(...ends[0]);
        context.lineTo(...ends[1]);
        for (const [x, y] of ends) {
          context.moveTo(x - (upright ? 3 : 0), y - (upright ? 0 : 3));
          context.lineTo(x + (upright ? 3 : 0), y + (upright ? 0 : 3));
        }
        context.stroke();
      });
    });
    context.restore();
  },
};

// A straight line at one value of the x axis: even, or the roof.
const markLine = {
  id: "markLine",
  afterDatasetsDraw(chart, _, options) {
    if (!isNumber(options?.at)) return;
    const x = chart.scales.x.getPixelForValue(options.at);
    const { top, bottom, left, right } = chart.chartArea;
    if (x < left - 1 || x > right + 1) return;
    const context = chart.ctx;
    context.save();
    context.strokeStyle = options.color;
    context.setLineDash([5, 4]);
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(x, top);
    context.lineTo(x, bottom);
    context.stroke();
    context.restore();
  },
};

if (canDraw) Chart.register(pointNames, spreads, markLine);

darkQuery.addEventListener("change", drawAll);
phoneQuery.addEventListener("change", drawAll);
addEventListener("beforeprint", () => { printing = true; drawAll(); });
addEventListener("afterprint", () => { printing = false; drawAll(); });
