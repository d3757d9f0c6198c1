// The outcome of a setting: goals, floor space and blocks, each beside what the plan itself gives.

Object.assign(WORDS, {
  result_goals: { zh: "目标", en: "Goals" },
  result_floor: { zh: "建筑面积与净用地", en: "Floor space and net land" },
  result_blocks: { zh: "连片", en: "Blocks" },
  figures_row: { zh: "指标", en: "Figure" },
  town: { zh: "合计", en: "All" },
  more: { zh: "▲ 多 {n}", en: "▲ {n} more" },
  less: { zh: "▼ 少 {n}", en: "▼ {n} less" },
  points: { zh: "{n} 个百分点", en: "{n} points" },
  plan_light: { zh: "规划：{n}", en: "plan: {n}" },
  r_counted_mu: { zh: "计入（亩）", en: "Counted (mu)" },
  r_gap_mu: { zh: "差值（亩）", en: "Gap (mu)" },
  r_share: { zh: "完成率", en: "Done" },
  r_small_blocks_mu: { zh: "连片过小，未计（亩）", en: "In blocks too small (mu)" },
  r_required_pace: { zh: "需要（亩/年）", en: "Needed (mu/yr)" },
  r_light: { zh: "亮灯", en: "Light" },
  r_existing: { zh: "现状（m²）", en: "Existing (m²)" },
  r_demolished: { zh: "拆除（m²）", en: "Demolished (m²)" },
  r_retained: { zh: "保留（m²）", en: "Kept (m²)" },
  r_built: { zh: "新建（m²）", en: "Built (m²)" },
  r_total: { zh: "建筑合计（m²）", en: "Floor in all (m²)" },
  r_total_low: { zh: "建筑合计，低（m²）", en: "Floor in all, low (m²)" },
  r_total_high: { zh: "建筑合计，高（m²）", en: "Floor in all, high (m²)" },
  r_added: { zh: "新增建筑（m²）", en: "Added floor (m²)" },
  r_cut: { zh: "上限削减（m²）", en: "Cut by caps (m²)" },
  r_gross: { zh: "毛用地（亩）", en: "Gross land (mu)" },
  r_net: { zh: "净用地（亩）", en: "Net land (mu)" },
  r_net_ratio: { zh: "净容积率", en: "Net plot ratio" },
  r_gross_ratio: { zh: "毛容积率", en: "Gross plot ratio" },
  r_known_share: { zh: "合计已知的净用地", en: "Net land whose floor is known" },
  r_added_known_share: { zh: "新增已知的净用地", en: "Net land whose gain is known" },
  r_blocks: { zh: "连片数", en: "Blocks" },
  r_largest_mu: { zh: "最大连片（亩）", en: "Largest (mu)" },
  r_all_mu: { zh: "计入合计（亩）", en: "All that counts (mu)" },
  r_tier: { zh: "{n} 亩以上：个数", en: "{n} mu and more: blocks" },
  r_tier_mu: { zh: "{n} 亩以上：亩", en: "{n} mu and more: mu" },
});

const KINDS_SHOWN = {
  m2: [0, { grouped: true }],
  mu: [2, { grouped: true }],
  pace: [0, { grouped: true }],
  number: [0, { grouped: true }],
  ratio: [2, {}],
  share: [1, { percent: true }],
};
const FLOOR_ROWS = [
  ...[["existing", "m2"], ["demolished", "m2"], ["retained", "m2"], ["built", "m2"]],
  ...[["total", "m2"], ["total_low", "m2"], ["total_high", "m2"], ["added", "m2"], ["cut", "m2"]],
  ...[["gross", "mu"], ["net", "mu"], ["net_ratio", "ratio"], ["gross_ratio", "ratio"]],
  ...[["known_share", "share"], ["added_known_share", "share"]],
];
const GOAL_ROWS = [
  ...[["counted_mu", "mu"], ["gap_mu", "mu"], ["share", "share"], ["small_blocks_mu", "mu"]],
  ["required_pace", "pace"],
];

// The figures under the setting, and under the plan where they differ.
function showResults(app, place, digest) {
  const setting = settingNow(app);
  const now = app.reckoner.answer(setting);
  const plan = app.reckoner.answer({ scenario: setting.scenario });
  const { model } = app.payload;
  const goals = !model.locked && model.goals.length > 0 && goalResults(app, now, plan);
  const blocks = !model.locked && blockResults(app, now.blocks, plan.blocks);
  place.replaceChildren(...[goals, floorResults(app, now, plan), blocks].filter(Boolean));
  digest.replaceChildren(...digestOf(app, now, plan));
}

// What matters most, always in sight: the first goal, and floor space.
function digestOf({ payload: { model } }, now, plan) {
  const goal = !model.locked && now.goals[0];
  const items = [
    ...["counted_mu", "gap_mu"].map((key) => goal && [key, "mu", goal[key], plan.goals[0][key]]),
    ...["total", "added"].map((key) => [key, "m2", now.floor[""][key], plan.floor[""][key]]),
  ];
  return items.filter(Boolean).map(([key, ...rest]) =>
    el("div", "", [el("span", "", worded(`r_${key}`)), figure(`digest.${key}`, ...rest)]),
  );
}

function goalResults({ payload: { model } }, now, plan) {
  const heads = model.goals.map((goal) => goal.name);
  const lines = GOAL_ROWS.map(([key, kind]) => ({
    label: worded(`r_${key}`),
    cells: now.goals.map((goal, at) =>
      figure(`${goal.id}.${key}`, kind, goal[key], plan.goals[at][key]),
    ),
  }));
  const lights = now.goals.map((goal, at) => lightCell(goal, plan.goals[at]));
  lines.push({ label: worded("r_light"), cells: lights });
  return resultTable("result_goals", heads, lines);
}

function lightCell(goal, plan) {
  const node = light(goal.light);
  node.dataset.figure = `${goal.id}.light`;
  const was = wordedIn("plan_light", WORDS[plan.light]);
  return el("span", "lr-value", [node, goal.light !== plan.light && el("span", "lr-diff", was)]);
}

function floorResults({ payload }, now, plan) {
  const { zones: names } = payload.names;
  const zones = [...Object.keys(now.floor).filter(Boolean).sort(), ""];
  const heads = zones.map((zone) => (zone === "" ? worded("town") : names[zone] ?? zone));
  const scale = (kind, value) => (kind === "mu" ? value / payload.model.m2_per_mu : value);
  const isIdle = (key) => key === "cut" && zones.every((zone) => !(now.floor[zone][key] > 0));
  const isSame = (key) =>
    /_low|_high/.test(key) && zones.every((zone) => now.floor[zone][key] === now.floor[zone].total);
  const lines = FLOOR_ROWS.filter(([key]) => !isIdle(key) && !isSame(key)).map(([key, kind]) => ({
    label: worded(`r_${key}`),
    strong: key === "total",
    cells: zones.map((zone) => {
      const values = [now, plan].map(({ floor }) => scale(kind, floor[zone][key]));
      return figure(`${zone}.${key}`, kind, ...values);
    }),
  }));
  return resultTable("result_floor", heads, lines);
}

function blockResults(app, now, plan) {
  const of = (blocks) => ({
    blocks: blocks.list.length,
    largest_mu: blocks.list[0]?.land_mu ?? 0,
    all_mu: blocks.counted_mu,
  });
  const [one, other] = [of(now), of(plan)];
  const kinds = { blocks: "number", largest_mu: "mu", all_mu: "mu" };
  const lines = Object.entries(kinds).map(([key, kind]) => ({
    label: worded(`r_${key}`),
    cells: [figure(`blocks.${key}`, kind, one[key], other[key])],
  }));
  const tiers = now.tiers.flatMap((tier, at) => tierLines(tier, plan.tiers[at]));
  return resultTable("result_blocks", [worded("town")], [...lines, ...tiers]);
}

function tierLines(tier, plan) {
  const mu = String(tier.tier_mu);
  const line = (key, field, kind) => ({
    label: worded(key, mu),
    cells: [figure(`tier.${mu}.${field}`, kind, tier[field], plan[field])],
  });
  return [line("r_tier", "blocks", "number"), line("r_tier_mu", "land_mu", "mu")];
}

// A figure, and in words how much more or less it is than the plan's own.
function figure(key, kind, value, plan) {
  const [places, options] = KINDS_SHOWN[kind];
  const text = el("b", "", shown(value, places, options));
  text.dataset.figure = key;
  return el("span", "lr-value", [text, difference(kind, value - plan)]);
}

function difference(kind, change) {
  const [places, options] = KINDS_SHOWN[kind];
  const size = shown(Math.abs(change), places, options).replace("%", "");
  if (!/[1-9]/.test(size)) return null;
  const key = change > 0 ? "more" : "less";
  const text = kind === "share" ? worded("points", size) : { zh: size, en: size };
  return el("span", `lr-diff lr-diff-${key}`, wordedIn(key, text));
}

// Figures as rows, in a frame that scrolls where there are many columns.
function resultTable(key, heads, lines) {
  const corner = el("th", "", [el("span", "lr-unseen", worded("figures_row"))]);
  corner.scope = "col";
  const tops = heads.map((head) => headCell({ align: "right" }, "col", head));
  const rows = lines.map(({ label, cells, strong }) => {
    const nodes = cells.map((cell) => el("td", "lr-right", [cell]));
    return el("tr", strong ? "lr-strong" : "", [headCell({}, "row", label), ...nodes]);
  });
  const title = el("h2", "", worded(key));
  title.id = `landready-${key}`;
  const table = el("table", "", [
    el("thead", "", [el("tr", "", [corner, ...tops])]),
    el("tbody", "", rows),
  ]);
  table.setAttribute("aria-labelledby", title.id);
  const frame = el("div", "lr-result-frame", [table]);
  frame.tabIndex = 0;
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-labelledby", title.id);
  return el("section", "lr-result", [title, frame]);
}
