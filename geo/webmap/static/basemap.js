// The basemap, when the page was built with one: tiles below the land, and who made them.

Object.assign(WORDS, {
  basemap: { zh: "底图", en: "Basemap" },
  basemap_none: { zh: "无", en: "None" },
  basemap_key: { zh: "天地图密钥（只留在本次浏览中）", en: "Tianditu key (kept for this visit only)" },
  basemap_needs_key: { zh: "输入密钥后显示底图", en: "Type a key to see the basemap" },
  basemap_lost: {
    zh: "底图暂时读取不到；没有底图，地图照常可用",
    en: "The basemap cannot be reached; the map works without it",
  },
});

const KEY_ITEM = "landready-tianditu-key";
const KRASSOVSKY_A = 6378245; // m, of GCJ-02
const KRASSOVSKY_E2 = 0.00669342162296594323;
const OFFSET_BOX = [72.004, 0.8293, 137.8347, 55.8271]; // west, south, east, north

// Where a map in GCJ-02 shows a place of WGS 84, as geo/earth/offsets.py has it; degrees.
function gcj02(lng, lat) {
  const [west, south, eastEnd, northEnd] = OFFSET_BOX;
  if (lng < west || lng > eastEnd || lat < south || lat > northEnd) return [lng, lat];
  const [x, y] = [lng - 105, lat - 35];
  const wave = (size, turns) => (size * 2 * Math.sin(turns * Math.PI)) / 3;
  const waves = wave(20, 6 * x) + wave(20, 2 * x);
  const root = Math.sqrt(Math.abs(x));
  let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves;
  east += wave(20, x) + wave(40, x / 3) + wave(150, x / 12) + wave(300, x / 30);
  let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves;
  north += wave(20, y) + wave(40, y / 3) + wave(160, y / 12) + wave(320, y / 30);
  const phi = (lat * Math.PI) / 180;
  const bend = 1 - KRASSOVSKY_E2 * Math.sin(phi) ** 2;
  const degrees = 180 / Math.PI;
  const across = (KRASSOVSKY_A / Math.sqrt(bend)) * Math.cos(phi);
  const along = (KRASSOVSKY_A * (1 - KRASSOVSKY_E2)) / bend ** 1.5;
  return [lng + (east / across) * degrees, lat + (north / along) * degrees];
}

// Tiles in GCJ-02: the picture is moved so that its places lie under those of the land.
const OffsetTiles = L.TileLayer.extend({
  _getTiledPixelBounds(center) {
    return L.TileLayer.prototype._getTiledPixelBounds.call(this, offsetCentre(center));
  },
  _setZoomTransform(level, center, zoom) {
    L.TileLayer.prototype._setZoomTransform.call(this, level, offsetCentre(center), zoom);
  },
});

function offsetCentre({ lat, lng }) {
  const [east, north] = gcj02(lng, lat);
  return L.latLng(north, east);
}

function basemaps(app) {
  const { payload, state } = app;
  const item = payload.basemap;
  if (!item) return;
  state.set({ basemap: item.id });
  state.linked("basemap", { read: (id) => (["none", item.id].includes(id) ? id : undefined) });
  const status = el("p", "lr-note", []);
  status.setAttribute("role", "status");
  const tell = (text) => (text ? say(status, text) : status.replaceChildren());
  const credit = attribution(item);
  const make = tilesOf(app, item, tell);
  let layers = [];
  const show = () => {
    for (const layer of layers) layer.remove();
    const on = state.get("basemap") !== "none";
    const key = storedKey();
    layers = on && (!item.needs_key || key) ? make(key) : [];
    credit.hidden = layers.length === 0;
    tell(on && layers.length === 0 ? worded("basemap_needs_key") : null);
  };
  state.when(["basemap"], show);
  document.getElementById("landready-field").append(credit);
  const parts = [el("legend", "", worded("basemap")), basemapSelect(app, item)];
  if (item.needs_key) parts.push(keyField(show));
  const place = document.querySelector("#landready-key .lr-key-body");
  place.append(el("fieldset", "lr-basemap", [...parts, status]));
  show();
}

function basemapSelect({ state }, item) {
  const choices = [["none", worded("basemap_none")], [item.id, item.label]];
  const options = choices.map(([value, label]) =>
    Object.assign(el("option", "", label), { value }),
  );
  const select = el("select", "", options);
  name(select, "aria-label", worded("basemap"));
  select.value = state.get("basemap");
  select.addEventListener("change", () => state.set({ basemap: select.value }));
  state.when(["basemap"], ({ basemap }) => (select.value = basemap));
  return select;
}

// The key stays in this tab: neither in the address nor in any file.
function keyField(show) {
  const field = el("input", "");
  Object.assign(field, { type: "password", autocomplete: "off", value: storedKey() });
  name(field, "aria-label", worded("basemap_key"));
  name(field, "placeholder", worded("basemap_key"));
  field.addEventListener("change", () => {
    keptKey = field.value.trim();
    try {
      sessionStorage.setItem(KEY_ITEM, keptKey);
    } catch {
      // some browsers keep nothing for a page from a file
    }
    show();
  });
  return field;
}

let keptKey = null;

// The key that was typed, else the one that landready serve handed over.
function storedKey() {
  if (keptKey !== null) return keptKey;
  try {
    keptKey = sessionStorage.getItem(KEY_ITEM);
  } catch {
    keptKey = null;
  }
  keptKey ??= document.querySelector(`meta[name="${KEY_ITEM}"]`)?.content ?? "";
  return keptKey;
}

function tilesOf({ map }, item, tell) {
  const [first, last] = item.levels;
  const Tiles = item.offset ? OffsetTiles : L.TileLayer;
  const options = {
    ...{ subdomains: item.hosts, minNativeZoom: first, maxNativeZoom: last },
    ...{ maxZoom: map.getMaxZoom() },
    ...{ className: "lr-tiles", referrerPolicy: "strict-origin-when-cross-origin" },
  };
  return (key) =>
    item.tiles.map((address) => {
      const layer = new Tiles(address, { ...options, key: encodeURIComponent(key) });
      layer.on("tileerror", () => tell(worded("basemap_lost")));
      layer.on("tileload", () => tell(null));
      return layer.addTo(map);
    });
}

function attribution(item) {
  const link = el("a", "", item.attribution);
  Object.assign(link, { href: item.about, target: "_blank", rel: "noopener noreferrer" });
  const node = el("p", "lr-attribution", [link]);
  node.hidden = true;
  return node;
}
