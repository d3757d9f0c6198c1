// The overview: what a folder shows before the parcels themselves are large enough, or are there.
//
// It is a grid of cells, each the parcel at its middle (geo/webmap/overview.py). A chunk has its
// part of it as `coarse`, which is coloured like a chunk: { first, count, rows, shapes, facts }.

const NEAR_CHUNKS = 20; // in sight: more are shown by the overview
const GATHER_MS = 250; // chunks that arrive within this are painted together

async function openOverview(chunks) {
  const columns = await packed("overview");
  const [rows, nth] = [columns["overview.row"], columns["cells.nth"]];
  const changesOf = starts(columns["parcels.changes"]);
  let [from, cell] = [0, 0];
  for (const chunk of chunks) {
    const to = firstFrom(rows, chunk.first + chunk.count, from);
    const end = firstFrom(nth, to, cell);
    chunk.coarse = coarseChunk(chunk, columns, [from, to], [changesOf[from], changesOf[to]]);
    chunk.coarse.cells = { from: cell, to: end, shift: from };
    [from, cell] = [to, end];
  }
  return { side: columns["overview.side"][0], nth, x: columns["cells.x"], y: columns["cells.y"] };
}

// The place of the first of ascending values that is not below `least`.
function firstFrom(values, least, start) {
  let at = start;
  while (at < values.length && values[at] < least) at += 1;
  return at;
}

function coarseChunk(chunk, columns, [from, to], changes) {
  const own = {};
  for (const [key, column] of Object.entries(columns)) {
    if (key.startsWith("parcels.")) own[key] = column.subarray(from, to);
    if (key.startsWith("changes.")) own[key] = column.subarray(...changes);
  }
  const rows = columns["overview.row"].subarray(from, to);
  const shapes = { columns: own, count: to - from };
  let facts = null;
  return {
    ...{ first: 0, count: to - from, rows, shapes, real: chunk },
    get facts() {
      if (chunk.facts) facts ??= picked(chunk.facts, rows, chunk.first);
      return facts;
    },
  };
}

function picked(facts, rows, first) {
  const take = (column) => column.constructor.from(rows, (row) => column[row - first]);
  const kept = Object.entries(facts).filter(([key, column]) => {
    return key.startsWith("parcels.") && !Array.isArray(column);
  });
  return Object.fromEntries(
    kept.map(([key, column]) => {
      return [key, column.levels ? { ...column, codes: take(column.codes) } : take(column)];
    }),
  );
}

// The row of the whole atlas that stands at a place of a chunk, be it coarse or not.
function rowIn({ first, rows }, at) {
  return rows ? rows[at] : first + at;
}

function* paintingOverview(app, pen, frame, view, colour, date) {
  const { overview, chunks } = app.atlas;
  if (!overview) return;
  const { side } = overview;
  const { west, north, scale, ratio } = frame;
  const edge = (value) => Math.round(value * scale * ratio) / ratio; // no seams between cells
  for (const { coarse, shapes, box } of chunks) {
    if ((shapes && !app.atlas.afar) || !touches(box, view)) continue;
    for (let cell = coarse.cells.from; cell < coarse.cells.to; cell += 1) {
      const x = overview.x[cell] * side;
      const y = overview.y[cell] * side;
      if (x > view[2] || y > view[3] || x + side < view[0] || y + side < view[1]) continue;
      const at = overview.nth[cell] - coarse.cells.shift;
      if (!alive(coarse, at, date)) continue;
      const left = edge(x - west);
      const top = edge(north - y - side);
      pen.fillStyle = fillOf(app.scene, colour(at, coarse));
      pen.fillRect(left, top, edge(x + side - west) - left, edge(north - y) - top);
    }
    yield;
  }
}

// The row that the overview shows at a point; -1 for none, and where the outlines are asked.
function overviewRow({ atlas }, x, y, date) {
  const { overview, afar } = atlas;
  if (!overview) return -1;
  const [i, j] = [Math.floor(x / overview.side), Math.floor(y / overview.side)];
  for (const { coarse, shapes } of atlas.chunks) {
    if (shapes && !afar) continue;
    for (let cell = coarse.cells.from; cell < coarse.cells.to; cell += 1) {
      if (overview.x[cell] !== i || overview.y[cell] !== j) continue;
      const at = overview.nth[cell] - coarse.cells.shift;
      if (alive(coarse, at, date)) return coarse.rows[at];
    }
  }
  return -1;
}

// Follows the view: asks for the chunks in sight, the nearest to its middle first. Not before the
// first picture, which the overview gives, is there.
function watchView(app) {
  const { map, atlas, drawn, state } = app;
  if (!atlas.overview) return;
  drawn.refresh = gathered(drawn.refresh);
  const show = (columns) => columns && drawn.refresh();
  const ask = (chunk, options) => atlas.need(chunk, "shapes", options).then(show, () => {});
  const look = () => {
    if (!document.documentElement.dataset.ready) return requestAnimationFrame(look);
    const seen = chunksSeen(app);
    const afar = seen.length > NEAR_CHUNKS;
    if (afar !== atlas.afar) drawn.refresh();
    atlas.afar = afar;
    const wanted = afar ? [] : seen;
    const names = new Set(wanted.map(({ number }) => chunkFile("s", number)));
    atlas.files.drop((file) => names.has(file));
    for (const chunk of wanted) if (!chunk.shapes) ask(chunk, { seen: true });
    if (!afar) drawInFull(app);
  };
  map.on("moveend", look);
  state.when(["selected"], ({ selected }) => {
    const chunk = selected?.kind === "parcel" && atlas.chunkOf(selected.row);
    if (chunk && !chunk.shapes) ask(chunk);
  });
  look();
}

// The farthest from the middle first: what is asked last is loaded first.
function chunksSeen(app) {
  const view = viewOf(frameOf(app));
  const [x, y] = [(view[0] + view[2]) / 2, (view[1] + view[3]) / 2];
  const far = ({ box }) => Math.hypot((box[0] + box[2]) / 2 - x, (box[1] + box[3]) / 2 - y);
  return app.atlas.chunks.filter(({ box }) => touches(box, view)).sort((a, b) => far(b) - far(a));
}

// From afar overlays are coarse; the full ones come once, when they can be told apart.
async function drawInFull({ atlas, drawn }) {
  if (atlas.isFull) return;
  atlas.isFull = true;
  const columns = await atlas.files.load("o", 0).catch(() => null);
  if (!columns) return;
  atlas.overlays = overlaySets(columns);
  drawn.refresh();
}

// Calls that come soon after one another are one call.
function gathered(act) {
  let waiting = 0;
  return () => {
    waiting ||= setTimeout(() => {
      waiting = 0;
      act();
    }, GATHER_MS);
  };
}
