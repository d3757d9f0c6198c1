// Measuring on the map by clicks or keys: lengths and areas on the ellipsoid, for orientation only.

Object.assign(WORDS, {
  measure: { zh: "量测", en: "Measure" },
  measure_begin: {
    zh: "点击地图，或移动地图后按 Enter 取中心点",
    en: "Click the map, or move it and press Enter at its centre",
  },
  measure_length: { zh: "长 {n}", en: "length {n}" },
  measure_area: { zh: "面积 {n}", en: "area {n}" },
  measure_note: {
    zh: "≈ 在示意图上量得，不是正式数字",
    en: "≈ measured on the drawing, no official figure",
  },
  measure_undo: { zh: "撤销一点", en: "Undo a point" },
  measure_end: { zh: "结束", en: "End" },
});

const GRS80_A = 6378137; // m
const GRS80_E2 = 0.00669438002290079;

// The radii of curvature at a latitude in radians: along the meridian, and across it.
function radiiAt(phi) {
  const bend = 1 - GRS80_E2 * Math.sin(phi) ** 2;
  return { along: (GRS80_A * (1 - GRS80_E2)) / bend ** 1.5, across: GRS80_A / Math.sqrt(bend) };
}

// Points are [lat, lng] in degrees; on lines of some ten kilometres it is right to a millionth.
function lengthOf(points) {
  let sum = 0;
  for (let at = 1; at < points.length; at += 1) {
    const [a, b] = [points[at - 1], points[at]].map(radians);
    const { along, across } = radiiAt((a[0] + b[0]) / 2);
    const east = across * Math.cos((a[0] + b[0]) / 2) * (b[1] - a[1]);
    sum += Math.hypot(along * (b[0] - a[0]), east);
  }
  return sum;
}

// In a plane that keeps areas and in which shortest lines are straight: the sinusoidal map, sheared
// by the bend of the parallel.
function areaOf(points) {
  const ring = points.map(radians);
  const mean = (at) => ring.reduce((sum, one) => sum + one[at], 0) / ring.length;
  const [middle, origin] = [mean(0), mean(1)];
  const { along, across } = radiiAt(middle);
  const bend = Math.tan(middle) / (2 * across);
  const flat = ring.map(([phi, lambda]) => {
    const x = radiiAt(phi).across * Math.cos(phi) * (lambda - origin);
    return [x, along * (phi - middle) + bend * x * x];
  });
  const twice = flat.reduce((sum, [x, y], at) => {
    const [nextX, nextY] = flat[(at + 1) % flat.length];
    return sum + x * nextY - nextX * y;
  }, 0);
  return Math.abs(twice) / 2;
}

function radians([lat, lng]) {
  return [(lat * Math.PI) / 180, (lng * Math.PI) / 180];
}

function wordedLength(metres) {
  const [zh, en] = metres < 1000 ? ["米", "m"] : ["公里", "km"];
  const text = metres < 1000 ? shown(metres, 1) : shown(metres / 1000, 3, { grouped: true });
  return {
    zh: worded("measure_length", `${text} ${zh}`).zh,
    en: worded("measure_length", `${text} ${en}`).en,
  };
}

function wordedArea(m2, perMu) {
  const mu = shown(m2 / perMu, 2, { grouped: true });
  const [flat, ha] = [shown(m2, 0, { grouped: true }), shown(m2 / 10_000, 2, { grouped: true })];
  return {
    zh: worded("measure_area", `${mu} 亩（${flat} 平方米，${ha} 公顷）`).zh,
    en: worded("measure_area", `${mu} mu (${flat} m², ${ha} ha)`).en,
  };
}

function measuring(app) {
  const { map } = app;
  const bar = measureBar(app);
  const shape = measureShape(map);
  let points = null; // while measuring: [[lat, lng], …]
  const redraw = () => {
    shape.setLatLngs(points);
    bar.show(points);
  };
  const add = ({ lat, lng }) => {
    const last = points[points.length - 1];
    if (last?.[0] !== lat || last?.[1] !== lng) points.push([lat, lng]);
    redraw();
  };
  const begin = () => {
    points = [];
    shape.addTo(map);
    map.getContainer().classList.add("lr-measuring");
    map.getContainer().focus();
    redraw();
  };
  const end = () => {
    points = null;
    shape.remove();
    map.getContainer().classList.remove("lr-measuring");
    bar.show(null);
    node.setAttribute("aria-pressed", "false");
  };
  const undo = () => {
    points.pop();
    redraw();
  };
  const node = tool("measure", () => {
    node.setAttribute("aria-pressed", String(!points));
    if (points) end();
    else begin();
  });
  node.setAttribute("aria-pressed", "false");
  bar.wire({ undo, end });
  pointing(map, { active: () => points !== null, add, undo, end });
}

// The points as a line, an area from the third one on.
function measureShape(map) {
  const pane = map.createPane("measure");
  pane.style.zIndex = "640";
  pane.style.pointerEvents = "none";
  const path = vector("path", { class: "lr-measure-line" });
  const drawing = vector("svg", { class: "lr-measure-drawing" });
  drawing.append(path);
  const Shape = L.Layer.extend({
    options: { pane: "measure" },
    points: [],
    onAdd() {
      pane.append(drawing);
    },
    onRemove() {
      drawing.remove();
    },
    getEvents() {
      return { zoomend: this.redraw, viewreset: this.redraw };
    },
    setLatLngs(points) {
      this.points = points;
      this.redraw();
    },
    redraw() {
      const corners = this.points.map((point) => map.latLngToLayerPoint(point));
      const line = corners.map(({ x, y }) => `${x} ${y}`).join("L");
      path.setAttribute("d", line ? `M${line}Z` : "");
    },
  });
  return new Shape();
}

// Presses and keys go to the measure while it runs, and not to the land below.
function pointing(map, { active, add, undo, end }) {
  const box = map.getContainer();
  const taken = (act) => (event) => {
    if (!active()) return;
    event.stopPropagation();
    act(event);
  };
  const click = (event) => map.dragging.moved() || add(map.mouseEventToLatLng(event));
  box.addEventListener("click", taken(click), true);
  box.addEventListener("dblclick", taken(() => {}), true);
  const keys = { Enter: () => add(map.getCenter()), Backspace: undo };
  box.addEventListener("keydown", (event) => {
    if (!active() || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });
  document.addEventListener("keydown", ({ key }) => key === "Escape" && active() && end());
}

// What was measured, said to everybody, with what to do next.
function measureBar(app) {
  const told = el("p", "", []);
  told.setAttribute("role", "status");
  const undo = button("", worded("measure_undo"), () => acts.undo());
  const end = button("", worded("measure_end"), () => acts.end());
  const buttons = el("div", "", [undo, end]);
  const note = el("p", "lr-note", worded("measure_note"));
  const node = el("div", "lr-measured", [told, note, buttons]);
  node.hidden = true;
  const cross = el("div", "lr-measure-cross", []);
  document.getElementById("landready-field").append(node, cross);
  let acts = {};
  return {
    wire: (given) => (acts = given),
    show(points) {
      node.hidden = points === null;
      if (points === null) return;
      undo.disabled = points.length === 0;
      const parts = [points.length < 2 ? worded("measure_begin") : wordedLength(lengthOf(points))];
      if (points.length > 2) parts.push(wordedArea(areaOf(points), app.payload.model.m2_per_mu));
      told.replaceChildren(...parts.map((part) => el("span", "", part)));
    },
  };
}
