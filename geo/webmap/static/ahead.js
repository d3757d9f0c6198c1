// What lies ahead: the plan by parcel and year as bars, on the card and as colours of the map.

Object.assign(WORDS, {
  tab_plan: { zh: "排期", en: "Plan" },
  plan_bars: { zh: "逐地块排期", en: "The plan by parcel" },
  plan_notes: { zh: "文字说明", en: "In words" },
  plan_year: { zh: "{n} 年启动", en: "start in {n}" },
  plan_first: {
    zh: "按启动先后列出前 {n} 个，其余见 tables.xlsx",
    en: "the first {n} to start; all are in tables.xlsx",
  },
  plan_dates: { zh: "排期：启动 – 就绪", en: "Plan: start – ready" },
  plan_likely: { zh: "预测就绪：中位（P10 – P90）", en: "Ready, forecast: median (P10 – P90)" },
  plan_lost: { zh: "若退出", en: "If it is lost" },
  plan_gained: { zh: "若现已就绪", en: "If it were ready now" },
  plan_about: { zh: "所指目标", en: "Of the goal" },
  plan_done: { zh: "✓ 已到计入阶段", en: "✓ at a stage that counts" },
  plan_none: { zh: "未排入", en: "not in the plan" },
  plan_beyond: { zh: "预测期之后", en: "beyond the horizon" },
  colour_sequence: { zh: "排期启动年份", en: "Year in the plan" },
  colour_stake: { zh: "退出则到期少计（亩）", en: "Mu at stake at the goal's date" },
});

const MOST_BARS = 500;
const STAKES = [1, 10, 25, 50, 100]; // mu
const DONE = "#f4f1ea"; // lighter than any year, and ticked

// A tab of its own where something is known: bars and sentences stand above its tables.
function planTab(app) {
  const { ahead } = app.payload;
  if (!ahead) return;
  const add = (key, node) => {
    const section = el("details", "lr-section", [el("summary", "", worded(key)), node]);
    section.open = true;
    slot("plan").append(section);
  };
  const holder = el("div", "lr-gantt");
  if (ahead.years) add("plan_bars", holder);
  add("plan_notes", el("ul", "lr-sentences", ahead.notes.map((note) => el("li", "", note))));
  const unread = () => announce(worded("unread_land"));
  if (ahead.years) whenFitted(app, holder, () => ganttInto(app, holder).catch(unread));
}

// Months are counted from the first that is told of, from 1 on.
function monthText({ ahead }, month) {
  if (!month) return spoken(worded("plan_beyond"));
  const at = ahead.from + month - 1;
  return `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, "0")}`;
}

// Bars of the parcels that are taken, year by year in the order of their start.
async function ganttInto(app, holder) {
  const facts = await app.atlas.all("facts");
  const [ids, years, starts, ends] = ["id", "year", "start", "ready"].map(
    (key) => facts[`parcels.${key}`],
  );
  const taken = Array.from(years.keys()).filter((row) => years[row] > 0);
  const late = (row) => ends[row] || Infinity;
  taken.sort((a, b) => starts[a] - starts[b] || late(a) - late(b) || a - b);
  const rows = taken.slice(0, MOST_BARS);
  const last = Math.max(...rows.map((row) => Math.max(starts[row], ends[row])));
  const span = { from: Math.min(...rows.map((row) => starts[row])), last };
  const made = rows.length > 0 ? [ganttAxis(app, span)] : [];
  for (const year of new Set(rows.map((row) => years[row]))) {
    const own = rows.filter((row) => years[row] === year);
    const bars = own.map((row) => ganttBar(app, ids[row], row, [starts[row], ends[row]], span));
    const title = el("h2", "", [el("span", "", worded("plan_year", String(year)))]);
    title.append(` · ${own.length}`);
    made.push(title, el("ul", "", bars));
  }
  if (rows.length < taken.length) {
    made.push(el("p", "lr-note", worded("plan_first", String(MOST_BARS))));
  }
  holder.replaceChildren(...made);
  roving(holder);
}

// The part of the width that is left of a month, in percent.
function partBefore({ from, last }, month) {
  return (100 * (month - from)) / (last + 1 - from);
}

function ganttAxis({ payload: { ahead } }, span) {
  const marks = [];
  for (let month = span.from; month <= span.last; month += 1) {
    if ((ahead.from + month - 1) % 12) continue;
    const mark = el("span", "", String((ahead.from + month - 1) / 12));
    mark.style.left = `${partBefore(span, month)}%`;
    marks.push(mark);
  }
  const axis = el("div", "lr-gantt-axis", [el("div", "", marks)]);
  axis.setAttribute("aria-hidden", "true");
  return axis;
}

// A parcel that is not ready within the years ends open.
function ganttBar(app, id, row, [start, ready], span) {
  const bar = el("i", ready ? "" : "lr-open");
  bar.style.left = `${partBefore(span, start)}%`;
  bar.style.right = `${100 - partBefore(span, (ready || span.last) + 1)}%`;
  const node = button("", [el("b", "", id), el("span", "", [bar])], () =>
    goTo(app, { kind: "parcel", row }),
  );
  const months = `${monthText(app.payload, start)} – ${monthText(app.payload, ready)}`;
  node.title = months;
  node.setAttribute("aria-label", `${id} ${months}`);
  return el("li", "", [node]);
}

// One stop of the Tab key for all; arrow keys go from bar to bar.
function roving(holder) {
  const nodes = [...holder.querySelectorAll("button")];
  const reach = (reached) => nodes.forEach((node) => (node.tabIndex = node === reached ? 0 : -1));
  reach(nodes[0]);
  holder.onkeydown = (event) => {
    const next = neighbour(nodes, event.key);
    if (!next) return;
    event.preventDefault();
    reach(next);
    next.focus();
  };
}

// On the card: when it is taken, when it is likely to be ready, and what hangs on it.
function aheadLines({ payload }, record) {
  const { ahead } = payload;
  const told = (month) => monthText(payload, month);
  const goal = goalNamed(payload, ahead?.about);
  const waits = goal && record[heardBy(goal)] < goal.rung;
  const range = () => `${told(record.likely)} (${told(record.soon)} – ${told(record.late)})`;
  return [
    record.year > 0 && ["plan_dates", `${told(record.start)} – ${told(record.ready)}`],
    ...(goal
      ? [
          waits && ["plan_likely", range()],
          ["plan_lost", changeWords("−", record.p_stake, record.at_stake)],
          waits && ["plan_gained", changeWords("+", record.p_gain, record.to_gain)],
          ["plan_about", goal.name],
        ]
      : []),
  ];
}

function goalNamed({ model }, id) {
  return model.goals.find((goal) => goal.id === id);
}

// Where parcels stand as a goal counts them: without evidence only if it asks for none.
function heardBy({ told }) {
  return told ? "now" : "evidenced";
}

function changeWords(sign, ...changes) {
  const [points, mu] = changes.map((steps) => (steps ? sign : "") + shown(steps / 10, 1));
  return {
    zh: `按期概率 ${points} 个百分点，到期 ${mu} 亩`,
    en: `chance ${points} points, ${mu} mu by its date`,
  };
}

// --- colours -------------------------------------------------------------------------------------

// Dark for what is taken first; two figures of the year stand in the parcel.
function sequenceLooks({ payload }, { facts }) {
  const { goal: id, years: known } = payload.ahead;
  const goal = goalNamed(payload, id);
  const [years, rungs] = ["year", heardBy(goal)].map((key) => facts[`parcels.${key}`]);
  return (at) => {
    if (years[at]) return [yearColour(known, years[at]), String(years[at]).slice(2)];
    const done = facts["parcels.alive"][at] && rungs[at] >= goal.rung;
    return done ? [DONE, "✓"] : [UNKNOWN];
  };
}

function yearColour(known, year) {
  return ramp(known.length - 1 - known.indexOf(year), Math.max(known.length - 1, 1));
}

function sequenceScale({ payload: { ahead } }) {
  const years = ahead.years.map((year) => ({
    color: yearColour(ahead.years, year),
    label: String(year),
  }));
  return [...years, { color: DONE, label: WORDS.plan_done }];
}

function stakeLooks(_, { facts }) {
  const [there, tenths] = [facts["parcels.alive"], facts["parcels.at_stake"]];
  return (at) => classed(STAKES, there[at] ? tenths[at] / 10 : NaN);
}
