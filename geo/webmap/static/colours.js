// Colours: what the fill of a parcel tells, in either half of the map.
//
// Every way has its classes, each with a number or a letter beside its colour. The looks of a chunk
// are made once for what is shown; parcels that look the same share one.

Object.assign(WORDS, {
  colour_by: { zh: "着色", en: "Colour by" },
  by_scenario: { zh: "情景", en: "Scenario" },
  colour_stage: { zh: "整备阶段", en: "Stage" },
  colour_ratio: { zh: "情景容积率", en: "Plot ratio, scenario" },
  colour_existing: { zh: "现状容积率", en: "Plot ratio, existing" },
  colour_added: { zh: "每 m² 用地新增建筑（m²）", en: "Floor added, m² per m² of land" },
  colour_treatment: { zh: "改造方式", en: "Treatment" },
  colour_block: { zh: "所在连片（亩）", en: "Contiguous block (mu)" },
  not_known: { zh: "没有或不详", en: "none or not known" },
  not_more: { zh: "不增加", en: "none, or less" },
  no_block: { zh: "未计入", en: "not counted" },
});

const UNKNOWN = "#b9bdc4";
const VIRIDIS = ["#fde725", "#7ad151", "#22a884", "#2a788e", "#414487", "#440154"];
const RATIOS = [0.5, 1, 2, 2.5, 3, 3.5]; // of all ratios, so that two maps can be compared
const ADDED = [0.5, 1, 1.5, 2, 3];
const NOT_MORE = "#e9ecef";

// After Okabe and Ito: told apart by all common kinds of colour vision; the letter says it too.
const TREATED = {
  __proto__: null, // a treatment may have any name
  rebuild: { color: "#d55e00", zh: "拆", en: "R" },
  upgrade: { color: "#e69f00", zh: "整", en: "U" },
  extend: { color: "#f0e442", zh: "加", en: "E" },
  retain: { color: "#0072b2", zh: "留", en: "K" },
  village: { color: "#cc79a7", zh: "村", en: "V" },
  road: { color: "#6b7075", zh: "路", en: "D" },
  green: { color: "#009e73", zh: "绿", en: "G" },
};

// What each way needs (packs of a chunk, or the answer for all parcels) and how it reads a row.
const COLOURS = {
  stage: { look: stageLooks, scale: stageScale },
  ratio: { answer: true, look: ratioLooks, scale: () => classScale(RATIOS) },
  existing: { facts: true, look: existingLooks, scale: () => classScale(RATIOS) },
  added: { answer: true, look: addedLooks, scale: () => [NONE_ADDED, ...classScale(ADDED)] },
  treatment: { facts: true, look: treatmentLooks, scale: treatmentScale },
  block: { answer: true, look: blockLooks, scale: blockScale },
  sequence: { facts: true, look: sequenceLooks, scale: sequenceScale },
  stake: { facts: true, look: stakeLooks, scale: () => classScale(STAKES) },
};
const NONE_ADDED = { color: NOT_MORE, label: WORDS.not_more };

// Before the map is drawn: what colours ask for, and what a link says of them.
function colouring(app) {
  const { payload, state } = app;
  app.reckoner = reckoning(app);
  const ids = (payload.model?.scenarios ?? []).map(({ id }) => id);
  const ways = waysOf(payload);
  state.linked("colour", { read: (text) => (ways.includes(text) ? text : undefined) });
  state.linked("scenario", { read: (text) => (ids.includes(text) ? text : undefined) });
}

// What a half of the map shows; whatif says whether the reader's setting holds there.
function sightOf({ payload, state }, side) {
  const part = state.get("compare")?.[side === 1 ? "right" : "left"];
  const [date, colour] = [state.get("date"), state.get("colour")];
  const sight = part ?? { date, colour, scenario: state.get("scenario"), whatif: true };
  const scenario = sight.scenario ?? payload.model?.scenarios[0].id ?? null;
  return { ...sight, scenario, whatif: Boolean(sight.whatif && state.get("whatif")) };
}

// The setting that a half of the map shows: see geo/plan/setting.py.
function settingOf(app, side) {
  const { scenario, whatif } = sightOf(app, side);
  return { ...(whatif ? app.state.get("whatif") : {}), scenario };
}

// Whether stages and blocks are told of the last date, of which alone the arithmetic knows.
function isLast({ payload }, date) {
  return date >= (payload.time?.dates.length ?? 1) - 1;
}

// Whether the blocks of the plan are what a half of the map shows.
function blocksHold(app, side) {
  const { date, whatif } = sightOf(app, side);
  return isLast(app, date) && !whatif;
}

// --- looks ---------------------------------------------------------------------------------------

function colourOf(app, side) {
  const sight = sightOf(app, side);
  const way = COLOURS[sight.colour];
  const only = sight.colour === "stage" ? app.state.get("only") : null;
  const asks = way.answer || (sight.whatif && isLast(app, sight.date));
  const answer = asks ? answerFor(app, settingOf(app, side)) : null;
  const setting = asks ? JSON.stringify(settingOf(app, side)) : "";
  const key = [sight.colour, sight.date, only, language, app.scene.inks.ground, setting].join("|");
  let [last, looks] = [null, null];
  return (row, chunk) => {
    if (chunk !== last) {
      const view = { ...sight, only, answer };
      [last, looks] = [chunk, looksOf(app, chunk, answer === undefined ? null : key, way, view)];
    }
    return looks ? looks[row - chunk.first] : BLANK;
  };
}

const BLANK = Object.freeze({ fill: UNKNOWN, hatched: false, dim: false, number: null });
const KEPT_LOOKS = 3; // two halves of the map, and what was shown before

// The looks of the rows of a chunk, null while what they need is on its way.
function looksOf(app, chunk, key, way, sight) {
  if (way.facts && !chunk.facts) redrawnAfter(app, app.atlas.need(chunk, "facts"));
  if (key === null || (way.facts && !chunk.facts)) return null;
  chunk.looks ??= new Map();
  if (!chunk.looks.has(key)) {
    if (chunk.looks.size >= KEPT_LOOKS) chunk.looks.delete(chunk.looks.keys().next().value);
    chunk.looks.set(key, madeLooks(way.look(app, chunk, sight), chunk));
  }
  return chunk.looks.get(key);
}

// look: place in the chunk → [fill, number, hatched, dim]; the same ones are one object.
function madeLooks(look, { count }) {
  const known = new Map();
  return Array.from({ length: count }, (_, at) => {
    const [fill, number = null, hatched = false, dim = false] = look(at);
    const key = `${fill}|${number}|${hatched}|${dim}`;
    if (!known.has(key)) known.set(key, Object.freeze({ fill, number, hatched, dim }));
    return known.get(key);
  });
}

// undefined while the arithmetic is not there yet; the map is drawn again when it is.
function answerFor(app, setting) {
  const { reckoner } = app;
  if (reckoner.isReady()) return reckoner.answer(setting);
  redrawnAfter(app, reckoner.load());
  return undefined;
}

// What is missing is said where it is loaded; the land then stays grey.
function redrawnAfter(app, coming) {
  coming.then(() => app.drawn.refresh(), () => {});
}

function stageLooks(app, chunk, { date, only, answer }) {
  const { payload, scene } = app;
  const [rungs, tolds] = [rungAt(chunk, date), toldAt(chunk, date)];
  const counts = countsAt(chunk, date, answer);
  const fills = [LIGHT, FULL].map((opacity) =>
    payload.stages.map(({ color }) => over(safeColour(color), scene.inks.ground, opacity)),
  );
  return (at) => [
    fills[counts(at) ? 1 : 0][rungs[at]] ?? UNKNOWN,
    ...[rungs[at], tolds[at] === 1, only !== null && only !== rungs[at]],
  ];
}

// Which rows of a chunk count: under the setting, or as the plan had it on the day.
function countsAt(chunk, date, answer) {
  if (answer) return (at) => answer.blocks.counts[rowIn(chunk, at)];
  const { counts } = statesAt(chunk, date);
  return (at) => counts[at];
}

function ratioLooks(_, chunk, { answer }) {
  return (at) => classed(RATIOS, answer.rows.ratio[rowIn(chunk, at)]);
}

function existingLooks(_, { facts }) {
  const [floor, land] = [facts["parcels.floor"], facts["parcels.land"]];
  return (at) => classed(RATIOS, floor[at] && land[at] ? (floor[at] - 1) / land[at] : NaN);
}

function addedLooks({ reckoner }, chunk, { answer }) {
  const { gross } = reckoner.land();
  return (at) => {
    const row = rowIn(chunk, at);
    const added = answer.rows.added[row] / gross[row];
    return added <= 0 ? [NOT_MORE, shown(added, 1)] : classed(ADDED, added);
  };
}

function classed(breaks, value) {
  if (!Number.isFinite(value)) return [UNKNOWN];
  const step = breaks.filter((least) => value >= least).length;
  return [ramp(step, breaks.length), shown(value, 1)];
}

function treatmentLooks(_, { facts }) {
  const { codes, levels } = facts["parcels.treatment"];
  return (at) => {
    const kind = TREATED[levels[codes[at]]];
    return kind ? [kind.color, kind[language]] : [UNKNOWN];
  };
}

// By the tier that a row's block reaches, with the rank of the block.
function blockLooks({ payload }, chunk, { answer }) {
  const { tiers_mu: tiers, slack_mu: slack } = payload.model;
  const reached = (mu) => tiers.filter((tier) => mu + slack >= tier).length;
  const looks = new Map(
    answer.blocks.list.map(({ label, land_mu: mu }, at) => [
      label,
      [ramp(reached(mu), tiers.length), at + 1],
    ]),
  );
  return (at) => looks.get(answer.blocks.labels[rowIn(chunk, at)]) ?? [UNKNOWN];
}

// The step-th of so many steps above the lowest, from light to dark.
function ramp(step, most) {
  const place = most ? (step * (VIRIDIS.length - 1)) / most : 0;
  const low = Math.min(Math.floor(place), VIRIDIS.length - 2);
  return over(VIRIDIS[low + 1], VIRIDIS[low], place - low);
}

// --- scales --------------------------------------------------------------------------------------

// The classes of a half of the map, for the legend: [{ color, label, number? }].
function scaleOf(app, side) {
  const sight = sightOf(app, side);
  const classes = COLOURS[sight.colour].scale(app, side);
  const rest = { block: WORDS.no_block, stage: null, sequence: WORDS.plan_none }[sight.colour];
  return rest === null ? classes : [...classes, { color: UNKNOWN, label: rest ?? WORDS.not_known }];
}

// The lowest rung that counts in a half of the map.
function countedFrom(app, side) {
  const { whatif } = sightOf(app, side);
  const asked = whatif ? app.payload.model.stages.indexOf(app.state.get("whatif").stage) : -1;
  return asked < 0 ? app.payload.counted_from : asked;
}

function stageScale(app, side) {
  const from = countedFrom(app, side);
  const { ground } = app.scene.inks;
  return app.payload.stages.map(({ rung, color, zh, en }) => ({
    ...{ color: over(safeColour(color), ground, rung >= from ? FULL : LIGHT), label: { zh, en } },
    ...{ number: rung, counts: rung >= from },
  }));
}

function classScale(breaks) {
  const ends = breaks.map((value) => String(value));
  const between = breaks.slice(1).map((_, at) => `${ends[at]} – ${ends[at + 1]}`);
  const labels = [`< ${ends[0]}`, ...between, `≥ ${ends.at(-1)}`];
  return labels.map((label, at) => ({ color: ramp(at, breaks.length), label }));
}

function treatmentScale({ payload: { names } }) {
  return Object.entries(TREATED).map(([key, { color, zh, en }]) => {
    const { zh: inZh = key, en: inEn = key } = names.treatments[key] ?? {};
    return { color, label: { zh: `${zh} ${inZh}`, en: `${en} ${inEn}` } };
  });
}

function blockScale({ payload }) {
  const { tiers_mu: tiers } = payload.model;
  return [0, ...tiers].map((tier, at) => ({
    color: ramp(at, tiers.length),
    label: at === 0 ? `< ${tiers[0] ?? "∞"}` : `≥ ${tier}`,
  }));
}

// --- choosing ------------------------------------------------------------------------------------

// The ways of colouring; a page for the public tells of no parcel what stands on it.
function waysOf({ withheld, ahead }) {
  const told = { existing: !withheld, sequence: ahead?.years, stake: ahead?.about };
  return Object.keys(COLOURS).filter((way) => !(way in told) || told[way]);
}

// Two choices on top of the legend: what colours tell, and of which scenario.
function colourChoice(app) {
  const { payload, state } = app;
  const ways = waysOf(payload);
  const options = ways.map((key) => [key, worded(`colour_${key}`)]);
  const colour = chooser(WORDS.colour_by, options, (key) => state.set({ colour: key }));
  const scenario = scenarioChooser(app);
  const node = el("div", "lr-choice", [colour.node, scenario.node]);
  const tell = () => {
    colour.set(state.get("colour"));
    scenario.set(sightOf(app, 0).scenario);
    node.hidden = state.get("compare") !== null;
  };
  state.when(["colour", "scenario", "compare"], tell);
  tell();
  byId("key").querySelector(".lr-key-body").prepend(node);
}

function scenarioChooser({ payload, state }) {
  const scenarios = payload.model?.scenarios ?? [];
  const options = scenarios.map(({ id, name: words }) => [id, words]);
  const made = chooser(WORDS.by_scenario, options, (id) =>
    state.set({ scenario: id === scenarios[0].id ? null : id }),
  );
  made.node.hidden = scenarios.length < 2;
  return made;
}

// A labelled choice: options are [value, wording].
function chooser(label, options, onChoose) {
  const field = el("select", "");
  for (const [value, words] of options) {
    const option = el("option", "", words);
    option.value = value;
    field.append(option);
  }
  field.addEventListener("change", () => onChoose(field.value));
  const node = el("label", "lr-choose", [el("span", "", label), field]);
  return { node, field, set: (value) => (field.value = value ?? "") };
}
