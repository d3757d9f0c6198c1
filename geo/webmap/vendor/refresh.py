"""Fetch the vendored Leaflet again from its npm package and check every hash.

``python geo/webmap/vendor/refresh.py`` rebuilds the files of the pinned version and stops when a
hash differs. With a version as its argument it takes that version and pins its hashes.
"""

import base64
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
PIN = HERE / "VENDORED.toml"
FILES = {
    "leaflet.js": "package/dist/leaflet.js",
    "leaflet.css": "package/dist/leaflet.css",
    "LICENSE": "package/LICENSE",
}
PIN_TEMPLATE = """\
# Third-party files that every page carries. Rewritten by refresh.py.
[leaflet]
package = "leaflet"
version = "{version}"
licence = "BSD-2-Clause"
changes = "no source map line; images and VML behaviour in the style sheet set to none"
integrity = "{integrity}"

[leaflet.sha256]
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


def fetched(version: str) -> tuple[str, dict[str, bytes]]:
    """Fetch the package's integrity, in npm's notation, and our files by name."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", f"leaflet@{version}", "--silent", "--pack-destination", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        (package,) = Path(folder).glob("*.tgz")
        digest = hashlib.sha512(package.read_bytes()).digest()
        files = {}
        with tarfile.open(package) as archive:
            for name, member in FILES.items():
                stream = archive.extractfile(member)
                assert stream is not None, f"{member} is not a file"
                files[name] = trimmed(name, stream.read().decode("utf-8")).encode("utf-8")
    return "sha512-" + base64.b64encode(digest).decode("ascii"), files


def pin(version: str, integrity: str, files: dict[str, bytes]) -> str:
    """Word the text of VENDORED.toml."""
    hashes = "\n".join(f'"{name}" = "{sha256(data)}"' for name, data in files.items())
    return PIN_TEMPLATE.format(version=version, integrity=integrity, hashes=hashes)


def main(arguments: list[str]) -> int:
    """Refresh the pinned version, or take the version given; 1 when a hash differs."""
    pinned = tomllib.loads(PIN.read_text("utf-8"))["leaflet"] if PIN.exists() else {}
    version = arguments[0] if arguments else pinned["version"]
    integrity, files = fetched(version)
    hashes = {name: sha256(data) for name, data in files.items()}
    if not arguments and (integrity, hashes) != (pinned["integrity"], pinned["sha256"]):
        print(f"leaflet {version}: the package differs from VENDORED.toml", file=sys.stderr)
        return 1
    for name, data in files.items():
        (HERE / name).write_bytes(data)
    PIN.write_text(pin(version, integrity, files), "utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
