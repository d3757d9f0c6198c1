// The head, the side panel and the card.

function head(payload, onLanguage) {
  const toggle = button("lr-language", worded("language"), onLanguage);
  document.getElementById("landready-head").append(
    el("div", "lr-titles", [el("h1", "", payload.title), el("p", "", payload.subtitle)]),
    toggle,
  );
}

function panel(payload, finder) {
  const root = document.getElementById("landready-panel");
  name(root, "aria-label", worded("panel"));
  root.append(notices(payload.notices), finder, ...payload.tables.map(section));
  root.append(facts(payload.facts));
}

function notices(items) {
  const list = el("ul", "lr-notices", items.map(notice));
  name(list, "aria-label", worded("notices"));
  list.hidden = items.length === 0;
  return list;
}

function notice(item) {
  return el("li", item.kind === "warning" ? "lr-warning" : "lr-info", item);
}

function facts(items) {
  const rows = items.map((item) =>
    el("div", "", [el("dt", "", item), el("dd", "", item.value)]),
  );
  const title = el("h2", "", worded("facts"));
  const node = el("section", "lr-facts", [title, el("dl", "", rows)]);
  node.hidden = items.length === 0;
  return node;
}

function section(item) {
  const node = el("details", "lr-section", [el("summary", "", item.title)]);
  node.open = item.open !== false;
  node.dataset.table = item.id;
  if (item.note) node.append(el("p", "lr-note", item.note));
  const scroller = el("div", "lr-scroll", [table(item)]);
  scroller.tabIndex = 0;
  scroller.setAttribute("role", "region");
  name(scroller, "aria-label", item.title);
  node.append(scroller);
  return node;
}

// A column of kind note has no head: its text stands below its row, across the table.
function table(item) {
  const heads = item.columns.filter(isShort).map((column) => columnHead(column));
  const body = el("tbody", "", item.rows.flatMap((row) => tableRows(item.columns, row)));
  const caption = el("caption", "lr-unseen", item.title);
  return el("table", "", [caption, el("thead", "", [el("tr", "", heads)]), body]);
}

function columnHead(column) {
  const node = el("th", alignment(column), column);
  node.scope = "col";
  return node;
}

function isShort(column) {
  return column.kind !== "note";
}

function tableRows(columns, row) {
  const cells = columns.map((column, at) => ({ column, value: row[at], first: at === 0 }));
  const short = cells.filter(({ column }) => isShort(column));
  const notes = cells.filter(({ column, value }) => !isShort(column) && value);
  const above = el("tr", "", short.map(({ column, value, first }) => cell(column, value, first)));
  return [above, ...notes.map(({ value }) => noteRow(value, short.length))];
}

function noteRow(value, width) {
  const node = el("td", "lr-left", [el("span", "", value)]);
  node.colSpan = width;
  return el("tr", "lr-note-row", [node]);
}

function cell(column, value, first) {
  const node = el(first ? "th" : "td", alignment(column), [cellContent(column.kind, value)]);
  if (first) node.scope = "row";
  return node;
}

function alignment(column) {
  return column.align === "right" ? "lr-right" : "lr-left";
}

function cellContent(kind, value) {
  if (value === null || value === undefined) return el("span", "", NONE);
  if (kind === "light") return light(value);
  if (kind === "bar") return bar(value);
  return el("span", "", value);
}

function light(value) {
  const known = ["green", "yellow", "red"].includes(value) ? value : "grey";
  return el("span", `lr-light lr-${known}`, [el("i", ""), el("span", "", worded(known))]);
}

// The text comes worded; the share sets only the length of the bar.
function bar(value) {
  const { share, text } = typeof value === "object" ? value : { share: value, text: value };
  const length = Math.min(Math.max(Number(share) || 0, 0), 1);
  const fill = el("i", "");
  fill.style.width = `${100 * length}%`;
  return el("span", "lr-bar", [el("b", "", [fill]), el("span", "", text)]);
}

function clearCard() {
  const root = document.getElementById("landready-card");
  root.replaceChildren();
  root.classList.remove("lr-shown");
}

function showCard(title, chips, body, onClose) {
  const root = document.getElementById("landready-card");
  const close = button("lr-close", [el("i", "lr-cross")], onClose);
  name(close, "aria-label", worded("close"));
  const top = el("div", "lr-card-top", [el("h2", "", title), close]);
  root.replaceChildren(top, el("div", "lr-chips", chips), body);
  root.classList.add("lr-shown");
  root.scrollTop = 0;
}

function parcelCard(item, payload, onClose) {
  const stage = payload.stages.find(({ rung }) => rung === item.rung);
  const rows = payload.parcels.fields.map((field, at) =>
    el("div", "", [el("dt", "", field), el("dd", "", item.values[at])]),
  );
  const rung = el("span", "", stage ?? String(item.rung));
  const chips = [
    el("span", "lr-chip", [stage && swatch(stage, item.counts), rung]),
    el("span", "lr-chip", worded(item.counts ? "counts" : "not_counts")),
    item.self_reported && el("span", "lr-chip", worded("self_reported")),
    ...bridges(payload.blocks, item.id),
  ];
  showCard(item.label, chips, el("dl", "", rows), onClose);
}

function bridges(blocks, id) {
  return blocks
    .filter((block) => (block.bridge_parcels ?? []).includes(id))
    .map((block) => el("span", "lr-chip lr-chip-bridge", worded("bridge_of", block.id)));
}

function blockCard(block, onClose) {
  const lines = block.lines.map((line) => el("li", "", line));
  showCard(block.label, [el("span", "lr-chip", worded("blocks"))], el("ul", "", lines), onClose);
}

// Finds parcels and blocks by their label, for those who do not point at the map.
function finder(payload, onParcel, onBlock) {
  const field = el("input", "");
  field.type = "search";
  field.autocomplete = "off";
  name(field, "placeholder", worded("find"));
  name(field, "aria-label", worded("find"));
  const list = el("ul", "lr-found", []);
  name(list, "aria-label", worded("found"));
  const entries = [
    ...payload.blocks.map((block) => ({ title: block.label, open: () => onBlock(block) })),
    ...payload.parcels.items.map((item) => ({ title: item.label, open: () => onParcel(item) })),
  ];
  field.addEventListener("input", () => list.replaceChildren(...matches(entries, field.value)));
  field.addEventListener("keydown", ({ key }) => {
    if (key === "Enter") list.querySelector("button")?.click();
  });
  return el("search", "lr-find", [field, list]);
}

function matches(entries, typed) {
  const sought = typed.normalize("NFKC").trim().toLowerCase();
  if (!sought) return [];
  const fits = ({ title }) => spoken(title).normalize("NFKC").toLowerCase().includes(sought);
  const found = entries.filter(fits).slice(0, 8);
  if (found.length === 0) return [el("li", "lr-note", worded("nothing"))];
  return found.map(({ title, open }) => el("li", "", [button("", title, open)]));
}
