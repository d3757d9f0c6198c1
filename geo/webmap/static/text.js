// Words and nodes: every text reaches the page through textContent, in the language now chosen.

const WORDS = {
  language: { zh: "English", en: "中文" },
  map: { zh: "土地整备地图", en: "Land-readiness map" },
  panel: { zh: "数据与表格", en: "Figures and tables" },
  key: { zh: "图例与图层", en: "Legend and layers" },
  layers: { zh: "图层", en: "Layers" },
  zones: { zh: "片区", en: "Zones" },
  parcels: { zh: "地块", en: "Parcels" },
  blocks: { zh: "连片", en: "Blocks" },
  barriers: { zh: "阻隔", en: "Barriers" },
  lost: { zh: "不可用", en: "Land lost" },
  labels: { zh: "标注", en: "Labels" },
  stages: { zh: "整备阶段", en: "Stage" },
  counted: { zh: "{n} 级起计入整备", en: "counted from stage {n}" },
  counts: { zh: "计入整备", en: "Counted" },
  not_counts: { zh: "未计入", en: "Not counted" },
  self_reported: { zh: "自报，无凭证", en: "Self-reported, no evidence" },
  bridge: { zh: "连接地块", en: "Bridge parcel" },
  bridge_of: { zh: "连接地块：{n}", en: "Bridge parcel of {n}" },
  only: { zh: "突出显示该阶段", en: "Highlight this stage" },
  close: { zh: "关闭", en: "Close" },
  zoom_in: { zh: "放大", en: "Zoom in" },
  zoom_out: { zh: "缩小", en: "Zoom out" },
  whole: { zh: "全图", en: "Whole map" },
  find: { zh: "查找地块、连片或片区", en: "Find a parcel, block or zone" },
  found: { zh: "查找结果", en: "Results" },
  nothing: { zh: "没有相符的", en: "Nothing matches" },
  notices: { zh: "说明", en: "Notices" },
  facts: { zh: "数据说明", en: "About these figures" },
  green: { zh: "绿灯", en: "Green" },
  yellow: { zh: "黄灯", en: "Yellow" },
  red: { zh: "红灯", en: "Red" },
  grey: { zh: "未评", en: "Not rated" },
  class_river: { zh: "河道", en: "River" },
  class_expressway: { zh: "高速公路", en: "Expressway" },
  class_railway: { zh: "铁路", en: "Railway" },
  class_power: { zh: "电力走廊", en: "Power corridor" },
};

const NONE = "—";
const said = new WeakMap(); // element → wording or plain text
const named = new WeakMap(); // element → { attribute: wording }
let language = "zh";

function spoken(value) {
  const text = value !== null && typeof value === "object" ? value[language] : value;
  return text === null || text === undefined || text === "" ? NONE : String(text);
}

function worded(key, n) {
  const pair = WORDS[key];
  if (n === undefined) return pair;
  return { zh: pair.zh.replace("{n}", () => n), en: pair.en.replace("{n}", () => n) };
}

function say(node, value) {
  said.set(node, value);
  node.setAttribute("data-said", "");
  node.textContent = spoken(value);
  return node;
}

function name(node, attribute, value) {
  named.set(node, { ...named.get(node), [attribute]: value });
  node.setAttribute("data-named", "");
  node.setAttribute(attribute, spoken(value));
  return node;
}

// A node of one class, with a text (string or wording) or child nodes.
function el(tag, className, content) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (Array.isArray(content)) node.append(...content.filter(Boolean));
  else if (content !== undefined) say(node, content);
  return node;
}

function button(className, content, act) {
  const node = el("button", className, content);
  node.type = "button";
  node.addEventListener("click", act);
  return node;
}

function speak(chosen, title) {
  language = chosen;
  document.title = spoken(title);
  document.documentElement.lang = chosen === "zh" ? "zh-CN" : "en";
  for (const node of document.querySelectorAll("[data-said]")) {
    node.textContent = spoken(said.get(node));
  }
  for (const node of document.querySelectorAll("[data-named]")) {
    for (const [attribute, value] of Object.entries(named.get(node))) {
      node.setAttribute(attribute, spoken(value));
    }
  }
}

// Only a plain hexadecimal colour is let into a style.
function safeColour(colour) {
  return /^#[0-9a-f]{6}$/i.test(colour) ? colour : "#999999";
}
