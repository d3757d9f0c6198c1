"""The same land as other makers of maps draw it: plain folium, and MapLibre with PMTiles.

Both would load their libraries from CDNs; here these come from npm packages into a folder beside
the page, so that the network has no part in the times. folium's Bootstrap and marker fonts, which a
map of parcels does not use, are left out, which is in its favour.
"""

import json
import math
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any, Final

import folium
import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from benchmarks.map_land import CRS, MONTHS, PITCH_M, Land
from geo.colours import stage_colours

PACKAGES: Final = {
    "leaflet@1.9.4": ("dist/leaflet.js", "dist/leaflet.css"),
    "jquery@3.7.1": ("dist/jquery.min.js",),
    "maplibre-gl": ("dist/maplibre-gl.mjs", "dist/maplibre-gl-worker.mjs", "dist/maplibre-gl.css"),
    "pmtiles": ("dist/pmtiles.js",),
}
"""npm packages, and the files that the pages of the peers load from them."""

DEEPEST: Final = 15
"""Zoom of the finest tiles; MapLibre enlarges these for a closer view."""


def fetch_libraries(folder: Path) -> dict[str, str]:
    """Put the peers' libraries into a folder; their versions by name."""
    folder.mkdir(parents=True)
    versions = {}
    for package, names in PACKAGES.items():
        command = [*("npm", "pack", "--json", "--pack-destination", str(folder)), package]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        (packed,) = json.loads(done.stdout)
        versions[packed["name"]] = packed["version"]
        with tarfile.open(folder / packed["filename"]) as archive:
            for name in names:
                inner = archive.extractfile(f"package/{name}")
                assert inner is not None, f"{package} has a file {name}"
                with inner, (folder / Path(name).name).open("wb") as out:
                    shutil.copyfileobj(inner, out)
    return versions


def features(land: Land) -> gpd.GeoDataFrame:
    """What the pages show of each parcel: its stage now and in the middle month, and a card."""
    owner = np.repeat(np.arange(len(land.ids)), land.changes)
    early = np.zeros(len(land.ids), dtype=np.int64)
    past = land.change_month <= MONTHS // 2
    np.maximum.at(early, owner[past], land.change_rung[past])
    columns = {
        "name": land.names,
        "zone": [f"Z{zone:03}" for zone in land.zone],
        "area_m2": np.round(land.area_m2),
        "rung": land.rung,
        "early": early,
    }
    table = gpd.GeoDataFrame({"id": land.ids, **columns}, geometry=land.shapes, crs=CRS)
    return table.to_crs(4326)


def write_folium(table: gpd.GeoDataFrame, page: Path, *, canvas: bool, libraries: str) -> None:
    """A page as folium's guide makes it; ``table`` of :func:`features`, rounded to 0.1 m."""
    colours = stage_colours(int(table["rung"].max()) + 1)
    west, south, east, north = table.total_bounds
    town = folium.Map(tiles=None, prefer_canvas=canvas)
    town.default_js = [
        ("leaflet", f"{libraries}/leaflet.js"),
        ("jquery", f"{libraries}/jquery.min.js"),
    ]
    town.default_css = [("leaflet_css", f"{libraries}/leaflet.css")]
    rounded = table.set_geometry(shapely.transform(table.geometry, lambda xy: np.round(xy, 6)))
    shown = ["id", "name", "zone", "area_m2"]
    layer = folium.GeoJson(
        rounded,
        style_function=lambda parcel: {
            "fillColor": colours[parcel["properties"]["rung"]],
            "fillOpacity": 0.9,
            "color": "#444444",
            "weight": 0.5,
        },
        tooltip=folium.GeoJsonTooltip(fields=["id"]),
        popup=folium.GeoJsonPopup(fields=shown),
    ).add_to(town)
    town.fit_bounds([[south, west], [north, east]])
    restyle = (
        f"window.restyle = async () => {{ const colours = {json.dumps(colours)}; "
        f"{layer.get_name()}.setStyle((parcel) => "
        "({ fillColor: colours[parcel.properties.early] })); };"
    )
    town.get_root().script.add_child(folium.Element(restyle), index=10**6)
    town.save(page)


def shallowest_zoom(count: int) -> int:
    """The zoom of the first tiles, at which all of so many parcels are in view."""
    wide_m = math.sqrt(count) * PITCH_M
    return min(max(math.floor(math.log2(900 * 156_543 * 0.92 / wide_m)) - 1, 0), DEEPEST)


def write_tiles(table: gpd.GeoDataFrame, file: Path, shallowest: int) -> None:
    """The same parcels as PMTiles, from the zoom that shows all of them on."""
    options: dict[str, Any] = {"MINZOOM": shallowest, "MAXZOOM": DEEPEST}
    pyogrio.write_dataframe(table, file, layer="parcels", driver="PMTiles", **options)


MAPLIBRE: Final = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>MapLibre</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="LIBRARIES/maplibre-gl.css">
<style>html, body, #map { height: 100%; margin: 0; }</style></head>
<body><div id="map"></div>
<script src="LIBRARIES/pmtiles.js"></script>
<script type="module">
import * as maplibregl from "./LIBRARIES/maplibre-gl.mjs";
const COLOURS = COLOUR_LIST;
const colour = (field) => ["at", ["get", field], ["literal", COLOURS]];
const protocol = new pmtiles.Protocol();
maplibregl.addProtocol("pmtiles", protocol.tile);
const map = new maplibregl.Map({
  container: "map",
  bounds: BOUNDS,
  attributionControl: false,
  fadeDuration: 0,
  style: {
    version: 8,
    sources: { town: { type: "vector", url: `pmtiles://${new URL("TILES", location).href}` } },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": "#ffffff" } },
      { id: "parcels", type: "fill", source: "town", "source-layer": "parcels",
        paint: { "fill-color": ["to-color", colour("rung")], "fill-outline-color": "#444444" } },
    ],
  },
});
map.once("load", () => { window.pictured = true; });
map.on("click", "parcels", (event) => {
  const card = document.createElement("div");
  const { id, name, zone, area_m2 } = event.features[0].properties;
  card.textContent = `${id} ${name} ${zone} ${area_m2}`;
  new maplibregl.Popup().setLngLat(event.lngLat).setDOMContent(card).addTo(map);
});
window.restyle = () => new Promise((done) => {
  map.once("idle", done);
  map.setPaintProperty("parcels", "fill-color", ["to-color", colour("early")]);
});
</script></body></html>
"""


def write_maplibre(table: gpd.GeoDataFrame, page: Path, *, tiles: str, libraries: str) -> None:
    """A page that draws the tiles; the words in capitals of its template are filled in."""
    west, south, east, north = table.total_bounds
    colours = stage_colours(int(table["rung"].max()) + 1)
    filled = {
        "LIBRARIES": libraries,
        "TILES": tiles,
        "COLOUR_LIST": json.dumps(colours),
        "BOUNDS": json.dumps([west, south, east, north]),
    }
    text = MAPLIBRE
    for word, value in filled.items():
        text = text.replace(word, value)
    page.write_text(text, encoding="utf-8")
