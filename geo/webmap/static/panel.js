// The head and the side panel: what is read beside the map, in tabs.

Object.assign(WORDS, {
  tabs: { zh: "内容", en: "Contents" },
  skip: { zh: "跳到数据", en: "Skip to the figures" },
  split: { zh: "面板宽度", en: "Width of the panel" },
  theme_auto: { zh: "外观：自动", en: "Theme: auto" },
  theme_light: { zh: "外观：浅色", en: "Theme: light" },
  theme_dark: { zh: "外观：深色", en: "Theme: dark" },
  share: { zh: "复制链接", en: "Copy link" },
  shared: { zh: "链接已复制", en: "Link copied" },
  tab_progress: { zh: "进度", en: "Progress" },
  tab_whatif: { zh: "推演", en: "What if" },
  tab_land: { zh: "用地", en: "Land" },
  tab_floor: { zh: "建筑", en: "Floor" },
  tab_parcels: { zh: "地块", en: "Parcels" },
  tab_claims: { zh: "核对", en: "Claims" },
  tab_about: { zh: "说明", en: "About" },
});

const THEMES = ["auto", "light", "dark"];
const TABS = ["progress", "plan", "whatif", "land", "floor", "parcels", "claims", "about"];

const byId = (id) => document.getElementById(`landready-${id}`);

// Light or dark: as chosen, or as the reader's system is. state "dark" is what came of it.
function theming({ state }) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const theme = state.get("theme");
    const dark = theme === "auto" ? system.matches : theme === "dark";
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    state.set({ dark });
  };
  state.linked("theme", { read: (text) => (THEMES.includes(text) ? text : undefined) });
  state.when(["theme"], apply);
  system.addEventListener("change", apply);
  apply();
}

function head(app) {
  const { payload, state } = app;
  const titles = [el("h1", "", payload.title), el("p", "", payload.subtitle)];
  const toggle = button("lr-language", worded("language"), () =>
    state.set({ lang: state.get("lang") === "zh" ? "en" : "zh" }),
  );
  byId("head").append(
    skipLink(),
    el("div", "lr-titles", titles),
    el("div", "lr-head-tools", [iconButton("share", () => share()), themeButton(state), toggle]),
  );
}

function skipLink() {
  const node = el("a", "lr-skip", worded("skip"));
  node.href = "#landready-panel";
  node.addEventListener("click", (event) => {
    event.preventDefault(); // what stands behind # is the state of the page
    byId("panel").focus();
  });
  return node;
}

function iconButton(key, act) {
  const node = button("lr-icon", [el("i", `lr-icon-${key}`)], act);
  name(node, "aria-label", worded(key));
  name(node, "title", worded(key));
  return node;
}

function themeButton(state) {
  const node = iconButton("theme_auto", () => {
    const next = THEMES[(THEMES.indexOf(state.get("theme")) + 1) % THEMES.length];
    state.set({ theme: next });
  });
  const tell = ({ theme }) => {
    node.firstChild.className = `lr-icon-${theme}`;
    const text = worded(`theme_${theme}`);
    for (const attribute of ["aria-label", "title"]) name(node, attribute, text);
  };
  state.when(["theme"], tell);
  tell({ theme: state.get("theme") });
  return node;
}

async function share() {
  try {
    await navigator.clipboard.writeText(location.href);
  } catch {
    copyOldWay(location.href); // a page from a file or in a frame may not have the clipboard
  }
  announce(worded("shared"));
}

function copyOldWay(text) {
  const field = el("textarea", "lr-unseen");
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

// A word that passes: seen for a moment, and heard by those who do not see.
function announce(text) {
  const node = byId("status");
  say(node, text);
  node.classList.add("lr-shown");
  clearTimeout(announce.timer);
  announce.timer = setTimeout(() => node.classList.remove("lr-shown"), 2500);
}

function panel(app) {
  const { payload, state } = app;
  const root = byId("panel");
  name(root, "aria-label", worded("panel"));
  const status = el("div", "lr-status-line");
  status.id = "landready-status";
  status.setAttribute("role", "status");
  document.body.append(status);
  const pages = TABS.map((id) => tabPage(app, id));
  root.append(notices(payload.notices), finder(app), tabList(state), ...pages);
  for (const id of TABS) byId(`tab-${id}`).hidden = byId(`page-${id}`).dataset.tables === "0";
  splitter(root);
  slot("about").append(facts(payload.facts));
  if (payload.goals.length > 0) slot("progress").append(goalBox(app));
  state.linked("tab", { read: (text) => (TABS.includes(text) ? text : undefined) });
  state.when(["tab"], ({ tab }) => showTab(tab));
  showTab(state.get("tab"));
}

// When everything is in its place: an address may ask for a tab that this page does not offer.
function settlePanel({ state }) {
  if (byId(`tab-${state.get("tab")}`).hidden) state.set({ tab: "progress" });
}

// The place of a tab that others fill; a tab without anything in it is not offered.
function slot(id) {
  byId(`tab-${id}`).hidden = false;
  return byId(`slot-${id}`);
}

function tabList(state) {
  const tabs = TABS.map((id) => {
    const node = button("lr-tab", worded(`tab_${id}`), () => state.set({ tab: id }));
    node.id = `landready-tab-${id}`;
    node.setAttribute("role", "tab");
    node.setAttribute("aria-controls", `landready-page-${id}`);
    return node;
  });
  const list = el("div", "lr-tabs", tabs);
  list.setAttribute("role", "tablist");
  name(list, "aria-label", worded("tabs"));
  list.addEventListener("keydown", (event) => {
    const next = neighbour(tabs.filter((tab) => !tab.hidden), event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.click();
  });
  return list;
}

// Which of the nodes a key leads to from the one that has the focus.
function neighbour(nodes, key) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[key];
  if (key === "Home") return nodes[0];
  if (key === "End") return nodes.at(-1);
  if (step === undefined) return undefined;
  const at = nodes.indexOf(document.activeElement);
  return nodes[(at + step + nodes.length) % nodes.length];
}

// Tables are made when their tab is first opened.
function tabPage(app, id) {
  const filled = el("div", "lr-slot");
  filled.id = `landready-slot-${id}`;
  const node = el("section", "lr-page", [filled]);
  node.id = `landready-page-${id}`;
  node.tabIndex = 0;
  node.setAttribute("role", "tabpanel");
  node.setAttribute("aria-labelledby", `landready-tab-${id}`);
  const tables = app.payload.tables.filter(({ tab }) => tab === id);
  node.fill = () => node.append(...tables.splice(0).map((item) => tableSection(app, item)));
  node.dataset.tables = String(tables.length);
  return node;
}

function showTab(chosen) {
  for (const id of TABS) {
    const [tab, page] = [byId(`tab-${id}`), byId(`page-${id}`)];
    tab.setAttribute("aria-selected", String(id === chosen));
    tab.tabIndex = id === chosen ? 0 : -1;
    page.hidden = id !== chosen;
    if (id === chosen) page.fill();
  }
}

function notices(items) {
  const list = el("ul", "lr-notices", items.map(notice));
  name(list, "aria-label", worded("notices"));
  list.hidden = items.length === 0;
  return list;
}

function notice(item) {
  return el("li", item.kind === "warning" ? "lr-warning" : "lr-info", item);
}

function facts(items) {
  const rows = items.map((item) =>
    el("div", "", [el("dt", "", item), el("dd", "", item.value)]),
  );
  const node = el("section", "lr-facts", [el("h2", "", worded("facts")), el("dl", "", rows)]);
  node.hidden = items.length === 0;
  return node;
}

// The line between map and panel: dragged, or moved by arrow keys; Enter folds the panel away.
function splitter(root) {
  const node = el("div", "lr-split");
  node.tabIndex = 0;
  node.setAttribute("role", "separator");
  node.setAttribute("aria-orientation", "vertical");
  node.setAttribute("aria-controls", root.id);
  node.setAttribute("aria-valuemin", "0");
  node.setAttribute("aria-valuemax", "100");
  name(node, "aria-label", worded("split"));
  const set = (width) => {
    const most = innerWidth - 360;
    const px = width < 240 ? 0 : Math.min(Math.max(width, 340), most);
    root.style.setProperty("--panel", `${px}px`);
    root.classList.toggle("lr-folded", px === 0);
    node.setAttribute("aria-valuenow", String(Math.round((100 * px) / innerWidth)));
  };
  const width = () => root.getBoundingClientRect().width;
  node.addEventListener("pointerdown", (event) => node.setPointerCapture(event.pointerId));
  node.addEventListener("pointermove", (event) => {
    if (node.hasPointerCapture(event.pointerId)) set(innerWidth - event.clientX);
  });
  node.addEventListener("dblclick", () => set(width() > 0 ? 0 : 500));
  node.addEventListener("keydown", ({ key }) => {
    if (key === "ArrowLeft") set(Math.max(width(), 200) + 40);
    if (key === "ArrowRight") set(width() - 40);
    if (key === "Enter") set(width() > 0 ? 0 : 500);
  });
  node.setAttribute("aria-valuenow", String(Math.round((100 * width()) / innerWidth)));
  root.before(node);
}
