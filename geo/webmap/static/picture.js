// A picture of the map: the view as a PNG, with title, legend, scale, date and notices drawn in.

Object.assign(WORDS, {
  reading_land: { zh: "正在读取地块…", en: "Reading the parcels…" },
  unread_land: { zh: "有数据文件无法读取。", en: "Some data cannot be read." },
});

const PICTURE_RATIO = 2;
const PAD = 16; // px
const KEY_WIDTH = 232;
const BOTTOM = 34;
const SCALE_STEPS = [1, 2, 5];

// The chunks that a frame shows, with what its colours ask for. Of a folder they may still be on
// their way: that is said while it takes, and false is told when a file cannot be read.
async function landThere(app, frame) {
  const { atlas, reckoner } = app;
  const view = viewOf(frame);
  const sights = (app.state.get("compare") ? [0, 1] : [0]).map((side) => sightOf(app, side));
  const ways = sights.map(({ colour }) => COLOURS[colour]);
  const kinds = [!atlas.afar && "shapes", ways.some(({ facts }) => facts) && "facts"];
  const waits = atlas.chunks
    .filter(({ box }) => touches(box, view))
    .flatMap((chunk) => kinds.filter((kind) => kind && !chunk[kind]).map((kind) => [chunk, kind]))
    .map(([chunk, kind]) => atlas.need(chunk, kind));
  const isAsked = ways.some(({ answer }) => answer) || sights.some(({ whatif }) => whatif);
  if (isAsked && !reckoner.isReady()) waits.push(reckoner.load());
  return arrived(waits);
}

// Whether all of it came; said while it is waited for, and when it did not.
async function arrived(waits) {
  if (waits.length === 0) return true;
  announce(worded("reading_land"));
  try {
    await Promise.all(waits);
    return true;
  } catch {
    announce(worded("unread_land"));
    return false;
  }
}

// The land of a frame on a canvas of its own; a map that is compared has two halves.
function landCanvas(app, frame) {
  const canvas = document.createElement("canvas");
  const pen = sized(canvas, frame);
  pen.fillStyle = app.scene.inks.ground;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  app.drawn.paint(pen, { ...frame, side: 0 });
  if (app.state.get("compare")) secondHalf(app, pen, frame);
  if (app.state.get("whatif")) {
    pictureNote(app, pen, frame, WORDS.whatif_sign, { x: 8, y: frame.height - 34 });
  }
  return canvas;
}

// The right half over the left, from where the divider stands, and what each half shows.
function secondHalf(app, pen, frame) {
  const { inks } = app.scene;
  const other = document.createElement("canvas");
  app.drawn.paint(sized(other, frame), { ...frame, side: 1 });
  const cut = Math.round(app.divided * other.width);
  const [width, height] = [other.width - cut, other.height];
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.fillStyle = inks.ground;
  pen.fillRect(cut, 0, width, height);
  if (width > 0) pen.drawImage(other, cut, 0, width, height, cut, 0, width, height);
  pen.setTransform(frame.ratio, 0, 0, frame.ratio, 0, 0);
  const middle = cut / frame.ratio;
  pen.fillStyle = inks.ink;
  pen.fillRect(middle - 1, 0, 2, frame.height);
  const room = [middle, frame.width - middle - 40]; // the arrow of a sheet stands in its corner
  [8, middle + 8].forEach((x, side) =>
    pictureNote(app, pen, frame, wordsOfHalf(app, side), { x, y: 8, room: room[side] }),
  );
}

// A text on a plate of its own over the land.
function pictureNote(app, pen, frame, words, { x, y, room = frame.width }) {
  const { inks } = app.scene;
  const font = "600 12px";
  pen.setTransform(frame.ratio, 0, 0, frame.ratio, 0, 0);
  pen.font = `${font} ${FONT}`;
  const lines = wrapped(pen, spoken(words), room - 2 * PAD);
  pen.font = `${font} ${FONT}`;
  const width = Math.max(...lines.map((line) => pen.measureText(line).width)) + PAD;
  const height = 8 + 18 * lines.length;
  pen.fillStyle = inks.paper;
  pen.fillRect(x, y, width, height);
  pen.strokeStyle = inks.edge;
  pen.lineWidth = 1;
  pen.setLineDash([]);
  pen.strokeRect(x, y, width, height);
  lines.forEach((line, at) => {
    pictureText(pen, inks.ink, font, line, x + PAD / 2, y + 18 + 18 * at);
  });
}

async function savePicture(app) {
  const frame = { ...frameOf(app), ratio: PICTURE_RATIO };
  if (!(await landThere(app, frame))) return;
  const canvas = pictureOf(app, frame);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  download(fileName(app, "", "png"), blob);
}

// The map in the middle, its title above, its legend beside and what must be said of it below.
function pictureOf(app, frame) {
  const { inks } = app.scene;
  const land = landCanvas(app, frame);
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  const width = frame.width + KEY_WIDTH + 3 * PAD;
  const keys = legendEntries();
  const words = saidBelow(app);
  pen.font = `12px ${FONT}`;
  const lines = words.flatMap((text) => wrapped(pen, text, width - 2 * PAD));
  const top = 62;
  const middle = Math.max(frame.height, 24 + 22 * keys.length);
  const height = top + middle + BOTTOM + 18 * lines.length + PAD;
  canvas.width = width * PICTURE_RATIO;
  canvas.height = height * PICTURE_RATIO;
  pen.scale(PICTURE_RATIO, PICTURE_RATIO);
  pen.fillStyle = inks.paper;
  pen.fillRect(0, 0, width, height);
  const { title, subtitle } = app.payload;
  for (const [text, font, y] of [[title, "650 19px", 28], [subtitle, "13px", 50]]) {
    pictureText(pen, inks.ink, font, fitted(pen, spoken(text), width, font), PAD, y);
  }
  pen.drawImage(land, PAD, top, frame.width, frame.height);
  pen.strokeStyle = inks.edge;
  pen.strokeRect(PAD, top, frame.width, frame.height);
  pictureKey(pen, inks, keys, frame.width + 2 * PAD, top);
  pictureScale(app, pen, inks, frame, top + middle + 20);
  lines.forEach((line, at) =>
    pictureText(pen, inks.ink, "12px", line, PAD, top + middle + BOTTOM + 18 * (at + 1)),
  );
  return canvas;
}

function pictureText(pen, colour, font, text, x, y) {
  pen.font = `${font} ${FONT}`;
  pen.fillStyle = colour;
  pen.textAlign = "left";
  pen.textBaseline = "alphabetic";
  pen.fillText(text, x, y);
}

// A text cut to a width, with … where it was cut.
function fitted(pen, text, width, font) {
  pen.font = `${font} ${FONT}`;
  const room = width - 2 * PAD;
  const short = text.slice(0, 400);
  if (pen.measureText(short).width <= room) return short;
  let [low, high] = [0, short.length];
  while (high - low > 1) {
    const half = (low + high) >> 1;
    if (pen.measureText(`${short.slice(0, half)}…`).width <= room) low = half;
    else high = half;
  }
  return `${short.slice(0, low)}…`;
}

const MOST_LINES = 4; // of one notice

function wrapped(pen, text, width) {
  const lines = [""];
  for (const part of text.slice(0, 1000).split(/(?<=\s)|(?<=[\u3000-\u9fff\uff00-\uffef])/u)) {
    const longer = lines[lines.length - 1] + part;
    if (pen.measureText(longer).width <= width) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines.slice(0, MOST_LINES).map((line) => fitted(pen, line, width + 2 * PAD, "12px"));
}

// The colours of the legend as the page shows it now: { colour, ink, sign, label }, and of two
// halves the head of each: { label }.
function legendEntries() {
  const halves = document.querySelector("#landready-key .lr-halves:not([hidden])");
  const root = halves ?? byId("key");
  return [...root.querySelectorAll(`${halves ? "h2, " : ""}.lr-swatch, .lr-sign-scale`)]
    .filter((node) => !node.closest("[hidden]"))
    .map((node) => {
      if (node.tagName === "H2") return { label: node.textContent };
      const { backgroundColor: colour, color: ink } = getComputedStyle(node);
      const label = node.nextElementSibling?.textContent ?? "";
      return { colour, ink, sign: node.textContent, label };
    });
}

function pictureKey(pen, inks, keys, x, top) {
  pictureText(pen, inks.ink, "600 13px", spoken(worded("key")), x, top + 12);
  keys.forEach(({ colour, ink, sign, label }, at) => {
    const y = top + 22 + 22 * at;
    if (!colour) return pictureText(pen, inks.ink, "600 12px", label, x, y + 14);
    pen.fillStyle = colour;
    pen.fillRect(x, y, 26, 18);
    pen.strokeRect(x, y, 26, 18);
    pictureText(pen, ink, "700 11px", sign.slice(0, 4), x + 7, y + 13);
    pictureText(pen, inks.ink, "13px", fitted(pen, label, KEY_WIDTH, "13px"), x + 34, y + 14);
  });
}

// Metres of ground to a px at the middle of a frame.
function groundOf(app, { width, height, west, north, scale }) {
  const { lat } = toLatLng(app, west + width / 2 / scale, north - height / 2 / scale);
  return groundScale(lat) / UNITS_PER_M / scale;
}

// What a metre of the web map is on the ground at a latitude: the ellipsoid's parallel to its own.
function groundScale(lat) {
  const phi = (lat * Math.PI) / 180;
  return (radiiAt(phi).across * Math.cos(phi)) / GRS80_A;
}

// A round length of about a quarter of a width, in metres of ground.
function roundLength(metres) {
  const tens = 10 ** Math.floor(Math.log10(metres));
  return tens * (SCALE_STEPS.findLast((step) => step * tens <= metres) ?? 1);
}

function pictureScale(app, pen, inks, frame, y) {
  const ground = groundOf(app, frame);
  const metres = roundLength(ground * Math.min(frame.width / 4, 220));
  const length = metres / ground;
  pen.fillStyle = inks.ink;
  pen.fillRect(PAD, y, length, 2);
  for (const x of [PAD, PAD + length - 1.5]) pen.fillRect(x, y - 6, 1.5, 8);
  const text = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
  pictureText(pen, inks.ink, "12px", text, PAD + length + 8, y + 3);
}

// What stands below every picture: the day, how the land was measured, and how real it is.
function saidBelow({ payload }) {
  const facts = payload.facts.map((fact) => `${spoken(fact)}: ${spoken(fact.value)}`);
  return [...payload.notices.map(spoken), facts.join(" · ")];
}
