// The arithmetic of what-if: the steps of geo/whatif.py again, to the last bit.
//
// Areas are in m² on the land grid, on which sums of floats are exact in any order; they turn to mu
// as a whole. What is not known is NaN. A test holds every figure against Python's.

const ENLARGED = ["upgrade", "extend"];
const FLOOR_SUMS = [
  ...["gross", "net", "existing", "demolished", "retained", "built", "total", "added", "cut"],
  ...["total_low", "total_high", "added_low", "added_high"],
  ...["known_net", "gross_known", "added_known", "existing_known", "on_net"],
];

function arithmetic(model, facts, links) {
  const land = landOf(model, facts);
  return {
    answer(setting) {
      const scenario = scenarioOf(model, setting);
      const holds = holding(links, setting);
      const everything = joined(land, links, holds, land.alive);
      const blockMu = sizes(everything, land.gross).map((area) => area / model.m2_per_mu);
      const floor = floorOf(model, land, scenario, blockMu);
      const stands = standing(model, land, setting);
      const goals = model.goals.map((goal) => goalOf(model, land, links, holds, stands, goal));
      const blocks = blocksOf(model, land, links, holds, stands);
      return { scenario, floor: floorSums(land, floor), blocks, goals, rows: floor };
    },
  };
}

// --- land ----------------------------------------------------------------------------------------

// Columns of the facts as areas in m² and flags, one entry a row.
function landOf(model, facts) {
  const column = (key) => facts[`parcels.${key}`];
  const area = (key) => Float64Array.from(column(key), (steps) => steps / model.grid);
  const known = (key) =>
    Float64Array.from(column(key), (steps) => (steps ? (steps - 1) / model.grid : NaN));
  const gross = area("land");
  const lost = area("lost");
  const handover = area("handover");
  const usable = gross.map((m2, row) => m2 - lost[row]);
  const treatment = texts(column("treatment"));
  const rebuilt = Uint8Array.from(
    treatment,
    (name, row) => name === "rebuild" && column("usable")[row],
  );
  const existing = known("floor");
  const kept = known("kept").map((m2, row) => (rebuilt[row] ? m2 : existing[row]));
  return {
    ...{ gross, usable, treatment, rebuilt, existing, kept, rows: gross.length },
    ...{ net: usable.map((m2, row) => m2 - handover[row]), alive: column("alive") },
    ...{ fit: column("usable"), ids: column("id"), zone: texts(column("zone")) },
    ...{ now: column("now"), evidenced: column("evidenced"), column },
  };
}

function texts({ codes, levels }) {
  return Array.from(codes, (code) => levels[code]);
}

// What each parcel of a set adds to those before it; where land overlaps, what the set decides.
function counted(land, links, counts, basis) {
  const source = basis === "net" ? land.net : land.gross;
  const areas = source.map((m2, row) => (counts[row] ? m2 : 0));
  if (basis === "net") return areas;
  let partner = 0;
  let first = 0;
  links["once.row"].forEach((row, at) => {
    const partners = links["once.partners"][at];
    let subset = 0;
    for (let bit = 0; bit < partners; bit += 1) {
      if (counts[links["once.partner"][partner + bit]]) subset |= 1 << bit;
    }
    if (counts[row]) areas[row] = links["once.land"][first + subset] / links.grid;
    partner += partners;
    first += 1 << partners;
  });
  return areas;
}

// --- contiguity ----------------------------------------------------------------------------------

function holding(links, { gap_m: gap }) {
  if (gap === null || gap === undefined) return links["links.holds"];
  const most = Math.round(gap * 1000);
  return links["links.gap"].map((wide) => (wide <= most ? 1 : 0));
}

// The first row of the block of each row of a set, -1 for the others (union by halving paths).
function joined(land, links, holds, counts) {
  const above = Int32Array.from({ length: land.rows }, (_, row) => row);
  const top = (row) => {
    while (above[row] !== row) row = above[row] = above[above[row]];
    return row;
  };
  const from = links["links.i"];
  const step = links["links.step"];
  for (let at = 0; at < from.length; at += 1) {
    const other = from[at] + step[at];
    if (!holds[at] || !counts[from[at]] || !counts[other]) continue;
    const [one, two] = [top(from[at]), top(other)];
    above[Math.max(one, two)] = Math.min(one, two);
  }
  return above.map((_, row) => (counts[row] ? top(row) : -1));
}

// Land of the block that each row is in.
function sizes(labels, areas) {
  const sums = new Float64Array(labels.length);
  labels.forEach((label, row) => {
    if (label >= 0) sums[label] += areas[row];
  });
  return Float64Array.from(labels, (label) => (label >= 0 ? sums[label] : 0));
}

// --- readiness -----------------------------------------------------------------------------------

// Where parcels stand, some taken the other way than they are.
function standing(model, land, setting) {
  const stage = model.stages.indexOf(setting.stage);
  const rungs = { now: Int32Array.from(land.now), evidenced: Int32Array.from(land.evidenced) };
  const stands = { ...rungs, stage: stage < 0 ? null : stage, lost: new Set() };
  const head = model.goals.find((goal) => !goal.programme);
  const toggled = new Set(setting.toggled ?? []);
  if (toggled.size === 0) return stands;
  const counts = head ? countsOf(land, stands, head) : land.alive;
  const from = head ? (stands.stage ?? head.rung) : 0;
  land.ids.forEach((id, row) => {
    if (!land.alive[row] || !toggled.has(id)) return;
    if (!head) stands.lost.add(row);
    else for (const rung of [stands.now, stands.evidenced]) {
      rung[row] = counts[row] ? Math.min(rung[row], from - 1) : Math.max(rung[row], from);
    }
  });
  return stands;
}

function countsOf(land, stands, goal) {
  const from = stands.stage ?? goal.rung;
  const rungs = goal.told ? stands.now : stands.evidenced;
  const member = goal.programme ? land.column(`member.${goal.at}`) : land.alive;
  return Uint8Array.from(rungs, (rung, row) =>
    rung >= from && member[row] && land.alive[row] && (goal.basis !== "net" || land.net[row] > 0)
      ? 1
      : 0,
  );
}

function goalOf(model, land, links, holds, stands, goal) {
  const counts = countsOf(land, stands, goal);
  const areas = counted(land, links, counts, goal.basis);
  const block = sizes(joined(land, links, holds, counts), areas);
  const least = goal.min_block_mu - model.slack_mu;
  const large = areas.map((m2, row) => (block[row] / model.m2_per_mu >= least ? m2 : 0));
  const mu = total(large) / model.m2_per_mu;
  const small_blocks_mu = total(areas) / model.m2_per_mu - mu;
  const { pace: _, ...state } = goalState(model, goal, mu, model.as_of); // not of this setting
  return { ...state, small_blocks_mu };
}

// The state of a goal on a day, from the mu that count then; see geo/progress.py.
function goalState(model, goal, mu, on) {
  const [day, base, due] = [on, model.base_date, goal.due].map((text) => Date.parse(text) / 864e5);
  const pace = (land, from, to) => (to > from ? land / ((to - from) / model.days_per_year) : NaN);
  const missing = goal.mu - mu;
  const gap = missing > model.slack_mu ? missing : 0;
  const share = gap ? mu / goal.mu : Math.max(mu / goal.mu, 1);
  const elapsed = Math.min(Math.max((day - base) / (due - base), 0), 1);
  return {
    ...{ id: goal.id, counted_mu: mu, gap_mu: gap, share, elapsed_share: elapsed },
    required_pace: pace(gap, day, due),
    pace: pace(mu - goal.at_base_mu, base, Math.min(day, due)),
    light: lightOf(share, elapsed, model.yellow_from),
  };
}

function lightOf(share, elapsed, yellowFrom) {
  if (share >= 1 || (elapsed < 1 && share >= elapsed)) return "green";
  return elapsed < 1 && share >= yellowFrom * elapsed ? "yellow" : "red";
}

function total(areas) {
  return areas.reduce((sum, m2) => sum + m2, 0);
}

// Blocks of what the first goal of all land counts, the largest first, and the tiers they reach.
function blocksOf(model, land, links, holds, stands) {
  const head = model.goals.find((goal) => !goal.programme);
  const all = () => land.alive.map((alive, row) => (alive && !stands.lost.has(row) ? 1 : 0));
  const counts = head ? countsOf(land, stands, head) : all();
  const areas = counted(land, links, counts, head?.basis);
  const labels = joined(land, links, holds, counts);
  const groups = new Map();
  labels.forEach((label, row) => {
    if (label < 0) return;
    const block = groups.get(label) ?? { land_m2: 0, parcels: 0, first: land.ids[row] };
    block.land_m2 += areas[row];
    block.parcels += 1;
    if (land.ids[row] < block.first) block.first = land.ids[row];
    groups.set(label, block);
  });
  const cents = ({ land_m2: m2 }) => Math.round(m2 * 100);
  const list = [...groups.entries()]
    .map(([label, block]) => ({ label, ...block, land_mu: block.land_m2 / model.m2_per_mu }))
    .sort((a, b) => cents(b) - cents(a) || (a.first < b.first ? -1 : 1));
  const counted_m2 = list.reduce((sum, block) => sum + block.land_m2, 0);
  const tiers = model.tiers_mu.map((tier) => tierOf(model, list, tier, counted_m2));
  return { list, labels, counts, tiers, counted_mu: counted_m2 / model.m2_per_mu };
}

function tierOf(model, list, tier, counted_m2) {
  const reaching = list.filter((block) => block.land_mu + model.slack_mu >= tier);
  const m2 = reaching.reduce((sum, block) => sum + block.land_m2, 0);
  const share = counted_m2 ? m2 / counted_m2 : 0;
  return { tier_mu: tier, blocks: reaching.length, land_mu: m2 / model.m2_per_mu, share };
}

// --- floor space ---------------------------------------------------------------------------------

// The chosen scenario with the ratios of a setting in place of its own.
function scenarioOf(model, setting) {
  const chosen = model.scenarios.find(({ id }) => id === setting.scenario) ?? model.scenarios[0];
  const ranges = (ratios = {}) =>
    Object.entries(ratios ?? {}).map(([key, ratio]) => [key, rangeOf(ratio)]);
  return {
    ...chosen,
    plot_ratio: setting.plot_ratio == null ? chosen.plot_ratio : rangeOf(setting.plot_ratio),
    by_zone: new Map([...Object.entries(chosen.by_zone), ...ranges(setting.by_zone)]),
    by_land_use: new Map([...Object.entries(chosen.by_land_use), ...ranges(setting.by_land_use)]),
    handover_share: setting.handover_share ?? chosen.handover_share,
  };
}

function rangeOf(ratio) {
  return { low: ratio, likely: ratio, high: ratio };
}

// The range that a scenario asks of each row, undefined where it asks none: the most specific one.
function asking(model, land, scenario, blockMu) {
  const byParcel = new Map(Object.entries(scenario.by_parcel));
  const byTreatment = new Map(Object.entries(scenario.by_treatment));
  const bySize = [...scenario.by_block_mu].sort((a, b) => b.from_mu - a.from_mu);
  const begun = beginning([...scenario.by_land_use.keys()]);
  const use = texts(land.column("land_use"));
  const planned = texts(land.column("planned"));
  const asPlanned = (ratio) => (ratio === null ? undefined : rangeOf(ratio));
  const general = (row) =>
    scenario.plot_ratio === "planned" ? asPlanned(planned[row]) : scenario.plot_ratio;
  const ofRebuilt = (row) =>
    bySize.find(({ from_mu: mu }) => blockMu[row] + model.slack_mu >= mu)?.plot_ratio ??
    scenario.by_zone.get(land.zone[row]) ??
    scenario.by_land_use.get(begun(use[row]));
  return (row) => {
    const treatment = land.treatment[row];
    const rebuild = treatment === "rebuild";
    if (!land.fit[row] || !(rebuild || ENLARGED.includes(treatment))) return undefined;
    const stated = byParcel.get(land.ids[row]) ?? (rebuild ? ofRebuilt(row) : undefined);
    return stated ?? byTreatment.get(treatment) ?? (rebuild ? general(row) : undefined);
  };
}

// The longest of some beginnings that a code has.
function beginning(beginnings) {
  const longest = [...beginnings].sort((a, b) => [...b].length - [...a].length);
  const known = new Map();
  return (code) => {
    if (!known.has(code)) known.set(code, longest.find((name) => code.startsWith(name)));
    return known.get(code);
  };
}

const UNASKED = { low: NaN, likely: NaN, high: NaN };

// Floor space of every row, one array a figure; see geo/floor/capacity.py.
function floorOf(model, land, scenario, blockMu) {
  const asked = asking(model, land, scenario, blockMu);
  const caps = scenario.caps === null ? null : texts(land.column(`caps.${scenario.caps}`));
  const make = () => new Float64Array(land.rows).fill(NaN);
  const keys = [...FLOOR_SUMS.slice(1, 13), "ratio", "ratio_asked"];
  const out = Object.fromEntries(keys.map((key) => [key, make()]));
  for (let row = 0; row < land.rows; row += 1) {
    if (!land.alive[row]) continue;
    out.net[row] = netOf(model, land, row, scenario.handover_share);
    floorOfRow(model, land, row, asked(row) ?? UNASKED, caps?.[row] ?? Infinity, out);
  }
  return out;
}

function netOf(model, land, row, handover) {
  if (handover === null || !land.rebuilt[row]) return land.net[row];
  return land.usable[row] - onGrid(land.usable[row] * handover, model.grid);
}

// Writes each figure to its array: a million rows leave no time for an object each.
function floorOfRow(model, land, row, range, most, out) {
  const net = out.net[row];
  const ratio = Math.min(range.likely, most);
  const low = builtOf(model, land, row, net, Math.min(range.low, most));
  const likely = builtOf(model, land, row, net, ratio);
  const high = builtOf(model, land, row, net, Math.min(range.high, most));
  const kept = land.kept[row];
  const isKnown = !land.rebuilt[row] || !Number.isNaN(likely);
  const torn = land.rebuilt[row] ? land.existing[row] - kept : 0;
  const demolished = isKnown ? torn : NaN;
  out.existing[row] = land.existing[row];
  out.demolished[row] = demolished;
  out.retained[row] = isKnown ? kept : NaN;
  out.built[row] = likely;
  out.total[row] = kept + likely;
  out.added[row] = likely - demolished;
  out.cut[row] = builtOf(model, land, row, net, range.likely) - likely;
  out.total_low[row] = kept + low;
  out.total_high[row] = kept + high;
  out.added_low[row] = low - demolished;
  out.added_high[row] = high - demolished;
  out.ratio[row] = ratio;
  out.ratio_asked[row] = range.likely;
}

// New floor space on net land at a plot ratio: all of it where land is rebuilt, what is more than
// stands where it is enlarged.
function builtOf(model, land, row, net, ratio) {
  const asked = onGrid(net * ratio, model.grid);
  if (land.rebuilt[row]) return asked;
  if (!ENLARGED.includes(land.treatment[row]) || Number.isNaN(ratio)) return 0;
  const more = asked - land.existing[row];
  return more < 0 ? 0 : more;
}

// What is summed of a row besides its figures.
const PARTS = {
  gross: (land, floor, row) => land.gross[row],
  known_net: (land, floor, row) => (Number.isNaN(floor.total[row]) ? 0 : floor.net[row]),
  gross_known: (land, floor, row) => (Number.isNaN(floor.total[row]) ? 0 : land.gross[row]),
  added_known: (land, floor, row) => (Number.isNaN(floor.added[row]) ? 0 : floor.net[row]),
  existing_known: (land, floor, row) => (Number.isNaN(floor.existing[row]) ? 0 : land.gross[row]),
  on_net(land, floor, row) {
    if (Number.isNaN(floor.total[row]) || !land.fit[row]) return NaN;
    return land.rebuilt[row] ? floor.built[row] : floor.total[row];
  },
};

// Sums by zone, the town under "": of what is known, NaN where nothing is.
function floorSums(land, floor) {
  const zones = new Map([["", 0]]);
  const place = new Int32Array(land.rows);
  for (let row = 0; row < land.rows; row += 1) {
    if (!land.alive[row]) continue;
    if (!zones.has(land.zone[row])) zones.set(land.zone[row], zones.size);
    place[row] = zones.get(land.zone[row]);
  }
  const sums = [...zones].map(() => ({}));
  for (const key of FLOOR_SUMS) {
    const column = zoneSums(land, place, zones.size, key in PARTS
      ? (row) => PARTS[key](land, floor, row)
      : (row) => floor[key][row]);
    sums.forEach((sum, at) => (sum[key] = column[at]));
  }
  return Object.fromEntries([...zones].map(([zone, at]) => [zone, withShares(sums[at])]));
}

function zoneSums(land, place, size, valueOf) {
  const sums = new Float64Array(size).fill(NaN);
  const add = (at, value) => (sums[at] = (Number.isNaN(sums[at]) ? 0 : sums[at]) + value);
  for (let row = 0; row < land.rows; row += 1) {
    if (!land.alive[row]) continue;
    const value = valueOf(row);
    if (Number.isNaN(value)) continue;
    if (place[row] > 0) add(place[row], value);
    add(0, value);
  }
  return sums;
}

function withShares(sums) {
  return {
    ...sums,
    known_share: sums.known_net / sums.net,
    added_known_share: sums.added_known / sums.net,
    existing_known_share: sums.existing_known / sums.gross,
    net_ratio: sums.on_net / sums.known_net,
    gross_ratio: sums.total / sums.gross_known,
    gross_known_share: sums.gross_known / sums.gross,
  };
}
