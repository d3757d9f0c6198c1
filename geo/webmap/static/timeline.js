// Time: a bar under the map that goes through the dates of the ledger, and what follows it.

Object.assign(WORDS, {
  time_bar: { zh: "时间轴", en: "Timeline" },
  time_play: { zh: "播放", en: "Play" },
  time_pause: { zh: "暂停", en: "Pause" },
  time_to_now: { zh: "回到 {n}", en: "Back to {n}" },
  time_past: { zh: "回看 {n}", en: "Looking back at {n}" },
  time_not_whatif: { zh: "推演始终按 {n} 的数据", en: "What-if always speaks of {n}" },
  time_follows: {
    zh: "：地图、图例、目标为当日；其他表格为 {n}",
    en: ": map, legend and goals are of that day, other tables of {n}",
  },
});

const PLAY_MS = 12000; // all dates take about as long as this
const STEP_MS = [150, 900]; // but none is shorter or longer
const MOST_YEARS = 7; // more are not named under the bar

// Makes the bar; a page of one date has none. Whoever shows a date listens to state "date".
function timeSlider(app) {
  const { payload, state } = app;
  const dates = payload.time?.dates ?? [];
  if (dates.length < 2) return;
  state.linked("date", { write: (at) => dates[at], read: (text) => dateAt(dates, text) });
  const range = dateRange(state, dates);
  const player = playButton(state, dates.length);
  range.addEventListener("input", () => player.stop());
  const field = el("div", "lr-time-field", [range, yearMarks(dates)]);
  byId("time").append(player.node, field, dateLabel(state, dates));
  lookBack(app, dates);
  const follow = () => goalsOnDate(app);
  state.when(["date"], follow);
  follow();
}

// The last date that is not after the one asked for: a link may come from an older page.
function dateAt(dates, text) {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined;
  return Math.max(dates.filter((day) => day <= text).length - 1, 0);
}

function dateRange(state, dates) {
  const range = el("input", "lr-time-range");
  range.type = "range";
  range.min = "0";
  range.max = String(dates.length - 1);
  name(range, "aria-label", worded("time_bar"));
  range.addEventListener("input", () => state.set({ date: Number(range.value) }));
  const follow = () => {
    range.value = String(state.get("date"));
    range.setAttribute("aria-valuetext", dates[state.get("date")]);
  };
  state.when(["date"], follow);
  follow();
  return range;
}

// Plays when it is asked to, from the beginning if it stands at the end, and stops there.
function playButton(state, count) {
  const node = button("lr-play", [el("i", "")], () => (timer ? stop() : start()));
  const pace = Math.min(Math.max(PLAY_MS / count, STEP_MS[0]), STEP_MS[1]);
  let timer = 0;
  const tell = () => {
    node.classList.toggle("lr-playing", timer !== 0);
    for (const attribute of ["aria-label", "title"]) {
      name(node, attribute, worded(timer ? "time_pause" : "time_play"));
    }
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    tell();
  };
  const start = () => {
    if (state.get("date") === count - 1) state.set({ date: 0 });
    timer = setInterval(step, pace);
    tell();
  };
  const step = () => {
    state.set({ date: Math.min(state.get("date") + 1, count - 1) });
    if (state.get("date") === count - 1) stop();
  };
  tell();
  return { node, stop };
}

function dateLabel(state, dates) {
  const label = el("span", "lr-time-date");
  const back = button("lr-time-back", worded("time_to_now", dates.at(-1)), () => {
    state.set({ date: dates.length - 1 });
    byId("time").querySelector("input").focus();
  });
  const follow = () => {
    const at = state.get("date");
    say(label, at < dates.length - 1 ? worded("time_past", dates[at]) : dates[at]);
    back.classList.toggle("lr-away", at === dates.length - 1); // its room stays
  };
  state.when(["date"], follow);
  follow();
  return el("div", "lr-time-label", [label, back]);
}

// Where each year begins; of very many only every second, fifth …
function yearMarks(dates) {
  const years = [...new Set(dates.map((day) => day.slice(0, 4)))];
  const every = [1, 2, 5, 10, 20, 50, 100].find((step) => years.length / step <= MOST_YEARS);
  const marks = years.filter((year) => Number(year) % every === 0).map((year) => {
    const mark = el("span", "", year);
    const at = dates.findIndex((day) => day.startsWith(year));
    mark.style.left = `${(100 * at) / (dates.length - 1)}%`;
    return mark;
  });
  const node = el("div", "lr-time-years", marks);
  node.setAttribute("aria-hidden", "true");
  return node;
}

// The plain sign that what is seen is not of the data date, in the head and above the figures.
function lookBack({ payload, state }, dates) {
  const subtitle = document.querySelector("#landready-head .lr-titles p");
  const sign = el("p", "lr-past");
  document.querySelector("#landready-panel .lr-tabs").after(sign);
  const follow = () => {
    const at = state.get("date");
    const past = at < dates.length - 1;
    const [day, land] = [dates[at], payload.time.land[at]];
    const [looking, rest] = [worded("time_past", day), worded("time_follows", dates.at(-1))];
    const follows = { zh: looking.zh + rest.zh, en: looking.en + rest.en };
    sign.hidden = !past;
    const isTrying = state.get("tab") === "whatif";
    say(sign, isTrying ? worded("time_not_whatif", dates.at(-1)) : follows);
    const told = { zh: `${looking.zh} · ${land} 亩`, en: `${looking.en} · ${land} mu` };
    say(subtitle, past ? told : payload.subtitle);
    document.body.classList.toggle("lr-in-past", past);
  };
  state.when(["date", "tab"], follow);
  follow();
}

function goalsOnDate(app) {
  byId("goals")?.replaceChildren(goalCards(app, app.state.get("date")));
}

// The parcels and the mu of a stage in a zone ("" is the town), on the date that is chosen.
async function stageTotals({ payload, state }) {
  const { dates, totals } = payload.time;
  const { parcels, cents } = await (stageTotals.pack ??= unpack(totals.pack));
  const [most, last] = [payload.stages.length, totals.zones.length];
  const from = (column, zone, rung) =>
    rung < most ? column[(zone * most + rung) * dates.length + state.get("date")] : 0;
  const of = (column, zone, rung) => from(column, zone, rung) - from(column, zone, rung + 1);
  const words = (value, places) => shown(value, places, { grouped: true });
  return (rung, name = "") => {
    const own = totals.zones.indexOf(name);
    let [count, land] = [0, 0];
    for (let zone = own; zone < (own ? own + 1 : last); zone += 1) { // the town is all of them
      count += of(parcels, zone, rung);
      land += of(cents, zone, rung);
    }
    return { parcels: words(count, 0), mu: words(land / 100, 2), none: !count };
  };
}
