// Settings: what a reader changes of the plan, as a link keeps it and as plan.toml takes it.

Object.assign(WORDS, {
  toml_made: {
    zh: "由地图页面推演得出，不是正式数据",
    en: "Made by trying what-if on the map page; not an official figure",
  },
});

const MOST_RATIO = 20; // as geo/plan/kinds.py has it
const MOST_NAMED = 2000; // parcels, zones or classes that a link may name
const LONGEST_NAME = 200;

// The arithmetic over all parcels, made when it is first asked for; its last answers are kept.
function reckoning(app) {
  const { model } = app.payload;
  const answers = new Map();
  const waiting = new Set();
  let parts = null;
  let loading = null;
  const make = async () => {
    const facts = await app.atlas.all("facts", (share) => waiting.forEach((tell) => tell(share)));
    const links = { ...(await app.atlas.links()), grid: model.grid };
    const land = landOf(model, facts);
    parts = { facts, links, land, ...arithmetic(model, facts, links) };
  };
  const answer = (setting) => {
    const key = JSON.stringify(setting);
    if (!answers.has(key)) {
      const kept = parts.land.rows > 100_000 ? 2 : 6;
      if (answers.size >= kept) answers.delete(answers.keys().next().value);
      answers.set(key, parts.answer(setting));
    }
    return answers.get(key);
  };
  return {
    isReady: () => parts !== null,
    land: () => parts.land,
    links: () => parts.links,
    facts: () => parts.facts,
    answer,
    load(onProgress) {
      if (onProgress) waiting.add(onProgress);
      return (loading ??= make());
    },
  };
}

// A setting without what says nothing; null when nothing is left.
function tidied(setting) {
  const isEmpty = (value) => typeof value === "object" && Object.keys(value).length === 0;
  const says = (value) => value !== null && value !== undefined && !isEmpty(value);
  const kept = Object.entries(setting).filter(([, value]) => says(value));
  return kept.length ? Object.fromEntries(kept) : null;
}

// --- out of a link -------------------------------------------------------------------------------

// What a link says, part by part: { setting, dropped: names of what it says wrongly }.
function readSetting({ payload: { model } }, text) {
  const dropped = [];
  const within = (most) => (value) => typeof value === "number" && value >= 0 && value <= most;
  const one = (fits) => (value, key) => {
    if (fits(value)) return value;
    dropped.push(key);
    return null;
  };
  const ratios = (value, key) => {
    if (!isTable(value)) return one(() => false)(value, key);
    const entries = Object.entries(value).slice(0, MOST_NAMED);
    const good = entries.filter(([item, ratio]) => isName(item) && within(MOST_RATIO)(ratio));
    const bad = Object.keys(value).filter((item) => !good.some(([other]) => other === item));
    dropped.push(...bad.map((item) => `${key}.${item}`));
    return Object.fromEntries(good);
  };
  const readers = new Map([
    ["scenario", one((value) => model.scenarios.some(({ id }) => id === value))],
    ["plot_ratio", one(within(MOST_RATIO))],
    ...[["by_zone", ratios], ["by_land_use", ratios]],
    ["handover_share", one(within(1))],
    ["stage", one((value) => !model.locked && model.stages.includes(value))],
    ["gap_m", one((value) => !model.locked && within(model.reach_m)(value))],
    ["toggled", one((value) => !model.locked && isList(value))],
  ]);
  const raw = parsed(text);
  if (!isTable(raw)) return { setting: null, dropped: ["whatif"] };
  const said = Object.entries(raw).map(([key, value]) => {
    const read = readers.get(key) ?? one(() => false);
    return [key, read(value, key)];
  });
  const setting = tidied(Object.fromEntries(said.filter(([key]) => readers.has(key))));
  return { setting, dropped };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isTable(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isName(value) {
  return typeof value === "string" && value.length > 0 && value.length <= LONGEST_NAME;
}

function isList(value) {
  return Array.isArray(value) && value.length <= MOST_NAMED && value.every(isName);
}

// The part of a setting that speaks of land there is; the names of the rest go to `dropped`.
function knownPart({ reckoner }, setting, dropped) {
  const { zone, ids, alive } = reckoner.land();
  const parcels = new Set(ids.filter((_, row) => alive[row]));
  const uses = texts(reckoner.land().column("land_use"));
  const known = {
    by_zone: (name) => name !== "" && zone.includes(name),
    by_land_use: (name) => uses.some((use) => use.startsWith(name)),
    toggled: (name) => parcels.has(name),
  };
  const part = { ...setting };
  for (const [key, isKnown] of Object.entries(known)) {
    if (!part[key]) continue;
    const names = Array.isArray(part[key]) ? [...new Set(part[key])] : Object.keys(part[key]);
    dropped.push(...names.filter((name) => !isKnown(name)).map((name) => `${key}.${name}`));
    const kept = names.filter(isKnown);
    const ratios = () => Object.fromEntries(kept.map((name) => [name, part[key][name]]));
    part[key] = Array.isArray(part[key]) ? kept : ratios();
  }
  return tidied(part);
}

// --- what a ratio governs ------------------------------------------------------------------------

const PROBE = 0.123456789; // a ratio that no plan states, to see whose ratio a control would be

// Of each ratio of a setting: how many rebuilt parcels follow it, and how many something else.
function following({ payload: { model }, reckoner }, setting, classes) {
  const [land, links] = [reckoner.land(), reckoner.links()];
  const use = texts(land.column("land_use"));
  const everything = joined(land, links, holding(links, setting), land.alive);
  const blockMu = sizes(everything, land.gross).map((area) => area / model.m2_per_mu);
  const rebuilt = [...land.ids.keys()].filter((row) => land.alive[row] && land.rebuilt[row]);
  const count = (part, within) => {
    const asked = asking(model, land, scenarioOf(model, { ...setting, ...part }), blockMu);
    const scope = rebuilt.filter(within);
    const n = scope.filter((row) => asked(row)?.likely === PROBE).length;
    return { n, others: scope.length - n };
  };
  const zones = [...new Set(rebuilt.map((row) => land.zone[row]))].filter(Boolean);
  const entry = (key, names, within) =>
    names.map((item) => [
      item,
      count({ [key]: { ...setting[key], [item]: PROBE } }, (row) => within(row, item)),
    ]);
  return {
    rebuilt: rebuilt.length,
    plot_ratio: count({ plot_ratio: PROBE }, () => true),
    by_zone: new Map(entry("by_zone", zones, (row, item) => land.zone[row] === item)),
    by_land_use: new Map(entry("by_land_use", classes, (row, item) => use[row].startsWith(item))),
  };
}

// The zones and the land-use classes of the land that is rebuilt.
function rebuiltKinds({ reckoner }) {
  const land = reckoner.land();
  const use = texts(land.column("land_use"));
  const rows = [...land.ids.keys()].filter((row) => land.alive[row] && land.rebuilt[row]);
  const kinds = (names) => [...new Set(rows.map((row) => names[row]))].filter(Boolean).sort();
  return { zones: kinds(land.zone), uses: kinds(use) };
}

// --- into plan.toml ------------------------------------------------------------------------------

// The scenario that a setting makes of the chosen one, and as remarks what no scenario can hold.
function scenarioToml({ payload: { model } }, setting) {
  const made = scenarioOf(model, setting);
  const { by_block_mu: sizes, handover_share: share } = made;
  const names = { zh: `推演：${made.name.zh}`, en: `What if: ${made.name.en}` };
  const blocks = sizes.map(
    ({ from_mu: mu, plot_ratio: ratio }) => `{ from_mu = ${mu}, plot_ratio = ${tomlRatio(ratio)} }`,
  );
  const lines = [
    "[[scenarios]]",
    `id = ${tomlText(freeId(model.scenarios.map(({ id }) => id)))}`,
    `name = ${tomlWords(names)}`,
    `plot_ratio = ${tomlRatio(made.plot_ratio)}`,
    ...tomlRatios("by_treatment", Object.entries(made.by_treatment)),
    ...tomlRatios("by_land_use", [...made.by_land_use]),
    ...tomlRatios("by_zone", [...made.by_zone]),
    blocks.length > 0 && `by_block_mu = [${blocks.join(", ")}]`,
    ...tomlRatios("by_parcel", Object.entries(made.by_parcel)),
    share !== null && `handover_share = ${share}`,
    made.caps !== null && `caps = ${tomlText(model.cap_tables[made.caps])}`,
    made.phases.length > 0 && `phases = [${made.phases.map(tomlPhase).join(", ")}]`,
    `assumption = ${tomlWords(WORDS.toml_made)}`,
    ...remarks(setting),
  ];
  return `${lines.filter(Boolean).join("\n")}\n`;
}

function tomlPhase({ year, ...lands }) {
  const lists = Object.entries(lands).filter(([, names]) => names.length > 0);
  const parts = lists.map(([key, names]) => `${key} = [${names.map(tomlText).join(", ")}]`);
  return `{ ${[`year = ${year}`, ...parts].join(", ")} }`;
}

function remarks({ gap_m: gap, stage, toggled = [] }) {
  return [
    gap !== undefined && `# not of a scenario: [contiguity] mode = "practical", gap_m = ${gap}`,
    stage !== undefined && `# not of a scenario: [[goals]] stage = ${tomlText(stage)}`,
    toggled.length > 0 && `# counted the other way: ${toggled.map(tomlText).join(", ")}`,
  ];
}

function freeId(taken) {
  let id = "whatif";
  for (let n = 2; taken.includes(id); n += 1) id = `whatif-${n}`;
  return id;
}

// A basic string: JSON escapes all that TOML wants escaped but DEL; half a character is no text.
function tomlText(text) {
  const whole = [...text].map((sign) => (/^[\ud800-\udfff]$/.test(sign) ? "\ufffd" : sign));
  return JSON.stringify(whole.join("")).replaceAll("\x7f", "\\u007f");
}

function tomlWords({ zh, en }) {
  return `{ zh = ${tomlText(zh)}, en = ${tomlText(en)} }`;
}

function tomlRatio(ratio) {
  if (typeof ratio === "string") return tomlText(ratio);
  const { low, likely, high } = ratio;
  return low === high ? String(likely) : `{ low = ${low}, likely = ${likely}, high = ${high} }`;
}

function tomlRatios(key, entries) {
  const parts = entries.map(([item, ratio]) => `${tomlText(item)} = ${tomlRatio(ratio)}`);
  return parts.length ? [`${key} = { ${parts.join(", ")} }`] : [];
}
