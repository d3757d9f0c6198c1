"""The page beside other ways of drawing the same parcels, from 500 to 1 000 000, in one run.

Every measure is a browser of its own. The peers' libraries come from npm by its ordinary client;
without it, ``--ways file folder`` leaves the peers out.
"""

import argparse
import math
import os
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks import map_browser, map_land, map_ours, map_peers
from benchmarks.map_browser import DEVICES, PATIENCE_S, Contestant, Measures
from benchmarks.map_land import Land
from benchmarks.running import machine
from geo.webmap.folder import FOLDER_FROM
from geo.webmap.page import LandMap

SIZES: Final = (500, 5_000, 50_000, 200_000, 1_000_000)
ONE_FILE_UP_TO: Final = 50_000
"""A larger file opens too, but nobody is given one: `build` writes a folder."""
PARCEL_PX: Final = 60
WHOLE_PX: Final = 600
LIBRARIES: Final = "lib"

POPUP: Final = "document.querySelector('.leaflet-popup, .maplibregl-popup')"
LOADED: Final = "document.readyState !== 'loading'"
SLIDE: Final = """(async () => {
  const slider = document.querySelector("#landready-time input[type=range]");
  delete document.documentElement.dataset.ready;
  slider.value = String(Math.round(Number(slider.max) / 2));
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  while (!document.documentElement.dataset.ready) await new Promise(requestAnimationFrame);
})()"""

REPORT: Final = """\
# The map from {least} to {most} parcels

Made by `python -m benchmarks.map`{date}: every way of drawing the same land
([map_land.py](map_land.py)) in one run, each measure in a new Chromium without a GPU.

{machine} {browser}; {libraries}.
Load average before the measures {load}.

{tables}

## What is measured

- **on disk**: the page and all its files; **loaded**: what crossed HTTP until the first picture.
- **first picture**: from the start of the navigation until parcels are painted, median of {runs}.
  Ours says so when every tile in sight is painted, folium when its shapes are in the page, plus
  one frame; MapLibre by its `load` event. A page that shows nothing within {patience} s is left.
- **memory**: what the renderer and the GPU process alone hold (USS) a second later; an empty page
  holds {blank:.0f} MiB.
- **frames**: calls of `requestAnimationFrame` a second while a mouse drags the map to and fro for
  {pan:.0f} s, with all land in view and with single parcels in view; in brackets the longest
  frame in ms.
- **click**: from the release of the button until the card of a parcel stands. **restyle**: all
  parcels coloured by another month: ours by the slider of the page, folium by `setStyle`, MapLibre
  by `setPaintProperty`, until painted.
- **phone**: 390 × 844 at three device pixels, its processor slowed four times
  (`Emulation.setCPUThrottlingRate`, which slows the main thread only).

## The ways

- **landready, one file**: `LandMap.save`, as `build` does up to {folder_from} parcels. **landready,
  folder**: `LandMap.save_folder`, as it does above. Panel, cards and timeline are those of a town
  of {town} parcels.
- **folium**: `GeoJson` with `style_function`, tooltip and popup, as its guide shows; `canvas` with
  `prefer_canvas=True`. Leaflet and jQuery lie beside the page.
- **MapLibre**: MapLibre GL JS and PMTiles written by GDAL (`driver="PMTiles"`, zoom {deepest} the
  deepest), WebGL by SwiftShader on the processor. It needs range requests, so that it does not
  open from a disk, and nothing at all is shown where WebGL is off.
"""


class Entry(NamedTuple):
    """One way, opened one way on one device."""

    count: int
    way: str
    scheme: str
    device: str
    disk_mb: float
    measures: Measures


class Place(NamedTuple):
    """Some land, and where its page goes."""

    land: Land
    town: LandMap
    folder: Path
    libraries: str


def one_file(place: Place) -> Contestant:
    """Ours up to some ten thousand parcels."""
    map_ours.page_of(place.land, place.town).save(place.folder / "index.html")
    return _ours("landready, one file", place)


def in_folder(place: Place) -> Contestant:
    """Ours for any number."""
    map_ours.page_of(place.land, place.town).save_folder(place.folder)
    return _ours("landready, folder", place)


def folium_page(place: Place, *, canvas: bool) -> Contestant:
    """Plain folium."""
    page = place.folder / "index.html"
    map_peers.write_folium(
        map_peers.features(place.land), page, canvas=canvas, libraries=place.libraries
    )
    drawn = "canvas" if canvas else "path"
    return Contestant(
        name="folium canvas" if canvas else "folium SVG",
        page=page,
        ready=f"{LOADED} && document.querySelector('.leaflet-overlay-pane {drawn}')",
        card=POPUP,
        restyle="window.restyle()",
        field=".folium-map",
    )


def maplibre_page(place: Place) -> Contestant:
    """MapLibre GL JS with PMTiles."""
    table, page = map_peers.features(place.land), place.folder / "index.html"
    shallowest = map_peers.shallowest_zoom(len(table))
    map_peers.write_tiles(table, place.folder / "town.pmtiles", shallowest)
    map_peers.write_maplibre(table, page, tiles="town.pmtiles", libraries=place.libraries)
    return Contestant(
        name="MapLibre",
        page=page,
        ready="window.pictured",
        card=POPUP,
        restyle="window.restyle()",
        field="#map",
        webgl=True,
    )


WAYS: Final[dict[str, Callable[[Place], Contestant]]] = {
    "file": one_file,
    "folder": in_folder,
    "folium-svg": partial(folium_page, canvas=False),
    "folium-canvas": partial(folium_page, canvas=True),
    "maplibre": maplibre_page,
}


def _ours(name: str, place: Place) -> Contestant:
    return Contestant(
        name=name,
        page=place.folder / "index.html",
        ready="document.documentElement.dataset.ready",
        card="document.querySelector('#landready-card.lr-shown')",
        restyle=SLIDE,
        field="#landready-field .folium-map",
    )


def takes_part(way: str, count: int) -> bool:
    """Whether anybody would draw so many parcels this way."""
    return {"file": count <= ONE_FILE_UP_TO, "folder": count > FOLDER_FROM}.get(way, True)


class How(NamedTuple):
    """On which devices, how many first pictures, and how long each drag of the map is in s."""

    devices: Sequence[str]
    runs: int
    pan_s: float


def entries(counts: Sequence[int], ways: Sequence[str], how: How, root: Path) -> Iterator[Entry]:
    """Every measure, the smallest land first; a way that no longer opens is left from there on."""
    town = map_ours.town_map()
    given_up: set[tuple[str, str]] = set()
    for count in counts:
        land = map_land.land(count)
        for way in ways:
            devices = [device for device in how.devices if (way, device) not in given_up]
            if not devices or not takes_part(way, count):
                continue
            folder = root / f"{way}-{count}"
            folder.mkdir()
            contestant = WAYS[way](Place(land, town, folder, f"../{LIBRARIES}"))
            for entry in _measured(contestant, count, how._replace(devices=devices), root):
                print(entry.count, entry.way, entry.scheme, entry.device, *entry.measures)
                if entry.measures.picture_s is None:
                    given_up.add((way, entry.device))
                yield entry
            shutil.rmtree(folder)


def _measured(contestant: Contestant, count: int, how: How, root: Path) -> Iterator[Entry]:
    folder = contestant.page.parent
    disk_mb = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    keys = max(math.ceil(math.log2(PARCEL_PX / (WHOLE_PX / math.sqrt(count)))), 0)
    with map_browser.served(root) as address:
        places = {
            "disk": contestant.page.as_uri(),
            "HTTP": f"{address}/{contestant.page.relative_to(root).as_posix()}",
        }
        if contestant.webgl:
            del places["disk"]  # a page from a disk may not ask for ranges of a file
        for device in how.devices:
            for scheme, place in places.items():
                measures = map_browser.measure(
                    contestant, place, device, keys=keys, pan_s=how.pan_s
                )
                if measures.picture_s is not None:
                    again = [
                        map_browser.first_picture(contestant, place, device)
                        for _ in range(how.runs - 1)
                    ]
                    pictures = [measures.picture_s, *(one for one in again if one is not None)]
                    measures = measures._replace(picture_s=statistics.median(pictures))
                yield Entry(count, contestant.name, scheme, device, disk_mb, measures)
                if measures.picture_s is None:
                    break


def table(entries_: Sequence[Entry], device: str) -> str:
    """All measures of a device as Markdown."""
    heads = (
        *("parcels", "way", "from", "on disk MB", "loaded MB", "first picture s", "memory MiB"),
        *("frames/s, all land", "frames/s, parcels", "click ms", "restyle ms"),
    )
    lines = [f"| {' | '.join(heads)} |", "|--:|:--|:--|" + "--:|" * (len(heads) - 3)]
    lines += [f"| {' | '.join(_cells(one))} |" for one in entries_ if one.device == device]
    return "\n".join(lines)


def _cells(entry: Entry) -> list[str]:
    told = entry.measures
    start = [f"{entry.count}", entry.way, entry.scheme, f"{entry.disk_mb:.2f}"]
    if told.picture_s is None:
        return [*start, "", f"> {PATIENCE_S}", *[""] * 5]
    return [
        *start,
        _told(told.requested_mb, 2),
        _told(told.picture_s, 2),
        _told(told.memory_mib, 0),
        f"{_told(told.frames, 0)} ({_told(told.longest_ms, 0)})",
        f"{_told(told.frames_close, 0)} ({_told(told.longest_close_ms, 0)})",
        _told(told.card_ms, 0),
        _told(told.restyle_ms, 0),
    ]


def _told(value: float | None, places: int) -> str:
    return "" if value is None else f"{value:.{places}f}"


def main(argv: Sequence[str] | None = None) -> None:
    """Measure every way at every size, and write the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("counts", type=int, nargs="*", default=SIZES, metavar="N")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--devices", nargs="+", choices=DEVICES, default=list(DEVICES))
    parser.add_argument("--runs", type=int, default=3, help="first pictures; the rest is done once")
    parser.add_argument("--pan", type=float, default=2.0, help="seconds of each drag")
    parser.add_argument("--date", help="the date to write into the report")
    results = Path(__file__).with_name("map.md")
    parser.add_argument("--results", type=Path, default=results, help="default: %(default)s")
    options = parser.parse_args(argv)
    peers = any(way not in ("file", "folder") for way in options.ways)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="landready-bench-") as name:
        root = Path(name)
        libraries = map_peers.fetch_libraries(root / LIBRARIES) if peers else {}
        libraries |= {"folium": version("folium")} if peers else {}
        how = How(options.devices, options.runs, options.pan)
        measures = list(entries(options.counts, options.ways, how, root))
        blank = map_browser.blank_mib()
    report = {
        "least": min(options.counts),
        "most": max(options.counts),
        "date": f" on {options.date}" if options.date else "",
        "machine": machine(),
        "browser": map_browser.browser_version(),
        "libraries": ", ".join(f"{name} {number}" for name, number in libraries.items()) or "-",
        "load": f"{load:.1f}",
        "tables": "\n\n".join(
            f"## {device.capitalize()}\n\n{table(measures, device)}" for device in options.devices
        ),
        "runs": options.runs,
        "patience": PATIENCE_S,
        "blank": blank,
        "pan": options.pan,
        "folder_from": FOLDER_FROM,
        "town": map_ours.TOWN,
        "deepest": map_peers.DEEPEST,
    }
    options.results.write_text(REPORT.format(**report), encoding="utf-8")


if __name__ == "__main__":
    main()
