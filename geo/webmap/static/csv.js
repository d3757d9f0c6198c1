// CSV of a table, and of the parcels that the map shows: for Excel, and with no formula in it.

Object.assign(WORDS, {
  csv_parcel: { zh: "地块编号", en: "Parcel" },
  csv_name: { zh: "名称", en: "Name" },
  csv_zone: { zh: "片区", en: "Zone" },
  csv_use: { zh: "用地性质", en: "Land use" },
  csv_treatment: { zh: "处置方式", en: "Treatment" },
  csv_rung: { zh: "阶段序号", en: "Stage no." },
  csv_stage: { zh: "整备阶段", en: "Stage" },
  csv_told: { zh: "自报", en: "Self-reported" },
  csv_block: { zh: "连片", en: "Block" },
  csv_m2: { zh: "用地面积（平方米）", en: "Land (m²)" },
  csv_mu: { zh: "用地面积（亩）", en: "Land (mu)" },
  csv_date: { zh: "日期", en: "Date" },
  csv_counted: { zh: "计入整备", en: "Counted" },
  csv_net: { zh: "净用地（平方米）", en: "Net land (m²)" },
  csv_ratio: { zh: "规划容积率", en: "Plot ratio planned" },
  yes: { zh: "是", en: "yes" },
  no: { zh: "否", en: "no" },
});

const FORMULA_STARTS = /^ *[=+\-@\t\r\n＝＋－＠]/; // as geo/files.py has them
const FIGURE = /^-?\d+(\.\d+)?%?$/;
const CSV_FIGURES = ["m2", "mu", "date", "counted", "net", "ratio"];
const LAND_STEPS = 65536; // steps of the land grid to a square metre

function csvOf(rows) {
  return `\ufeff${rows.map((row) => `${row.map(csvCell).join(",")}\r\n`).join("")}`;
}

// A number as it is; a text that a spreadsheet would take for a formula gets an apostrophe.
function csvCell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = FORMULA_STARTS.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// A name for a file, as every system takes it.
function fileName(app, kind, ending) {
  const title = spoken(app.payload.title).replace(/[\\/:*?"<>|\p{C}]/gu, "").trim().slice(0, 60);
  const day = dateShown(app);
  return `${[title || "landready", kind, day].filter(Boolean).join(" ")}.${ending}`;
}

function dateShown({ payload, state }) {
  return payload.time?.dates?.[state.get("date")] ?? "";
}

function download(file, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function downloadCsv(file, rows) {
  download(file, new Blob([csvOf(rows)], { type: "text/csv;charset=utf-8" }));
}

function downloadTable(app, item) {
  const kind = spoken(item.title).replace(/\s+/g, " ").slice(0, 40);
  const heads = item.columns.map((column) => spoken(column));
  const rows = item.rows.map((row) => row.map((value, at) => tableCell(item.columns[at], value)));
  downloadCsv(fileName(app, kind, "csv"), [heads, ...rows]);
}

// A cell as it is shown, figures without their grouping.
function tableCell({ kind }, value) {
  if (value === null || value === undefined) return null;
  if (kind === "light") return spoken(worded(Object.hasOwn(WORDS, value) ? value : "grey"));
  const text = spoken(value.text ?? value);
  const bare = text.replaceAll(",", "");
  if (kind === "text" || !FIGURE.test(bare)) return text === NONE ? null : text;
  return bare.endsWith("%") ? bare : Number(bare);
}

// Of a folder every chunk may have to be read first, which is said; as is that one cannot be.
async function saveParcels(app, options) {
  if (app.atlas.overview) announce(worded("reading_land"));
  try {
    const rows = await shownParcels(app, options);
    downloadCsv(fileName(app, spoken(worded("parcels")), "csv"), rows);
  } catch {
    announce(worded("unread_land"));
  }
}

// The parcels of the map on its date, of the stage singled out if one is; in sight only if asked.
async function shownParcels(app, { inView = false } = {}) {
  const heads = ["parcel", "name", "zone", "use", "treatment", "rung", "stage", "told", "block"];
  const rows = [[...heads, ...CSV_FIGURES].map((key) => spoken(worded(`csv_${key}`)))];
  const view = inView ? viewOf(frameOf(app)) : null;
  for (const chunk of app.atlas.chunks) {
    if (view && !touches(chunk.box, view)) continue;
    const shapes = await app.atlas.need(chunk, "shapes");
    const facts = await app.atlas.need(chunk, "facts");
    const wanted = view ? rowsIn(shapes, view) : Array.from({ length: chunk.count }, (_, at) => at);
    for (const at of wanted) {
      if (isShown(app, chunk, at)) rows.push(parcelRow(app, chunk, facts, at));
    }
  }
  return rows;
}

function isShown({ state }, chunk, at) {
  const date = state.get("date");
  const only = state.get("only");
  return alive(chunk, at, date) && (only === null || rungAt(chunk, date)[at] === only);
}

function parcelRow(app, chunk, facts, at) {
  const { payload, state } = app;
  const date = state.get("date");
  const cell = (key) => (facts[`parcels.${key}`] ? valueAt(facts[`parcels.${key}`], at) : null);
  const rung = rungAt(chunk, date)[at];
  const zone = payload.zones.find(({ id }) => id === cell("zone"));
  const m2 = (...less) => less.reduce((rest, key) => rest - cell(key), cell("land")) / LAND_STEPS;
  const land = cell("alive") ? m2() : null;
  const counts = countsAt(chunk, date, null)(at);
  return [
    ...[cell("id"), cell("name"), zone ? spoken(zone.label) : cell("zone"), cell("land_use")],
    ...[cell("treatment"), rung, spoken(payload.stages.find((stage) => stage.rung === rung) ?? "")],
    toldAt(chunk, date)[at] ? spoken(worded("yes")) : "",
    date === lastDate(app) ? valueAt(chunk.shapes.columns["parcels.block"], at) : "",
    ...[land, land === null ? null : land / payload.model.m2_per_mu, dateShown(app)],
    spoken(worded(counts ? "yes" : "no")),
    ...(cell("alive") ? [m2("lost", "handover"), cell("planned")] : [null, null]),
  ];
}
