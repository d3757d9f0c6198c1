// Tables: each in the form that fits the room it has, and whole in a window of its own.

Object.assign(WORDS, {
  enlarge: { zh: "放大", en: "Enlarge" },
  enlarge_of: { zh: "放大：{n}", en: "Enlarge: {n}" },
  csv_of: { zh: "下载 CSV：{n}", en: "Download CSV: {n}" },
  all_rows: { zh: "显示全部 {n} 行", en: "Show all {n} rows" },
  stages_by_zone: { zh: "各阶段用地，按片区", en: "Land by stage and zone" },
  parcels_count: { zh: "地块数", en: "Parcels" },
  land_mu: { zh: "面积（亩）", en: "Land (mu)" },
});

const FEW_ROWS = 4; // as many stand side by side when a table is turned
const FIRST_ROWS = 12; // more are shown when asked for
const SHORT = 16; // a text up to this width stays on one line

// A section that opens and closes; what is closed or hidden is laid out when it comes in sight.
function tableSection(app, item) {
  const node = el("details", "lr-section", [el("summary", "", item.title)]);
  node.open = item.open;
  node.dataset.table = item.id;
  const holder = el("div", "lr-fit");
  const notes = item.note ? [el("p", "lr-note", item.note)] : [];
  if (item.id === "zones") notes.unshift(el("p", "lr-note", worded("on_date", lastDay(app))));
  node.append(...notes, ...balanceOf(app, item), holder, tableTools(app, item));
  whenFitted(app, holder, () => fitTable(holder, item));
  return node;
}

function lastDay({ payload: { time } }) {
  return time.dates.at(-1);
}

// Land by stage and zone on the date that is chosen: zones beside each other, and in the window
// and the file one below the other, where every number has a cell of its own.
function stageTable(app) {
  const { payload, state } = app;
  const title = worded("stages_by_zone");
  const [item, long] = [{ title }, { id: "stages", title, note: null }];
  const note = el("p", "lr-note");
  const holder = el("div", "lr-fit");
  const parts = [el("summary", "", title), note, holder, tableTools(app, long)];
  const node = el("details", "lr-section", parts);
  node.dataset.table = "stages";
  node.open = true;
  const fill = () => item.rows && fitTable(holder, item);
  const tell = async () => {
    const of = await stageTotals(app);
    say(note, worded("on_date", payload.time.dates[state.get("date")]));
    Object.assign(item, byZone(app, of));
    Object.assign(long, byZoneAndStage(app, of));
    if (holder.clientWidth > 0) fill();
  };
  slot("land").append(node);
  whenFitted(app, holder, fill);
  state.when(["date"], tell);
  tell();
}

// The zones of the totals, the town last; a town of one zone is that zone.
function zonesTold({ payload: { names, time } }) {
  const [town, ...zones] = time.totals.zones;
  const told = zones.length === 1 ? zones : [...zones, town];
  return told.map((zone) => ({ zone, label: both(names.zones[zone] ?? zone) }));
}

function ladderDown({ payload }) {
  return [...payload.stages].sort((a, b) => b.rung - a.rung);
}

function byZone(app, of) {
  const zones = zonesTold(app);
  const heads = zones.map(({ label }) => ({ ...label, align: "right", kind: "text" }));
  const rows = ladderDown(app).map((stage) => [
    stage,
    ...zones.map(({ zone }) => {
      const { parcels, mu, none } = of(stage.rung, zone);
      return none ? NONE : `${parcels} · ${mu}`;
    }),
  ]);
  const columns = [{ ...WORDS.stage_sums, kind: "text" }, ...heads];
  return { columns, rows };
}

function byZoneAndStage(app, of) {
  const keys = ["card_zone", "stages", "parcels_count", "land_mu"];
  const columns = keys.map((key, at) => ({
    ...{ ...worded(key), kind: at < 2 ? "text" : "number", align: at < 2 ? "left" : "right" },
  }));
  const rows = zonesTold(app).flatMap(({ zone, label }) =>
    ladderDown(app).map((stage) => {
      const { parcels, mu } = of(stage.rung, zone);
      return [label, stage, parcels, mu];
    }),
  );
  return { columns, rows };
}

// Calls on every new width, and in every language, in which the node is seen.
function whenFitted(app, node, act) {
  let width = 0;
  const look = () => {
    const now = Math.round(node.clientWidth);
    if (now > 0 && now !== width) act();
    width = now;
  };
  new ResizeObserver(look).observe(node);
  app.state.when(["lang"], () => {
    width = 0;
    look();
  });
}

// As a table where it has room, else turned on its side, else row by row.
function fitTable(holder, item) {
  const all = holder.dataset.all === "true";
  const rows = all ? item.rows : item.rows.slice(0, FIRST_ROWS);
  const turned = item.rows.length <= FEW_ROWS && item.columns.every(isShort) ? [turnedTable] : [];
  for (const form of [plainTable, ...turned, recordList]) {
    holder.replaceChildren(form(item, rows));
    if (holder.scrollWidth <= holder.clientWidth) break;
  }
  if (rows.length === item.rows.length) return;
  const more = button("lr-more", wordedAll(item), () => {
    holder.dataset.all = "true";
    fitTable(holder, item);
  });
  holder.append(more);
}

function wordedAll(item) {
  return worded("all_rows", String(item.rows.length));
}

function tableTools(app, item) {
  const large = button("lr-quiet", worded("enlarge"), () => openLarge(app, item));
  name(large, "aria-label", wordedIn("enlarge_of", item.title));
  return el("div", "lr-table-tools", [large, csvButton(app, item)]);
}

function csvButton(app, item) {
  const node = button("lr-quiet", "CSV", () => downloadTable(app, item));
  name(node, "aria-label", wordedIn("csv_of", item.title));
  return node;
}

// A wording with another wording in it.
function wordedIn(key, { zh, en }) {
  return { zh: worded(key, zh).zh, en: worded(key, en).en };
}

// The table whole, in a window over the page; Esc closes it, as it does any dialog.
function openLarge(app, item) {
  const title = el("h2", "", item.title);
  title.id = "landready-large";
  const node = el("dialog", "lr-dialog");
  const close = closeButton(() => node.close());
  const scroller = el("div", "lr-scroll", [plainTable(item, item.rows)]);
  scroller.tabIndex = 0;
  scroller.setAttribute("role", "region");
  name(scroller, "aria-label", item.title);
  const note = item.note && el("p", "lr-note", item.note);
  node.append(el("div", "lr-dialog-top", [title, csvButton(app, item), close]));
  node.append(...[note, scroller].filter(Boolean));
  node.setAttribute("aria-labelledby", title.id);
  node.addEventListener("click", (event) => event.target === node && node.close());
  node.addEventListener("close", () => node.remove());
  document.body.append(node);
  node.showModal();
}

function closeButton(act) {
  const node = button("lr-close", [el("i", "lr-cross")], act);
  name(node, "aria-label", worded("close"));
  return node;
}

// A column of kind note has no head: its text stands below its row, across the table.
function plainTable(item, rows) {
  const heads = item.columns.filter(isShort).map((column) => headCell(column, "col"));
  const body = el("tbody", "", rows.flatMap((row) => tableRows(item.columns, row)));
  return el("table", "", [caption(item), el("thead", "", [el("tr", "", heads)]), body]);
}

function caption(item) {
  return el("caption", "lr-unseen", item.title);
}

function headCell(column, scope, content = column) {
  const node = el("th", alignment(column), [el("span", "", content)]);
  node.scope = scope;
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
  node.classList.toggle("lr-long", spoken(value).length > SHORT);
  return node;
}

function alignment(column) {
  return column.align === "right" ? "lr-right" : "lr-left";
}

// The columns as rows: what tells the rows apart stands on top.
function turnedTable(item, rows) {
  const [first, ...others] = item.columns;
  const corner = el("td", "", [el("span", "lr-unseen", first)]);
  const tops = rows.map((row) => {
    const node = headCell({ align: "right" }, "col", row[0]);
    node.classList.add("lr-long");
    return node;
  });
  const lines = others.map((column, at) => {
    const values = rows.map((row) => cell({ ...column, align: "right" }, row[at + 1], false));
    return el("tr", "", [headCell({}, "row", column), ...values]);
  });
  const head = el("thead", "", [el("tr", "", [corner, ...tops])]);
  return el("table", "lr-turned", [caption(item), head, el("tbody", "", lines)]);
}

// Row by row: what leads a row as its heading, the rest as pairs of label and value.
function recordList(item, rows) {
  const lead = leading(item.columns);
  const node = el("ul", "lr-records", rows.map((row) => record(item.columns, row, lead)));
  name(node, "aria-label", item.title);
  return node;
}

function leading(columns) {
  const second = columns[1];
  return second && isShort(second) && second.kind !== "number" && second.kind !== "light" ? 2 : 1;
}

function record(columns, row, lead) {
  const cells = columns.map((column, at) => ({ column, value: row[at] }));
  const title = cells.slice(0, lead).map(({ column, value }) => cellContent(column.kind, value));
  const rest = cells.slice(lead).filter(({ value }) => value !== null && value !== undefined);
  const pairs = rest.filter(({ column }) => isShort(column)).map(({ column, value }) =>
    el("div", "", [el("dt", "", column), el("dd", "", [cellContent(column.kind, value)])]),
  );
  const notes = rest.filter(({ column }) => !isShort(column));
  const texts = notes.map(({ value }) => el("p", "lr-note", value));
  return el("li", "", [el("p", "lr-record-title", title), el("dl", "", pairs), ...texts]);
}

function cellContent(kind, value) {
  if (value === null || value === undefined) return el("span", "", NONE);
  if (kind === "light") return light(value);
  if (kind === "status") return statusChip(value);
  return el("span", "", value);
}

function light(value) {
  const known = ["green", "yellow", "red"].includes(value) ? value : "grey";
  return el("span", `lr-light lr-${known}`, [el("i", ""), el("span", "", worded(known))]);
}

// A verdict: its word, with a shape and a colour for what it means.
function statusChip(value) {
  const tone = ["green", "yellow", "red"].includes(value.tone) ? value.tone : "grey";
  return el("span", `lr-light lr-status lr-${tone}`, [el("i", ""), el("span", "", value)]);
}

// Above a land balance: gross land, what takes how much of it, and what is left, zone by zone.
function balanceOf({ payload }, item) {
  const { bars, parts } = payload.balance;
  if (item.id !== "balance" || bars.length === 0) return [];
  const list = el("ul", "lr-balance", bars.map((bar) => balanceBar(bar, parts)));
  name(list, "aria-label", item.title);
  const keys = parts.map(({ color, says }) => el("li", "", [tinted(color), el("span", "", says)]));
  return [list, el("ul", "lr-stack-key", keys)];
}

// The bar only draws what the table tells.
function balanceBar({ label, gross, shares }, parts) {
  const pieces = shares.map((share, at) => {
    const piece = tinted(parts[at].color);
    piece.style.width = `${100 * share}%`;
    return piece;
  });
  const bar = el("div", "lr-stack", pieces);
  bar.setAttribute("aria-hidden", "true");
  return el("li", "", [
    el("div", "lr-stack-top", [el("b", "", label), el("span", "", gross)]),
    bar,
  ]);
}

function tinted(colour) {
  const node = el("i", "");
  if (colour) node.style.backgroundColor = safeColour(colour);
  return node;
}
