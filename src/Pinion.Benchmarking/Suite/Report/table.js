// A table whose headers are buttons that sort. A column: title, unit, number (right-aligned), sort(row), show(row) as text or nodes.
// Where lastFrom(row) gives the index of a column, the last one takes the place of that and all after it.
function sortableTable({ caption, columns, rows, rowClass, label, lastFrom }) {
  const body = el("tbody");
  const last = columns.length - 1;
  const lines = rows.map((row, index) => {
    const from = lastFrom?.(row) ?? last;
    const shown = columns.map((column, i) => i >= from && i < last ? null : el(
      i === 0 ? "th" : "td",
      { scope: i === 0 ? "row" : null, colspan: i === last && from < last ? last - from + 1 : null, class: [column.number ? "number" : "", column.className ?? ""].join(" ").trim() || null },
      column.show(row)));
    return { row, index, node: el("tr", { class: rowClass?.(row) }, shown) };
  });
  body.append(...lines.map(l => l.node));

  const heads = columns.map((column, i) => el(
    "th", { scope: "col", class: column.number ? "number" : null, "aria-sort": "none" },
    el("button", { type: "button", onclick: () => sortBy(i) },
      column.title, " ", el("span", { class: "arrow", "aria-hidden": "true" }, "↕"), column.unit ? el("small", {}, column.unit) : null),
    // Browsers leave buttons out of headers that they repeat on paper.
    el("span", { class: "on-paper" }, column.title, column.unit ? el("small", {}, column.unit) : null)));

  function sortBy(i) {
    const descending = heads[i].getAttribute("aria-sort") === "ascending";
    heads.forEach((head, h) => {
      head.setAttribute("aria-sort", h !== i ? "none" : descending ? "descending" : "ascending");
      head.querySelector(".arrow").textContent = h !== i ? "↕" : descending ? "▼" : "▲";
    });
    const sign = descending ? -1 : 1;
    const sorted = [...lines].sort((a, b) => {
      const [x, y] = [columns[i].sort(a.row), columns[i].sort(b.row)];
      const [noX, noY] = [x === null || x === undefined, y === null || y === undefined];
      // What has no value stays below in both directions.
      if (noX || noY) return noX - noY || a.index - b.index;
      const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), "en", { numeric: true });
      return sign * order || a.index - b.index;
    });
    body.append(...sorted.map(l => l.node));
  }

  const table = el("table", {}, el("caption", {}, caption), el("thead", {}, el("tr", {}, heads)), body);
  return { lines, node: el("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": label ?? caption }, table) };
}

// The line above a table that hides the rows without every word typed.
function tableFilter(id, table, words, example) {
  const shown = el("output", { for: id });
  const say = n => { shown.textContent = n === table.lines.length ? count(n, "cell") : `${n} of ${count(table.lines.length, "cell")}`; };
  const input = el("input", {
    type: "search", id, placeholder: example, autocomplete: "off", oninput: () => {
      const wanted = input.value.toLowerCase().split(/\s+/).filter(w => w);
      let n = 0;
      for (const line of table.lines) {
        const text = words(line.row).toLowerCase();
        line.node.hidden = !wanted.every(w => text.includes(w));
        n += line.node.hidden ? 0 : 1;
      }
      say(n);
    },
  });
  say(table.lines.length);
  return el("div", { class: "filter" }, el("label", { for: id }, "Filter"), input, shown);
}
