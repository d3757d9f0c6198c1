"""The refusal of a file that lacks a column, the same for layers and tables."""

from collections.abc import Iterable
from typing import Any

from geo.errors import LayerError
from geo.findings import finding
from geo.words import hint, listed


def no_column(seen: str, meaning: str, choices: Iterable[str], **where: Any) -> LayerError:
    """The error that ``seen``, wanted as ``meaning``, is none of ``choices`` in that file."""
    names = list(choices)
    words = {"meaning": meaning, "choices": listed(names), **hint(seen, names)}
    return LayerError(finding("layer.column", seen=seen, **where, **words))
