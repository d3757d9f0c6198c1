// Print and save: one window for paper, picture and table, and the sheet that is printed.

Object.assign(WORDS, {
  save: { zh: "打印与保存", en: "Print and save" },
  full: { zh: "全屏", en: "Full screen" },
  sheet: { zh: "图纸", en: "Sheet" },
  paper: { zh: "纸张", en: "Paper" },
  landscape: { zh: "横向", en: "Landscape" },
  portrait: { zh: "纵向", en: "Portrait" },
  show_sheet: { zh: "打开图纸", en: "Open the sheet" },
  print: { zh: "打印", en: "Print" },
  picture: { zh: "图片（PNG）", en: "Picture (PNG)" },
  picture_note: { zh: "当前视图；不含底图", en: "What the map shows, without a basemap" },
  save_picture: { zh: "保存图片", en: "Save the picture" },
  shown_parcels: { zh: "地块表（CSV）", en: "Parcels (CSV)" },
  csv_all: { zh: "保存全部地块", en: "Save all parcels" },
  csv_view: { zh: "只保存视图内的", en: "Only those in view" },
  north: { zh: "北", en: "N" },
  scale_of: { zh: "比例尺 {n}", en: "Scale {n}" },
  at_size: { zh: "（按 {n} 实际大小打印）", en: " (printed on {n} at actual size)" },
});

const PAPERS = { A4: [210, 297], A3: [297, 420] }; // mm
const MARGIN_MM = 10;
const PX_PER_MM = 96 / 25.4;
const SHEET_RATIO = 3;
const NICE_SCALES = [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5];

function saving(app) {
  tool("save", () => openSaving(app));
  const field = document.getElementById("landready-field");
  if (!document.fullscreenEnabled) return;
  const node = tool("full", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else field.requestFullscreen();
  });
  node.setAttribute("aria-pressed", "false");
  document.addEventListener("fullscreenchange", () => {
    node.setAttribute("aria-pressed", String(document.fullscreenElement === field));
    app.map.invalidateSize({ animate: false });
  });
}

function openSaving(app) {
  const node = el("dialog", "lr-dialog lr-saving");
  const shut = (act) => () => {
    node.close();
    return act();
  };
  const title = el("h2", "", worded("save"));
  title.id = "landready-saving";
  node.setAttribute("aria-labelledby", title.id);
  const csv = (inView) => () => saveParcels(app, { inView });
  node.append(
    el("div", "lr-dialog-top", [title, closeButton(() => node.close())]),
    paperChoice(app, shut),
    savingPart("picture", [
      el("p", "lr-note", worded("picture_note")),
      button("lr-act", worded("save_picture"), shut(() => savePicture(app))),
    ]),
    savingPart("shown_parcels", [
      button("lr-act", worded("csv_all"), shut(csv(false))),
      button("lr-act", worded("csv_view"), shut(csv(true))),
    ]),
  );
  node.addEventListener("click", (event) => event.target === node && node.close());
  node.addEventListener("close", () => node.remove());
  document.body.append(node);
  node.showModal();
}

function savingPart(key, nodes) {
  return el("section", "", [el("h3", "", worded(key)), ...nodes]);
}

function paperChoice(app, shut) {
  const pick = (key, choices) => {
    const options = choices.map(([value, label]) =>
      Object.assign(el("option", "", label), { value }),
    );
    const node = el("select", `lr-pick-${key}`, options);
    name(node, "aria-label", worded(key));
    return node;
  };
  const paper = pick("paper", Object.keys(PAPERS).map((size) => [size, size]));
  const turn = pick("sheet", ["landscape", "portrait"].map((way) => [way, worded(way)]));
  const open = () => openSheet(app, paper.value, turn.value === "landscape");
  const act = button("lr-act", worded("show_sheet"), shut(open));
  return savingPart("sheet", [el("div", "lr-row", [paper, turn, act])]);
}

// The sheet over the page, as it will be printed; closing it gives the page back as it was.
async function openSheet(app, paper, landscape) {
  const { frame } = sheetFrame(app, mapBox(paper, landscape));
  if (!(await landThere(app, frame))) return;
  const theme = app.state.get("theme");
  app.state.set({ theme: "light" }); // paper is white
  const node = el("section", "lr-sheet-view");
  node.id = "landready-sheet";
  node.setAttribute("role", "dialog");
  node.setAttribute("aria-modal", "true");
  name(node, "aria-label", worded("sheet"));
  const unsize = pageSize(paper, landscape);
  const close = () => {
    unsize();
    node.remove();
    document.body.classList.remove("lr-sheeted");
    document.removeEventListener("keydown", onKey);
    app.state.set({ theme });
  };
  const onKey = ({ key }) => key === "Escape" && close();
  const print = button("lr-act", worded("print"), () => window.print());
  node.append(el("div", "lr-sheet-tools", [print, closeButton(close)]));
  node.append(sheetOf(app, paper, landscape));
  document.addEventListener("keydown", onKey);
  document.body.append(node);
  document.body.classList.add("lr-sheeted");
  print.focus();
}

// A rule in our own style sheet: the policy lets no other style in.
function pageSize(paper, landscape) {
  const [sheet] = document.styleSheets;
  const [width, height] = landscape ? [...PAPERS[paper]].reverse() : PAPERS[paper];
  const rule = `@page { size: ${width}mm ${height}mm; margin: ${MARGIN_MM}mm; }`;
  sheet.insertRule(rule, sheet.cssRules.length);
  return () => {
    const at = [...sheet.cssRules].findIndex((one) => one.cssText.startsWith("@page"));
    if (at >= 0) sheet.deleteRule(at);
  };
}

function sheetOf(app, paper, landscape) {
  const { payload } = app;
  const [width, height] = sheetSize(paper, landscape);
  const { canvas, ground, scale } = sheetMap(app, mapBox(paper, landscape));
  const said = [...(app.state.get("whatif") ? [WORDS.whatif_sign] : []), ...payload.notices];
  const hasGoals = payload.goals.length > 0;
  const node = el("div", `lr-sheet ${landscape ? "lr-wide" : "lr-tall"}`, [
    el("header", "", [el("h1", "", payload.title), el("p", "", payload.subtitle)]),
    el("figure", "lr-sheet-map", [canvas, northArrow()]),
    el("div", "lr-sheet-side", [
      scaleBar(ground, scale, paper),
      sheetKey(),
      hasGoals && sheetTable(goalTable(app, app.state.get("date")), landscape),
      sheetFacts(payload),
    ]),
    el("ul", "lr-sheet-notices", said.map((words) => el("li", "", words))),
  ]);
  // One millimetre less: a sheet that just fits is broken in two by rounding.
  Object.assign(node.style, { width: `${width}mm`, height: `${height - 1}mm` });
  return node;
}

// Width and height in mm of what is printed on, and of the map in it.
function sheetSize(paper, landscape) {
  const sides = landscape ? [...PAPERS[paper]].reverse() : PAPERS[paper];
  return sides.map((side) => side - 2 * MARGIN_MM);
}

function mapBox(paper, landscape) {
  const [width, height] = sheetSize(paper, landscape);
  return landscape ? [0.68 * width, height - 36] : [width, 0.54 * height];
}

// The land in view in a box of mm, at the next round scale at which all of it is there.
function sheetFrame(app, [width, height]) {
  const [west, south, east, north] = landInView(app);
  const [across, down] = [width * PX_PER_MM, height * PX_PER_MM];
  const centre = [(west + east) / 2, (south + north) / 2];
  const perUnit = groundScale(toLatLng(app, ...centre).lat) / UNITS_PER_M; // m of ground
  const needed = Math.max((east - west) / width, (north - south) / height); // units to a mm
  const scale = niceScale(needed * perUnit * 1000);
  const pxPerUnit = (perUnit * 1000 * PX_PER_MM) / scale;
  const frame = {
    ...{ width: across, height: down, ratio: SHEET_RATIO, scale: pxPerUnit, side: 0 },
    ...{ west: centre[0] - across / 2 / pxPerUnit, north: centre[1] + down / 2 / pxPerUnit },
  };
  return { frame, ground: perUnit / pxPerUnit, scale };
}

function sheetMap(app, box) {
  const { frame, ...measures } = sheetFrame(app, box);
  const canvas = landCanvas(app, frame);
  const [width, height] = box.map((side) => `${side}mm`);
  Object.assign(canvas.style, { width, height });
  canvas.setAttribute("role", "img");
  name(canvas, "aria-label", worded("map"));
  return { canvas, ...measures };
}

// What of all land the map shows, with some room; the view itself where it shows none.
function landInView(app) {
  const view = viewOf(frameOf(app));
  const [southWest, northEast] = app.payload.bounds.map((corner) => toWorld(app, corner));
  const room = 0.04 * Math.max(northEast[0] - southWest[0], northEast[1] - southWest[1]);
  const land = [...southWest.map((side) => side - room), ...northEast.map((side) => side + room)];
  if (!touches(land, view)) return view;
  return land.map((side, at) => (at < 2 ? Math.max(side, view[at]) : Math.min(side, view[at])));
}

function niceScale(least) {
  const tens = 10 ** Math.floor(Math.log10(least));
  return Math.round(tens * (NICE_SCALES.find((step) => step * tens >= least) ?? 10));
}

function scaleBar(ground, scale, paper) {
  const metres = roundLength(ground * 180);
  const bar = el("i", "");
  bar.style.width = `${metres / ground / PX_PER_MM}mm`;
  const length = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
  const ratio = worded("scale_of", `1:${shown(scale, 0, { grouped: true })}`);
  const size = worded("at_size", paper);
  const text = { zh: ratio.zh + size.zh, en: ratio.en + size.en };
  return el("div", "lr-sheet-scale", [bar, el("span", "", length), el("p", "", text)]);
}

// Web Mercator has north at the top everywhere.
function northArrow() {
  return el("div", "lr-north", [el("i", ""), el("span", "", worded("north"))]);
}

// The legend as the page has it now: its colours, and its signs.
function sheetKey() {
  const colours = legendEntries().map(({ colour, ink, sign, label }) => {
    if (!colour) return el("li", "lr-sheet-half", label);
    const spot = el("i", "lr-swatch", sign || undefined);
    Object.assign(spot.style, { backgroundColor: colour, color: ink });
    return el("li", "", [spot, el("span", "", label)]);
  });
  const signs = [...document.querySelectorAll("#landready-key .lr-signs li")]
    .filter((node) => !node.closest("[hidden]") && !node.querySelector(".lr-sign-scale"))
    .map((node) => el("li", "", [node.firstChild.cloneNode(), el("span", "", node.textContent)]));
  const lists = [["lr-sheet-key", colours], ["lr-sheet-key lr-signs", signs]];
  return el("div", "", lists.map(([kind, rows]) => el("ul", kind, rows)));
}

// Beside the map a table of few rows is turned on its side.
function sheetTable(item, isBeside) {
  const form = isBeside && item.rows.length <= FEW_ROWS ? turnedTable : plainTable;
  return el("div", "lr-sheet-table", [el("h2", "", item.title), form(item, item.rows)]);
}

function sheetFacts({ facts }) {
  const rows = facts.map((fact) => el("div", "", [el("dt", "", fact), el("dd", "", fact.value)]));
  return el("dl", "lr-sheet-facts", rows);
}
