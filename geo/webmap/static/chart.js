// A chart of the land that counts by date, with the line that each goal requires of it.

Object.assign(WORDS, {
  chart: { zh: "整备进度与目标要求", en: "Assembled land and what the goals require" },
  chart_unit: { zh: "亩", en: "mu" },
  chart_counted: { zh: "累计完成", en: "Counted" },
  chart_required: { zh: "目标要求：{n}", en: "Required: {n}" },
  chart_numbers: { zh: "图中数字", en: "The numbers of the chart" },
  chart_date: { zh: "日期", en: "Date" },
  chart_gap: { zh: "差值（亩）：{n}", en: "Gap (mu): {n}" },
});

const CHART_HEIGHT = 230;
const MARGIN = { top: 20, right: 14, bottom: 24, left: 44 };
const YEAR_WIDTH = 52; // a year needs as much to be named
// The name of the language of drawings. It is no address, though whole it would be taken for one.
const DRAWING = ["http:", "", "www.w3.org", "2000", "svg"].join("/");

// In the progress tab; follows the slider, and moves it when pressed or by arrow keys.
function goalChart(app) {
  const chart = chartData(app.payload);
  if (!chart) return;
  const holder = el("div", "lr-chart");
  const legend = el("ul", "lr-chart-key");
  const numbers = chartNumbers(app, chart);
  const figure = el("figure", "lr-chart-figure", [
    ...[el("figcaption", "", worded("chart")), holder, legend, numbers],
  ]);
  slot("progress").append(figure);
  const svg = vector("svg", { class: "lr-chart-svg", role: "img", tabindex: "0" });
  holder.append(svg);
  let mark = () => {};
  const follow = () => {
    mark();
    legend.replaceChildren(...chartKey(app, chart));
    svg.setAttribute("aria-label", spoken(chartSummary(app, chart)));
  };
  const draw = () => {
    mark = drawChart(svg, chart, holder.clientWidth, app.state);
    follow();
  };
  whenFitted(app, holder, draw);
  app.state.when(["date"], follow);
  moveOnChart(svg, chart, app.state);
}

// Days as numbers, the different lines of counted land, and the goals that speak of all land.
function chartData(payload) {
  const { dates, counted } = payload.time;
  const base = payload.model.base_date;
  if (dates.length < 2 || counted.length === 0) return null;
  const told = payload.model.goals.map((goal, n) => ({
    ...{ mu: goal.mu, at_base: goal.at_base_mu, programme: goal.programme, line: counted[n] },
    ...{ text: payload.goals[n], on: (date) => goalOn(payload, n, date) },
  }));
  const ofAll = told.filter((goal) => !goal.programme);
  const chosen = ofAll.length > 0 ? ofAll : told;
  const alike = (goal) => chosen.findIndex(({ line }) => String(line) === String(goal.line));
  const lines = chosen.filter((goal, n) => alike(goal) === n);
  const days = dates.map(Date.parse);
  const dues = chosen.map(({ text }) => Date.parse(text.due));
  return {
    ...{ dates, days, goals: chosen, lines, dues, base: Date.parse(base) },
    first: Date.UTC(Math.min(...[dates[0], base].map((day) => Number(day.slice(0, 4)))), 0, 1),
    last: Math.max(days.at(-1), ...dues),
    most: Math.max(...chosen.flatMap(({ mu, line }) => [mu, ...line])),
  };
}

// Draws all but the mark of the date, and returns what draws that.
function drawChart(svg, chart, width, state) {
  const frame = chartFrame(chart, width);
  chart.frame = frame;
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${width} ${CHART_HEIGHT}`);
  svg.append(...landAxis(frame), ...yearAxis(chart, frame));
  chart.goals.forEach((goal, n) => svg.append(...requiredLine(chart, goal, n, frame)));
  chart.lines.forEach((goal, n) => {
    const path = steps(chart.days, goal.line, frame);
    svg.append(vector("path", { class: `lr-chart-line lr-line-${n % 3}`, d: path }));
  });
  const mark = vector("g", { class: "lr-chart-mark" });
  svg.append(mark);
  return () => mark.replaceChildren(...dateMark(chart, frame, state.get("date")));
}

function chartFrame({ first, last, most }, width) {
  const step = niceStep(most / 4);
  const top = step * Math.ceil(most / step);
  const wide = width - MARGIN.left - MARGIN.right;
  const high = CHART_HEIGHT - MARGIN.top - MARGIN.bottom;
  return {
    ...{ width, step, top, wide },
    x: (day) => MARGIN.left + (wide * (day - first)) / (last - first),
    y: (mu) => MARGIN.top + high * (1 - mu / top),
    day: (x) => first + ((x - MARGIN.left) / wide) * (last - first),
  };
}

// 1, 2 or 5 times a power of ten, not below what is asked.
function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((step) => step * power >= rough * 0.999);
}

function landAxis({ step, top, width, y }) {
  const nodes = [vector("text", { class: "lr-chart-unit", x: 4, y: 11 }, worded("chart_unit"))];
  const [x1, x2] = [MARGIN.left, width - MARGIN.right];
  for (let mu = 0; mu <= top; mu += step) {
    const [at, label] = [y(mu), shown(mu, step < 1 ? 2 : 0, { grouped: true })];
    nodes.push(
      vector("line", { class: "lr-chart-grid", x1, x2, y1: at, y2: at }),
      vector("text", { x: x1 - 6, y: at + 4, "text-anchor": "end" }, label),
    );
  }
  return nodes;
}

function yearAxis({ first, last }, { x, wide }) {
  const [from, to] = [first, last].map((day) => new Date(day).getUTCFullYear());
  const room = Math.max(wide / YEAR_WIDTH, 1);
  const every = [1, 2, 5, 10, 20, 50, 100].find((step) => (to - from) / step <= room) ?? 1000;
  const nodes = [];
  for (let year = from; year <= to; year += 1) {
    const at = x(Date.UTC(year, 0, 1));
    if (year % every !== 0 || at < MARGIN.left) continue;
    const place = { x: at, y: CHART_HEIGHT - 6, "text-anchor": "middle" };
    const [y1, y2] = [CHART_HEIGHT - MARGIN.bottom, CHART_HEIGHT - MARGIN.bottom + 5];
    nodes.push(
      vector("line", { class: "lr-chart-tick", x1: at, x2: at, y1, y2 }),
      vector("text", place, String(year)),
    );
  }
  return nodes;
}

// From what counted at the base date to the goal on its due date.
function requiredLine({ base, dues }, goal, n, { x, y, width }) {
  const [x2, y2] = [x(dues[n]), y(goal.mu)];
  const ends = { x1: x(base), y1: y(goal.at_base), x2, y2 };
  const side = x2 > width - 60 ? { x: x2 - 7, "text-anchor": "end" } : { x: x2 + 7 };
  return [
    vector("line", { class: `lr-chart-required lr-required-${n % 3}`, ...ends }),
    vector("circle", { class: "lr-chart-goal", cx: x2, cy: y2, r: 3.5 }),
    vector("text", { class: "lr-chart-label", ...side, y: y2 - 5 }, goal.text.goal),
  ];
}

// What counts stays the same until a date says otherwise.
function steps(days, line, { x, y }) {
  return days.map((day, at) => {
    const [left, up] = [x(day).toFixed(1), y(line[at]).toFixed(1)];
    return at ? `H${left}V${up}` : `M${left} ${up}`;
  }).join("");
}

function dateMark({ days, lines }, { x, y }, date) {
  const at = x(days[date]);
  const [y1, y2] = [MARGIN.top - 6, CHART_HEIGHT - MARGIN.bottom];
  return [
    vector("line", { x1: at, x2: at, y1, y2 }),
    ...lines.map(({ line }) => vector("circle", { cx: at, cy: y(line[date]), r: 4.5 })),
  ];
}

// What the lines are, with the figures of the date.
function chartKey({ state }, { dates, lines, goals }) {
  const at = state.get("date");
  const counted = lines.map((goal, n) => {
    const { zh, en } = lines.length > 1 ? goal.text.name : worded("chart_counted");
    const told = (word, unit) => `${word} ${goal.on(at).counted} ${unit} · ${dates[at]}`;
    const text = { zh: told(zh, "亩"), en: told(en, "mu") };
    return el("li", "", [el("i", `lr-key-line lr-line-${n % 3}`), el("span", "", text)]);
  });
  const required = goals.map(({ text }, n) =>
    el("li", "", [
      el("i", `lr-key-line lr-key-required lr-required-${n % 3}`),
      el("span", "", wordedIn("chart_required", text.name)),
    ]),
  );
  return [...counted, ...required];
}

function chartSummary({ state }, { dates, goals }) {
  const at = state.get("date");
  const say = (goal, language) => {
    const { counted: mu, gap } = goal.on(at);
    return language === "zh"
      ? `${goal.text.name.zh}：已计入 ${mu} 亩，差 ${gap} 亩，${goal.text.due} 截止`
      : `${goal.text.name.en}: ${mu} mu counted, ${gap} mu missing, due ${goal.text.due}`;
  };
  const title = worded("chart");
  return {
    zh: `${title.zh}。${dates[at]}：${goals.map((goal) => say(goal, "zh")).join("；")}。` +
      "左右键移动日期",
    en: `${title.en}. ${dates[at]}: ${goals.map((goal) => say(goal, "en")).join("; ")}. ` +
      "Left and right arrow keys move the date",
  };
}

// The numbers as a table, made when it is opened.
function chartNumbers(app, { dates, lines, goals }) {
  const node = el("details", "lr-chart-numbers", [el("summary", "", worded("chart_numbers"))]);
  const heads = [
    worded("chart_date"),
    ...lines.map(({ text }) => (lines.length > 1 ? text.name : worded("chart_counted"))),
    ...goals.map(({ text }) => wordedIn("chart_gap", text.name)),
  ];
  const align = (n) => (n ? "right" : "left");
  const columns = heads.map((head, n) => ({ ...head, align: align(n), kind: "number" }));
  const row = (day, at) => [
    ...[day, ...lines.map(({ on }) => on(at).counted), ...goals.map(({ on }) => on(at).gap)],
  ];
  node.addEventListener("toggle", () => {
    if (node.childElementCount > 1) return;
    const scroller = el("div", "lr-scroll", [
      plainTable({ title: worded("chart"), columns }, dates.map(row).reverse()),
    ]);
    scroller.tabIndex = 0;
    scroller.setAttribute("role", "region");
    name(scroller, "aria-label", worded("chart_numbers"));
    node.append(scroller);
  });
  return node;
}

function moveOnChart(svg, chart, state) {
  const last = chart.dates.length - 1;
  const seek = ({ clientX }) => {
    const day = chart.frame.day(clientX - svg.getBoundingClientRect().left);
    const far = chart.days.map((known) => Math.abs(known - day));
    state.set({ date: far.indexOf(Math.min(...far)) });
  };
  svg.addEventListener("pointerdown", (event) => {
    svg.setPointerCapture(event.pointerId);
    seek(event);
  });
  svg.addEventListener("pointermove", (event) => {
    if (svg.hasPointerCapture(event.pointerId)) seek(event);
  });
  svg.addEventListener("keydown", (event) => {
    const now = state.get("date");
    const date = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last }[event.key];
    if (date === undefined) return;
    event.preventDefault();
    state.set({ date: Math.min(Math.max(date, 0), last) });
  });
}

// A node of a drawing, with its attributes and perhaps a text.
function vector(tag, attributes, content) {
  const node = document.createElementNS(DRAWING, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  if (content !== undefined) node.textContent = spoken(content);
  return node;
}
