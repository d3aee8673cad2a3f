const report = document.getElementById("report");
const nav = el("ul");
const choice = { precision: precisions[0] ?? null, batch: batches[0] ?? null, log: true };
const statusNames = { measured: "measured", failed: "failed", crashed: "crashed", outOfMemory: "out of memory", timedOut: "timed out" };
const publishedGpus = unique(results.models.flatMap(m => m.publishedLatencies.map(p => p.gpu)));
// A page that was published twice has two sets of figures for a GPU.
const kindOf = p => p.gpu + (/earlier edition/.test(p.source) ? ", earlier edition" : "");
const publishedKinds = unique(results.models.flatMap(m => m.publishedLatencies.map(kindOf)));
const gpuOf = kind => kind.split(",")[0];
const gpuMarks = ["triangle", "rectRot", "rect", "star"];
const markSigns = { triangle: "△", rectRot: "◇", rect: "□", star: "✳" };
const kindMark = kind => gpuMarks[publishedKinds.indexOf(kind) % gpuMarks.length];
const againstRun = cells.some(c => c.comparison && !publishedGpus.includes(c.comparison.with.gpu));
const sameHardware = gpu => cells.some(c => c.comparison?.with.gpu === gpu && c.comparison.sameHardware);
const chosen = () => `${precisionName(choice.precision)}, batch ${choice.batch}`;
const labelRoom = () => (phoneQuery.matches && !printing ? 19 : 30);

const shortTitles = {
  cells: "Cells", latency: "Latency", speedup: "FP16", trade: "Top-1", waterfall: "Waterfall", modes: "Graph and sessions", accuracy: "Accuracy", engines: "Engines",
};

function section(id, title, note, ...content) {
  nav.append(el("li", {}, el("a", { href: "#" + id }, shortTitles[id] ?? title)));
  const node = el("section", { id, "aria-labelledby": id + "-title" }, el("h2", { id: id + "-title" }, title), note ? el("p", { class: "note" }, note) : null, ...content);
  report.append(node);
  return node;
}

const leftOut = why => el("p", { class: "left-out" }, "Left out: " + why);
const titled = (text, more) => el("span", { title: more }, text);
const withUnder = (text, under) => under ? [text, el("small", {}, under)] : text;

// A name that may wrap after its separators.
const breakable = name => el("span", {}, name.split(/(?<=[_/.-])/).flatMap((part, i) => i === 0 ? [part] : [el("wbr"), part]));

// Columns that most tables begin with.
const modelColumn = { title: "Model", sort: c => c.title, show: c => breakable(c.title) };
const batchColumn = { title: "Batch", number: true, sort: c => c.batch, show: c => String(c.batch) };
const precisionColumn = { title: "Precision", sort: c => c.precision, show: c => precisionName(c.precision) };
const column = (title, unit, value, format) => ({ title, unit, number: true, sort: c => isNumber(value(c)) ? value(c) : null, show: c => format(value(c)) });

function head() {
  const protocol = results.protocol;
  const expected = results.models.length * protocol.batches.length * protocol.precisions.length;
  const failed = cells.filter(c => !c.measured);
  const seconds = (new Date(results.updated) - new Date(results.started)) / 1000;
  document.title = `Pinion suite: ${environment.device}, ${moment(results.started)}`;
  const banners = [];
  if (!onGpu) {
    banners.push(el("p", { class: "banner", id: "no-gpu" }, el("strong", {}, "No GPU was used: every figure here is one of a CPU."),
      `Measured on the ${environment.sdk} SDK with ${environment.cpu}. The figures cannot be compared with those published for ${publishedGpus.join(" and ") || "GPUs"}; where both stand side by side, the ratio only says how far apart two kinds of hardware are.`));
  }
  if (!canDraw) {
    banners.push(el("p", { class: "banner", id: "no-charts" }, el("strong", {}, "The charts are left out: this pinion was built without its chart library."),
      "Install npm, run ./build.sh, and pinion suite report writes this page anew, with charts. The figures are in the tables, in results.csv and in results.json."));
  }
  if (!results.complete) {
    banners.push(el("p", { class: "banner", id: "unfinished" }, el("strong", {}, `This run is not finished: ${cells.length} of ${count(expected, "cell")}.`),
      "What follows is what was measured so far; the same command with --resume measures the rest."));
  }
  const tile = (name, figure, says) => el("div", { class: "tile" }, el("dt", {}, name), el("dd", { class: "figure" }, figure), el("dd", { class: "says" }, says));
  const tiles = [
    tile("Cells measured", `${measuredCells.length} of ${expected}`, `${count(results.models.length, "model")} × ${count(protocol.batches.length, "batch size")} × ${count(protocol.precisions.length, "precision")}`),
    tile("Cells without figures", fixed(failed.length, 0), failed.length === 0 ? "none failed" :
      unique(failed.map(c => c.status)).map(s => `${failed.filter(c => c.status === s).length} ${statusNames[s] ?? s}`).join(", ")),
  ];
  const halves = speedups();
  if (halves.length > 0) tiles.push(tile("FP16 over FP32", times(geometricMean(halves.map(s => s.value))), `geometric mean of ${count(halves.length, "pair")} of cells`));
  for (const gpu of unique(measuredCells.filter(c => c.comparison).map(c => c.comparison.with.gpu))) {
    const ratios = measuredCells.filter(c => c.comparison?.with.gpu === gpu && c.comparison.ratio > 0).map(c => c.comparison.ratio);
    // Beside a banner that forbids the comparison there is no figure of it.
    if (ratios.length > 0 && (againstRun || sameHardware(gpu))) {
      tiles.push(tile(againstRun ? "Latency over the other run's" : `Over the published ${gpu} latency`, times(geometricMean(ratios)),
        `geometric mean of ${count(ratios.length, "cell")}; ${sameHardware(gpu) ? (againstRun ? "the same hardware" : "the same kind of GPU") : `other hardware: this is ${ofHardware}`}`));
    }
  }
  tiles.push(tile("Cells with warnings", fixed(cells.filter(c => c.warningKinds.length > 0).length, 0), "see Warnings for each"));
  document.getElementById("top").append(
    el("div", { class: "title" }, el("h1", {}, "Pinion latency suite"),
      el("span", { class: results.complete ? "badge good" : "badge warn" }, results.complete ? "complete" : "not finished"),
      protocol.quick ? el("span", { class: "badge warn" }, "quick form") : null),
    el("p", { class: "lead" }, `${environment.device} · TensorRT ${environment.tensorRt} · protocol ${protocol.name} · ${moment(results.started)}, took ${duration(seconds)}`),
    ...banners, el("dl", { class: "tiles" }, tiles));
}

function environmentSection() {
  const e = environment;
  const facts = [
    ["Device", e.device], ["Compute capability", e.computeCapability === "0.0" ? null : e.computeCapability],
    ["Clock", e.clockMHz && `${fixed(e.clockMHz, 0)} MHz`], ["Memory clock", e.memoryClockMHz && `${fixed(e.memoryClockMHz, 0)} MHz`],
    ["Device memory", e.deviceMemoryBytes > 0 ? bytes(e.deviceMemoryBytes) : null], ["PCI bus", e.pciBusId], ["PCIe", e.pcie], ["Driver", e.driver], ["CUDA", e.cuda],
    ["TensorRT", e.tensorRt], ["ONNX Runtime", e.onnxRuntime], ["SDK", e.sdk], ["CPU", e.cpu], ["CPU cores", e.cpuCores > 0 ? fixed(e.cpuCores, 0) : null], ["Threads that compute", isNumber(e.hostThreads) ? fixed(e.hostThreads, 0) : null],
    ["Load average", isNumber(e.loadAverage) ? fixed(e.loadAverage, 2) : null], ["System", [e.os, e.architecture].filter(t => t).join(", ")], [".NET", e.dotnet],
    ["Pinion", [e.pinion, e.commit && `commit ${e.commit.slice(0, 12)}`].filter(t => t).join(", ")],
    ["FP32 peak", e.peak.fp32Flops > 0 ? flops(e.peak.fp32Flops) : null], ["FP16 peak", e.peak.fp16Flops > 0 ? flops(e.peak.fp16Flops) : null],
    ["Memory peak", e.peak.bytesPerSecond > 0 ? bandwidth(e.peak.bytesPerSecond) : null], ["Peaks from", e.peak.source],
  ].filter(([, value]) => value);
  section("environment", "Environment", null, el("div", { class: "card" }, el("dl", { class: "facts" }, facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))))));
}

function statusOf(cell) {
  if (!cell.measured) {
    return [el("span", { class: "badge bad" }, "✕ " + (cell.status === "measured" ? "no samples" : statusNames[cell.status] ?? cell.status)), el("span", { class: "problem" }, cell.problem ?? "no reason was recorded"), onGpu ? null : el("small", { title: cell.ranOn }, "no GPU: on the CPU")];
  }
  return [el("span", { class: "badge good" }, "✓ measured"), cell.warningKinds.length > 0
    ? el("small", {}, el("a", { href: "#warnings" }, count(cell.warningKinds.length, "warning"))) : null, onGpu ? null : el("small", { title: cell.ranOn }, "no GPU: on the CPU")];
}

function accuracyOf(cell) {
  const a = cell.accuracy;
  if (!a) return none;
  const broken = (a.naN ?? 0) + (a.infinite ?? 0);
  return withUnder(isNumber(a.top1Agreement) ? percent(a.top1Agreement) : `cos ${fixed(a.cosine, 6)}`, broken > 0 ? `${fixed(broken, 0)} NaN or Inf` : `max |Δ| ${significant(a.maxAbs)}`);
}

function cellsSection() {
  const publishedOf = cell => cell.comparison?.with ?? null;
  const table = sortableTable({
    caption: `All ${count(cells.length, "cell")}: times in milliseconds per request, measured on ${ofHardware}. A header sorts.`,
    label: "All cells",
    rows: cells,
    rowClass: c => c.measured ? null : "failed",
    lastFrom: c => c.measured ? null : 3,
    columns: [
      { title: "Model", sort: c => c.title, show: c => withUnder(breakable(c.title), c.title === c.model?.name || c.model?.name === "zoo:" + c.title ? null : c.model?.name) },
      batchColumn,
      { title: "Precision", sort: c => c.precision, show: c => withUnder(precisionName(c.precision), c.measured && c.computedKind && c.computedKind !== c.precision ? titled("computed in " + precisionName(c.computedKind), c.computedIn) : null) },
      column("Latency", "median, ms", c => c.measured ? c.median : null, significant),
      { title: "Latency", unit: "p99, ms", number: true, sort: c => c.main?.latencyMs?.p99 ?? null, show: c => withUnder(significant(c.main?.latencyMs?.p99), c.measured ? `n = ${c.main.samples}` : null) },
      column("Throughput", "images/s", c => c.measured ? c.main.imagesPerSecond : null, significant),
      { title: againstRun ? "Other run" : "Published", unit: "ms", number: true, className: "caption-cell", sort: c => publishedOf(c)?.latencyMs ?? null, show: c => publishedOf(c) ? withUnder(significant(publishedOf(c).latencyMs), publishedOf(c).gpu) : none },
      { title: "Ratio", unit: againstRun ? "this run ÷ the other" : "ours ÷ published", number: true, className: "caption-cell", sort: c => c.comparison?.ratio ?? null, show: c => c.comparison ? withUnder(times(c.comparison.ratio), titled(c.comparison.sameHardware ? "same hardware" : againstRun ? "other hardware" : `other hardware: ${onGpu ? "not a " : "a CPU, not a "}${c.comparison.with.gpu}`, c.comparison.caption)) : none },
      { title: "Accuracy", unit: "top-1 agreement", number: true, sort: c => c.accuracy?.top1Agreement ?? c.accuracy?.cosine ?? null, show: accuracyOf },
      { title: "Family", sort: c => c.family, show: c => c.family },
      { title: "Status", className: "says", sort: c => (c.measured ? "0" : "1") + c.status, show: statusOf },
    ],
  });
  section("cells", "All cells", null,
    tableFilter("cells-filter", table, c => [c.title, c.model?.name ?? "", c.family, c.precision, "batch" + c.batch, c.measured ? "measured" : statusNames[c.status] + " failed"].join(" "), "for example: fp16 batch8"),
    table.node);
}

// Radio buttons that redraw every chart.
function pick(legend, name, options, current, set) {
  if (options.length < 2) return null;
  return el("fieldset", {}, el("legend", {}, legend), el("div", { class: "pick" }, options.map(([value, text]) => el("label", {},
    el("input", { type: "radio", name, id: `${name}-${value}`, checked: value === current, onchange: () => { set(value); drawAll(); } }), el("span", {}, text)))));
}

function controls() {
  if (measuredCells.length === 0) return;
  report.append(el("form", { class: "controls", "aria-label": "What the charts show" },
    pick("Precision", "precision", precisions.map(p => [p, precisionName(p)]), choice.precision, v => { choice.precision = v; }),
    pick("Batch", "batch", batches.map(b => [b, String(b)]), choice.batch, v => { choice.batch = v; }),
    pick("Latency axes", "axis", [[true, "logarithmic"], [false, "from zero"]], choice.log, v => { choice.log = v; })));
}

const latencyScale = (text, values) => choice.log
  ? { type: "logarithmic", title: { text }, ...logRange(values) }
  : { type: "linear", title: { text }, beginAtZero: true };

const publishedLines = p => [`published for ${kindOf(p)}${sameHardware(p.gpu) ? "" : ": other hardware"}`, ...wrap(p.source + (p.tensorRt ? `, TensorRT ${p.tensorRt}` : "")), ...wrap(p.note ?? "")].filter(l => l);

function wrap(text) {
  return text.split(" ").reduce((lines, word) => {
    if ((lines.at(-1) + " " + word).length > (phoneQuery.matches ? 34 : 56)) lines.push(word);
    else lines[lines.length - 1] = (lines.at(-1) + " " + word).trim();
    return lines;
  }, [""]);
}

function latencySection() {
  const note = "Median latency of a request: copy in, compute, copy out. Bars reach from the fastest request to the 95th percentile."
    + (publishedGpus.length > 0 ? " Hollow marks are published figures; they say what they were measured on." : "");
  if (measuredCells.length === 0) return void section("latency", "Latency by batch", note, leftOut("no cell was measured."));
  const keys = el("ul", { class: "key" }, el("li", {}, el("i", {}, "● "), el("b", {}, "measured"), ` on ${ofHardware}`),
    publishedKinds.map(kind => el("li", {}, el("i", {}, markSigns[kindMark(kind)] + " "), el("b", {}, `published for ${kind}`), sameHardware(gpuOf(kind)) ? " (the same kind of GPU)" : " (other hardware)")));
  const shown = families.filter(f => measuredCells.some(c => c.family === f));
  section("latency", "Latency by batch", note, keys, el("div", { class: "grid" }, shown.map((family, i) => latencyCard(family, i, shown.length % 2 === 1 && i === shown.length - 1))));
}

function latencyCard(family, index, wide) {
  const members = results.models.filter(m => measuredCells.some(c => c.model === m && c.family === family));
  const orphan = measuredCells.some(c => c.family === family && !c.model);
  if (orphan && members.length === 0) return null;
  const medianOf = (m, b) => find(m.name, b, choice.precision)?.median ?? null;
  const publishedOf = m => m.publishedLatencies.filter(p => p.precision === choice.precision && batches.includes(p.batch));
  const byBatch = batches.length > 1;
  const spreadOf = (m, b) => {
    const latency = find(m.name, b, choice.precision)?.main.latencyMs;
    const high = latency?.p95 ?? latency?.max;
    return isNumber(latency?.min) && isNumber(high) ? [latency.min, high] : null;
  };

  function build(colors) {
    const values = members.flatMap(m => [...batches.flatMap(b => [medianOf(m, b), ...(spreadOf(m, b) ?? [])]), ...publishedOf(m).map(p => p.latencyMs)]);
    if (!members.some(m => batches.some(b => medianOf(m, b) !== null))) return null;
    const marks = (kind, color) => ({ pointStyle: kindMark(kind), pointRadius: 5.5, pointHoverRadius: 7, pointBorderWidth: 2, borderColor: color, backgroundColor: "transparent", pointBackgroundColor: colors.card, showLine: false });
    const tooltip = {
      callbacks: {
        title: items => items[0]?.raw.model ?? "",
        label: item => [`${ms(item.raw.ms)}, batch ${item.raw.batch}`, ...(item.raw.spread ? [`${ms(item.raw.spread[0])} to ${ms(item.raw.spread[1])}`] : [])],
        footer: items => items[0]?.raw.published ? publishedLines(items[0].raw.published) : wrap(`measured on ${ofHardware}`),
      },
    };
    const at = (m, batch, value, published) => ({ model: m.title, batch, ms: value, published, spread: published ? null : spreadOf(m, batch), ...(byBatch ? { x: String(batch), y: value } : { x: value, y: m.title }) });
    const measured = m => batches.filter(b => medianOf(m, b) !== null).map(b => at(m, b, medianOf(m, b), null));
    const published = (m, kind) => publishedOf(m).filter(p => kindOf(p) === kind).map(p => at(m, p.batch, p.latencyMs, p));
    if (!byBatch) {
      const gpuColors = [colors.other, colors.other2, colors.series[2], colors.series[5]];
      return {
        type: "scatter",
        data: {
          datasets: [
            { label: "measured", data: members.flatMap(measured), pointRadius: 5.5, pointHoverRadius: 7, backgroundColor: colors.measured, borderColor: colors.measured },
            ...publishedKinds.map((kind, i) => ({ label: `published, ${kind}`, data: members.flatMap(m => published(m, kind)), ...marks(kind, gpuColors[i % gpuColors.length]) })).filter(d => d.data.length > 0),
          ],
        },
        options: {
          scales: {
            x: latencyScale("latency, ms", values),
            y: { type: "category", labels: members.map(m => m.title), offset: true, ticks: { autoSkip: false, callback(value) { return short(this.getLabelForValue(value), labelRoom()); } } },
          },
          plugins: { tooltip },
        },
      };
    }
    const datasets = members.flatMap((m, i) => {
      const color = colors.series[i % colors.series.length];
      return [
        { label: m.title, model: i, inLegend: true, data: measured(m), borderColor: color, backgroundColor: color, borderWidth: 2, pointRadius: 4, pointHoverRadius: 6, borderDash: i >= colors.series.length ? [6, 3] : [], tension: 0 },
        ...publishedKinds.map(kind => ({ label: `${m.title}, ${kind}`, model: i, data: published(m, kind), ...marks(kind, color) })).filter(d => d.data.length > 0),
      ];
    });
    return {
      type: "line",
      data: { labels: batches.map(String), datasets },
      options: {
        scales: { x: { type: "category", title: { text: "batch" }, offset: true }, y: latencyScale("latency, ms", values) },
        plugins: {
          tooltip,
          legend: {
            labels: { filter: (item, data) => data.datasets[item.datasetIndex].inLegend === true },
            onClick: (_, item, legend) => {
              const visible = legend.chart.isDatasetVisible(item.datasetIndex);
              legend.chart.data.datasets.forEach((d, i) => { if (d.model === datasets[item.datasetIndex].model) legend.chart.setDatasetVisibility(i, !visible); });
              legend.chart.update();
            },
          },
        },
      },
    };
  }

  const rows = measuredCells.filter(c => c.family === family);
  const kinds = publishedKinds.filter(kind => rows.some(c => c.model?.publishedLatencies.some(p => kindOf(p) === kind)));
  return chartCard({
    id: `latency-${index}`, title: family, wide,
    says: () => `${precisionName(choice.precision)}, ${byBatch ? "batch " + batches.join(", ") : "batch " + batches[0]}, ${count(members.length, "model")}`,
    height: () => byBatch ? 330 + (phoneQuery.matches && !printing ? 22 : 14) * Math.max(0, members.length - 3) : 96 + 27 * members.length,
    build,
    figures: () => ({
      caption: `Median latency of ${family}, ms`, rows,
      columns: [modelColumn, batchColumn, precisionColumn, column("Measured", ofHardware, c => c.median, significant),
        ...kinds.map(kind => {
          const all = c => c.model?.publishedLatencies.filter(p => kindOf(p) === kind && p.precision === c.precision && p.batch === c.batch).map(p => p.latencyMs) ?? [];
          return { title: "Published", unit: kind, number: true, sort: c => all(c)[0] ?? null, show: c => all(c).map(significant).join(", ") || none };
        })],
    }),
  });
}

// A horizontal bar for each model.
function modelBars({ id, title, says, series, axis, tip, figures, wide, from, line, stacked, max, rowHeight }) {
  const rowsOf = all => results.models.filter(m => all.some(s => isNumber(s.value(m))));
  return chartCard({
    id, title, says, figures, wide,
    height: () => 96 + rowsOf(series()).length * (rowHeight ?? (stacked ? 23 : 12 + 8 * series().length)),
    build(colors) {
      const all = series(colors);
      const shown = rowsOf(all);
      if (shown.length === 0) return null;
      const values = all.flatMap(s => shown.map(s.value)).filter(isNumber);
      return {
        type: "bar",
        data: {
          labels: shown.map(m => m.title),
          datasets: all.map(s => ({
            label: s.name, data: shown.map(m => s.value(m) ?? null), models: shown, backgroundColor: s.color, borderColor: s.color, base: from, skipNull: true, grouped: s.grouped ?? true,
            categoryPercentage: .82, barPercentage: stacked ? .92 : .95, maxBarThickness: 20, stack: stacked ? "all" : undefined,
          })),
        },
        options: {
          indexAxis: "y",
          interaction: { mode: stacked ? "index" : "nearest", axis: "y", intersect: false },
          scales: {
            x: { stacked, title: { text: axis }, beginAtZero: from === undefined, max, ...(from === undefined ? {} : { suggestedMin: Math.min(from * .95, ...values) * .98, suggestedMax: Math.max(from * 1.05, ...values) * 1.02 }) },
            y: { stacked, grid: { display: false }, ticks: { autoSkip: false, callback(value) { return short(this.getLabelForValue(value), labelRoom()); } } },
          },
          plugins: {
            legend: { display: all.length > 1 },
            markLine: line === undefined ? {} : { at: line, color: colors.ink },
            tooltip: { callbacks: { label: item => `${item.dataset.label}: ${tip.value(item.raw)}`, footer: items => tip.footer?.(items[0].dataset.models[items[0].dataIndex]) ?? "" } },
          },
        },
      };
    },
  });
}

function speedups() {
  return measuredCells.filter(c => c.precision === "fp16" && c.median > 0).flatMap(half => {
    const full = find(half.model?.name, half.batch, "fp32");
    return full && full.median > 0 ? [{ half, full, value: full.median / half.median }] : [];
  });
}

const batchColor = (colors, i) => [colors.series[0], colors.series[5], colors.series[1], colors.series[3], colors.series[2], colors.series[6]][i % 6];

function speedupSection() {
  const pairs = speedups();
  const elsewhere = pairs.filter(p => p.half.computedKind && p.half.computedKind !== "fp16");
  const note = "Median FP32 latency over median FP16 latency of the same model and batch; above 1× FP16 is faster."
    + (elsewhere.length > 0 ? ` Here ${elsewhere.length === pairs.length ? "every" : fixed(elsewhere.length, 0) + " of " + pairs.length} FP16 cell${elsewhere.length === 1 || elsewhere.length === pairs.length ? " was" : "s were"} computed in ${unique(elsewhere.map(p => precisionName(p.half.computedKind))).join(", ")}: no speed-up is to be expected of it.` : "");
  if (pairs.length === 0) return void section("speedup", "FP16 over FP32", null, leftOut("no model was measured in both FP16 and FP32 at the same batch."));
  const at = unique(pairs.map(p => p.half.batch)).sort((a, b) => a - b);
  section("speedup", "FP16 over FP32", note, el("div", { class: "grid" }, modelBars({
    id: "speedup-chart", title: "Speed-up", wide: true, from: 1, line: 1, axis: "FP32 ÷ FP16 latency, ×",
    says: () => `${count(pairs.length, "pair")} of cells, batch ${at.join(", ")}`,
    series: colors => at.map((b, i) => ({ name: `batch ${b}`, color: colors && batchColor(colors, i), value: m => pairs.find(p => p.half.model === m && p.half.batch === b)?.value ?? null })),
    tip: { value: times },
    figures: () => ({
      caption: "FP16 over FP32", rows: pairs,
      columns: [
        { title: "Model", sort: p => p.half.title, show: p => breakable(p.half.title) }, { title: "Batch", number: true, sort: p => p.half.batch, show: p => String(p.half.batch) },
        column("FP32", "median, ms", p => p.full.median, significant), column("FP16", "median, ms", p => p.half.median, significant), column("Speed-up", null, p => p.value, times),
      ],
    }),
  })));
}

function tradeSection() {
  const pointsOf = (batch, precision) => measuredCells.filter(c => c.batch === batch && c.precision === precision && c.median > 0 && publishedTop1(c.model) !== null);
  const note = "ImageNet Top-1 as published for each model, against the latency measured here. The accuracy was not measured in this run. The stepped line joins the models that no other beats in both.";
  if (!measuredCells.some(c => publishedTop1(c.model) !== null)) return void section("trade", "Accuracy against latency", null, leftOut("no measured model has a published Top-1."));
  section("trade", "Accuracy against latency", note, el("div", { class: "grid" }, chartCard({
    id: "trade-chart", title: "Published Top-1 against latency", wide: true, height: () => phoneQuery.matches && !printing ? 380 : 460,
    says: () => `${chosen()}, latency measured on ${ofHardware}`,
    build(colors) {
      const points = pointsOf(choice.batch, choice.precision);
      if (points.length === 0) return null;
      const groups = unique(points.map(c => c.family));
      let best = -Infinity;
      const front = [...points].sort((a, b) => a.median - b.median || publishedTop1(b.model) - publishedTop1(a.model)).filter(c => publishedTop1(c.model) > best && (best = publishedTop1(c.model), true));
      const shapes = ["circle", "triangle", "rect", "rectRot", "star", "crossRot"];
      return {
        type: "scatter",
        data: {
          datasets: [
            ...groups.map((f, i) => ({
              label: f, pointStyle: shapes[i % shapes.length], pointRadius: 6, pointHoverRadius: 8, backgroundColor: faded(colors.series[i % colors.series.length], .85), borderColor: colors.series[i % colors.series.length],
              data: points.filter(c => c.family === f).map(c => ({ x: c.median, y: publishedTop1(c.model), name: c.title, cell: c })),
            })),
            { label: "not beaten in both", type: "line", stepped: "before", pointRadius: 0, pointHitRadius: 0, pointStyle: "line", borderWidth: 1.5, borderDash: [5, 4], borderColor: colors.axis, backgroundColor: colors.axis, data: front.map(c => ({ x: c.median, y: publishedTop1(c.model) })) },
          ],
        },
        options: {
          scales: { x: latencyScale("median latency, ms", points.map(c => c.median)), y: { title: { text: "published Top-1, %" }, grace: "8%" } },
          plugins: {
            pointNames: { color: colors.muted, behind: colors.card },
            tooltip: {
              filter: item => item.raw.cell !== undefined,
              callbacks: { title: items => items[0]?.raw.name ?? "", label: item => [`Top-1 ${fixed(item.raw.y, 2)} % (published)`, `${ms(item.raw.x)} (measured)`] },
            },
          },
        },
      };
    },
    figures: () => ({
      caption: "Published Top-1 and measured latency", rows: measuredCells.filter(c => publishedTop1(c.model) !== null),
      columns: [modelColumn, batchColumn, precisionColumn, column("Top-1", "published, %", c => publishedTop1(c.model), v => fixed(v, 2)), column("Latency", "median, ms", c => c.median, significant)],
    }),
  })));
}

const terms = [
  ["managedCallMs", "managed call", 7], ["enqueueMs", "enqueue", 1], ["h2dMs", "copy in (H2D)", 2], ["computeMs", "compute", 0], ["d2hMs", "copy out (D2H)", 5], ["wakeUpMs", "wake-up", 3],
];

function waterfallSection() {
  const rows = measuredCells.filter(c => c.waterfall);
  if (rows.length === 0) return void section("waterfall", "Where a request spends its time", null, leftOut("no cell has a waterfall."));
  const at = m => find(m.name, choice.batch, choice.precision)?.waterfall ?? null;
  const series = list => colors => list.map(([key, name, color]) => ({ name, color: colors?.series[color], value: m => at(m)?.[key] ?? null }));
  const footer = m => {
    const w = at(m);
    return w ? [`wall ${ms(w.wallMs)}`, w.gcCollections > 0 ? `${count(w.gcCollections, "garbage collection")}, ${ms(w.gcPauseMs)}` : "no garbage collection"] : "";
  };
  const figures = () => ({
    caption: "Terms of the median request, ms", rows,
    columns: [modelColumn, batchColumn, precisionColumn, ...terms.map(([key, name]) => column(name[0].toUpperCase() + name.slice(1), "ms", c => c.waterfall[key], significant)),
      column("Wall", "ms", c => c.waterfall.wallMs, significant), column("GC", "pause, ms", c => c.waterfall.gcPauseMs, significant), column("GCs", null, c => c.waterfall.gcCollections, v => fixed(v, 0))],
  });
  section("waterfall", "Where a request spends its time", "The median request, term by term in the order in which they happen, from the managed call to the moment the caller wakes up.", el("div", { class: "grid" },
    modelBars({ id: "waterfall-chart", title: "The whole request", says: () => `${chosen()}, milliseconds`, axis: "ms", stacked: true, series: series(terms), tip: { value: ms, footer }, figures }),
    modelBars({
      id: "overhead-chart", title: "All but compute", says: () => `${chosen()}, milliseconds`, axis: "ms", stacked: true, series: series(terms.filter(([key]) => key !== "computeMs")),
      tip: { value: ms, footer },
    })));
}

function rooflineSection() {
  const rows = measuredCells.filter(c => c.roofline && c.roofline.limitMs > 0 && c.roofline.fraction > 0);
  if (rows.length === 0) return void section("roofline", "Roofline", null, leftOut("no measured cell has operations and bytes counted."));
  const peak = environment.peak;
  const reached = c => c.roofline.flops / (c.roofline.limitMs / c.roofline.fraction / 1000);
  const above = rows.filter(c => c.roofline.fraction > 1).length;
  const kinds = unique(rows.map(c => c.roofline.boundBy));
  const at = m => { const c = find(m.name, choice.batch, choice.precision); return c && rows.includes(c) ? c : null; };
  section("roofline", "Roofline", `The least time that the device's peaks allow for a cell's operations and bytes, and how near the cell came. Peaks: ${flops(peak.fp32Flops)} FP32${isNumber(peak.fp16Flops) && peak.fp16Flops > 0 ? `, ${flops(peak.fp16Flops)} FP16` : ""}, ${bandwidth(peak.bytesPerSecond)} (${peak.source}).${unique(rows.map(c => c.roofline.bytesOf)).filter(t => t).map(t => ` Bytes are those of ${t}.`).join("")}${above > 0 ? ` ${count(above, "cell")} came out above the limit: the peaks given are too low, as those measured under other load are.` : ""}`,
    el("div", { class: "grid" },
      modelBars({
        id: "fraction-chart", title: "Part of the limit reached", says: () => `${chosen()}; 100 % is the limit`, axis: "% of the limit", rowHeight: 23, line: 100,
        series: colors => kinds.map((k, i) => ({ name: `bound by ${k}`, grouped: false, color: colors?.series[[0, 1, 2, 3][i % 4]], value: m => at(m)?.roofline.boundBy === k ? at(m).roofline.fraction * 100 : null })),
        tip: { value: v => fixed(v, 1) + " %", footer: m => at(m) ? [`limit ${ms(at(m).roofline.limitMs)}, compute ${ms(at(m).main.gpuComputeMs?.median)}`] : "" },
        figures: () => ({
          caption: "Roofline", rows,
          columns: [modelColumn, batchColumn, precisionColumn, column("Operations", "FLOP", c => c.roofline.flops, operations), column("Moved", null, c => c.roofline.bytes, bytes), column("Limit", "ms", c => c.roofline.limitMs, significant),
            { title: "Bound by", sort: c => c.roofline.boundBy, show: c => c.roofline.boundBy }, column("Reached", "of the limit", c => c.roofline.fraction, percent), column("Rate", null, reached, flops)],
        }),
      }),
      chartCard({
        id: "roofline-chart", title: "Operations a second against intensity", says: () => `${precisionName(choice.precision)}, every batch; the line is the device's roof`,
        height: () => 96 + 23 * Math.max(12, unique(rows.map(c => c.model)).length),
        build(colors) {
          const points = rows.filter(c => c.precision === choice.precision && c.roofline.bytes > 0).map(c => ({ x: c.roofline.flops / c.roofline.bytes, y: reached(c) / 1e9, name: c.title, cell: c }));
          if (points.length === 0) return null;
          const top = (choice.precision === "fp16" && isNumber(peak.fp16Flops) ? peak.fp16Flops : peak.fp32Flops) / 1e9;
          const slope = peak.bytesPerSecond / 1e9;
          const ridge = top / slope;
          const xs = [...points.map(p => p.x), ridge];
          const [left, right] = [Math.min(...xs) / 3, Math.max(...xs) * 3];
          return {
            type: "scatter",
            data: {
              datasets: [
                ...batches.map((b, i) => ({ label: `batch ${b}`, data: points.filter(p => p.cell.batch === b), pointRadius: 5, pointHoverRadius: 7, pointStyle: ["circle", "triangle", "rect", "rectRot"][i % 4], backgroundColor: faded(batchColor(colors, i), .8), borderColor: batchColor(colors, i) })).filter(d => d.data.length > 0),
                { label: "roof", type: "line", data: [{ x: left, y: left * slope }, { x: ridge, y: top }, { x: right, y: top }], borderColor: colors.roof, backgroundColor: colors.roof, borderWidth: 2, pointRadius: 0, pointHitRadius: 0, pointStyle: "line" },
              ],
            },
            options: {
              scales: {
                x: { type: "logarithmic", title: { text: "FLOP per byte moved" }, min: left, max: right },
                y: { type: "logarithmic", title: { text: "GFLOP/s" }, min: Math.min(...points.map(p => p.y)) / 2, max: Math.max(top, ...points.map(p => p.y)) * 1.6 },
              },
              plugins: {
                pointNames: { color: colors.muted, behind: colors.card },
                tooltip: {
                  filter: item => item.raw.cell !== undefined,
                  callbacks: { title: items => items[0] ? cellName(items[0].raw.cell) : "", label: item => [`${flops(item.raw.y * 1e9)}, ${significant(item.raw.x)} FLOP/byte`, `${percent(item.raw.cell.roofline.fraction)} of the limit, bound by ${item.raw.cell.roofline.boundBy}`] },
                },
              },
            },
          };
        },
      })));
}

function modesSection() {
  const graph = c => c.mode("graph-1");
  const plain = c => c.mode("plain-1");
  const several = c => c.modes.find(m => m.sessions > 1) ?? null;
  const graphGain = c => graph(c)?.latencyMs.median > 0 && plain(c) ? plain(c).latencyMs.median / graph(c).latencyMs.median : null;
  const sessionGain = c => several(c) && c.main.sessions === 1 && c.main.imagesPerSecond > 0 ? several(c).imagesPerSecond / c.main.imagesPerSecond : null;
  const rows = measuredCells.filter(c => graphGain(c) !== null || sessionGain(c) !== null);
  if (rows.length === 0) return void section("modes", "CUDA graph and overlapped sessions", null, leftOut("no cell was measured in more than one way."));
  const at = m => find(m.name, choice.batch, choice.precision);
  const sessionCount = unique(rows.map(c => several(c)?.sessions).filter(isNumber)).join(", ");
  const bars = (id, title, axis, value, name, footer) => rows.some(c => value(c) !== null) ? modelBars({
    id, title, axis, from: 1, line: 1, rowHeight: 23, says: chosen, tip: { value: times, footer: m => at(m) ? footer(at(m)) : "" },
    series: colors => [{ name, color: colors?.series[0], value: m => at(m) ? value(at(m)) : null }],
  }) : el("div", { class: "card" }, el("h3", {}, title), leftOut("this was not measured."));
  section("modes", "CUDA graph and overlapped sessions", "What replaying a captured graph saves of the latency, and what a second request in flight adds to the throughput. Right of 1× is better.",
    el("div", { class: "grid" },
      bars("graph-chart", "Graph against plain enqueue", "plain ÷ graph latency, ×", graphGain, "graph", c => graph(c) && plain(c) ? [`graph ${ms(graph(c).latencyMs.median)}, plain ${ms(plain(c).latencyMs.median)}`] : ""),
      bars("sessions-chart", `${sessionCount || "Several"} sessions against one`, "sessions ÷ one session, ×", sessionGain, "sessions", c => several(c) ? [`one ${significant(c.main.imagesPerSecond)} images/s, ${several(c).sessions} sessions ${significant(several(c).imagesPerSecond)} images/s`] : "")),
    el("details", {}, el("summary", {}, "Figures"), sortableTable({
      caption: "Ways to run", rows,
      columns: [modelColumn, batchColumn, precisionColumn, column("Graph", "median, ms", c => graph(c)?.latencyMs.median, significant), column("Plain", "median, ms", c => plain(c)?.latencyMs.median, significant), column("Graph gain", null, graphGain, times),
        column("One session", "images/s", c => c.main.imagesPerSecond, significant), column("Sessions", "images/s", c => several(c)?.imagesPerSecond, significant), column("Sessions gain", null, sessionGain, times), column("First run", "ms", c => c.main.firstRunMs, significant)],
    }).node));
}

function accuracySection() {
  const rows = measuredCells.filter(c => c.accuracy);
  if (rows.length === 0) return void section("accuracy", "Accuracy of the engines", null, leftOut("no cell was compared with the reference."));
  section("accuracy", "Accuracy of the engines", unique(rows.map(c => c.accuracy.reference)).map(r => `${unique(rows.filter(c => c.accuracy.reference === r).map(c => precisionName(c.precision))).join(", ")} against ${r}.`).join(" "), sortableTable({
    caption: "Difference of every engine's outputs from the reference", rows,
    columns: [modelColumn, batchColumn, precisionColumn,
      column("Top-1", "agreement", c => c.accuracy.top1Agreement, percent), column("Cosine", null, c => c.accuracy.cosine, v => fixed(v, 7)), column("Largest", "|Δ|", c => c.accuracy.maxAbs, significant), column("Mean", "|Δ|", c => c.accuracy.meanAbs, significant),
      column("NaN", null, c => c.accuracy.naN, v => fixed(v, 0)), column("Inf", null, c => c.accuracy.infinite, v => fixed(v, 0)), column("Elements", null, c => c.accuracy.elements, v => fixed(v, 0))],
  }).node);
}

function enginesSection() {
  const rows = measuredCells.filter(c => c.build || c.memory);
  if (rows.length === 0) return void section("engines", "Engines and memory", null, leftOut("no engine was recorded."));
  section("engines", "Engines and memory", "Host memory is the most that the cell's own process held.", sortableTable({
    caption: "Build, plan and memory of every measured cell", rows,
    columns: [modelColumn, batchColumn, precisionColumn,
      { title: "Build", unit: "s", number: true, sort: c => c.build?.seconds ?? null, show: c => c.build ? withUnder(fixed(c.build.seconds, 2), c.build.reused ? "plan reused" : null) : none },
      column("Plan", null, c => c.build?.planBytes, bytes), column("Device memory", null, c => c.memory?.deviceBytes, bytes), column("Host memory", "peak", c => c.memory?.hostPeakBytes, bytes),
      column("Parameters", null, c => c.model?.parameters, operations), column("Operations", "MACs, batch 1", c => isNumber(c.model?.convMacs) ? c.model.convMacs + (c.model.linearMacs ?? 0) + (c.model.attentionMacs ?? 0) : null, operations), column("Samples", null, c => c.main.samples, v => fixed(v, 0)), column("Cell", "s", c => c.cellSeconds, v => fixed(v, 1))],
  }).node);
}

function warningsSection() {
  const rows = [
    ...cells.flatMap(c => c.warningKinds.map(kind => ({ cell: c, ...kind }))),
    ...results.models.filter(m => m.countProblem).map(m => ({ cell: { title: m.title, batch: null, precision: null }, modes: [], text: "operations could not be counted: " + m.countProblem })),
  ];
  if (rows.length === 0) return void section("warnings", "Warnings", null, el("p", { class: "left-out" }, "There are none."));
  section("warnings", "Warnings", "Why a figure should not be trusted blindly.", sortableTable({
    caption: count(rows.length, "warning"), rows,
    columns: [{ title: "Model", sort: r => r.cell.title, show: r => breakable(r.cell.title) }, { title: "Batch", number: true, sort: r => r.cell.batch, show: r => r.cell.batch === null ? none : String(r.cell.batch) },
      { title: "Precision", sort: r => r.cell.precision, show: r => r.cell.precision === null ? none : precisionName(r.cell.precision) }, { title: "Mode", sort: r => r.modes.join(), show: r => r.modes.join(", ") || none },
      { title: "Warning", className: "says", sort: r => r.text, show: r => r.text }],
  }).node);
}

function methodSection() {
  const p = results.protocol;
  section("method", "Method", null, el("div", { class: "card method" },
    el("p", {}, p.name === "paddleclas"
      ? `Protocol paddleclas: ${isNumber(p.runs) ? count(p.runs, "run") : "a fixed number of runs"} of each cell, of which the first ${isNumber(p.droppedRuns) ? fixed(p.droppedRuns, 0) : "ones"} are dropped; the batch is fixed in the engine.`
      : `Protocol trtexec: a warm-up of ${fixed(p.warmUpMs, 0)} ms, whose requests are dropped, then requests until both ${count(p.iterations, "iteration")} and ${duration(p.durationSeconds)} are reached.`, p.shapes?.length > 0 ? ` Shapes: ${p.shapes.join(", ")}.` : ""),
    el("p", {}, "Terms are trtexec's. Latency is H2D + compute + D2H of one request, timed on the device; it is not the wall time. Enqueue is the host's time around the enqueue call. Throughput is images over wall time. Wall is what the C# caller sees."),
    el("p", {}, "Percentiles are an element of the sorted samples, at index max(n − 1 − ⌊(1 − p/100)·n⌋, 0), without interpolation; the median is the mean of the middle two where n is even. CV is the population's standard deviation over the mean."),
    el("p", {}, `Each cell ran in a process of its own, within ${duration(p.cellLimitSeconds)}; one that crashed or hung cost that cell alone. The tables above show mode graph-1 (a captured graph, one request in flight) where it was measured.${Number.isSafeInteger(p.seed) ? ` Random inputs come from seed ${p.seed}.` : ""}`),
    el("p", {}, "A ratio is ours over the published figure: below 1× ours is faster. A comparison across hardware says so in its own cell, and is no statement about the software."),
    el("p", {}, "Every raw sample is in the files beside this page; results.json names them and holds all figures shown here.")));
}

head();
environmentSection();
cellsSection();
controls();
latencySection();
speedupSection();
tradeSection();
waterfallSection();
rooflineSection();
modesSection();
accuracySection();
enginesSection();
warningsSection();
methodSection();
document.getElementById("sections").append(nav);
document.getElementById("foot").append(`Pinion ${environment.pinion}, results ${results.id}, schema version ${results.schemaVersion}. This page holds everything it shows and asks nothing of any network.`);
for (const chart of charts) {
  chart.write();
  chart.draw();
}
