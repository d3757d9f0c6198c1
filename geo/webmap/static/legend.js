// The map's own controls: zoom, layers and the legend, which names what every colour means.

Object.assign(WORDS, {
  stage_sums: { zh: "地块 · 亩", en: "parcels · mu" },
  colours_mean: { zh: "颜色", en: "Colours" },
  no_blocks_tried: {
    zh: "推演中不画规划连片；可按“所在连片”着色",
    en: "Blocks of the plan: not under what-if; colour by contiguous block",
  },
  no_blocks_then: { zh: "连片只在数据日期显示", en: "Blocks: on the data date only" },
  turned: { zh: "点选改动的地块", en: "Parcel turned by you" },
});

const FULL = 0.95; // opacity of land that counts
const LIGHT = 0.5; // and of land that does not
const KNOWN_BARRIERS = ["river", "expressway", "railway", "power"];
const LAYERS = ["zones", "parcels", "blocks", "barriers", "labels", "lost"];
const USUAL_LAYERS = "zones parcels blocks barriers labels"; // of state "layers"

function tools({ map, drawn }) {
  tool("zoom_in", () => map.zoomIn());
  tool("zoom_out", () => map.zoomOut());
  tool("whole", () => drawn.whole());
}

// Adds a button to the map; `pressed` makes it one that is on or off, and is its first state.
function tool(key, act, { pressed } = {}) {
  const node = button("", [el("i", `lr-tool-${key.replaceAll("_", "-")}`)], act);
  name(node, "aria-label", worded(key));
  name(node, "title", worded(key));
  if (pressed !== undefined) node.setAttribute("aria-pressed", String(pressed));
  byId("tools").append(node);
  return node;
}

function legend(app) {
  const { payload } = app;
  const box = el("details", "", [el("summary", "", worded("key"))]);
  box.open = matchMedia("(min-width: 760px) and (min-height: 560px)").matches;
  box.addEventListener("toggle", () => app.drawn.relabel()); // no name lies below it
  const lists = [stageList(app), scaleList(app), signs(payload), lostSigns(payload)];
  box.append(el("div", "lr-key-body", [layerControl(app), ...lists]));
  byId("key").append(box);
  linkLayers(app);
  signsThatHold(app, box);
  app.state.when(["dark"], () => document.querySelectorAll(".lr-swatch").forEach(tint));
}

function layerControl({ state }) {
  const set = el("fieldset", "lr-layers", [el("legend", "", worded("layers"))]);
  for (const key of LAYERS) {
    const box = el("input", "");
    box.type = "checkbox";
    box.dataset.layer = key;
    box.addEventListener("change", () => {
      const shown = [...set.querySelectorAll(":checked")].map((node) => node.dataset.layer);
      state.set({ layers: shown.join(" ") });
    });
    set.append(el("label", "", [box, el("span", "", worded(key))]));
  }
  return set;
}

function linkLayers({ state, drawn }) {
  const known = (text) => text.split(" ").every((key) => key === "" || LAYERS.includes(key));
  const apply = () => {
    const chosen = state.get("layers").split(" ");
    for (const key of LAYERS) {
      drawn.show(key, chosen.includes(key));
      document.querySelector(`[data-layer=${key}]`).checked = chosen.includes(key);
    }
    byId("lost").hidden = !chosen.includes("lost");
  };
  state.linked("layers", { read: (text) => (known(text) ? text : undefined) });
  state.when(["layers"], apply);
  apply();
}

// Stages from the top of the ladder down, with a line under the lowest that counts.
function stageList(app) {
  const { payload, state } = app;
  const sums = new Map();
  const rows = ladderDown(app).map((stage) => stageRow(app, stage, sums));
  const top = [el("span", "", worded("stages")), el("small", "", worded("stage_sums"))];
  const node = el("div", "lr-stages", [el("h2", "", top), el("ul", "", rows)]);
  lineOfCounted(app, rows);
  const tell = async () => {
    node.hidden = state.get("colour") !== "stage";
    const told = await stageSums(app);
    told.forEach((text, rung) => say(sums.get(rung), text));
  };
  state.linked("only", { write: (rung) => rung, read: (text) => stageNamed(payload, text) });
  state.when(["date", "colour"], tell);
  tell();
  return node;
}

function stageNamed({ stages }, text) {
  return stages.find(({ rung }) => String(rung) === text)?.rung;
}

// The parcels and the mu of each stage on the date that is looked at.
async function stageSums(app) {
  const of = await stageTotals(app);
  return app.payload.stages.map(({ rung }) => {
    const { parcels, mu, none } = of(rung);
    return none ? NONE : `${parcels} · ${mu}`;
  });
}

// The line stands, and swatches are full, as the plan has it or as the reader tries it.
function lineOfCounted(app, rows) {
  const mark = el("li", "lr-counted", [el("span", "")]);
  const tell = () => {
    const from = countedFrom(app, 0);
    for (const row of rows) {
      const spot = row.querySelector(".lr-swatch");
      spot.dataset.counts = String(Number(spot.textContent) >= from);
      tint(spot);
      if (from > 0 && Number(spot.textContent) === from) row.after(mark);
    }
    say(mark.firstChild, worded("counted", String(from)));
    if (from === 0) mark.remove();
  };
  app.state.when(["whatif", "compare"], tell);
  tell();
}

function stageRow(app, stage, sums) {
  const { state } = app;
  const { rung } = stage;
  const node = button("lr-stage", undefined, () =>
    state.set({ only: state.get("only") === rung ? null : rung }),
  );
  const sum = el("small", "", "");
  sums.set(rung, sum);
  node.append(swatch(app, rung), el("span", "", stage), sum);
  name(node, "title", worded("only"));
  const tell = ({ only }) => node.setAttribute("aria-pressed", String(only === rung));
  state.when(["only"], tell);
  tell({ only: state.get("only") });
  return el("li", "", [node]);
}

// What the colours mean when they do not mean the stage.
function scaleList(app) {
  const { state } = app;
  const list = el("ul", "lr-signs");
  const node = el("div", "lr-lost", [el("h2", "", worded("colours_mean")), list]);
  const tell = () => {
    node.hidden = state.get("colour") === "stage";
    if (node.hidden) return;
    list.replaceChildren(...scaleOf(app).map(({ color, label }) => {
      const row = sign("lr-sign-scale", label);
      row.firstChild.style.backgroundColor = safeColour(color);
      return row;
    }));
  };
  state.when(["colour", "scenario", "whatif", "dark"], tell);
  tell();
  return node;
}

// A stage as the map shows it: number on colour, lighter where its land does not count.
function swatch(app, rung) {
  const node = el("i", "lr-swatch", String(rung));
  node.dataset.colour = safeColour(app.payload.stages[rung].color);
  node.dataset.counts = String(rung >= countedFrom(app, 0));
  tint(node);
  return node;
}

function tint(node) {
  const ground = getComputedStyle(document.body).getPropertyValue("--ground").trim();
  const fill = over(node.dataset.colour, ground, node.dataset.counts === "true" ? FULL : LIGHT);
  node.style.backgroundColor = fill;
  node.style.color = inkOn(fill);
}

function signs(payload) {
  const present = new Set(payload.barriers.map((barrier) => barrierClass(barrier)));
  const rows = [
    sign("lr-sign-self", worded("self_reported")),
    payload.blocks.length > 0 && sign("lr-sign-block", worded("blocks")),
    payload.blocks.some((block) => block.bridge_parcels.length > 0) &&
      sign("lr-sign-bridge", worded("bridge")),
    sign("lr-sign-turned", worded("turned")),
    payload.zones.length > 0 && sign("lr-sign-zone", worded("zones")),
    ...[...present].sort().map((kind) => sign(`lr-sign-${kind}`, barrierWord(kind))),
  ];
  return el("ul", "lr-signs", rows);
}

// The blocks of the plan are neither of another date nor of what the reader tries: that is said.
function signsThatHold(app, key) {
  const blocks = key.querySelector("[data-layer=blocks]");
  const row = (name) => key.querySelector(`.lr-sign-${name}`)?.parentNode;
  const rows = [row("block"), row("bridge")].filter(Boolean);
  const note = el("li", "lr-note");
  rows[0]?.before(note);
  const tell = ({ whatif, compare }) => {
    const holds = [0, compare ? 1 : 0].some((side) => blocksHold(app, side));
    blocks.disabled = !holds;
    for (const node of rows) node.hidden = !holds;
    note.hidden = holds;
    say(note, worded(whatif ? "no_blocks_tried" : "no_blocks_then"));
    row("turned").hidden = !whatif?.toggled;
  };
  app.state.when(["whatif", "compare", "date"], tell);
  tell({ whatif: app.state.get("whatif"), compare: app.state.get("compare") });
}

// Land that is lost, by kind; shown together with its layer. A hand-over lies nowhere.
function lostSigns(payload) {
  const rows = payload.lost.map((item) => {
    const row = sign("lr-sign-lost", item.label);
    row.firstChild.style.color = safeColour(item.color);
    return row;
  });
  if (payload.handover) rows.push(sign("lr-sign-none", payload.handover));
  const list = el("ul", "lr-signs", rows);
  const node = el("div", "lr-lost", [el("h2", "", worded("lost")), list]);
  node.id = "landready-lost";
  return node;
}

function sign(className, text) {
  return el("li", "", [el("i", className), el("span", "", text)]);
}

function barrierClass(barrier) {
  const kind = String(barrier.class).replace(/_.*$/, "");
  return KNOWN_BARRIERS.includes(kind) ? kind : "other";
}

function barrierWord(kind) {
  return kind === "other" ? worded("barriers") : worded(`class_${kind}`);
}

// Black or white, whichever reads better on a colour.
function inkOn(colour) {
  return luminance(colour) > 0.18 ? "#12181d" : "#ffffff";
}

function luminance(colour) {
  const [r, g, b] = channels(colour).map((v) =>
    v <= 0.04045 * 255 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function channels(colour) {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

// One colour laid over another at some opacity.
function over(colour, ground, opacity) {
  const below = channels(ground);
  const mixed = channels(colour).map((v, at) => v * opacity + below[at] * (1 - opacity));
  return `#${mixed.map((v) => Math.round(v).toString(16).padStart(2, "0")).join("")}`;
}
