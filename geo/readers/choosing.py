"""Which layer of a file is read: the one that is named, or the only one that can be meant."""

from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType

from geo.errors import LayerError
from geo.findings import Place, finding
from geo.words import hint, listed


def chosen_layer(
    path: Path,
    wanted: str | None,
    names: Collection[str],
    candidates: Collection[str],
    *,
    shown: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The layer ``wanted``, which must be one of ``names``; else the only one of ``candidates``.

    Raises :class:`LayerError` when it is none of them, when there is no candidate, and when there
    are several: they are then listed, as ``shown`` words them.
    """
    if wanted is not None:
        if wanted not in names:
            words: Place = {"choices": listed(names), **hint(wanted, names)}
            raise LayerError(finding("layer.unknown", file=path.name, seen=wanted, **words))
        return wanted
    if not candidates:
        raise LayerError(finding("layer.no-geometry", file=path.name))
    if len(candidates) > 1:
        seen = listed(shown.get(name, name) for name in candidates)
        raise LayerError(finding("layer.choose", file=path.name, seen=seen))
    return next(iter(candidates))
