// The listing: everything on the map as a table, for those who read it by keyboard or by ear.

Object.assign(WORDS, {
  list_filter: { zh: "按编号或名称筛选", en: "Filter by code or name" },
  list_loading: { zh: "正在读取 {n}", en: "Reading {n}" },
  list_before: { zh: "上一页", en: "Previous page" },
  list_after: { zh: "下一页", en: "Next page" },
  list_parcel: { zh: "地块", en: "Parcel" },
  list_stage: { zh: "阶段", en: "Stage" },
  list_gross: { zh: "毛（亩）", en: "Gross (mu)" },
  list_net: { zh: "净（亩）", en: "Net (mu)" },
  list_kind: { zh: "列出", en: "List" },
});

const PAGE_ROWS = 50;

function listing(app) {
  const root = slot("parcels");
  const list = { app, kind: "parcels", page: 0, sort: "id", down: false, typed: "", rows: [] };
  Object.assign(list, { table: el("div", "lr-fit"), range: el("span", "", "") });
  list.range.setAttribute("role", "status");
  root.append(kindChoice(list), filterField(list), list.table, pager(list));
  const refresh = () => app.state.get("tab") === "parcels" && showListing(list);
  app.state.when(["tab", "date", "only", "whatif"], refresh);
  refresh();
}

function kindChoice(list) {
  const nodes = ["parcels", "blocks", "zones"].map((kind) => {
    const node = button("lr-quiet", worded(kind), () => {
      Object.assign(list, { kind, page: 0, sort: "id", down: false });
      nodes.forEach((other) => other.setAttribute("aria-pressed", String(other === node)));
      showListing(list);
    });
    node.setAttribute("aria-pressed", String(kind === list.kind));
    return node;
  });
  const group = el("div", "lr-kinds", nodes);
  group.setAttribute("role", "group");
  name(group, "aria-label", worded("list_kind"));
  return group;
}

function filterField(list) {
  const field = el("input", "lr-filter");
  field.type = "search";
  name(field, "placeholder", worded("list_filter"));
  name(field, "aria-label", worded("list_filter"));
  field.addEventListener("input", () => {
    Object.assign(list, { typed: folded(field.value), page: 0 });
    showListing(list);
  });
  return field;
}

function pager(list) {
  const turn = (key, step) =>
    button("lr-quiet", worded(key), () => {
      list.page += step;
      showListing(list);
    });
  list.before = turn("list_before", -1);
  list.after = turn("list_after", 1);
  return el("div", "lr-pager", [list.before, list.range, list.after]);
}

async function showListing(list) {
  const asked = (list.asked = (list.asked ?? 0) + 1);
  const source = await Promise.resolve(sourceOf(list)).catch(() => null);
  if (asked !== list.asked) return;
  if (!source) return say(list.range, worded("unread_land"));
  const fits = (row) => !list.typed || folded(source.label(row)).includes(list.typed);
  const keep = source.rows.filter(fits);
  const key = source.columns.find((column) => column.key === list.sort) ?? source.columns[0];
  sortRows(keep, key, list.down);
  const last = Math.max(Math.ceil(keep.length / PAGE_ROWS) - 1, 0);
  list.page = Math.min(Math.max(list.page, 0), last);
  const from = list.page * PAGE_ROWS;
  const page = Array.from(keep.slice(from, from + PAGE_ROWS));
  list.table.replaceChildren(listTable(list, source, page));
  const shownRows = keep.length > 0 ? `${from + 1}–${from + page.length}` : "0";
  say(list.range, `${shownRows} / ${keep.length}`);
  list.before.disabled = list.page === 0;
  list.after.disabled = list.page === last;
}

// By a key made once for each row: numbers as numbers, codes as people count (B2 before B10).
function sortRows(rows, { sortKey }, down) {
  const keys = new Map(Array.from(rows, (row) => [row, sortKey(row)]));
  const numbers = rows.length === 0 || typeof keys.get(rows[0]) === "number";
  const { compare } = new Intl.Collator("zh", { numeric: true });
  const order = numbers ? (a, b) => a - b : compare;
  rows.sort((a, b) => (down ? -1 : 1) * order(keys.get(a), keys.get(b)) || a - b);
}

function listTable(list, source, page) {
  const heads = source.columns.map((column) => sortHead(list, column));
  const rows = page.map((row) =>
    el("tr", "", source.columns.map(({ cell: make, align }, at) => {
      const node = el(at === 0 ? "th" : "td", align === "right" ? "lr-right" : "", make(row));
      if (at === 0) node.scope = "row";
      return node;
    })),
  );
  const body = el("tbody", "", rows);
  const title = el("caption", "lr-unseen", worded(list.kind));
  return el("table", "lr-list", [title, el("thead", "", [el("tr", "", heads)]), body]);
}

function sortHead(list, { key, label, align }) {
  const node = el("th", align === "right" ? "lr-right" : "");
  node.scope = "col";
  const own = list.sort === key;
  if (own) node.setAttribute("aria-sort", list.down ? "descending" : "ascending");
  node.append(
    button("lr-sort", label, () => {
      Object.assign(list, { sort: key, down: own && !list.down, page: 0 });
      showListing(list).then(() => list.table.querySelector(`[data-sort=${key}]`)?.focus());
    }),
  );
  node.firstChild.dataset.sort = key;
  return node;
}

function sourceOf(list) {
  const { app, kind } = list;
  return kind === "parcels" ? parcelSource(list) : namedSource(app, kind);
}

// Blocks and zones: what the page says of them, in the order of the payload.
function namedSource(app, kind) {
  const items = app.payload[kind];
  const one = kind.slice(0, -1);
  const label = (row) => spoken(items[row].label);
  const open = (row) => [linkButton(app, items[row].label, { kind: one, id: items[row].id })];
  const lines = (row) => items[row].lines.map((line) => el("div", "", line));
  const about = { key: "lines", label: worded("facts"), sortKey: (row) => row, cell: lines };
  const own = { key: "id", label: worded(kind), sortKey: label, cell: open };
  const columns = items.some((item) => item.lines) ? [own, about] : [own];
  return { rows: items.map((_, row) => row), label, columns };
}

async function parcelSource({ app, range }) {
  const tell = (share) => say(range, worded("list_loading", shown(share, 0, { percent: true })));
  const facts = await app.atlas.all("facts", tell);
  const stand = await standingOf(app, facts, tell);
  const only = app.state.get("only");
  const [ids, names] = [facts["parcels.id"], facts["parcels.name"]];
  const every = Int32Array.from({ length: app.atlas.rows }, (_, row) => row);
  const asked = (row) => only === null || stand.rung(row) === only;
  const rows = every.filter((row) => stand.there(row) && asked(row));
  const label = (row) => `${ids[row]} ${names[row]}`.trim();
  return { rows, label, columns: parcelColumns(app, facts, stand, label) };
}

// Where every parcel stood on the date that is looked at; for today the facts alone tell.
async function standingOf({ atlas, payload, state }, facts, tell) {
  const date = state.get("date");
  if (date === payload.time.dates.length - 1) {
    const { "parcels.alive": there, "parcels.now": rungs } = facts;
    return { there: (row) => there[row] > 0, rung: (row) => rungs[row] };
  }
  for (const [at, chunk] of atlas.chunks.entries()) {
    await atlas.need(chunk, "shapes");
    tell((at + 1) / atlas.chunks.length);
  }
  const inChunk = (act) => (row) => {
    const chunk = atlas.chunkOf(row);
    return act(chunk, row - chunk.first);
  };
  return {
    there: inChunk((chunk, at) => alive(chunk, at, date)),
    rung: inChunk((chunk, at) => rungAt(chunk, date)[at]),
  };
}

function parcelColumns(app, facts, stand, label) {
  const { payload } = app;
  const { mu } = cardFigures(app);
  const land = facts["parcels.land"];
  const net = (row) => land[row] - facts["parcels.lost"][row] - facts["parcels.handover"][row];
  const worth = (steps) => (row) => (facts["parcels.alive"][row] > 0 ? mu(steps(row)) : NONE);
  const gross = (row) => land[row];
  const zone = (row) => valueAt(facts["parcels.zone"], row);
  const zoneName = (row) => payload.names.zones[zone(row)] ?? zone(row);
  const staged = (row) => [
    el("span", "lr-event", [
      swatch(app, stand.rung(row)),
      el("span", "", payload.stages[stand.rung(row)]),
    ]),
  ];
  const open = (row) => [linkButton(app, label(row), { kind: "parcel", row })];
  const right = { align: "right" };
  return [
    { key: "id", label: worded("list_parcel"), sortKey: label, cell: open },
    { key: "zone", label: worded("card_zone"), sortKey: zone, cell: zoneName },
    { key: "stage", label: worded("list_stage"), sortKey: stand.rung, cell: staged },
    { key: "land", label: worded("list_gross"), ...right, sortKey: gross, cell: worth(gross) },
    { key: "net", label: worded("list_net"), ...right, sortKey: net, cell: worth(net) },
  ];
}
