// The store: the packs of the page as typed arrays, chunk by chunk, with a grid to find land in.
//
// Rows are counted through the whole atlas; a chunk holds those from `first` on. Every set of
// outlines (parcels, zones, blocks, lost, barriers) is indexed the same way: see `outlined`.

const CELL_ROWS = 3; // rows to a cell of the grid, on average
const MOST_CELLS = 1 << 20;

// A page of one file has its packs inside; chunks.js opens a folder.
async function openAtlas() {
  const columns = await packed(isFolder() ? "overlays" : "shapes");
  const atlas = isFolder() ? await openFolder() : makeAtlas(packsInside(columns));
  atlas.overlays = overlaySets(columns);
  return atlas;
}

// Inside, overlays stand among the shapes, with which they share corners.
function packsInside(columns) {
  const own = Object.entries(columns).filter(([key]) => /^(parcels|changes)\./.test(key));
  const shapes = outlined(Object.fromEntries(own), "parcels");
  const chunk = { first: 0, count: shapes.count, box: shapes.box, shapes, facts: null };
  return { chunks: [chunk], load: (_, kind) => packed(kind) };
}

function packed(kind) {
  return unpack(document.getElementById(`landready-${kind}`).textContent);
}

// source: { chunks, load(chunk, kind) → Promise of the columns of a pack, links?(), find?(typed) }.
function makeAtlas({ chunks, load, links = () => load(null, "links"), find }) {
  const waiting = new Map();
  const last = chunks[chunks.length - 1];
  const atlas = {
    chunks,
    rows: last ? last.first + last.count : 0,
    need: async (chunk, kind) =>
      chunk[kind] ?? once(`${kind}${chunk.first}`, () => fetched(chunk, kind)),
    all: (kind, onProgress) => once(`all ${kind}`, () => everything(atlas, kind, onProgress)),
    links: () => once("links", links),
    record: async (row) => recordOf(atlas, row),
    find: async (typed) => (find ?? seek)(typed, atlas),
    chunkOf: (row) => chunks.find(({ first, count }) => row >= first && row < first + count),
    boxOf: (row) => {
      const { first, shapes } = atlas.chunkOf(row);
      return [...shapes.boxes.subarray(4 * (row - first), 4 * (row - first) + 4)];
    },
    rowOf: async (id) => {
      const { "parcels.id": ids, "parcels.alive": there } = await atlas.all("facts");
      const now = ids.findIndex((known, row) => known === id && there[row]); // a code may return
      return now < 0 ? ids.indexOf(id) : now;
    },
  };
  const once = (key, make) => {
    if (!waiting.has(key)) waiting.set(key, make());
    return waiting.get(key);
  };
  const fetched = async (chunk, kind) => {
    const columns = await load(chunk, kind);
    chunk[kind] = kind === "shapes" ? outlined(columns, "parcels") : columns;
    return chunk[kind];
  };
  return atlas;
}

// The columns of all chunks in one; for a single file they are what they are.
async function everything({ chunks, need }, kind, onProgress) {
  const parts = [];
  for (const chunk of chunks) {
    parts.push(await need(chunk, kind));
    onProgress?.(parts.length / chunks.length);
  }
  return parts.length === 1 ? parts[0] : joinedColumns(parts);
}

function joinedColumns(parts) {
  const names = Object.keys(parts[0] ?? {});
  return Object.fromEntries(names.map((key) => [key, joinedColumn(parts.map((one) => one[key]))]));
}

function joinedColumn(parts) {
  if (Array.isArray(parts[0])) return parts.flat();
  if (parts[0].levels) return joinedLevels(parts);
  const Type = parts.every((part) => part instanceof Int32Array) ? Int32Array : Float64Array;
  return joinedArrays(parts, Type);
}

function joinedArrays(parts, Type) {
  const whole = new Type(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function joinedLevels(parts) {
  const place = new Map();
  const codes = parts.map(({ codes: own, levels }) => {
    const moved = levels.map((level) => {
      const key = JSON.stringify(level);
      if (!place.has(key)) place.set(key, { at: place.size, level });
      return place.get(key).at;
    });
    return own.map((code) => moved[code]);
  });
  const levels = [...place.values()].map(({ level }) => level);
  return { codes: joinedArrays(codes, Int32Array), levels };
}

// Every column of a row; of what it has several of (parcels.events counts events.*), a list.
async function recordOf(atlas, row) {
  const chunk = atlas.chunkOf(row);
  const at = row - chunk.first;
  const columns = { ...(await atlas.need(chunk, "shapes")).columns };
  for (const key of ["rings", "points", "x", "y"]) delete columns[`parcels.${key}`];
  Object.assign(columns, await atlas.need(chunk, "facts"));
  const record = { row };
  for (const [key, column] of Object.entries(columns)) {
    const [table, field] = key.split(/\.(.*)/s);
    if (table === "parcels") record[field] ??= valueAt(column, at);
    else listed(record, columns, table, field, column, at);
  }
  return record;
}

function listed(record, columns, table, field, column, at) {
  const counts = columns[`parcels.${table}`];
  const start = counts.subarray(0, at).reduce((sum, n) => sum + n, 0);
  if (!Array.isArray(record[table])) record[table] = Array.from({ length: counts[at] }, () => ({}));
  record[table].forEach((entry, n) => (entry[field] = valueAt(column, start + n)));
}

function valueAt(column, at) {
  return column.levels ? column.levels[column.codes[at]] : column[at];
}

// The first rows whose code or name has what is typed; codes that begin with it come first.
async function seek(typed, atlas) {
  const sought = folded(typed);
  if (!sought) return [];
  const { "parcels.id": ids, "parcels.name": names } = await atlas.all("facts");
  const found = [];
  for (let row = 0; row < ids.length; row += 1) {
    const label = `${ids[row]} ${names[row]}`.trim();
    const place = folded(label).indexOf(sought);
    if (place >= 0) found.push({ row, label, at: place });
  }
  return firstFound(found);
}

// The first few: what begins so before what holds it, and codes as people count (A2 before A10).
function firstFound(found) {
  const { compare } = new Intl.Collator("zh", { numeric: true });
  const order = (a, b) => (a.at > 0) - (b.at > 0) || compare(a.label, b.label);
  const rows = new Map(found.sort(order).map(({ row, label }) => [row, { row, label }]));
  return [...rows.values()].slice(0, 8);
}

function folded(text) {
  return text.normalize("NFKC").trim().toLowerCase();
}

function overlaySets(columns) {
  const sets = ["zones", "blocks", "lost", "barriers"];
  return Object.fromEntries(sets.map((key) => [key, outlined(columns, key)]));
}

// Outlines with where each begins: rings of row r are ringOf[r] … ringOf[r + 1], points of ring g
// pointOf[g] … pointOf[g + 1]; boxes has west, south, east, north of each row; grid finds them.
function outlined(columns, key) {
  const ringOf = starts(columns[`${key}.rings`]);
  const pointOf = starts(columns[`${key}.points`]);
  const count = ringOf.length - 1;
  const set = { columns, count, ringOf, pointOf, x: columns[`${key}.x`], y: columns[`${key}.y`] };
  set.boxes = boxesOf(set);
  set.box = around(set.boxes);
  set.widest = widestOf(set.boxes);
  set.grid = gridOf(set);
  return set;
}

function starts(counts) {
  const out = new Int32Array(counts.length + 1);
  for (let at = 0; at < counts.length; at += 1) out[at + 1] = out[at] + counts[at];
  return out;
}

// The box of a row without an outline ends before it begins.
function boxesOf({ count, ringOf, pointOf, x, y }) {
  const boxes = new Int32Array(4 * count);
  for (let row = 0; row < count; row += 1) {
    const [from, to] = [pointOf[ringOf[row]], pointOf[ringOf[row + 1]]];
    const first = from < to ? [x[from], y[from], x[from], y[from]] : [1, 1, 0, 0];
    let [west, south, east, north] = first;
    for (let at = from + 1; at < to; at += 1) {
      if (x[at] < west) west = x[at];
      if (x[at] > east) east = x[at];
      if (y[at] < south) south = y[at];
      if (y[at] > north) north = y[at];
    }
    boxes[4 * row] = west;
    boxes[4 * row + 1] = south;
    boxes[4 * row + 2] = east;
    boxes[4 * row + 3] = north;
  }
  return boxes;
}

function around(boxes) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at < boxes.length; at += 4) {
    if (boxes[at] > boxes[at + 2]) continue;
    box[0] = Math.min(box[0], boxes[at]);
    box[1] = Math.min(box[1], boxes[at + 1]);
    box[2] = Math.max(box[2], boxes[at + 2]);
    box[3] = Math.max(box[3], boxes[at + 3]);
  }
  return box;
}

// The lesser side of the row that is largest by it: how far in names begin to fit.
function widestOf(boxes) {
  let widest = 0;
  for (let at = 0; at < boxes.length; at += 4) {
    const side = Math.min(boxes[at + 2] - boxes[at], boxes[at + 3] - boxes[at + 1]);
    if (side > widest) widest = side;
  }
  return widest;
}

// A uniform grid over the box: which rows touch each cell, as starts and rows.
function gridOf({ count, box, boxes }) {
  const [west, south, east, north] = box;
  const [width, height] = [Math.max(east - west, 1), Math.max(north - south, 1)];
  const side = Math.sqrt((width * height) / Math.min(count / CELL_ROWS + 1, MOST_CELLS));
  const [across, up] = [cellsOf(width, side), cellsOf(height, side)];
  const grid = { west, south, across, up, dx: width / across, dy: height / up };
  const sizes = new Int32Array(across * up);
  eachCell(grid, boxes, count, (cell) => (sizes[cell] += 1));
  grid.starts = starts(sizes);
  grid.rows = new Int32Array(grid.starts[grid.starts.length - 1]);
  const next = grid.starts.slice();
  eachCell(grid, boxes, count, (cell, row) => (grid.rows[next[cell]++] = row));
  return grid;
}

function cellsOf(length, side) {
  return Math.min(Math.max(Math.ceil(length / side), 1), 4096);
}

function eachCell(grid, boxes, count, act) {
  for (let row = 0; row < count; row += 1) {
    if (boxes[4 * row] > boxes[4 * row + 2]) continue; // it has no outline
    const box = boxes.subarray(4 * row, 4 * row + 4);
    const { left, right, low, top } = cellsIn(grid, box[0], box[1], box[2], box[3]);
    for (let j = low; j <= top; j += 1) {
      for (let i = left; i <= right; i += 1) act(j * grid.across + i, row);
    }
  }
}

function cellsIn({ west, south, across, up, dx, dy }, left, low, right, top) {
  const within = (value, most) => Math.min(Math.max(Math.floor(value), 0), most - 1);
  return {
    left: within((left - west) / dx, across),
    right: within((right - west) / dx, across),
    low: within((low - south) / dy, up),
    top: within((top - south) / dy, up),
  };
}

// The rows whose boxes touch a box, in their order.
function rowsIn(set, [west, south, east, north]) {
  const { box, boxes, count, grid } = set;
  if (!count || west > box[2] || east < box[0] || south > box[3] || north < box[1]) return [];
  const { left, right, low, top } = cellsIn(grid, west, south, east, north);
  set.seen ??= new Int32Array(count);
  set.asked = (set.asked ?? 0) + 1; // a row in several cells is taken once
  const found = [];
  for (let j = low; j <= top; j += 1) {
    const [from, to] = [j * grid.across + left, j * grid.across + right + 1];
    for (let at = grid.starts[from]; at < grid.starts[to]; at += 1) {
      const row = grid.rows[at];
      if (set.seen[row] === set.asked) continue;
      set.seen[row] = set.asked;
      const b = 4 * row;
      if (boxes[b] > east || boxes[b + 2] < west) continue;
      if (boxes[b + 1] <= north && boxes[b + 3] >= south) found.push(row);
    }
  }
  return Int32Array.from(found).sort();
}

// The row of a set that holds a point, the smallest of those that do; -1 for none.
function rowAt(set, x, y, allowed = () => true) {
  let [best, size] = [-1, Infinity];
  for (const row of rowsIn(set, [x, y, x, y])) {
    const [west, south, east, north] = set.boxes.subarray(4 * row, 4 * row + 4);
    const own = (east - west) * (north - south);
    if (own <= size && allowed(row) && holds(set, row, x, y)) [best, size] = [row, own];
  }
  return best;
}

// By the even-odd rule, as it is drawn.
function holds({ ringOf, pointOf, x, y }, row, px, py) {
  let inside = false;
  for (let ring = ringOf[row]; ring < ringOf[row + 1]; ring += 1) {
    const end = pointOf[ring + 1];
    for (let at = pointOf[ring], before = end - 1; at < end; before = at, at += 1) {
      if (y[at] > py === y[before] > py) continue;
      const cut = x[at] + ((py - y[at]) / (y[before] - y[at])) * (x[before] - x[at]);
      if (px < cut) inside = !inside;
    }
  }
  return inside;
}

// The stage of each row of a chunk on a date of the page, and whether it was self-reported then.
function rungAt(chunk, date) {
  return statesAt(chunk, date).rung;
}

function toldAt(chunk, date) {
  return statesAt(chunk, date).told;
}

function alive({ shapes }, row, date) {
  const { "parcels.from": from, "parcels.until": until } = shapes.columns;
  return from[row] <= date && date <= until[row];
}

const KEPT_DATES = 3; // two halves of the map, and the one before

function statesAt({ shapes }, date) {
  shapes.states ??= new Map();
  const known = shapes.states.get(date);
  if (known) return known;
  const made = replayed(shapes, date);
  if (shapes.states.size >= KEPT_DATES) shapes.states.delete(shapes.states.keys().next().value);
  shapes.states.set(date, made);
  return made;
}

function replayed({ columns, count }, date) {
  const [rung, told, counts] = [0, 1, 2].map(() => new Int8Array(count));
  const { "parcels.changes": changes, "changes.date": dates } = columns;
  const { "changes.rung": rungs, "changes.told": tolds, "changes.counts": counted } = columns;
  for (let row = 0, at = 0; row < count; row += 1) {
    const end = at + changes[row];
    let last = at; // where it is not there yet: what it will begin with
    for (; at < end; at += 1) if (dates[at] <= date) last = at;
    rung[row] = rungs[last];
    told[row] = tolds[last];
    counts[row] = counted[last];
  }
  return { rung, told, counts };
}
