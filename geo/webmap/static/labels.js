// Labels on their own canvas: a stage number appears where its parcel is large enough to hold it.

const MINOR_FROM = 15; // small blocks are named from this zoom on
const FONT = '"PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
const LONGEST = 40;
const HEADINGS = {
  zones: { font: "600 14px", rise: 24, ink: "zone" },
  blocks: { font: "600 11px", rise: 9, ink: "paper", plate: "ink" },
  barriers: { font: "12px", rise: 9, ink: "zone", yields: true },
};

function labelLayer(state) {
  const colours = stageColours(state.payload);
  const places = {
    zones: state.payload.zones.map((item) => ({ item, at: summit(item.geometry) })),
    blocks: state.payload.blocks.map((item) => ({ item, at: summit(item.geometry) })),
    barriers: state.payload.barriers.map((item) => ({ item, at: midway(item.geometry) })),
    parcels: state.payload.parcels.items.map((item) => ({ item, spot: spot(item.geometry) })),
  };
  const Labels = L.Layer.extend({
    options: { pane: "labels" },
    onAdd() {
      this.canvas = L.DomUtil.create("canvas", "lr-labels", this.getPane());
      this.restyle();
    },
    onRemove() {
      this.canvas.remove();
    },
    getEvents() {
      return { moveend: this.restyle, zoomstart: this.hide, resize: this.restyle };
    },
    hide() {
      this.canvas.style.visibility = "hidden";
    },
    restyle() {
      if (!this._map) return;
      const pen = clean(this.canvas, this._map);
      write(pen, this._map, state, colours, places);
    },
  });
  return new Labels();
}

// The canvas over the whole view, empty and sharp on any screen.
function clean(canvas, map) {
  const { x: width, y: height } = map.getSize();
  const ratio = window.devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.style.visibility = "visible";
  L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  return pen;
}

function write(pen, map, state, colours, places) {
  const taken = [];
  const view = map.getBounds();
  const { x: width } = map.getSize();
  for (const kind of ["zones", "blocks", "barriers"]) {
    for (const { item, at: place } of places[kind]) {
      if (!place || !view.contains(place)) continue;
      if (item.minor && map.getZoom() < MINOR_FROM) continue;
      const point = map.latLngToContainerPoint(place);
      heading(pen, point, short(item.label), HEADINGS[kind], state.theme, taken, width);
    }
  }
  for (const { item, spot: place } of places.parcels) {
    if (!place || !view.contains(place.at)) continue;
    const opacity = parcelOpacity(state, item);
    const fill = over(colours.get(item.rung) ?? "#999999", state.theme.ground, opacity);
    parcelLabel(pen, map, item, place, fill, taken);
  }
}

function short(value) {
  const text = spoken(value).trim();
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

// A name that stays on the screen and off other names; a barrier's gives way, the others step up.
function heading(pen, point, text, { font, rise, ink, plate, yields }, colours, taken, screen) {
  pen.font = `${font} ${FONT}`;
  const width = pen.measureText(text).width + 12;
  const x = Math.max(4, Math.min(point.x - width / 2, screen - width - 4));
  const box = { x, y: point.y - rise, width, height: 18 };
  const blocked = () => taken.some((other) => overlaps(box, other));
  if (yields && blocked()) return;
  while (blocked()) box.y -= 19;
  taken.push(box);
  if (plate) {
    pen.fillStyle = colours[plate];
    pen.beginPath();
    pen.roundRect(box.x, box.y, width, 18, 4);
    pen.fill();
  }
  inked(pen, text, box.x + width / 2, box.y + 9.5, colours[ink], colours.ground, !plate);
}

function parcelLabel(pen, map, item, place, fill, taken) {
  const scale = 256 * 2 ** map.getZoom() / 360;
  const width = place.width * scale;
  const height = (place.height * scale) / Math.cos((place.at[0] * Math.PI) / 180);
  if (width < 17 || height < 15) return;
  const point = map.latLngToContainerPoint(place.at);
  const box = { x: point.x - 8, y: point.y - 7, width: 16, height: 14 };
  if (taken.some((other) => overlaps(box, other))) return;
  const ink = inkOn(fill);
  pen.font = `11px ${FONT}`;
  const title = short(item.label);
  const full = height > 34 && pen.measureText(title).width + 10 < width;
  if (full) inked(pen, title, point.x, point.y + 8, ink, fill, true);
  pen.font = `700 12px ${FONT}`;
  inked(pen, String(item.rung), point.x, point.y - (full ? 8 : 0), ink, fill, item.self_reported);
}

function inked(pen, text, x, y, ink, halo, haloed) {
  if (haloed) {
    pen.strokeStyle = halo;
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    pen.strokeText(text, x, y);
  }
  pen.fillStyle = ink;
  pen.fillText(text, x, y);
}

function overlaps(a, b) {
  return (
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
  );
}

function polygons(geometry) {
  if (geometry?.type === "Polygon") return [geometry.coordinates];
  return geometry?.type === "MultiPolygon" ? geometry.coordinates : [];
}

// The middle of the northern edge of an area's box, as [lat, lng].
function summit(geometry) {
  const corners = polygons(geometry).flatMap(([outer]) => outer);
  if (corners.length === 0) return null;
  const north = Math.max(...corners.map(([, lat]) => lat));
  const lngs = corners.map(([lng]) => lng);
  return [north, (Math.min(...lngs) + Math.max(...lngs)) / 2];
}

// A corner halfway along a line, or a point inside an area, as [lat, lng].
function midway(geometry) {
  if (geometry?.type.endsWith("Polygon")) return spot(geometry)?.at ?? null;
  const lines = geometry?.type === "LineString" ? [geometry.coordinates] : geometry?.coordinates;
  const line = [...(lines ?? [])].sort((a, b) => b.length - a.length)[0];
  if (!line?.length) return null;
  const [[aLng, aLat], [bLng, bLat]] = [line[(line.length - 1) >> 1], line[line.length >> 1]];
  return [(aLat + bLat) / 2, (aLng + bLng) / 2];
}

// A point well inside the largest part, with the length of the chords through it, in degrees.
function spot(geometry) {
  const parts = polygons(geometry).map((rings) => ({ rings, size: Math.abs(twiceArea(rings[0])) }));
  if (parts.length === 0) return null;
  const { rings } = parts.reduce((a, b) => (b.size > a.size ? b : a));
  const lats = rings[0].map(([, lat]) => lat);
  const middle = (Math.min(...lats) + Math.max(...lats)) / 2;
  const [west, east] = longestChord(rings, 1, middle);
  const lng = (west + east) / 2;
  const [south, north] = longestChord(rings, 0, lng);
  return { at: [(south + north) / 2, lng], width: east - west, height: north - south };
}

function twiceArea(ring) {
  return ring.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = ring[(i + 1) % ring.length];
    return sum + x * nextY - nextX * y;
  }, 0);
}

// The longest inner stretch of the line where coordinate `axis` has the value `value`.
function longestChord(rings, axis, value) {
  const cuts = rings.flatMap((ring) =>
    ring.flatMap((a, i) => {
      const b = ring[(i + 1) % ring.length];
      if (a[axis] > value === b[axis] > value) return [];
      const share = (value - a[axis]) / (b[axis] - a[axis]);
      return [a[1 - axis] + share * (b[1 - axis] - a[1 - axis])];
    }),
  );
  cuts.sort((a, b) => a - b);
  let best = [0, 0];
  for (let i = 0; i + 1 < cuts.length; i += 2) {
    if (cuts[i + 1] - cuts[i] > best[1] - best[0]) best = [cuts[i], cuts[i + 1]];
  }
  return best;
}
