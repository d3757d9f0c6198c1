// What if: settings that the reader changes, and the figures that follow.

Object.assign(WORDS, {
  whatif_sign: { zh: "假设分析，非正式数据", en: "What-if, not the official figures" },
  whatif_lead: {
    zh: "改动下列数值，图与结果立即跟随；正式数据不变。",
    en: "Change a value: map and figures follow at once. Official figures stay as they are.",
  },
  whatif_as: { zh: "与规划一致，尚无改动", en: "As the plan has it: nothing is changed" },
  whatif_changed: { zh: "已改动 {n} 项；▲▼ 为与规划之差", en: "{n} changed; ▲▼ against the plan" },
  whatif_locked: {
    zh: "部分用地重叠过多，页面无法核算：目标与连片不可改动。",
    en: "Some land overlaps too much to be reckoned here: goals and blocks stay as they are.",
  },
  whatif_dropped: { zh: "链接中无法采用的内容：{n}", en: "Not valid, and left out of the link: {n}" },
  whatif_unread: {
    zh: "有数据文件无法读取，不能推演。",
    en: "Some data cannot be read: what-if cannot answer.",
  },
  undo: { zh: "撤销", en: "Undo" },
  reset: { zh: "恢复规划值", en: "Reset" },
  copy_link: { zh: "复制为链接", en: "Copy as link" },
  copy_toml: { zh: "复制为情景（plan.toml）", en: "Copy as scenario" },
  copy: { zh: "复制", en: "Copy" },
  copied: { zh: "已复制", en: "Copied" },
  toml_lead: {
    zh: "将下文粘贴到 plan.toml 末尾，即成为一个情景。",
    en: "Paste this at the end of plan.toml to have it as a scenario.",
  },
  set_floor: { zh: "容积率与移交", en: "Plot ratios and hand-over" },
  set_land: { zh: "计入与连片", en: "What counts, and blocks" },
  base_scenario: { zh: "以情景为基础", en: "Base scenario" },
  ratio_all: { zh: "全部拆除重建地块的容积率", en: "Plot ratio of all rebuilt land" },
  ratio_zone: { zh: "分片区容积率", en: "Plot ratio by zone" },
  ratio_use: { zh: "分用地类别容积率", en: "Plot ratio by land-use class" },
  handover: { zh: "公共移交比例（%）", en: "Handed over to the public (%)" },
  stage_from: { zh: "计入的最低阶段", en: "Lowest stage that counts" },
  stage_plan: { zh: "按各目标", en: "as each goal has it" },
  gap_most: { zh: "连片最大间距", en: "Widest gap within a block" },
  gap_plan: { zh: "按规划", en: "as the plan has it" },
  metres: { zh: "{n} 米", en: "{n} m" },
  use_plan: { zh: "按规划", en: "As the plan" },
  blank: { zh: "按规划", en: "planned" },
  blank_of: { zh: "清除：{n}", en: "Clear: {n}" },
  parcels_follow: { zh: "{n} 宗适用", en: "{n} parcels follow it" },
  follows_not: { zh: "{n} 宗另有更具体的规定", en: "{n} have a more specific one" },
  follows_none: { zh: "无地块适用，不起作用", en: "No parcel follows it: it has no effect" },
  handed: { zh: "{n} 宗拆除重建地块适用", en: "{n} rebuilt parcels follow it" },
  not_ratio: { zh: "请输入 0 至 {n} 的数", en: "Write a number from 0 to {n}" },
});

// In the state the scenario stands beside the rest of a setting, for the map has it too.
function linkWhatIf(app) {
  const { payload, state } = app;
  app.dropped = [];
  if (!payload.model) return;
  state.linked("whatif", {
    write: (setting) => JSON.stringify(tidied({ scenario: state.get("scenario"), ...setting })),
    read(text) {
      const { setting, dropped } = readSetting(app, text);
      app.dropped.push(...dropped);
      const { scenario = null, ...rest } = setting ?? {};
      if (scenario !== null) state.set({ scenario });
      return tidied(rest) ?? undefined;
    },
  });
}

function whatIf(app) {
  if (!app.payload.model) return;
  const place = slot("whatif");
  signOnMap(app);
  const bar = el("progress", "");
  const waiting = el("p", "lr-note lr-wait", [el("span", "", worded("reading_land")), bar]);
  place.append(el("p", "lr-note", worded("whatif_lead")), waiting);
  app.scenarioLines = (row) => scenarioLines(app, row);
  app.turn = (id) => turn(app, id);
  turningByPress(app);
  if (app.atlas.chunks.length === 1) setTimeout(app.reckoner.load, 300); // for the cards
  let begun = false;
  const isWanted = () => app.state.get("tab") === "whatif" || app.state.get("whatif");
  const begin = async () => {
    if (begun || !isWanted()) return;
    begun = true;
    try {
      await app.reckoner.load((share) => (bar.value = share));
    } catch {
      waiting.replaceChildren(el("span", "", worded("whatif_unread")));
      return;
    }
    waiting.remove();
    const asked = app.state.get("whatif");
    if (asked) app.state.set({ whatif: knownPart(app, asked, app.dropped) });
    fillWhatIf(app, place);
  };
  app.state.when(["tab", "whatif"], begin);
  if (app.dropped.length) place.prepend(droppedNote(app.dropped));
  begin();
}

function droppedNote(dropped) {
  const short = (item) => (item.length > 40 ? `${item.slice(0, 40)}…` : item);
  const names = dropped.slice(0, 8).map(short);
  const node = el("p", "lr-whatif-fault", worded("whatif_dropped", names.join("; ")));
  node.setAttribute("role", "alert");
  return node;
}

function fillWhatIf(app, place) {
  const desk = deskOf(app);
  const results = el("div", "lr-results", []);
  const controls = el("div", "lr-controls", [
    ...[floorControls(app, desk), landControls(app, desk)],
  ]);
  place.querySelector(".lr-whatif-fault")?.remove();
  if (app.dropped.length) place.prepend(droppedNote(app.dropped));
  const digest = el("div", "lr-digest", []);
  place.append(digest, whatIfTools(app, desk), el("div", "lr-whatif", [controls, results]));
  const tell = () => {
    const start = performance.now();
    desk.tell();
    showResults(app, results, digest);
    place.dataset.ms = (performance.now() - start).toFixed(1);
    desk.follow();
  };
  let asked = 0;
  app.state.when(["whatif", "scenario"], () => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(tell);
  });
  tell();
}

// What the controls share: the setting, how to change it and go back, and who is told of it.
function deskOf(app) {
  const { state } = app;
  const past = [];
  const listeners = [];
  const followers = [];
  const now = () => state.get("whatif") ?? {};
  let [lastStep, lastTime] = ["", 0];
  return {
    now,
    // Changes of one control that come fast, as from a range that is dragged, are one step.
    change(key, value, step = key) {
      const same = step === lastStep && performance.now() - lastTime < 800;
      [lastStep, lastTime] = [step, performance.now()];
      if (!same) past.push(now());
      if (past.length > 50) past.shift();
      state.set({ whatif: tidied({ ...now(), [key]: value }) });
    },
    undo() {
      lastStep = "";
      if (past.length) state.set({ whatif: tidied(past.pop()) });
    },
    reset() {
      lastStep = "";
      if (state.get("whatif")) past.push(now());
      state.set({ whatif: null });
    },
    canUndo: () => past.length > 0,
    onTell: (act) => listeners.push(act),
    onFollow: (act) => followers.push(act),
    tell: () => listeners.forEach((act) => act(now())),
    follow: whenIdle(() => {
      const told = following(app, settingNow(app), useClasses(app, now()));
      followers.forEach((act) => act(told));
    }, app),
  };
}

// How many parcels each ratio speaks for is told after the figures, when there is time.
function whenIdle(act, { reckoner }) {
  let pending = 0;
  return () => {
    clearTimeout(pending);
    if (reckoner.land().rows <= 100_000) pending = setTimeout(act, 120);
  };
}

// The setting with its scenario, as the arithmetic takes it, whatever the halves of the map show.
function settingNow({ payload, state }) {
  const scenario = state.get("scenario") ?? payload.model.scenarios[0].id;
  return { ...state.get("whatif"), scenario };
}

function scenarioNow(app) {
  const { scenario } = settingNow(app);
  return app.payload.model.scenarios.find(({ id }) => id === scenario);
}

function useClasses(app, { by_land_use: stated = {} }) {
  return [...new Set([...rebuiltKinds(app).uses, ...Object.keys(stated)])];
}

// --- tools ---------------------------------------------------------------------------------------

function whatIfTools(app, desk) {
  const undo = button("lr-quiet", worded("undo"), () => desk.undo());
  const reset = button("lr-quiet", worded("reset"), () => desk.reset());
  const link = button("lr-quiet", worded("copy_link"), () => share());
  const toml = button("lr-quiet", worded("copy_toml"), () => openToml(app));
  const state = el("p", "lr-whatif-state", worded("whatif_as"));
  state.setAttribute("role", "status");
  desk.onTell((setting) => {
    const changed = Object.keys(setting).length;
    undo.disabled = !desk.canUndo();
    reset.disabled = changed === 0;
    say(state, changed ? worded("whatif_changed", String(changed)) : worded("whatif_as"));
  });
  const tools = el("div", "lr-whatif-buttons", [undo, reset, link, toml]);
  return el("div", "lr-whatif-tools", [state, tools]);
}

// The scenario as text in a window of its own, chosen whole, to be copied by a key or a press.
function openToml(app) {
  const title = el("h2", "", worded("copy_toml"));
  title.id = "landready-toml";
  const node = el("dialog", "lr-dialog");
  const field = el("textarea", "lr-toml");
  field.readOnly = true;
  field.spellcheck = false;
  field.value = scenarioToml(app, settingNow(app));
  name(field, "aria-label", worded("copy_toml"));
  const copy = button("lr-quiet", worded("copy"), async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy"); // a page from a file may not have the clipboard
    }
    say(copy, worded("copied"));
  });
  const top = [title, copy, closeButton(() => node.close())];
  node.append(el("div", "lr-dialog-top", top), el("p", "lr-note", worded("toml_lead")), field);
  node.setAttribute("aria-labelledby", title.id);
  node.addEventListener("close", () => node.remove());
  document.body.append(node);
  node.showModal();
  field.select();
}

// --- controls ------------------------------------------------------------------------------------

function floorControls(app, desk) {
  const { model } = app.payload;
  const { zones } = rebuiltKinds(app);
  const scenario = scenarioChooser(app);
  say(scenario.node.firstChild, worded("base_scenario"));
  desk.onTell(() => scenario.set(settingNow(app).scenario));
  const all = ratioField(app, desk, worded("ratio_all"), {
    ...{ ranged: true, read: (setting) => setting.plot_ratio, told: (told) => told.plot_ratio },
    ...{ write: (value) => desk.change("plot_ratio", value) },
    usual: (chosen) => chosen.plot_ratio?.likely,
  });
  const ratios = (key, ids, names = {}) =>
    el("div", "", ids.map((id) => namedRatio(app, desk, key, id, names[id] ?? id)));
  const byZone = ratios("by_zone", zones, app.payload.names.zones);
  const byUse = ratios("by_land_use", useClasses(app, desk.now()));
  return fieldset("set_floor", [
    ...[scenario.node, all, group("ratio_zone", byZone, zones.length <= 6)],
    group("ratio_use", byUse, Boolean(desk.now().by_land_use)),
    handoverField(app, desk, model),
  ]);
}

function fieldset(key, nodes) {
  return el("fieldset", "lr-set", [el("legend", "", worded(key)), ...nodes]);
}

function group(key, node, open) {
  const box = el("details", "lr-set-group", [el("summary", "", worded(key)), node]);
  box.open = open;
  return box;
}

// The ratio of one zone or class.
function namedRatio(app, desk, key, id, label) {
  return ratioField(app, desk, label, {
    read: ({ [key]: said = {} }) => (Object.hasOwn(said, id) ? said[id] : undefined),
    write: (value) => {
      const { [id]: _, ...others } = desk.now()[key] ?? {};
      const ratios = value === null ? others : { ...others, [id]: value };
      desk.change(key, ratios, `${key} ${id}`);
    },
    told: (told) => told[key].get(id),
    usual: (chosen) => (chosen[key][id] ?? chosen.plot_ratio)?.likely,
  });
}

let numbersMade = 0;

// A wording, or a text that reads the same in both languages.
function both(label) {
  return typeof label === "string" ? { zh: label, en: label } : label;
}

// A number that may be blank, with what it speaks for below; { ranged } gives it a slide as well.
function numberField(desk, label, { most, step, read, write, ranged }) {
  const note = el("p", "lr-note");
  note.id = `landready-note-${(numbersMade += 1)}`;
  const field = input("number", { min: 0, max: most, step }, label);
  field.setAttribute("aria-describedby", note.id);
  const slide = ranged && input("range", { min: 0, max: 6, step }, label);
  const clear = closeButton(() => {
    write(null);
    field.focus();
  });
  name(clear, "aria-label", wordedIn("blank_of", both(label)));
  const take = (source) => () => {
    const value = source.value === "" ? null : Number(source.value);
    const isWithin = value === null || (value >= 0 && value <= most);
    const isBad = source.validity.badInput || !isWithin;
    field.setAttribute("aria-invalid", String(isBad));
    if (isBad) say(note, worded("not_ratio", String(most)));
    else write(value);
  };
  field.addEventListener("input", take(field));
  slide?.addEventListener("input", take(slide));
  desk.onTell((setting) => {
    const value = read(setting) ?? null;
    clear.hidden = value === null;
    const isShown = value === null ? field.value === "" : Number(field.value) === value;
    if (!isShown) field.value = value ?? "";
    field.setAttribute("aria-invalid", String(field.validity.badInput));
    if (slide && value !== null) slide.value = value;
  });
  const words = el("div", "lr-number-label", [el("span", "", label), note]);
  return { node: el("div", "lr-number", [words, slide, field, clear]), field, slide, note };
}

function input(type, limits, label) {
  const node = el("input", "");
  node.type = type;
  Object.assign(node, limits);
  name(node, "aria-label", label);
  return node;
}

function ratioField(app, desk, label, { ranged, read, write, told, usual }) {
  const made = numberField(desk, label, { most: MOST_RATIO, step: 0.1, read, write, ranged });
  desk.onTell((setting) => {
    const ratio = usual(scenarioNow(app));
    name(made.field, "placeholder", ratio === undefined ? worded("blank") : shown(ratio, 2));
    if (made.slide && read(setting) === undefined) made.slide.value = ratio ?? 0;
  });
  desk.onFollow((all) => {
    if (made.field.getAttribute("aria-invalid") === "true") return;
    const { n, others } = told(all) ?? { n: 0, others: 0 };
    const isIdle = n === 0 && read(desk.now()) !== undefined;
    made.note.classList.toggle("lr-idle", isIdle);
    say(made.note, isIdle ? worded("follows_none") : followed(n, others));
  });
  return made.node;
}

function followed(n, others) {
  const rest = others ? worded("follows_not", String(others)) : null;
  const own = worded("parcels_follow", String(n));
  return rest ? { zh: `${own.zh}；${rest.zh}`, en: `${own.en}; ${rest.en}` } : own;
}

function handoverField(app, desk, model) {
  const made = numberField(desk, worded("handover"), {
    ...{ most: 100, step: 0.5 },
    read: ({ handover_share: share }) => share && Number((share * 100).toPrecision(12)),
    write: (value) =>
      desk.change("handover_share", value === null ? null : Number((value / 100).toPrecision(12))),
  });
  desk.onTell(() => {
    const share = scenarioNow(app).handover_share ?? model.handover_share;
    name(made.field, "placeholder", shown((share ?? 0) * 100, 1));
  });
  desk.onFollow(({ rebuilt }) => say(made.note, worded("handed", String(rebuilt))));
  return made.node;
}

function landControls(app, desk) {
  const { model } = app.payload;
  const stages = app.payload.stages.map((stage, rung) => [model.stages[rung], stage]);
  const stage = chooser(worded("stage_from"), [["", worded("stage_plan")], ...stages], (id) =>
    desk.change("stage", id || null),
  );
  desk.onTell((setting) => stage.set(setting.stage ?? ""));
  const node = fieldset("set_land", [stage.node, gapField(app, desk), turningTools(app, desk)]);
  node.disabled = model.locked;
  if (model.locked) node.prepend(el("p", "lr-whatif-fault", worded("whatif_locked")));
  return node;
}

function gapField({ payload: { model } }, desk) {
  const label = worded("gap_most");
  const slide = input("range", { min: 0, max: Math.floor(model.reach_m), step: 1 }, label);
  const value = el("output", "");
  const usual = button("lr-quiet", worded("use_plan"), () => desk.change("gap_m", null));
  slide.addEventListener("input", () => desk.change("gap_m", Number(slide.value)));
  slide.disabled = model.reach_m < 1;
  desk.onTell(({ gap_m: gap }) => {
    const isUsual = gap === undefined;
    slide.value = gap ?? model.gap_m;
    usual.disabled = isUsual;
    const words = isUsual ? worded("gap_plan") : worded("metres", String(gap));
    say(value, words);
    name(slide, "aria-valuetext", words);
  });
  const words = el("div", "lr-number-label", [el("span", "", label), value]);
  return el("div", "lr-number", [words, slide, usual]);
}

function signOnMap({ state }) {
  const node = el("p", "lr-sign-whatif", worded("whatif_sign"));
  node.id = "landready-sign";
  node.setAttribute("role", "note");
  byId("field").append(node);
  const tell = () => (node.hidden = !state.get("whatif"));
  state.when(["whatif"], tell);
  tell();
}
