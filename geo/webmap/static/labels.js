// Labels on a canvas of their own: each on the land that it names, none over another.
//
// What finds no room is left out, never moved elsewhere. Zones go first, then blocks,
// parcels and barriers; a parcel shows its number, and what it is called where that fits.

const MINOR_SCALE = 1 / 48; // px to a unit: small blocks are named from here on
const FONT = '"PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
const LONGEST = 40;
const ROOM = 12; // px beside a text
const NUMBER = { width: 17, height: 15 }; // px of land that holds a number
const HEIGHTS = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2];
const HEADINGS = {
  zones: { font: "600 14px", ink: "ink", plate: "paper", heights: [0.96, 0.85, 0.5], share: 1 },
  blocks: { font: "600 11px", ink: "paper", plate: "ink", heights: HEIGHTS, share: 0.75 },
};

function labelLayer(app, side) {
  const Labels = L.Layer.extend({
    options: { pane: `labels${side}` },
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
      const frame = frameOf(app, side);
      const pen = sized(this.canvas, frame);
      this.canvas.style.width = `${frame.width}px`;
      this.canvas.style.height = `${frame.height}px`;
      this.canvas.style.visibility = "visible";
      L.DomUtil.setPosition(this.canvas, this._map.containerPointToLayerPoint([0, 0]));
      pen.setTransform(frame.ratio, 0, 0, frame.ratio, 0, 0);
      paintSelection(app, pen, frame);
      labelInto(app, pen, frame, coveredIn(this._map));
    },
  });
  return new Labels();
}

// What lies over the map at its top, in px of it: no name can be read below that.
function coveredIn(map) {
  const field = map.getContainer().getBoundingClientRect();
  return [byId("tools"), byId("key").firstChild].filter(Boolean).map((node) => {
    const { left, top, width, height } = node.getBoundingClientRect();
    return { x: left - field.left, y: top - field.top, width, height };
  });
}

// Writes the labels of a frame; taken are boxes in px that must stay free.
function labelInto(app, pen, frame, taken = []) {
  pen.setTransform(frame.ratio, 0, 0, frame.ratio, 0, 0);
  if (!app.scene.shown.has("labels")) return;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.setLineDash([]);
  const writer = { app, pen, frame, taken, view: viewOf(frame) };
  if (app.scene.shown.has("zones")) headings(writer, "zones");
  if (app.scene.shown.has("blocks") && blocksHold(app, frame.side)) headings(writer, "blocks");
  if (app.scene.shown.has("parcels")) parcelNames(writer);
  if (app.scene.shown.has("barriers")) barrierNames(writer);
}

function headings({ app, pen, frame, taken, view }, key) {
  const set = app.atlas.overlays[key];
  const look = HEADINGS[key];
  pen.font = `${look.font} ${FONT}`;
  for (const row of rowsIn(set, view)) {
    const item = app.payload[key][row];
    if (!item || (item.minor && frame.scale < MINOR_SCALE)) continue;
    const text = short(item.label);
    const size = { width: pen.measureText(text).width + ROOM, height: 18 };
    const free = (box) => box && isFree(box, frame, taken);
    const above = key === "zones" ? crest(set, row, frame, size) : null;
    const box = free(above) ? above : roomOn(set, row, frame, size, look, free);
    if (!box) continue;
    taken.push(box);
    heading(pen, box, text, look, app.scene.inks, box === above);
  }
}

function heading(pen, box, text, { ink, plate }, inks, bare) {
  if (!bare) {
    pen.fillStyle = inks[plate];
    pen.beginPath();
    pen.roundRect(box.x, box.y, box.width, box.height, 4);
    pen.fill();
  }
  inked(pen, text, box.x + box.width / 2, box.y + 9.5, inks[ink], inks.ground, bare);
}

// Above the northernmost point of a row, or above the middle of one hardly wider than the text.
function crest({ ringOf, pointOf, boxes, x, y }, row, frame, { width, height }) {
  const [west, , east, north] = boxes.subarray(4 * row, 4 * row + 4);
  const [left, right] = [west, east].map((side) => (side - frame.west) * frame.scale);
  if ((right - left) * 1.5 < width) return null;
  const [from, to] = [pointOf[ringOf[row]], pointOf[ringOf[row + 1]]];
  const top = x.subarray(from, to)[y.subarray(from, to).indexOf(north)];
  const wanted = (top - frame.west) * frame.scale - width / 2;
  const fits = right - left >= width;
  const start = fits ? Math.min(Math.max(wanted, left), right - width) : (left + right - width) / 2;
  return { x: start, y: (frame.north - north) * frame.scale - height - 4, width, height };
}

// A free box on the land of a row: on lines across what is in sight of it, at some heights.
function roomOn(set, row, frame, { width, height }, { heights, share }, free) {
  const [, low, , top] = inSight(set, row, frame);
  for (const part of heights) {
    const y = low + part * (top - low);
    const [west, east] = chordAt(set, row, 1, y);
    const left = Math.max(0, (west - frame.west) * frame.scale);
    const right = Math.min(frame.width, (east - frame.west) * frame.scale);
    const middle = (frame.north - y) * frame.scale;
    const box = { x: (left + right - width) / 2, y: middle - height / 2, width, height };
    if (right - left >= share * width && free(box)) return box;
  }
  return null;
}

function inSight({ boxes }, row, frame) {
  const view = viewOf(frame);
  const box = boxes.subarray(4 * row, 4 * row + 4);
  return box.map((value, at) => (at < 2 ? Math.max(value, view[at]) : Math.min(value, view[at])));
}

function barrierNames({ app, pen, frame, taken, view }) {
  const { barriers } = app.atlas.overlays;
  pen.font = `12px ${FONT}`;
  for (const row of rowsIn(barriers, view)) {
    const text = short(app.payload.barriers[row].label);
    const width = pen.measureText(text).width + ROOM;
    const [west, south, east, north] = barriers.boxes.subarray(4 * row, 4 * row + 4);
    if (Math.max(east - west, north - south) * frame.scale < width) continue;
    const boxes = placesOn(barriers, row, frame).map(([x, y]) => {
      return { x: x - width / 2, y: y - 9, width, height: 18 };
    });
    const box = boxes.find((one) => isFree(one, frame, taken));
    if (!box) continue;
    taken.push(box);
    const { zone, ground } = app.scene.inks;
    inked(pen, text, box.x + width / 2, box.y + 9, zone, ground, true);
  }
}

const ALONG = [0.5, 0.3, 0.7, 0.15, 0.85, 0.03, 0.97]; // of the length of a line

// Where the name of a barrier may stand in px: along its longest line, or inside its area.
function placesOn(set, row, frame) {
  const { ringOf, pointOf, x, y } = set;
  const place = (wx, wy) => [(wx - frame.west) * frame.scale, (frame.north - wy) * frame.scale];
  if (set.columns["barriers.closed"][row]) return [place(...spot(set, row).at)];
  const size = (ring) => pointOf[ring + 1] - pointOf[ring];
  let longest = ringOf[row];
  for (let ring = longest; ring < ringOf[row + 1]; ring += 1) {
    if (size(ring) > size(longest)) longest = ring;
  }
  const lengths = [0];
  const first = pointOf[longest];
  for (let at = first + 1; at < pointOf[longest + 1]; at += 1) {
    lengths.push(lengths.at(-1) + Math.hypot(x[at] - x[at - 1], y[at] - y[at - 1]));
  }
  return ALONG.map((share) => {
    const sought = share * lengths.at(-1);
    const at = Math.max(lengths.findIndex((length) => length >= sought), 1);
    const part = (sought - lengths[at - 1]) / (lengths[at] - lengths[at - 1] || 1);
    const [a, b] = [first + at - 1, first + at];
    return place(x[a] + part * (x[b] - x[a]), y[a] + part * (y[b] - y[a]));
  });
}

function parcelNames(writer) {
  const { app, frame, view } = writer;
  const colour = colourOf(app, frame.side);
  const { date } = sightOf(app, frame.side);
  for (const chunk of chunksIn(app, view)) {
    const { shapes } = chunk;
    if (shapes.widest * frame.scale < NUMBER.height) continue;
    const { boxes } = shapes;
    for (const row of rowsIn(shapes, view)) {
      const width = boxes[4 * row + 2] - boxes[4 * row];
      const height = boxes[4 * row + 3] - boxes[4 * row + 1];
      if (width * frame.scale < NUMBER.width || height * frame.scale < NUMBER.height) continue;
      if (alive(chunk, row, date)) parcelName(writer, chunk, row, colour(chunk.first + row, chunk));
    }
  }
}

function parcelName({ app, pen, frame, taken }, chunk, row, look) {
  const { shapes, facts } = chunk;
  const { at, width: wide, height: high } = spot(shapes, row);
  const [width, height] = [wide * frame.scale, high * frame.scale];
  if (width < NUMBER.width || height < NUMBER.height) return;
  const [x, y] = [(at[0] - frame.west) * frame.scale, (frame.north - at[1]) * frame.scale];
  if (!facts && height > 34) nameSoon(app, chunk);
  const title = facts ? short(`${facts["parcels.id"][row]} ${facts["parcels.name"][row]}`) : "";
  pen.font = `11px ${FONT}`;
  const room = pen.measureText(title).width + 10;
  const numbered = look.number !== null && look.number !== undefined;
  const full = title !== "" && height > 34 && room < width;
  if (!full && !numbered) return;
  const [w, h] = full ? [room, 30] : [NUMBER.width - 1, NUMBER.height - 1];
  const box = { x: x - w / 2, y: y - h / 2, width: w, height: h };
  if (!isFree(box, frame, taken)) return;
  taken.push(box);
  const ground = look.dim ? over(look.fill, app.scene.inks.ground, DIMMED) : look.fill;
  const ink = inkOn(ground);
  if (full) inked(pen, title, x, y + (numbered ? 8 : 0), ink, ground, true);
  pen.font = `700 12px ${FONT}`;
  if (numbered) inked(pen, String(look.number), x, y - (full ? 8 : 0), ink, ground, look.hatched);
}

// Codes come with the facts of a chunk, which may still have to be read.
function nameSoon(app, chunk) {
  if (chunk.asked) return;
  chunk.asked = true;
  app.atlas.need(chunk, "facts").then(() => app.drawn.relabel());
}

function short(value) {
  const text = spoken(value).trim();
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
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

// In sight, and nothing else there.
function isFree(box, frame, taken) {
  const { x, y, width, height } = box;
  const seen = x >= 0 && y >= 0 && x + width <= frame.width && y + height <= frame.height;
  return seen && !taken.some((other) => overlaps(box, other));
}

// A point well inside a row, with the length of the lines across and up through it.
function spot(set, row) {
  const [, south, , north] = set.boxes.subarray(4 * row, 4 * row + 4);
  const [west, east] = chordAt(set, row, 1, (south + north) / 2 + 0.5);
  const x = (west + east) / 2;
  const [low, high] = chordAt(set, row, 0, x);
  return { at: [x, (low + high) / 2], width: east - west, height: high - low };
}

// The longest inner stretch of the line on which x (axis 0) or y (axis 1) has a value.
function chordAt({ ringOf, pointOf, x, y }, row, axis, value) {
  const [along, across] = axis === 1 ? [y, x] : [x, y];
  const cuts = [];
  for (let ring = ringOf[row]; ring < ringOf[row + 1]; ring += 1) {
    const end = pointOf[ring + 1];
    for (let at = pointOf[ring], before = end - 1; at < end; before = at, at += 1) {
      if (along[at] > value === along[before] > value) continue;
      const share = (value - along[at]) / (along[before] - along[at]);
      cuts.push(across[at] + share * (across[before] - across[at]));
    }
  }
  cuts.sort((a, b) => a - b);
  let best = [0, 0];
  for (let at = 0; at + 1 < cuts.length; at += 2) {
    if (cuts[at + 1] - cuts[at] > best[1] - best[0]) best = [cuts[at], cuts[at + 1]];
  }
  return best;
}
