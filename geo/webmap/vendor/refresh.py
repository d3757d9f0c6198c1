"""Fetch the vendored packages again from npm and check every hash.

``python geo/webmap/vendor/refresh.py`` rebuilds the files of the pinned versions and stops when a
hash differs. Given ``leaflet=1.9.4`` and the like it takes those versions and pins their hashes.
"""

import base64
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
PIN = HERE / "VENDORED.toml"


CORE = """
import { Map, map } from "./package/src/map/index";
import { Layer } from "./package/src/layer/Layer";
import { GridLayer } from "./package/src/layer/tile/GridLayer";
import { TileLayer } from "./package/src/layer/tile/TileLayer";
import { scale } from "./package/src/control/Control.Scale";
import * as DomUtil from "./package/src/dom/DomUtil";
import { EPSG3857 } from "./package/src/geo/crs/CRS.EPSG3857";
import { toLatLng as latLng } from "./package/src/geo/LatLng";
import { toLatLngBounds as latLngBounds } from "./package/src/geo/LatLngBounds";
import { toPoint as point } from "./package/src/geometry/Point";
window.L = {
  ...{ Map, map, Layer, GridLayer, TileLayer, DomUtil, CRS: { EPSG3857 } },
  ...{ control: { scale }, latLng, latLngBounds, point },
};
"""
"""What our own scripts use of Leaflet; a page to which nothing else is added carries only that."""
BUNDLE = ("esbuild@0.28.2", "--bundle", "--format=iife", "--log-level=error")
ASKED = (
    *("_clampZoom", "_getTiledPixelBounds", "_map", "_pruneTiles", "_setZoomTransform"),
    *("_tileZoom", "_tiles"),
)
"""What our own scripts know of Leaflet's inside; other private names are made short."""
SQUEEZE = (
    *("terser@5.51.2", "--compress", "passes=3,ecma=2020", "--ecma", "2020"),
    *("--mangle", "--mangle-props", f"regex=/^_/,reserved=[{','.join(ASKED)}]"),
)
UNUSED = re.compile(
    "popup|tooltip|marker|shadow|layers|-bar|control-zoom|attribution|image-|vml|icon|retina|oldie"
)
"""What selectors of Leaflet's style sheet name that the core has not."""


@dataclass(frozen=True, slots=True)
class Package:
    """What is taken from an npm package: our files by name, and how they differ from its own.

    ``built`` are files made of the package's sources, each by a script that imports them; ``cut``
    are style sheets without what the core has not, each of another one.
    """

    name: str
    licence: str
    changes: str
    files: dict[str, str]
    built: dict[str, str] = field(default_factory=dict)
    cut: dict[str, str] = field(default_factory=dict)


PACKAGES = (
    Package(
        "leaflet",
        "BSD-2-Clause",
        "no source map line; images and VML behaviour in the style sheet set to none; "
        "leaflet.core.js is built of those of its sources that our scripts use, leaflet.core.css "
        "has the rules of its style sheet for these",
        {
            "leaflet.js": "package/dist/leaflet.js",
            "leaflet.css": "package/dist/leaflet.css",
            "LICENSE": "package/LICENSE",
        },
        {"leaflet.core.js": CORE},
        {"leaflet.core.css": "leaflet.css"},
    ),
    Package(
        "tiny-inflate",
        "MIT",
        "none; the page wraps it in a function of its own",
        {
            "tiny-inflate.js": "package/index.js",
            "tiny-inflate.LICENSE": "package/LICENSE",
        },
    ),
)
HEAD = "# Third-party files that every page carries. Rewritten by refresh.py.\n"
PIN_TEMPLATE = """\
[{name}]
package = "{name}"
version = "{version}"
licence = "{licence}"
changes = "{changes}"
integrity = "{integrity}"

[{name}.sha256]
{hashes}
"""


def sha256(data: bytes) -> str:
    """Give the hexadecimal SHA-256 of some bytes."""
    return hashlib.sha256(data).hexdigest()


def trimmed(name: str, text: str) -> str:
    """Drop from the upstream text anything that would make a browser ask for another file."""
    if name.endswith(".js"):
        text = re.sub(r"\n?//# sourceMappingURL=.*", "", text)
    if name.endswith(".css"):
        text = re.sub(r"url\([^)]*\)", "none", text)
    return text.replace("\r\n", "\n").rstrip() + "\n"


def fetched(package: Package, version: str) -> tuple[str, dict[str, bytes]]:
    """Fetch the package's integrity, in npm's notation, and our files by name."""
    with tempfile.TemporaryDirectory() as folder:
        asked = f"{package.name}@{version}"
        command = ["npm", "pack", asked, "--silent", "--pack-destination", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        (packed,) = Path(folder).glob("*.tgz")
        digest = hashlib.sha512(packed.read_bytes()).digest()
        files = {}
        with tarfile.open(packed) as archive:
            for name, member in package.files.items():
                stream = archive.extractfile(member)
                assert stream is not None, f"{member} is not a file"
                files[name] = trimmed(name, stream.read().decode("utf-8")).encode("utf-8")
            archive.extractall(folder, filter="data")
        for name, script in package.built.items():
            files[name] = trimmed(name, bundled(script, Path(folder))).encode("utf-8")
        for name, whole in package.cut.items():
            files[name] = core_style(files[whole].decode("utf-8")).encode("utf-8")
    return "sha512-" + base64.b64encode(digest).decode("ascii"), files


def core_style(text: str) -> str:
    """Give the rules of a style sheet whose selectors name nothing that the core has not."""
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))
    kept = []
    for selectors, body in rules:
        used = [one.strip() for one in selectors.split(",") if not UNUSED.search(one)]
        lines = [line.strip() for line in body.splitlines() if line.strip()]
        if used:
            kept.append(",\n".join(used) + " {\n  " + "\n  ".join(lines) + "\n}\n")
    return "".join(kept)


def bundled(script: str, folder: Path) -> str:
    """Put together and minify the sources that a script imports."""
    (folder / "entry.js").write_text(script, "utf-8")
    whole = subprocess.run(
        ["npx", "--yes", *BUNDLE, "entry.js"],
        check=True,
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    small = subprocess.run(
        ["npx", "--yes", *SQUEEZE],
        check=True,
        input=whole.stdout,
        stdout=subprocess.PIPE,
        text=True,
    )
    return small.stdout


def pin(package: Package, version: str, integrity: str, files: dict[str, bytes]) -> str:
    """Word the part of VENDORED.toml that pins a package."""
    hashes = "\n".join(f'"{name}" = "{sha256(data)}"' for name, data in files.items())
    about = {"name": package.name, "licence": package.licence, "changes": package.changes}
    return PIN_TEMPLATE.format(version=version, integrity=integrity, hashes=hashes, **about)


def main(arguments: list[str]) -> int:
    """Refresh the pinned versions, or take the versions given; 1 when a hash differs."""
    pinned = tomllib.loads(PIN.read_text("utf-8"))
    wanted = dict(argument.split("=", 1) for argument in arguments)
    pins = []
    for package in PACKAGES:
        was = pinned.get(package.name, {})
        version = wanted.get(package.name) or was["version"]
        integrity, files = fetched(package, version)
        hashes = {name: sha256(data) for name, data in files.items()}
        known = (was.get("integrity"), was.get("sha256")) == (integrity, hashes)
        if not known and package.name not in wanted:
            print(f"{package.name} {version}: differs from VENDORED.toml", file=sys.stderr)
            return 1
        for name, data in files.items():
            (HERE / name).write_bytes(data)
        pins.append(pin(package, version, integrity, files))
    PIN.write_text(HEAD + "\n".join(pins), "utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
