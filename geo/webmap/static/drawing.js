// The drawing: what the map shows of zones, parcels, land lost, blocks and barriers.
//
// drawing(map, payload, handlers) → { show, only, select, restyle, whole }. The rest of the page
// knows no more of it than that, so that another way of drawing can take its place.

const PANES = { zones: 402, parcels: 410, barriers: 420, blocks: 430, selection: 440, labels: 450 };

function drawing(map, payload, { onParcel, onBlock, onGround }) {
  const renderers = panes(map);
  const state = { payload, only: null, selected: null, theme: theme(), patterns: new Map() };
  const layers = {
    zones: zoneLayer(state, renderers.zones),
    parcels: parcelLayer(state, renderers.parcels, onParcel),
    lost: lostLayer(state, renderers.parcels),
    barriers: barrierLayer(state, renderers.barriers),
    blocks: blockLayer(state, renderers.blocks, onBlock),
    labels: labelLayer(state),
  };
  const { lost, ...shown } = layers; // land lost is drawn when it is asked for
  Object.values(shown).forEach((layer) => layer.addTo(map));
  const selection = L.layerGroup([], { pane: "selection" }).addTo(map);
  map.on("click", onGround);
  map.getContainer().dataset.parcels = String(layers.parcels.getLayers().length);
  const restyle = () => {
    state.theme = theme();
    state.patterns.clear();
    for (const layer of Object.values(layers)) layer.restyle();
    document.querySelectorAll(".lr-swatch").forEach(tint);
  };
  return {
    show: (key, shown) => {
      if (layers[key] === lost) document.getElementById("landready-lost").hidden = !shown;
      return shown ? layers[key].addTo(map) : layers[key].remove();
    },
    only: (rung) => {
      state.only = rung;
      layers.parcels.restyle();
    },
    select: (geometry, options) => {
      selection.clearLayers();
      if (geometry) mark(map, selection, state.theme, renderers.selection, geometry, options);
    },
    restyle,
    relabel: () => layers.labels.restyle(),
    whole: (options) => map.fitBounds(payload.bounds, { ...roomFor(map), ...options }),
  };
}

// Parcels share one canvas, which alone takes the pointer; the rest is little and drawn as SVG.
function panes(map) {
  const renderers = {};
  for (const [key, order] of Object.entries(PANES)) {
    map.createPane(key).style.zIndex = String(order);
    const kind = key === "parcels" ? L.canvas : L.svg;
    renderers[key] = kind({ pane: key, padding: 0.3, tolerance: 2 });
  }
  return renderers;
}

function theme() {
  const style = getComputedStyle(document.body);
  const read = (key) => style.getPropertyValue(`--${key}`).trim();
  const keys = ["ground", "ink", "paper", "edge", "zone", "bridge", "select"];
  const barriers = [...KNOWN_BARRIERS, "other"];
  return Object.fromEntries([...keys, ...barriers].map((key) => [key, read(key)]));
}

function feature(id, geometry, properties) {
  return { type: "Feature", id, geometry, properties };
}

// A GeoJSON layer whose style can be asked for again, after a change of theme or choice.
function styled(features, style, options) {
  const layer = L.geoJSON(features.filter(({ geometry }) => geometry), { ...options, style });
  layer.restyle = () => layer.setStyle(style);
  return layer;
}

function zoneLayer(state, renderer) {
  const features = state.payload.zones.map((zone) => feature(zone.id, zone.geometry, zone));
  const style = () => ({
    ...{ color: state.theme.zone, weight: 1.75, dashArray: "7 5", fill: true },
    ...{ fillColor: state.theme.paper, fillOpacity: 0.55 },
  });
  return styled(features, style, { renderer, pane: "zones", interactive: false });
}

function parcelLayer(state, renderer, onParcel) {
  const colours = stageColours(state.payload);
  const features = state.payload.parcels.items.map((item) => feature(item.id, item.geometry, item));
  const style = ({ properties }) => parcelStyle(state, colours, properties);
  const layer = styled(features, style, { renderer, pane: "parcels", bubblingMouseEvents: false });
  layer.on("click", (event) => onParcel(event.propagatedFrom.feature.properties));
  return layer;
}

function stageColours({ stages }) {
  return new Map(stages.map(({ rung, color }) => [rung, safeColour(color)]));
}

function parcelOpacity(state, item) {
  const dimmed = state.only !== null && item.rung !== state.only;
  return dimmed ? 0.08 : item.counts ? FULL : LIGHT;
}

function parcelStyle(state, colours, item) {
  const colour = colours.get(item.rung) ?? "#999999";
  return {
    color: state.theme.edge,
    weight: item.self_reported ? 1.6 : 0.9,
    dashArray: item.self_reported ? "1 3.5" : null,
    fillColor: item.self_reported ? hatched(state, colour) : colour,
    fillOpacity: parcelOpacity(state, item),
  };
}

// On the canvas of the parcels, which stay what is pointed at.
function lostLayer(state, renderer) {
  const features = state.payload.lost.map((item) => feature("", item.geometry, item));
  const style = ({ properties }) => {
    const colour = safeColour(properties.color);
    return { color: colour, weight: 1, fillColor: hatched(state, colour, true), fillOpacity: 1 };
  };
  return styled(features, style, { renderer, pane: "parcels", interactive: false });
}

// Diagonal stripes of a colour, over the ground or over what lies below: a canvas takes a pattern
// where it takes a colour.
function hatched(state, colour, clear = false) {
  const key = `${colour} ${clear}`;
  const known = state.patterns.get(key);
  if (known) return known;
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.fillStyle = clear ? "#ffffff80" : over(colour, state.theme.ground, 0.4);
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = colour;
  pen.lineWidth = 2.6;
  for (const shift of [-8, 0, 8]) {
    pen.beginPath();
    pen.moveTo(shift - 2, 10);
    pen.lineTo(shift + 10, -2);
    pen.stroke();
  }
  const pattern = pen.createPattern(tile, "repeat");
  state.patterns.set(key, pattern);
  return pattern;
}

const BARRIER_LINES = {
  river: { weight: 5 },
  expressway: { weight: 4 },
  railway: { weight: 3, dashArray: "10 5", lineCap: "butt" },
  power: { weight: 2.5, dashArray: "1 6" },
  other: { weight: 3 },
};

function barrierLayer(state, renderer) {
  const features = state.payload.barriers.map((item) => feature("", item.geometry, item));
  const style = ({ geometry, properties }) => {
    const kind = barrierClass(properties);
    const flat = geometry.type.endsWith("Polygon");
    const line = { color: state.theme[kind], opacity: 0.85, ...BARRIER_LINES[kind] };
    return flat ? { ...line, weight: 1, fillColor: state.theme[kind], fillOpacity: 0.35 } : line;
  };
  return styled(features, style, { renderer, pane: "barriers", interactive: false });
}

// Each block twice, a light casing under a dark line; only the line takes the pointer.
function blockLayer(state, renderer, onBlock) {
  const { blocks, parcels } = state.payload;
  const options = { renderer, pane: "blocks" };
  const outlines = blocks.map((block) => feature(block.id, block.geometry, block));
  const links = new Set(blocks.flatMap((block) => block.bridge_parcels ?? []));
  const marked = parcels.items.filter((item) => links.has(item.id));
  const line = (key, weight) => () => ({ color: state.theme[key], weight, fill: false });
  const parts = [
    styled(outlines, line("paper", 6), { ...options, interactive: false }),
    styled(marked.map((item) => feature(item.id, item.geometry, item)), line("bridge", 4), {
      ...options,
      interactive: false,
    }),
    styled(outlines, line("ink", 2.5), { ...options, bubblingMouseEvents: false }),
  ];
  parts[2].on("click", (event) => onBlock(event.propagatedFrom.feature.properties));
  const group = L.layerGroup(parts);
  group.restyle = () => parts.forEach((part) => part.restyle());
  return group;
}

function mark(map, selection, colours, renderer, geometry, { quiet = false } = {}) {
  const options = { renderer, pane: "selection", interactive: false };
  const outline = (color, weight) =>
    L.geoJSON(geometry, { ...options, style: { color, weight, fill: false } });
  const edge = outline(colours.select, 3.5);
  selection.addLayer(outline(colours.paper, 7)).addLayer(edge);
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const room = { ...roomFor(map), animate: !calm };
  const bounds = edge.getBounds();
  if (quiet) map.panInside(bounds.getCenter(), room);
  else map.flyToBounds(bounds, { ...room, maxZoom: Math.max(16, map.getZoom()), duration: 0.5 });
}

// The part of the map that legend and card leave free.
function roomFor(map) {
  const field = map.getContainer().getBoundingClientRect();
  const card = document.querySelector(".lr-card.lr-shown")?.getBoundingClientRect();
  const wide = field.width >= 700;
  const left = wide ? document.getElementById("landready-key").offsetWidth + 14 : 0;
  const right = wide && card ? card.width + 14 : 0;
  const bottom = !wide && card ? Math.max(0, field.bottom - card.top) : 0;
  return { paddingTopLeft: [left + 18, 44], paddingBottomRight: [right + 18, bottom + 24] };
}
