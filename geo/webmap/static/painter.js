// The painter: one scene of zones, parcels, land lost, barriers and blocks, on any canvas.
//
// frame = { width, height (CSS px), ratio, west, north (world units), scale (px a unit), side }.
// paint() paints it at once; painting() does the same in steps, for who must not hold up the page.

const RECTANGLE_BELOW = 3; // px: smaller land is a rectangle
const EDGE_FROM = 7; // px: larger land has an edge
const SKIP_BELOW = 0.6; // px between points of an outline that are worth a line
const STEP = 100; // parcels between two looks at the clock

const BARRIER_LINES = {
  river: { width: 5, dash: [] },
  expressway: { width: 4, dash: [] },
  railway: { width: 3, dash: [10, 5], cap: "butt" },
  power: { width: 2.5, dash: [1, 6] },
  other: { width: 3, dash: [] },
};

// What is shown, and the colours of the page, read once until they change.
function makeScene() {
  const shown = new Set(["zones", "parcels", "blocks", "barriers", "labels"]);
  return { shown, inks: themeInks(), patterns: new Map() };
}

function themeInks() {
  const style = getComputedStyle(document.body);
  const keys = ["ground", "ink", "paper", "edge", "zone", "bridge", "select"];
  const all = [...keys, ...Object.keys(BARRIER_LINES)];
  return Object.fromEntries(all.map((key) => [key, style.getPropertyValue(`--${key}`).trim()]));
}

function paint(app, pen, frame) {
  const steps = painting(app, pen, frame);
  while (!steps.next().done);
}

function* painting(app, pen, frame) {
  const { overlays } = app.atlas;
  const { shown } = app.scene;
  const view = viewOf(frame, 8);
  pen.setTransform(frame.ratio, 0, 0, frame.ratio, 0, 0);
  pen.lineJoin = pen.lineCap = "round";
  if (shown.has("zones")) paintZones(app, pen, frame, rowsIn(overlays.zones, view));
  if (shown.has("parcels")) yield* paintingParcels(app, pen, frame, view);
  if (shown.has("lost")) yield* paintingLost(app, pen, frame, rowsIn(overlays.lost, view));
  if (shown.has("barriers")) paintBarriers(app, pen, frame, rowsIn(overlays.barriers, view));
  if (shown.has("blocks") && blocksHold(app, frame.side)) {
    yield* paintingBlocks(app, pen, frame, view);
  }
  if (shown.has("parcels")) paintTurned(app, pen, frame, view);
}

// West, south, east, north of a frame in world units, with some px around.
function viewOf({ width, height, west, north, scale }, around = 0) {
  const more = around / scale;
  return [west - more, north - height / scale - more, west + width / scale + more, north + more];
}

function lastDate({ payload }) {
  return (payload.time?.dates.length ?? 1) - 1;
}

function trace(pen, { ringOf, pointOf, x, y }, row, { west, north, scale }, closed = true) {
  for (let ring = ringOf[row]; ring < ringOf[row + 1]; ring += 1) {
    const end = pointOf[ring + 1];
    let at = pointOf[ring];
    let px = (x[at] - west) * scale;
    let py = (north - y[at]) * scale;
    pen.moveTo(px, py);
    for (at += 1; at < end; at += 1) {
      const nx = (x[at] - west) * scale;
      const ny = (north - y[at]) * scale;
      if (Math.abs(nx - px) + Math.abs(ny - py) < SKIP_BELOW && at + 1 < end) continue;
      pen.lineTo(nx, ny);
      px = nx;
      py = ny;
    }
    if (closed) pen.closePath();
  }
}

function stroke(pen, colour, width, dash = []) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.setLineDash(dash);
  pen.stroke();
}

function paintZones({ atlas, scene }, pen, frame, rows) {
  for (const row of rows) {
    pen.beginPath();
    trace(pen, atlas.overlays.zones, row, frame);
    pen.globalAlpha = 0.55;
    pen.fillStyle = scene.inks.paper;
    pen.fill("evenodd");
    pen.globalAlpha = 1;
    stroke(pen, scene.inks.zone, 1.75, [7, 5]);
  }
}

function* paintingParcels(app, pen, frame, view) {
  const colour = colourOf(app, frame.side);
  const { date } = sightOf(app, frame.side);
  yield* paintingOverview(app, pen, frame, view, colour, date);
  for (const chunk of chunksIn(app, view)) {
    const rows = rowsIn(chunk.shapes, view);
    for (let at = 0; at < rows.length; at += 1) {
      if (alive(chunk, rows[at], date)) {
        const look = colour(chunk.first + rows[at], chunk);
        paintParcel(app.scene, pen, frame, chunk.shapes, rows[at], look);
      }
      if (at % STEP === STEP - 1) yield;
    }
  }
}

// The chunks that a view touches and whose outlines are there.
function chunksIn({ atlas }, view) {
  if (atlas.afar) return [];
  return atlas.chunks.filter(({ shapes, box }) => shapes && touches(box, view));
}

function touches(a, b) {
  return a[0] <= b[2] && a[2] >= b[0] && a[1] <= b[3] && a[3] >= b[1];
}

function paintParcel(scene, pen, frame, set, row, look) {
  const { boxes } = set;
  const width = (boxes[4 * row + 2] - boxes[4 * row]) * frame.scale;
  const height = (boxes[4 * row + 3] - boxes[4 * row + 1]) * frame.scale;
  pen.fillStyle = fillOf(scene, look);
  if (width < RECTANGLE_BELOW && height < RECTANGLE_BELOW) {
    const left = (boxes[4 * row] - frame.west) * frame.scale;
    const top = (frame.north - boxes[4 * row + 3]) * frame.scale;
    pen.fillRect(left, top, Math.max(width, 1), Math.max(height, 1));
    return;
  }
  pen.beginPath();
  trace(pen, set, row, frame);
  pen.fill("evenodd");
  if (Math.min(width, height) < EDGE_FROM) return;
  if (look.hatched) stroke(pen, scene.inks.edge, 1.6, [1, 3.5]);
  else stroke(pen, scene.inks.edge, 0.9);
}

const DIMMED = 0.08; // opacity of land that is not asked for

function fillOf(scene, { fill, hatched, dim }) {
  if (dim) return patterned(scene, `dim ${fill}`, () => over(fill, scene.inks.ground, DIMMED));
  return hatched ? patterned(scene, `told ${fill}`, () => hatching(fill, scene.inks.ground)) : fill;
}

function patterned(scene, key, make) {
  if (!scene.patterns.has(key)) scene.patterns.set(key, make());
  return scene.patterns.get(key);
}

// Diagonal stripes of a colour over a lighter one, or over what lies below: a canvas takes a
// pattern where it takes a colour.
function hatching(colour, ground) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.fillStyle = ground ? over(colour, ground, 0.4) : "#ffffff80";
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = colour;
  pen.lineWidth = 2.6;
  for (const shift of [-8, 0, 8]) {
    pen.beginPath();
    pen.moveTo(shift - 2, 10);
    pen.lineTo(shift + 10, -2);
    pen.stroke();
  }
  return pen.createPattern(tile, "repeat");
}

function* paintingLost({ atlas, payload, scene }, pen, frame, rows) {
  const { lost } = atlas.overlays;
  const kinds = lost.columns["lost.kind"];
  for (let at = 0; at < rows.length; at += 1) {
    const colour = safeColour(payload.lost[kinds[rows[at]]].color);
    pen.beginPath();
    trace(pen, lost, rows[at], frame);
    pen.fillStyle = patterned(scene, `lost ${colour}`, () => hatching(colour));
    pen.fill("evenodd");
    stroke(pen, colour, 1);
    if (at % STEP === STEP - 1) yield;
  }
}

function paintBarriers({ atlas, payload, scene }, pen, frame, rows) {
  const { barriers } = atlas.overlays;
  for (const row of rows) {
    const kind = barrierClass(payload.barriers[row]);
    const { width, dash, cap = "round" } = BARRIER_LINES[kind];
    const flat = barriers.columns["barriers.closed"][row] === 1;
    pen.beginPath();
    trace(pen, barriers, row, frame, flat);
    pen.fillStyle = scene.inks[kind];
    pen.globalAlpha = 0.35;
    if (flat) pen.fill("evenodd");
    pen.globalAlpha = 0.85;
    pen.lineCap = cap;
    stroke(pen, scene.inks[kind], flat ? 1 : width, dash);
    pen.globalAlpha = 1;
    pen.lineCap = "round";
  }
}

// A light casing under a dark line; between them what links a block together.
function* paintingBlocks(app, pen, frame, view) {
  const { inks } = app.scene;
  const { blocks } = app.atlas.overlays;
  const rows = rowsIn(blocks, view);
  yield* outlining(pen, frame, blocks, rows, inks.paper, 6);
  for (const { shapes } of chunksIn(app, view)) {
    const bridges = shapes.columns["parcels.bridge"];
    const marked = rowsIn(shapes, view).filter((row) => bridges[row]);
    yield* outlining(pen, frame, shapes, marked, inks.bridge, 4);
  }
  yield* outlining(pen, frame, blocks, rows, inks.ink, 2.5);
}

// A ring about every parcel that the reader counts the other way.
function paintTurned(app, pen, frame, view) {
  const { whatif, date } = sightOf(app, frame.side);
  const turned = new Set(whatif ? app.state.get("whatif").toggled : []);
  if (turned.size === 0) return;
  const { paper, select } = app.scene.inks;
  for (const chunk of chunksIn(app, view).filter(({ facts }) => facts)) {
    const isTurned = (row) =>
      turned.has(chunk.facts["parcels.id"][row]) && alive(chunk, row, date);
    for (const row of rowsIn(chunk.shapes, view).filter(isTurned)) {
      outline(pen, frame, chunk.shapes, row, paper, 8);
      outline(pen, frame, chunk.shapes, row, select, 5);
    }
  }
}

// Lines are thinner about land that is small on the screen, or it would be all lines.
function* outlining(pen, frame, set, rows, colour, width) {
  for (let at = 0; at < rows.length; at += 1) {
    const [west, south, east, north] = set.boxes.subarray(4 * rows[at], 4 * rows[at] + 4);
    const size = Math.min(east - west, north - south) * frame.scale;
    outline(pen, frame, set, rows[at], colour, width * Math.min(Math.max(size / 32, 0.2), 1));
    if (at % STEP === STEP - 1) yield;
  }
}

function outline(pen, frame, set, row, colour, width) {
  pen.beginPath();
  trace(pen, set, row, frame);
  stroke(pen, colour, width);
}

function paintSelection(app, pen, frame) {
  const chosen = outlineOf(app, app.state.get("selected"));
  if (!chosen) return;
  outline(pen, frame, chosen.set, chosen.row, app.scene.inks.paper, 7);
  outline(pen, frame, chosen.set, chosen.row, app.scene.inks.select, 3.5);
}

// Where the outline of a parcel or block stands: { set, row }, null if it is not there.
function outlineOf({ atlas, payload }, selected) {
  if (selected?.kind === "block") {
    const row = payload.blocks.findIndex(({ id }) => id === selected.id);
    return row < 0 ? null : { set: atlas.overlays.blocks, row };
  }
  const chunk = selected && atlas.chunkOf(selected.row);
  return chunk?.shapes ? { set: chunk.shapes, row: selected.row - chunk.first } : null;
}
