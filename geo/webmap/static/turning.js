// Parcels that a reader counts the other way, by a press on the map or from their card.

Object.assign(WORDS, {
  turning: { zh: "在图上点选：计入／不计入", en: "Click parcels: count / do not count" },
  turning_on: { zh: "点选中：点击地块（Esc 结束）", en: "Click parcels to turn them (Esc ends)" },
  turned_out: { zh: "改为不计入", en: "no longer counted" },
  turned_in: { zh: "改为计入", en: "counted" },
  turn_back: { zh: "恢复：{n}", en: "Undo for {n}" },
  card_whatif: { zh: "推演", en: "What if" },
  count_turn: { zh: "推演：计入／不计入", en: "Count or not (what-if)" },
  count_it: { zh: "计入该地块", en: "Count it" },
  count_it_not: { zh: "不计入该地块", en: "Do not count it" },
});

function turningTools(app, desk) {
  const { state } = app;
  app.turn = (id) => desk.change("toggled", turnedWith(desk.now(), id), `toggled ${id}`);
  const mode = button("lr-quiet lr-turning", worded("turning"), () =>
    state.set({ turning: !state.get("turning") }),
  );
  const list = el("ul", "lr-turned-list", []);
  const tellMode = () => {
    const isOn = Boolean(state.get("turning"));
    mode.setAttribute("aria-pressed", String(isOn));
    say(mode, worded(isOn ? "turning_on" : "turning"));
    app.map.getContainer().classList.toggle("lr-turning-map", isOn);
    if (isOn) byId("field").scrollIntoView({ block: "nearest" });
  };
  state.when(["turning"], tellMode);
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") state.set({ turning: false });
  });
  tellMode();
  desk.onTell(({ toggled = [] }) => {
    const counts = app.reckoner.answer(settingNow(app)).blocks.counts;
    list.replaceChildren(...toggled.map((id) => turnedItem(app, id, counts)));
  });
  return el("div", "", [mode, list]);
}

function turnedItem(app, id, counts) {
  const { ids, alive } = app.reckoner.land();
  const row = ids.findIndex((known, at) => known === id && alive[at]);
  const back = closeButton(() => app.turn(id));
  name(back, "aria-label", worded("turn_back", id));
  const says = el("span", "lr-note", worded(counts[row] ? "turned_in" : "turned_out"));
  return el("li", "", [el("span", "", id), says, back]);
}

// The parcels of a setting with one more turned, or no longer.
function turnedWith({ toggled = [] }, id) {
  const without = toggled.filter((other) => other !== id);
  return without.length < toggled.length ? without : [...toggled, id];
}

// Before the controls are there, which then also remember what was before.
function turn({ state }, id) {
  const now = state.get("whatif") ?? {};
  state.set({ whatif: tidied({ ...now, toggled: turnedWith(now, id) }) });
}

// In the mode for it a press on the map turns the parcel there, and does nothing else.
function turningByPress(app) {
  const take = (event) => {
    if (!app.state.get("turning")) return;
    event.stopPropagation();
    if (app.map.dragging.moved()) return;
    const row = app.drawn.hit(app.map.mouseEventToLatLng(event));
    const { alive, ids } = app.reckoner.land();
    if (row >= 0 && alive[row]) app.turn(ids[row]);
  };
  app.map.getContainer().addEventListener("click", take, true);
}

// For the card of a parcel: its floor space under the scenario, and whether it shall count.
function scenarioLines(app, row) {
  const { reckoner } = app;
  const ids = app.atlas.chunkOf(row).facts?.["parcels.id"];
  const id = ids?.[row - app.atlas.chunkOf(row).first];
  const lines = [["card_whatif", countButton(app, id)]].filter(([, node]) => node);
  if (!reckoner.isReady() || !reckoner.land().alive[row]) return lines;
  const { rows } = reckoner.answer(settingNow(app));
  const { name: words } = scenarioNow(app);
  const sign = app.state.get("whatif") ? WORDS.half_whatif : null;
  const head = sign ? { zh: `${words.zh}（${sign.zh}）`, en: `${words.en} (${sign.en})` } : words;
  const m2 = (key) => shown(rows[key][row], 0, { grouped: true });
  const [ratio, total, added] = [shown(rows.ratio[row], 2), m2("total"), m2("added")];
  const says = {
    zh: `容积率 ${ratio}；建筑 ${total} m²，新增 ${added} m²`,
    en: `plot ratio ${ratio}; ${total} m² of floor, ${added} m² added`,
  };
  return [[head, says], ...lines];
}

// Counts a parcel, or no longer; null where that cannot be tried.
function countButton(app, id) {
  const { payload, reckoner } = app;
  if (payload.model.locked) return null;
  const atOnce = app.atlas.chunks.length === 1 || reckoner.isReady(); // else all facts would load
  const node = button("lr-quiet", worded(atOnce ? "count_it" : "count_turn"), async () => {
    await reckoner.load();
    app.turn(id);
  });
  const tell = () => {
    const { ids, alive } = reckoner.land();
    const row = ids.findIndex((other, at) => other === id && alive[at]);
    node.hidden = row < 0;
    const isIn = row >= 0 && reckoner.answer(settingNow(app)).blocks.counts[row];
    say(node, worded(isIn ? "count_it_not" : "count_it"));
  };
  // The card is made anew with each setting.
  if (atOnce) reckoner.load().then(tell, () => node.remove());
  return node;
}
