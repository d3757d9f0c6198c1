// The card of a parcel, a block or a zone: what is known of it, and how it came about.

Object.assign(WORDS, {
  card_zone: { zh: "片区", en: "Zone" },
  card_use: { zh: "用地性质", en: "Land use" },
  card_gross: { zh: "毛面积（亩）", en: "Gross land (mu)" },
  card_net: { zh: "净用地（亩）", en: "Net land (mu)" },
  card_losses: { zh: "其中不可用（亩）", en: "Lost of it (mu)" },
  card_existing: { zh: "现状容积率", en: "Plot ratio existing" },
  card_planned: { zh: "规划容积率", en: "Plot ratio planned" },
  card_floor: { zh: "计入用地上的现状建筑（平方米）", en: "Existing floor on this land (m²)" },
  card_treatment: { zh: "处置方式", en: "Treatment" },
  card_block: { zh: "所在连片", en: "Block" },
  card_since: { zh: "到达该阶段", en: "At this stage since" },
  card_slope: { zh: "坡度：平均 / 最大（°）", en: "Slope: mean / steepest (°)" },
  card_relief: { zh: "高差（米）", en: "Relief (m)" },
  card_life: { zh: "存在期间", en: "Was there" },
  card_until: { zh: "{n} 之前", en: "until {n}" },
  former: { zh: "已不存在的地块", en: "Former parcel" },
  on_date: { zh: "截至 {n}", en: "as of {n}" },
  history: { zh: "整备历程", en: "History" },
  no_history: { zh: "尚无记录", en: "Nothing recorded" },
  event_reach: { zh: "到达", en: "reached" },
  event_revert: { zh: "退回", en: "fell back to" },
  event_split: { zh: "拆分", en: "split" },
  event_merge: { zh: "合并", en: "merged" },
  event_told: { zh: "自报", en: "self-reported" },
  bridges: { zh: "连接地块", en: "Bridge parcels" },
});

// Follows what is selected, and the date on which it is looked at.
function cards(app) {
  const { state, map } = app;
  let asked = 0;
  const show = async () => {
    const selected = state.get("selected");
    const own = (asked += 1);
    if (!selected) return clearCard();
    const body = await cardOf(app, selected).catch(() => null);
    if (own !== asked) return;
    if (!body) return announce(worded("unread_land"));
    fillCard(body, () => state.set({ selected: null }));
    if (!app.going) app.drawn.zoomTo(app.drawn.boxOf(selected), { quiet: true });
    remember(state.fragment()); // the code of a parcel is known only now
  };
  state.when(["selected", "date", "whatif", "scenario"], () => (app.carded = show()));
  document.addEventListener("keydown", ({ key, target }) => {
    if (key !== "Escape" || target.closest("dialog")) return;
    if (byId("card").contains(document.activeElement)) map.getContainer().focus();
    state.set({ selected: null });
  });
  linkSelected(app);
}

// Selects something and goes there, from where its place is not in sight.
async function goTo(app, selected) {
  if (selected.kind === "parcel") await app.atlas.need(app.atlas.chunkOf(selected.row), "shapes");
  byId("field").scrollIntoView({ block: "nearest" });
  if (selected.kind === "zone") return app.drawn.zoomTo(zoneBox(app, selected));
  app.going = true;
  app.state.set({ selected });
  await app.carded; // the map leaves room for it
  app.going = false;
  app.drawn.zoomTo(app.drawn.boxOf(selected));
}

function zoneBox({ atlas, payload }, { id }) {
  const at = payload.zones.findIndex((zone) => zone.id === id);
  return [...atlas.overlays.zones.boxes.subarray(4 * at, 4 * at + 4)];
}

// In the address stands the code of a parcel: its row may change when the page is made anew.
function linkSelected(app) {
  const { state, atlas, payload } = app;
  let wanted = null;
  const codeOf = (row) => {
    const { facts, first } = atlas.chunkOf(row);
    return facts ? `parcel ${facts["parcels.id"][row - first]}` : null;
  };
  state.linked("selected", {
    write: ({ kind, row, id }) => (kind === "parcel" ? codeOf(row) : `${kind} ${id}`),
    read: (text) => void (wanted = /^(parcel|block) (.*)$/s.exec(text)),
  });
  if (!wanted) return;
  const [, kind, id] = wanted;
  if (kind === "block" && payload.blocks.some((block) => block.id === id)) goTo(app, { kind, id });
  if (kind === "parcel") {
    atlas.rowOf(id).then((row) => row >= 0 && goTo(app, { kind, row }), () => {});
  }
}

function clearCard() {
  byId("card").replaceChildren();
  byId("card").classList.remove("lr-shown");
}

function fillCard({ title, chips, parts }, onClose) {
  const root = byId("card");
  const top = el("div", "lr-card-top", [el("h2", "", title), closeButton(onClose)]);
  root.replaceChildren(top, el("div", "lr-chips", chips.filter(Boolean)), ...parts.filter(Boolean));
  root.classList.add("lr-shown");
  root.scrollTop = 0;
}

async function cardOf(app, { kind, row, id }) {
  if (kind === "parcel") {
    if (app.atlas.chunks.length === 1) await app.reckoner.load().catch(() => {}); // it says so
    return parcelCard(app, await app.atlas.record(row));
  }
  return blockCard(app, app.payload.blocks.find((block) => block.id === id));
}

function parcelCard(app, record) {
  const { payload } = app;
  const now = stateOf(app, record);
  const stage = el("span", "", payload.stages[now.rung]);
  const standing = standingWords(app, record, now);
  const chips = [
    el("span", "lr-chip", [swatch(app, now.rung), stage]),
    now.told && el("span", "lr-chip", worded("self_reported")),
    standing && el("span", "lr-chip", standing),
    record.bridge > 0 &&
      now.planned &&
      el("span", "lr-chip lr-chip-bridge", worded("bridge_of", record.block)),
  ];
  const title = `${record.id} ${record.name}`.trim();
  const lines = [...landLines(app, record), ...(record.alive ? aliveLines(app, record, now) : [])];
  return { title, chips, parts: [cardList(lines), historyOf(app, record)] };
}

// Whether it counts, as the plan has it or as the reader tries it; null while that is reckoned.
function standingWords({ payload, reckoner }, { row, alive: isThere, counts }, now) {
  if (!now.latest) return worded("on_date", payload.time.dates[now.date]);
  if (!isThere) return worded("former");
  if (!now.planned && !reckoner.isReady()) return null;
  const tried = now.planned ? counts : reckoner.answer(now.setting).blocks.counts[row];
  return worded(tried ? "counts" : "not_counts");
}

// Where a parcel stood on the date that is looked at; planned: no setting changes what counts.
function stateOf(app, { row }) {
  const chunk = app.atlas.chunkOf(row);
  const date = app.state.get("date");
  const at = row - chunk.first;
  const [latest, planned] = [isLast(app, date), !app.state.get("whatif")];
  const [rung, told] = [rungAt(chunk, date)[at], toldAt(chunk, date)[at] > 0];
  return { date, latest, planned, rung, told, setting: planned ? null : settingNow(app) };
}

function landLines({ payload }, record) {
  const dates = payload.time?.dates ?? [];
  const life = record.alive ? [] : [["card_life", worded("card_until", dates[record.until + 1])]];
  return [["card_zone", payload.names.zones[record.zone] ?? record.zone], ...life];
}

function aliveLines(app, record, now) {
  const { payload } = app;
  const figures = cardFigures(app, record);
  const block = payload.blocks.find(({ id }) => id === record.block);
  const holds = block && now.latest && now.planned;
  return [
    ["card_use", record.land_use],
    ["card_gross", figures.mu(record.land)],
    ["card_net", figures.mu(record.land - record.lost - record.handover)],
    record.losses.length > 0 && ["card_losses", lossList(app, record, figures)],
    ["card_existing", shown(record.existing, 2)],
    ["card_planned", shown(record.planned, 2)],
    ["card_floor", record.floor > 0 ? figures.m2(record.floor - 1) : NONE],
    ...(app.scenarioLines?.(record.row) ?? []),
    ["card_treatment", payload.names.treatments[record.treatment] ?? record.treatment],
    holds && ["card_block", linkButton(app, block.label, { kind: "block", id: block.id })],
    now.latest && record.reached > NO_DAY && ["card_since", dayText(record.reached, "day")],
    ...(now.latest && now.planned ? aheadLines(app, record) : []),
    record.slope > 0 && ["card_slope", `${tenths(record.slope)} / ${tenths(record.steepest)}`],
    record.relief > 0 && ["card_relief", tenths(record.relief)],
  ].filter((line) => line && !payload.withheld?.includes(line[0]));
}

// Areas are whole steps of the land grid, so that they are shown as Python shows them.
function cardFigures({ payload: { model } }) {
  const m2 = (steps) => shown(steps / model.grid, 0, { grouped: true });
  const mu = (steps) => shown(steps / model.grid / model.m2_per_mu, 2, { grouped: true });
  return { m2, mu };
}

// One more than tenths, as the pack has them.
function tenths(packed) {
  return shown((packed - 1) / 10, 1);
}

function lossList({ payload }, record, figures) {
  const rows = record.losses.map(({ reason, area }) =>
    el("li", "", [
      el("span", "", payload.names.reasons[reason] ?? reason),
      el("span", "", figures.mu(area)),
    ]),
  );
  return el("ul", "lr-losses", rows);
}

function linkButton(app, text, selected) {
  return button("lr-link", text, () => goTo(app, selected));
}

function cardList(lines) {
  const rows = lines.map(([key, value]) => {
    const label = typeof key === "string" ? worded(key) : key;
    const shownValue = value instanceof Node ? el("dd", "", [value]) : el("dd", "", value);
    return el("div", "", [el("dt", "", label), shownValue]);
  });
  return el("dl", "", rows);
}

// A day counted from 1970 as exactly as it is known: 2024-12-31, 2024-12, 2024-Q4, 2024-H2, 2024.
function dayText(day, known) {
  const text = new Date(day * 864e5).toISOString();
  const month = Number(text.slice(5, 7));
  if (known === "quarter") return `${text.slice(0, 4)}-Q${Math.ceil(month / 3)}`;
  if (known === "half") return `${text.slice(0, 4)}-H${Math.ceil(month / 6)}`;
  return text.slice(0, { day: 10, month: 7, year: 4 }[known]);
}

const NO_DAY = -1_000_000; // as the pack has it
const OWN = "\ue000"; // in a text, the id of its own parcel

function historyOf(app, { id, events }) {
  const rows = events.map((event) =>
    eventRow(app, { ...event, evidence: event.evidence.replaceAll(OWN, () => id) }),
  );
  const none = el("p", "lr-note", worded("no_history"));
  const list = rows.length > 0 ? el("ol", "lr-history", rows) : none;
  return el("section", "", [el("h3", "", worded("history")), list]);
}

function eventRow(app, { day, known, kind, rung, evidence, source }) {
  const staged = kind === "reach" || kind === "revert";
  const what = [el("span", "", worded(`event_${kind}`))];
  if (staged) what.push(swatch(app, rung), el("span", "", app.payload.stages[rung]));
  const shows = evidence || (kind === "reach" ? worded("event_told") : "");
  const below = [shows && el("span", "", shows), source && el("span", "", source)];
  return el("li", "", [
    el("time", "", dayText(day, known)),
    el("div", "", [el("p", "lr-event", what), el("p", "lr-note", below)]),
  ]);
}

function blockCard(app, block) {
  const lines = el("ul", "", block.lines.map((line) => el("li", "", line)));
  const go = async (id) => goTo(app, { kind: "parcel", row: await app.atlas.rowOf(id) });
  const links = block.bridge_parcels.map((id) => button("lr-link", id, () => go(id)));
  const bridges = links.length > 0 &&
    el("section", "", [el("h3", "", worded("bridges")), el("div", "lr-links", links)]);
  const chips = [el("span", "lr-chip", worded("blocks"))];
  return { title: block.label, chips, parts: [lines, bridges] };
}
