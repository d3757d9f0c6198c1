// A chart of the land that counts by date, with the line that each goal requires of it.

Object.assign(WORDS, {
  chart: { zh: "整备进度与目标要求", en: "Assembled land and what the goals require" },
  chart_unit: { zh: "亩", en: "mu" },
  chart_counted: { zh: "累计完成", en: "Counted" },
  chart_required: { zh: "目标要求：{n}", en: "Required: {n}" },
  chart_numbers: { zh: "图中数字", en: "The numbers of the chart" },
  chart_date: { zh: "日期", en: "Date" },
  chart_gap: { zh: "差值（亩）：{n}", en: "Gap (mu): {n}" },
  chart_band: { zh: "预测：中位线与 P10 – P90", en: "Forecast: median line and P10 – P90" },
  chart_band_of: { zh: "预测（中位，P10 – P90）：{n}", en: "Forecast (median, P10 – P90): {n}" },
  chart_later: { zh: "{n}；预测：中位（P10 – P90）", en: "{n}; forecast: median (P10 – P90)" },
  chart_plan: { zh: "排期：累计就绪", en: "Plan: all that is ready" },
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
  if ((dates.length < 2 && !payload.ahead) || counted.length === 0) return null;
  const told = payload.model.goals.map((goal, n) => ({
    ...{ mu: goal.mu, at_base: goal.at_base_mu, programme: goal.programme, line: counted[n] },
    ...{ text: payload.goals[n], on: (date) => goalOn(payload, n, date) },
  }));
  const ofAll = told.filter((goal) => !goal.programme);
  const chosen = ofAll.length > 0 ? ofAll : told;
  const course = ({ line, text }) => JSON.stringify([line, payload.ahead?.lines?.[text.id]]);
  const courses = chosen.map(course); // goals of one past and one future share a line
  const lines = chosen.filter((_, n) => courses.indexOf(courses[n]) === n);
  const days = dates.map(Date.parse);
  const dues = chosen.map(({ text }) => Date.parse(text.due));
  const ahead = chartAhead(payload, lines);
  return {
    ...{ dates, days, goals: chosen, lines, dues, base: Date.parse(base), ahead },
    first: Date.UTC(Math.min(...[dates[0], base].map((day) => Number(day.slice(0, 4)))), 0, 1),
    last: Math.max(days.at(-1), ...dues, ...ahead.flatMap((one) => one.days)),
    most: Math.max(
      ...chosen.flatMap(({ mu, line }) => [mu, ...line]),
      ...ahead.flatMap(({ high }) => high),
    ),
  };
}

// What lies ahead as lines: of each line of counted land its forecast, and the plan.
function chartAhead({ ahead }, lines) {
  const forecasts = lines.flatMap(({ text }, n) => {
    const found = ahead?.lines?.[text.id];
    if (!found) return [];
    const { p10: low, p50: middle, p90: high } = found;
    return [{ dates: ahead.days, low, middle, high, text, kind: `lr-line-${n % 3}` }];
  });
  const { days: dates, mu } = ahead?.plan ?? {};
  const plan = dates ? [{ dates, middle: mu, high: mu, kind: "lr-line-plan" }] : [];
  return [...forecasts, ...plan].map((one) => ({ ...one, days: one.dates.map(Date.parse) }));
}

// Draws all but the mark of the date, and returns what draws that.
function drawChart(svg, chart, width, state) {
  const frame = chartFrame(chart, width);
  chart.frame = frame;
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${width} ${CHART_HEIGHT}`);
  svg.append(...landAxis(frame), ...yearAxis(chart, frame));
  chart.goals.forEach((goal, n) => svg.append(...requiredLine(chart, goal, n, frame)));
  for (const one of chart.ahead) svg.append(...aheadLine(one, frame));
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

// A band with a broken line in it, or the line alone.
function aheadLine({ days, low, middle, high, kind }, { x, y }) {
  const points = (line) => line.map((mu, at) => `${x(days[at]).toFixed(1)} ${y(mu).toFixed(1)}`);
  const band = low && [...points(high), ...points(low).reverse()].join("L");
  return [
    ...(band ? [vector("path", { class: `lr-chart-band ${kind}`, d: `M${band}Z` })] : []),
    vector("path", { class: `lr-chart-ahead ${kind}`, d: `M${points(middle).join("L")}` }),
  ];
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
function chartKey({ state }, { dates, lines, goals, ahead }) {
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
  const bandWords = ({ name: words }) =>
    lines.length > 1 ? wordedIn("chart_band_of", words) : worded("chart_band");
  const later = ahead.map(({ low, kind, text }) =>
    el("li", "", [
      el("i", `lr-key-line lr-key-ahead ${kind}${low ? " lr-key-band" : ""}`),
      el("span", "", low ? bandWords(text) : worded("chart_plan")),
    ]),
  );
  return [...counted, ...later, ...required];
}

function chartSummary({ state }, { dates, goals }) {
  const at = state.get("date");
  const say = (goal, language) => {
    const { counted: mu, gap, forecast } = goal.on(at);
    const later = forecast ? `${language === "zh" ? "；" : "; "}${forecast[language]}` : "";
    return language === "zh"
      ? `${goal.text.name.zh}：已计入 ${mu} 亩，差 ${gap} 亩，${goal.text.due} 截止${later}`
      : `${goal.text.name.en}: ${mu} mu counted, ${gap} mu missing, due ${goal.text.due}${later}`;
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
function chartNumbers(app, chart) {
  const { dates, lines, goals, ahead } = chart;
  const isPlanned = ahead.some(({ low }) => !low);
  const node = el("details", "lr-chart-numbers", [el("summary", "", worded("chart_numbers"))]);
  const lineHead = ({ text }) => {
    const head = lines.length > 1 ? text.name : worded("chart_counted");
    return ahead.some((one) => one.text === text) ? wordedIn("chart_later", head) : head;
  };
  const heads = [
    worded("chart_date"),
    ...lines.map(lineHead),
    ...goals.map(({ text }) => wordedIn("chart_gap", text.name)),
    ...(isPlanned ? [worded("chart_plan")] : []),
  ];
  const align = (n) => (n ? "right" : "left");
  const columns = heads.map((head, n) => ({ ...head, align: align(n), kind: "number" }));
  const row = (day, at) => [
    ...[day, ...lines.map(({ on }) => on(at).counted), ...goals.map(({ on }) => on(at).gap)],
  ];
  node.addEventListener("toggle", () => {
    if (node.childElementCount > 1) return;
    const scroller = el("div", "lr-scroll", [
      plainTable({ title: worded("chart"), columns }, [
        ...rowsAhead(chart).reverse(),
        ...dates.map(row).reverse(),
      ]),
    ]);
    scroller.tabIndex = 0;
    scroller.setAttribute("role", "region");
    name(scroller, "aria-label", worded("chart_numbers"));
    node.append(scroller);
  });
  return node;
}

// The numbers of what lies ahead: the median and its range under each line, and the plan.
function rowsAhead({ dates, lines, goals, ahead }) {
  const plan = ahead.find(({ low }) => !low);
  const words = (mu) => shown(mu, 0, { grouped: true });
  const told = ({ low, middle, high }, at) =>
    `${words(middle[at])} (${words(low[at])} – ${words(high[at])})`;
  const all = new Set(ahead.flatMap((one) => one.dates));
  const days = [...all].filter((day) => day > dates.at(-1)).sort();
  return days.map((day) => {
    const cells = lines.map(({ text }) => {
      const one = ahead.find((other) => other.text === text);
      return one?.dates.includes(day) ? told(one, one.dates.indexOf(day)) : null;
    });
    const planned = plan?.dates.includes(day) ? words(plan.middle[plan.dates.indexOf(day)]) : null;
    return [day, ...cells, ...goals.map(() => null), ...(plan ? [planned] : [])];
  });
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
