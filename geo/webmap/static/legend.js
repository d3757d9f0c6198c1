// The map's own controls: zoom, layers and the legend, which names each stage by colour and number.

const FULL = 0.95; // opacity of land that counts
const LIGHT = 0.5; // and of land that does not
const KNOWN_BARRIERS = ["river", "expressway", "railway", "power"];

function tools(map, onWhole) {
  const kinds = [
    ["zoom_in", () => map.zoomIn()],
    ["zoom_out", () => map.zoomOut()],
    ["whole", onWhole],
  ];
  for (const [key, act] of kinds) {
    const node = button("", [el("i", `lr-tool-${key.replace("_", "-")}`)], act);
    name(node, "aria-label", worded(key));
    name(node, "title", worded(key));
    document.getElementById("landready-tools").append(node);
  }
}

function legend(payload, { onLayer, onStage }) {
  const box = el("details", "", [el("summary", "", worded("key"))]);
  box.open = matchMedia("(min-width: 760px) and (min-height: 560px)").matches;
  box.append(
    el("div", "lr-key-body", [
      ...[layerControl(onLayer), stageList(payload, onStage)],
      ...[signs(payload), lostSigns(payload)],
    ]),
  );
  document.getElementById("landready-key").append(box);
}

function layerControl(onLayer) {
  const set = el("fieldset", "lr-layers", [el("legend", "", worded("layers"))]);
  for (const key of ["zones", "parcels", "blocks", "barriers", "labels", "lost"]) {
    const box = el("input", "");
    box.type = "checkbox";
    box.checked = key !== "lost";
    box.dataset.layer = key;
    box.addEventListener("change", () => onLayer(key, box.checked));
    set.append(el("label", "", [box, el("span", "", worded(key))]));
  }
  return set;
}

// Stages from the top of the ladder down, with a line under the lowest that counts.
function stageList(payload, onStage) {
  const from = payload.counted_from;
  const rows = [...payload.stages].sort((a, b) => b.rung - a.rung).flatMap((stage) => {
    const row = stageRow(stage, stage.rung >= from, onStage);
    return from > 0 && stage.rung === from ? [row, countedMark(from)] : [row];
  });
  return el("div", "lr-stages", [el("h3", "", worded("stages")), el("ul", "", rows)]);
}

function countedMark(from) {
  return el("li", "lr-counted", [el("span", "", worded("counted", String(from)))]);
}

function stageRow(stage, counts, onStage) {
  const node = button("lr-stage", undefined, () => {
    const chosen = node.getAttribute("aria-pressed") !== "true";
    for (const other of document.querySelectorAll(".lr-stage")) {
      other.setAttribute("aria-pressed", String(chosen && other === node));
    }
    onStage(chosen ? stage.rung : null);
  });
  node.append(swatch(stage, counts), el("span", "", stage));
  node.setAttribute("aria-pressed", "false");
  name(node, "title", worded("only"));
  return el("li", "", [node]);
}

// A stage as the map shows it: number on colour, lighter where its land does not count.
function swatch(stage, counts) {
  const node = el("i", "lr-swatch", String(stage.rung));
  node.dataset.colour = safeColour(stage.color);
  node.dataset.counts = String(counts);
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
    payload.blocks.some((block) => block.bridge_parcels?.length) &&
      sign("lr-sign-bridge", worded("bridge")),
    sign("lr-sign-zone", worded("zones")),
    ...[...present].sort().map((kind) => sign(`lr-sign-${kind}`, barrierWord(kind))),
  ];
  return el("ul", "lr-signs", rows);
}

// Land that is lost, by kind; shown together with its layer.
function lostSigns(payload) {
  const rows = payload.lost.map((item) => {
    const row = sign("lr-sign-lost", item.label);
    row.firstChild.style.color = safeColour(item.color);
    return row;
  });
  const node = el("div", "lr-lost", [
    el("h3", "", worded("lost")),
    el("ul", "lr-signs", rows),
  ]);
  node.id = "landready-lost";
  node.hidden = true;
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
