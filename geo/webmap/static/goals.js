// The goals as cards: what is counted of what is wanted, and whether it comes in time.

Object.assign(WORDS, {
  goals: { zh: "目标", en: "Goals" },
  goal_of: { zh: "/ {n} 亩", en: "of {n} mu" },
  goal_due: { zh: "截止 {n}", en: "due {n}" },
  gap: { zh: "差值（亩）", en: "Gap (mu)" },
  share_done: { zh: "完成率", en: "Done" },
  elapsed: { zh: "序时进度", en: "Time gone" },
  required: { zh: "需要（亩/年）", en: "Needed (mu/yr)" },
  pace: { zh: "起算日以来（亩/年）", en: "Since base date (mu/yr)" },
  light: { zh: "红黄绿灯", en: "Light" },
  due: { zh: "截止", en: "Due" },
  counted_mu: { zh: "累计完成（亩）", en: "Counted (mu)" },
});

function goalBox(app) {
  const box = el("div", "", [goalCards(app, app.state.get("date"))]);
  box.id = "landready-goals";
  return box;
}

// One card for each goal, with its figures on a date.
function goalCards({ payload }, date) {
  const rows = payload.goals.map((_, n) => goalCard(goalOn(payload, n, date)));
  const list = el("ul", "lr-goals", rows);
  name(list, "aria-label", worded("goals"));
  return list;
}

// A goal on a date, its figures worded; done and gone only draw a bar.
function goalOn({ goals, model, time }, n, date) {
  const state = goalState(model, model.goals[n], time.counted[n][date], time.dates[date]);
  const words = (value, places) => shown(value, places, { grouped: true });
  return {
    ...goals[n],
    forecast: date === time.dates.length - 1 ? goals[n].forecast : null,
    ...{ light: state.light, done: state.share, gone: state.elapsed_share },
    ...{ counted: words(state.counted_mu, 2), gap: words(state.gap_mu, 2) },
    share: shown(state.share, 1, { percent: true }),
    elapsed: shown(state.elapsed_share, 1, { percent: true }),
    ...{ required: words(state.required_pace, 0), pace: words(state.pace, 0) },
  };
}

// The goals on a date as a table.
function goalTable({ payload }, date) {
  const keys = ["name", "light", "due", "counted", "gap", "share", "elapsed"];
  const heads = ["goals", "light", "due", "counted_mu", "gap", "share_done", "elapsed"];
  const columns = heads.map((head, n) => ({
    ...worded(head),
    align: n < 3 ? "left" : "right",
    kind: head === "light" ? "light" : n < 3 ? "text" : "number",
  }));
  const rows = payload.goals.map((_, n) => {
    const goal = goalOn(payload, n, date);
    return keys.map((key) => goal[key]);
  });
  return { id: "goals", title: worded("goals"), note: null, columns, rows };
}

function goalCard(goal) {
  const keys = ["gap", "share", "elapsed", "required", "pace"];
  const figures = keys.map((key) => pair(key, goal[key]));
  const top = el("div", "lr-goal-top", [el("h2", "", goal.name), light(goal.light)]);
  const sum = el("p", "lr-goal-sum", [
    el("b", "", goal.counted),
    el("span", "", worded("goal_of", goal.goal)),
    el("span", "lr-goal-due", worded("goal_due", goal.due)),
  ]);
  const forecast = goal.forecast && el("p", "lr-note", goal.forecast);
  return el("li", `lr-goal lr-${goal.light}`, [
    ...[top, sum, goalBar(goal)],
    ...[el("dl", "", figures), forecast],
  ]);
}

function pair(key, value) {
  const label = worded(key === "share" ? "share_done" : key);
  return el("div", "", [el("dt", "", label), el("dd", "", value)]);
}

// How much is done, with a mark where the time is; the figures say the same in words.
function goalBar({ done, gone }) {
  const fill = el("i", "");
  fill.style.width = `${100 * Math.min(done, 1)}%`;
  const mark = el("b", "");
  mark.style.left = `${100 * Math.min(gone, 1)}%`;
  const bar = el("div", "lr-goal-bar", [fill, mark]);
  bar.setAttribute("aria-hidden", "true");
  return bar;
}
