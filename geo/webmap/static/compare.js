// Side by side: two views of one map, with a divider between them.
//
// Each half has its own date, colours and scenario, and a pane that is cut at the divider. While it
// is dragged only the cut moves; where it stands is told to the rest of the page at the end.

Object.assign(WORDS, {
  compare: { zh: "左右对比", en: "Side by side" },
  compare_end: { zh: "结束对比", en: "End side by side" },
  compare_floor: { zh: "现状 | 情景", en: "Existing | scenario" },
  compare_dates: { zh: "两个日期", en: "Two dates" },
  divider: { zh: "左右分界", en: "Divider of the two halves" },
  divided: { zh: "左侧占 {n}%", en: "{n}% on the left" },
  half_left: { zh: "左", en: "Left" },
  half_right: { zh: "右", en: "Right" },
  half_date: { zh: "日期", en: "Date" },
  half_whatif: { zh: "推演", en: "what-if" },
});

const HALVES = ["left", "right"];
const OUTERMOST = 0.03; // of the width, so that the divider can be taken hold of again

function comparing(app) {
  const { state } = app;
  const mode = tool("compare", () => state.set({ compare: next() }), { pressed: false });
  const next = () => (state.get("compare") ? null : presets(app).floor());
  const parts = [divider(app), ...HALVES.map((half, side) => halfLabel(app, half, side)), bar(app)];
  const stage = el("div", "lr-compare", parts);
  byId("field").append(stage);
  legendOfHalves(app);
  const follow = () => {
    const compare = state.get("compare");
    stage.hidden = !compare;
    mode.setAttribute("aria-pressed", String(Boolean(compare)));
    document.body.classList.toggle("lr-comparing", Boolean(compare));
    if (compare) app.drawn.open(1);
    else app.drawn.close(1);
    divide(app, compare?.at);
  };
  linkCompare(app);
  state.when(["compare"], follow);
  state.when(["date"], ({ date, compare }) => {
    if (compare) state.set({ compare: { ...compare, right: { ...compare.right, date } } });
  });
  app.map.on("move resize zoomend", () => divide(app, app.divided));
  document.addEventListener("keydown", (event) => endedBy(app, event, stage), true);
  if (state.get("compare")) follow();
  else stage.hidden = true;
}

// Esc ends it, unless it is there for something that lies above.
function endedBy({ state }, { key, target }, stage) {
  if (key !== "Escape" || !state.get("compare") || target.closest("dialog")) return;
  const isFree = !state.get("selected") && !state.get("turning");
  if (isFree || stage.contains(target)) state.set({ compare: null });
}

// What the halves show at first.
function presets({ payload, state }) {
  const last = (payload.time?.dates.length ?? 1) - 1;
  const scenario = state.get("scenario");
  const at = 0.5;
  const half = (date, colour, whatif) => ({ date, colour, scenario, whatif });
  const dates = () => {
    const date = state.get("date") === last ? 0 : state.get("date");
    return { left: half(date, "stage", false), right: half(last, "stage", false), at };
  };
  const floor = () => ({
    ...{ left: half(last, "existing", false), right: half(last, "ratio", true), at },
  });
  return { dates, floor: payload.model ? floor : dates };
}

// --- in the link ---------------------------------------------------------------------------------

function linkCompare({ payload, state }) {
  const dates = payload.time?.dates ?? [];
  const ids = [null, ...(payload.model?.scenarios ?? []).map(({ id }) => id)];
  const ways = waysOf(payload);
  const half = (said) => {
    const { date, colour, scenario = null, whatif = false } = isTable(said) ? said : {};
    const at = typeof date === "string" ? dateAt(dates, date) : undefined;
    const isGood = at !== undefined && ways.includes(colour) && ids.includes(scenario);
    return isGood ? { date: at, colour, scenario, whatif: whatif === true } : null;
  };
  state.linked("compare", {
    write: (compare) =>
      JSON.stringify({
        ...compare,
        ...Object.fromEntries(
          HALVES.map((key) => [key, { ...compare[key], date: dates[compare[key].date] }]),
        ),
      }),
    read(text) {
      const said = parsed(text);
      if (!isTable(said)) return undefined;
      const [left, right] = [half(said.left), half(said.right)];
      return left && right ? { left, right, at: placed(said.at) } : undefined;
    },
  });
}

function placed(at) {
  return Number.isFinite(at) ? Math.min(Math.max(at, OUTERMOST), 1 - OUTERMOST) : 0.5;
}

// --- the divider ---------------------------------------------------------------------------------

// Cuts the panes of both halves at a share of the width; without one they are whole again.
function divide({ map, ...app }, at) {
  const stage = document.querySelector(".lr-compare");
  const { x: width, y: height } = map.getSize();
  const { x: west, y: north } = map.containerPointToLayerPoint([0, 0]);
  const cut = west + width * (at ?? 1);
  const cuts = [[west, cut], [cut, west + width]];
  for (const [side, [from, to]] of cuts.entries()) {
    const corners = [[from, north], [to, north], [to, north + height], [from, north + height]];
    const path = `polygon(${corners.map(([x, y]) => `${x}px ${y}px`).join(", ")})`;
    for (const kind of ["land", "labels"]) {
      const pane = map.getPane(`${kind}${side}`);
      if (pane) pane.style.clipPath = at === undefined ? "" : path;
    }
  }
  if (at === undefined) return;
  stage.style.setProperty("--at", `${100 * at}%`);
  const node = stage.querySelector("[role=slider]");
  const percent = String(Math.round(100 * at));
  node.setAttribute("aria-valuenow", percent);
  name(node, "aria-valuetext", worded("divided", percent));
}

// Which half of the map a point is in.
function sideAt({ map, state, divided }, latlng) {
  if (!state.get("compare")) return 0;
  return map.latLngToContainerPoint(latlng).x < divided * map.getSize().x ? 0 : 1;
}

function divider(app) {
  const { state } = app;
  const node = el("div", "lr-divider", [el("i", "")]);
  node.tabIndex = 0;
  node.setAttribute("role", "slider");
  node.setAttribute("aria-valuemin", "0");
  node.setAttribute("aria-valuemax", "100");
  name(node, "aria-label", worded("divider"));
  const move = (at) => divide(app, (app.divided = placed(at)));
  const settle = () => {
    const compare = state.get("compare");
    if (compare?.at !== app.divided) state.set({ compare: { ...compare, at: app.divided } });
  };
  const place = ({ clientX }) => {
    const { left, width } = byId("field").getBoundingClientRect();
    return (clientX - left) / width;
  };
  node.addEventListener("pointerdown", (event) => node.setPointerCapture(event.pointerId));
  node.addEventListener("pointermove", (event) => {
    if (node.hasPointerCapture(event.pointerId)) move(place(event));
  });
  node.addEventListener("pointerup", settle);
  node.addEventListener("keydown", (event) => {
    const { key } = event;
    const step = { ArrowLeft: -0.02, ArrowRight: 0.02, PageDown: -0.1, PageUp: 0.1 }[key];
    const end = { Home: 0, End: 1 }[key];
    if (step === undefined && end === undefined) return;
    event.preventDefault();
    move(end ?? app.divided + step);
    settle();
  });
  state.when(["compare"], ({ compare }) => (app.divided = compare?.at));
  return node;
}

// --- what the halves show ------------------------------------------------------------------------

// Says what a half shows; opened, it lets the reader choose that.
function halfLabel(app, half, side) {
  const { payload, state } = app;
  const summary = el("summary", "", "");
  const change = (part) => {
    const compare = state.get("compare");
    state.set({ compare: { ...compare, [half]: { ...compare[half], ...part } } });
  };
  const ways = waysOf(payload);
  const colours = ways.map((key) => [key, worded(`colour_${key}`)]);
  const colour = chooser(WORDS.colour_by, colours, (key) => change({ colour: key }));
  const options = scenarioOptions(app);
  const scenario = chooser(WORDS.by_scenario, options, (at) => change(options[at][2]));
  const dates = (payload.time?.dates ?? []).map((day, at) => [String(at), day]);
  const date = chooser(WORDS.half_date, dates, (at) => change({ date: Number(at) }));
  const nodes = [colour, scenario, date].map(({ node }) => node);
  const node = el("details", `lr-half lr-half-${half}`, [summary, el("div", "", nodes)]);
  const tell = () => {
    const view = state.get("compare")?.[half];
    if (!view) return;
    say(summary, wordsOfHalf(app, side));
    colour.set(view.colour);
    date.set(String(view.date));
    const same = ([, , part]) =>
      part.whatif ? view.whatif : part.scenario === view.scenario && !view.whatif;
    scenario.set(String(Math.max(options.findIndex(same), 0)));
  };
  state.when(["compare", "whatif"], tell);
  return node;
}

// The scenarios of the plan, and what the reader has tried: [place, wording, what it changes].
function scenarioOptions({ payload }) {
  const scenarios = payload.model?.scenarios ?? [];
  const parts = scenarios.map(({ id, name: words }, at) => [
    words,
    { scenario: at === 0 ? null : id, whatif: false },
  ]);
  const all = [...parts, [WORDS.half_whatif, { whatif: true }]];
  return all.map(([words, part], at) => [String(at), words, part]);
}

function wordsOfHalf(app, side) {
  const { colour, date, scenario, whatif } = sightOf(app, side);
  const { model, time } = app.payload;
  const chosen = model?.scenarios.find(({ id }) => id === scenario)?.name;
  const isOfScenario = colour === "ratio" || colour === "added";
  const parts = [
    ...[worded(`colour_${colour}`), isOfScenario && chosen, whatif && WORDS.half_whatif],
    colour === "stage" && time && both(time.dates[date]),
  ].filter(Boolean);
  const joinedIn = (lang) => parts.map((words) => words[lang]).join(" · ");
  return { zh: joinedIn("zh"), en: joinedIn("en") };
}

function bar(app) {
  const { payload, state } = app;
  const preset = (key) =>
    button("lr-quiet", worded(`compare_${key}`), () => state.set({ compare: presets(app)[key]() }));
  const end = closeButton(() => state.set({ compare: null }));
  name(end, "aria-label", worded("compare_end"));
  const hasDates = (payload.time?.dates.length ?? 0) > 1;
  return el("div", "lr-compare-bar", [
    ...[payload.model && preset("floor"), hasDates && preset("dates"), end],
  ]);
}

// The scales of both halves in the legend; once where they are the same.
function legendOfHalves(app) {
  const { state } = app;
  const node = el("div", "lr-lost lr-halves", []);
  byId("key").querySelector(".lr-key-body").prepend(node);
  const tell = () => {
    node.hidden = !state.get("compare");
    if (node.hidden) return;
    const scales = [0, 1].map((side) => scaleOf(app, side));
    const isOne = JSON.stringify(scales[0]) === JSON.stringify(scales[1]);
    const heads = isOne ? [WORDS.colours_mean] : [WORDS.half_left, WORDS.half_right];
    node.replaceChildren(...heads.flatMap((head, side) => [
      el("h2", "", head),
      el("ul", "lr-signs", scales[side].map(scaleRow)),
    ]));
  };
  state.when(["compare", "whatif", "dark"], tell);
  tell();
}

function scaleRow({ color, label, number }) {
  const spot = el("i", "lr-sign-scale", number === undefined ? undefined : String(number));
  spot.style.backgroundColor = safeColour(color);
  spot.style.color = inkOn(safeColour(color));
  return el("li", "", [spot, el("span", "", label)]);
}
