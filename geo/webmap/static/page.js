// The page: reads its data, makes its parts and lets them know of each other.

async function start(map) {
  const payload = JSON.parse(document.getElementById("landready-data").textContent, bare);
  Object.assign(WORDS, payload.texts);
  const app = { payload, map, state: makeState(firstState(payload)) };
  app.state.linked("lang", { read: (text) => (Object.hasOwn(LANGUAGES, text) ? text : undefined) });
  language = app.state.get("lang");
  theming(app);
  app.state.when(["lang"], ({ lang }) => speak(lang, payload.title));

  head(app);
  panel(app);
  timeSlider(app);
  goalChart(app);
  stageTable(app);

  app.atlas = await openAtlas(app);
  colouring(app);
  linkWhatIf(app);
  app.drawn = drawing(app);
  tools(app);
  legend(app);
  planTab(app);
  listing(app);
  cards(app);
  colourChoice(app);
  whatIf(app);
  comparing(app);
  measuring(app);
  saving(app);
  basemaps(app);
  settlePanel(app);
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  reach(map);
  speak(language, payload.title);
  map.invalidateSize({ animate: false });
  app.drawn.whole({ animate: false });
  watchView(app);
}

// What is looked up by a name of the data must not find what every object has: "constructor".
function bare(_, value) {
  return isTable(value) ? Object.setPrototypeOf(value, null) : value;
}

const LANGUAGES = { zh: "zh-CN", en: "en" };

function firstState(payload) {
  return {
    lang: payload.lang,
    theme: "auto",
    tab: "progress",
    date: (payload.time?.dates.length ?? 1) - 1,
    colour: "stage",
    scenario: null,
    only: null,
    layers: USUAL_LAYERS,
    selected: null,
    compare: null,
    whatif: null,
    basemap: "none",
  };
}

// The map's name and keys. Leaflet focuses it on every press; the ring is for the keyboard only.
function reach(map) {
  name(map.getContainer(), "aria-label", worded("map"));
  map.getContainer().setAttribute("role", "region");
  const mark = (pointed) => () => document.body.classList.toggle("lr-pointing", pointed);
  document.addEventListener("pointerdown", mark(true), true);
  document.addEventListener("keydown", mark(false), true);
}
