"""Hashes of files: what was read is what was meant, byte for byte."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from geo.errors import LayerError
from geo.findings import finding

_HEX: Final = 64


def sha256(path: Path) -> str:
    """Hash of a file; of a Shapefile with its sidecars, of a folder with all its files."""
    digests = [_digest(part) for part in parts(path)]
    if len(digests) == 1:
        return digests[0].hex()
    return hashlib.sha256(b"".join(digests)).hexdigest()


def parts(path: Path) -> list[Path]:
    """The files that make up a layer: a Shapefile has sidecars, a FileGDB is a folder."""
    if path.is_dir():
        return sorted(item for item in path.rglob("*") if item.is_file())
    if path.suffix.lower() == ".shp":
        beside = (item for item in path.parent.iterdir() if item.is_file())
        return sorted(item for item in beside if _is_sidecar(item, path))
    return [path]


def _is_sidecar(part: Path, path: Path) -> bool:
    """Whether a file would be read with a Shapefile: ``P.DBF`` belongs to ``p.shp`` too."""
    return part.name.casefold().startswith(f"{path.stem.casefold()}.")


def check_stated(path: Path, stated: str | None) -> None:
    """Raise :class:`LayerError` when a file is not the one whose hash a plan states."""
    if stated is not None and path.exists() and sha256(path) != stated.lower():
        raise LayerError(finding("file.hash", file=path.name, seen=sha256(path)[:12]))


def check_hashes(path: Path, manifest: Path) -> None:
    """Raise :class:`LayerError` for each part of a layer that a manifest lists otherwise, or not.

    A manifest is what ``sha256sum`` writes: a hash and a file name (relative to the manifest) a
    line.
    """
    listed = read_manifest(manifest)
    faults = []
    for part in parts(path) if path.exists() else []:
        stated = listed.get(part.resolve())
        if stated is None:
            faults.append(finding("file.unlisted", file=part.name, seen=manifest.name))
        elif _digest(part).hex() != stated:
            faults.append(finding("file.hash", file=part.name, seen=_digest(part).hex()[:12]))
    gone = [item for item in listed if _belongs(item, path.resolve()) and not item.exists()]
    faults += [finding("file.gone", file=item.name, seen=manifest.name) for item in gone]
    if faults:
        raise LayerError(*faults)


def _belongs(part: Path, path: Path) -> bool:
    """Whether a file is a part of a layer, or would be if it were there."""
    if path.suffix.lower() == ".shp":
        return part.parent == path.parent and _is_sidecar(part, path)
    return path in (part, *part.parents)


def read_manifest(path: Path) -> Mapping[Path, str]:
    """File → hash of a manifest; raises :class:`LayerError` where a line is none."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LayerError(finding("layer.unreadable", file=path.name, problem=error)) from None
    listed = {}
    for row, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        stated, _, name = line.partition(" ")
        if len(stated) != _HEX or not name.strip():
            raise LayerError(finding("file.manifest", file=path.name, row=row, seen=line[:80]))
        listed[(path.parent / name.strip().removeprefix("*")).resolve()] = stated.lower()
    return listed


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
