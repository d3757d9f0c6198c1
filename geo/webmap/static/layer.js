// The layer: the painter's scene on Leaflet's tiles, and on one canvas above them what stays sharp.
//
// drawing(app) → drawn: refresh(), relabel(), show(key, on), whole(options), boxOf(selected),
// zoomTo(box, { quiet }), paint(pen, frame), hit(latlng) → row or -1, hitBlock(latlng) → id or
// null, open(side), close(side). The rest of the page knows no more of it than that.

const TILE = 512; // px
const HALF_WORLD = Math.PI * 6378137; // m on the web map
const UNITS_PER_M = 10;
const BUSY_MS = 6; // of a frame while the map moves
const IDLE_MS = 24;
const NEAR = 6; // px from the line of a block that still mean it

function drawing(app) {
  const { map, state } = app;
  app.scene = makeScene();
  const sides = new Map();
  const queue = paintQueue(app, () => (document.documentElement.dataset.ready = "1"));
  const refresh = () => {
    Object.assign(app.scene, { inks: themeInks(), patterns: new Map() });
    for (const side of sides.values()) side.refresh();
  };
  const relabel = () => sides.forEach(({ labels }) => labels.restyle());
  const drawn = {
    refresh,
    relabel,
    show(key, on) {
      app.scene.shown[on ? "add" : "delete"](key);
      refresh();
    },
    open: (side) => sides.has(side) || sides.set(side, sideOf(app, side, queue)),
    close(side) {
      sides.get(side)?.remove();
      sides.delete(side);
    },
    whole: (options) => showWhole(app, options),
    boxOf: (selected) => boxOf(app, selected),
    zoomTo: (box, options) => zoomTo(app, box, options),
    paint(pen, frame) {
      paint(app, pen, frame);
      paintSelection(app, pen, frame);
      labelInto(app, pen, frame);
    },
    hit: (latlng) => hitParcel(app, latlng),
    hitBlock: (latlng) => hitBlock(app, latlng),
  };
  drawn.open(0);
  choosing(app, drawn);
  state.when(["only", "date", "colour", "scenario", "compare", "whatif"], refresh);
  state.when(["selected", "lang"], relabel);
  return drawn;
}

// A press takes what lies there; Enter takes what lies in the middle.
function choosing({ map, state }, drawn) {
  const choose = (latlng) => state.set({ selected: selectedAt(drawn, latlng) });
  map.on("click", ({ latlng }) => choose(latlng));
  map.on("keydown", ({ originalEvent: { key } }) => key === "Enter" && choose(map.getCenter()));
}

function selectedAt(drawn, latlng) {
  const id = drawn.hitBlock(latlng);
  if (id !== null) return { kind: "block", id };
  const row = drawn.hit(latlng);
  return row < 0 ? null : { kind: "parcel", row };
}

// One half of the map, in panes of its own: its tiles, and the labels over them.
function sideOf(app, side, queue) {
  const { map } = app;
  for (const [kind, order] of [["land", 410], ["labels", 450]]) {
    const pane = map.getPane(`${kind}${side}`) ?? map.createPane(`${kind}${side}`);
    pane.style.zIndex = String(order + side);
    pane.style.pointerEvents = "none";
  }
  const tiles = tileLayer(app, side, queue).addTo(map);
  const labels = labelLayer(app, side).addTo(map);
  return {
    labels,
    refresh() {
      tiles.repaint();
      labels.restyle();
    },
    remove() {
      tiles.remove();
      labels.remove();
    },
  };
}

// -- between the map and the world of the atlas ---------------------------------------------------

function scaleAt(zoom) {
  return (256 * 2 ** zoom) / (2 * HALF_WORLD * UNITS_PER_M);
}

function toWorld({ payload }, latlng) {
  const { x, y } = L.CRS.EPSG3857.project(L.latLng(latlng));
  return [x * UNITS_PER_M - payload.world.x0, y * UNITS_PER_M - payload.world.y0];
}

function toLatLng({ payload }, x, y) {
  const { x0, y0 } = payload.world;
  return L.CRS.EPSG3857.unproject(L.point((x + x0) / UNITS_PER_M, (y + y0) / UNITS_PER_M));
}

// The frame of a rectangle of Leaflet's px at some zoom; `left`, `top` are counted from the corner
// of the whole web map.
function frameAt({ payload }, zoom, left, top, width, height, side) {
  const scale = scaleAt(zoom);
  const half = HALF_WORLD * UNITS_PER_M;
  const west = left / scale - half - payload.world.x0;
  const north = half - top / scale - payload.world.y0;
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  return { width, height, ratio, west, north, scale, side };
}

// The frame of what the map shows now.
function frameOf(app, side = 0) {
  const { min } = app.map.getPixelBounds();
  const { x: width, y: height } = app.map.getSize();
  return frameAt(app, app.map.getZoom(), min.x, min.y, width, height, side);
}

function sized(canvas, { width, height, ratio }) {
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  return canvas.getContext("2d");
}

// -- tiles ----------------------------------------------------------------------------------------

// Tiles of the very zoom of the map, which need not be whole, so that lines and names stay sharp.
const LandTiles = L.GridLayer.extend({
  options: { tileSize: TILE, keepBuffer: 1, updateWhenZooming: false, noWrap: true },

  createTile(coords, done) {
    const canvas = document.createElement("canvas");
    const { app, side, queue } = this.options;
    const frame = frameAt(app, coords.z, coords.x * TILE, coords.y * TILE, TILE, TILE, side);
    sized(canvas, frame);
    canvas.job = { canvas, frame, done: () => done(null, canvas) };
    queue.add(canvas.job);
    return canvas;
  },

  repaint() {
    const middle = this._map.project(this._map.getCenter(), this._tileZoom).divideBy(TILE);
    const far = ({ coords }) => coords.add([0.5, 0.5]).distanceTo(middle);
    const tiles = Object.values(this._tiles).filter(({ current }) => current);
    tiles.sort((a, b) => far(a) - far(b));
    for (const { el } of tiles) this.options.queue.add(el.job);
  },

  _clampZoom() {
    return this._map.getZoom();
  },

  // Tiles of the zoom before stay until all of this one are there.
  _pruneTiles() {
    if (Object.values(this._tiles).every(({ current, loaded }) => !current || loaded)) {
      L.GridLayer.prototype._pruneTiles.call(this);
    }
  },
});

function tileLayer(app, side, queue) {
  const tiles = new LandTiles({ app, side, queue, pane: `land${side}` });
  tiles.on("tileunload", ({ tile }) => queue.drop(tile.job));
  return tiles;
}

// Paints one tile after the other, a little in every frame of the screen, those of the zoom of the
// map first. A tile that was painted before is painted beside and then replaced at once. What is
// asked for again keeps its turn, so that a running slider leaves no tile behind.
function paintQueue(app, onIdle) {
  const jobs = new Set();
  const spare = document.createElement("canvas");
  let running = null;
  let waiting = 0;
  const work = () => {
    waiting = 0;
    const end = performance.now() + (app.map.dragging?.moving() ? BUSY_MS : IDLE_MS);
    while (performance.now() < end) {
      if (!running && jobs.size === 0) return onIdle();
      running ??= begun(app, taking(jobs, scaleAt(app.map.getZoom())), spare);
      if (!running.steps.next().done) continue;
      finish(running, spare);
      running = null;
    }
    wake();
  };
  const wake = () => (waiting ||= requestAnimationFrame(work));
  const add = (job) => {
    jobs.add(job);
    wake();
  };
  const drop = (job) => {
    jobs.delete(job);
    if (running?.job === job) running = null;
  };
  return { add, drop };
}

// Takes a job out: the first of a scale, or the first of all.
function taking(jobs, scale) {
  const [first] = jobs;
  const job = [...jobs].find(({ frame }) => frame.scale === scale) ?? first;
  jobs.delete(job);
  return job;
}

function begun(app, job, spare) {
  const canvas = job.painted ? spare : job.canvas;
  return { job, canvas, steps: painting(app, sized(canvas, job.frame), job.frame) };
}

function finish({ job, canvas }, spare) {
  if (canvas === spare) sized(job.canvas, job.frame).drawImage(spare, 0, 0);
  else job.done();
  job.painted = true;
}

// -- pointing and going ---------------------------------------------------------------------------

function hitParcel(app, latlng) {
  const [x, y] = toWorld(app, latlng);
  const { date } = sightOf(app, sideAt(app, latlng));
  if (!app.scene.shown.has("parcels")) return -1;
  for (const chunk of chunksIn(app, [x, y, x, y])) {
    const row = rowAt(chunk.shapes, x, y, (at) => alive(chunk, at, date));
    if (row >= 0) return chunk.first + row;
  }
  return overviewRow(app, x, y, date);
}

// The block whose line is nearest, when it is near; of the smallest nothing is told.
function hitBlock(app, latlng) {
  if (!app.scene.shown.has("blocks") || !blocksHold(app, sideAt(app, latlng))) return null;
  const [x, y] = toWorld(app, latlng);
  const { blocks } = app.atlas.overlays;
  let near = NEAR / scaleAt(app.map.getZoom());
  let id = null;
  for (const row of rowsIn(blocks, [x - near, y - near, x + near, y + near])) {
    const far = distanceTo(blocks, row, x, y);
    if (far < near) [near, id] = [far, app.payload.blocks[row]?.id ?? null];
  }
  return id;
}

function distanceTo({ ringOf, pointOf, x, y }, row, px, py) {
  let best = Infinity;
  for (let ring = ringOf[row]; ring < ringOf[row + 1]; ring += 1) {
    const end = pointOf[ring + 1];
    for (let at = pointOf[ring], before = end - 1; at < end; before = at, at += 1) {
      const [dx, dy] = [x[at] - x[before], y[at] - y[before]];
      const along = ((px - x[before]) * dx + (py - y[before]) * dy) / (dx * dx + dy * dy || 1);
      const share = Math.min(Math.max(along, 0), 1);
      best = Math.min(best, Math.hypot(px - x[before] - share * dx, py - y[before] - share * dy));
    }
  }
  return best;
}

// All land, as large as there is room: Leaflet would go down to the next of its steps of zoom.
function showWhole({ map, payload }, options) {
  const { zoomSnap } = map.options;
  map.options.zoomSnap = 0;
  map.fitBounds(payload.bounds, { ...roomFor(map), ...options });
  map.options.zoomSnap = zoomSnap;
}

// The box of a parcel or block in world units.
function boxOf(app, selected) {
  const { set, row } = outlineOf(app, selected);
  return [...set.boxes.subarray(4 * row, 4 * row + 4)];
}

// Goes to a box in world units; quietly, only so far that its middle is in sight.
function zoomTo(app, [west, south, east, north], { quiet = false } = {}) {
  const { map } = app;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const room = { ...roomFor(map), animate: !calm };
  if (quiet) map.panInside(toLatLng(app, (west + east) / 2, (south + north) / 2), room);
  else {
    const bounds = L.latLngBounds(toLatLng(app, west, south), toLatLng(app, east, north));
    map.flyToBounds(bounds, { ...room, maxZoom: Math.max(16, map.getZoom()), duration: 0.5 });
  }
}

// The part of the map that legend and card leave free.
function roomFor(map) {
  const field = map.getContainer().getBoundingClientRect();
  const card = document.querySelector(".lr-card.lr-shown")?.getBoundingClientRect();
  const wide = field.width >= 700;
  const left = wide ? byId("key").offsetWidth + 14 : 0;
  const right = wide && card ? card.width + 14 : 0;
  const bottom = !wide && card ? Math.max(0, field.bottom - card.top) : 0;
  const tools = byId("tools").getBoundingClientRect();
  const top = wide ? 40 : tools.bottom - field.top + 30; // a zone is named above its land
  return { paddingTopLeft: [left + 14, top], paddingBottomRight: [right + 14, bottom + 24] };
}
