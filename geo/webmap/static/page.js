// The page: reads its data and lets head, panel, legend, map and card know of each other.

function start(map) {
  const payload = JSON.parse(document.getElementById("landready-data").textContent);
  words = { ...WORDS, ...payload.texts };
  const known = remembered("lang") ?? payload.lang;
  language = known === "en" ? "en" : "zh";

  const open = cards(payload, (geometry, options) => drawn.select(geometry, options));
  const drawn = drawing(map, payload, {
    onParcel: (item) => open.parcel(item, { quiet: true }),
    onBlock: (block) => open.block(block, { quiet: true }),
    onGround: open.none,
  });
  const toggle = () => {
    speak(language === "zh" ? "en" : "zh", payload.title);
    remember("lang", language);
    drawn.relabel();
  };

  head(payload, toggle);
  panel(payload, finder(payload, open.parcel, open.block));
  tools(map, () => drawn.whole());
  legend(payload, { onLayer: drawn.show, onStage: drawn.only });
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  reach(map, open.none);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawn.restyle);
  speak(language, payload.title);
  map.invalidateSize({ animate: false });
  drawn.whole({ animate: false });
}

// Opens the card of a parcel or block, and marks its land; quietly when the map was pressed there.
function cards(payload, select) {
  const none = () => {
    clearCard();
    select(null);
  };
  const mark = (geometry, options) => {
    if (!options?.quiet) document.getElementById("landready-field").scrollIntoView();
    select(geometry, options);
  };
  return {
    none,
    parcel: (item, options) => {
      parcelCard(item, payload, none);
      mark(item.geometry, options);
    },
    block: (block, options) => {
      blockCard(block, none);
      mark(block.geometry, options);
    },
  };
}

// The map's name and keys. Leaflet focuses it on every press; the ring is for the keyboard only.
function reach(map, close) {
  name(map.getContainer(), "aria-label", worded("map"));
  map.getContainer().setAttribute("role", "region");
  document.addEventListener("keydown", (event) => event.key === "Escape" && close());
  const mark = (pointed) => () => document.body.classList.toggle("lr-pointing", pointed);
  document.addEventListener("pointerdown", mark(true), true);
  document.addEventListener("keydown", mark(false), true);
}
