"""Names as people write them: cleaned, compared and guessed at."""

import difflib
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

EXACT = 2.0**53
"""Up to here a float counts whole numbers one by one; beyond it has none to show."""


MOST_LISTED = 40

LONGEST_NAME = 200
"""A longer word is no name that somebody mistyped, and takes long to compare."""


def hint(word: str, choices: Iterable[str]) -> dict[str, Any]:
    """``did you mean …`` in both languages, empty when nothing is close."""
    known = list(choices) if len(word) <= LONGEST_NAME else []
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if not near:
        return {"hint": "", "hint_zh": ""}
    return {"hint": f"; did you mean {near[0]!r}?", "hint_zh": f"；是否指 {near[0]!r}？"}


def ending(suffix: str) -> dict[str, Any]:
    """The ending of a file's name as a message says it, in both languages."""
    return {"seen": suffix or "no ending", "seen_zh": suffix or "“无扩展名”"}


def listed(names: Iterable[object]) -> str:
    """Names for a message: on one line, and no more of them than a person reads."""
    words = [" ".join(str(name).split()) for name in names]
    more = f", … ({len(words)})" if len(words) > MOST_LISTED else ""
    return ", ".join(words[:MOST_LISTED]) + more


def normal(word: str) -> str:
    """A word as it is compared: full-width forms folded (NFKC), case and outer blanks dropped."""
    return unicodedata.normalize("NFKC", word).strip().casefold()


def folded(name: str) -> str:
    """An id as a careless eye sees it: LM-A1, lm_a01 and ＬＭ－Ａ１ are one."""
    parts = re.findall(r"\d+|[^\W\d_]+", normal(name))
    return "-".join(part.lstrip("0") or "0" for part in parts)


def as_text(values: pd.Series) -> pd.Series:
    """Cells as stripped text; a missing cell is ``""``.

    Whole numbers lose the ``.0`` that a reader gives an integer column with a blank in it.
    """
    if pd.api.types.is_float_dtype(values.dtype):
        whole = (values.abs() < EXACT) & (values == values.round())
        text = values.astype(object)
        text = text.where(
            ~whole, values[whole].astype("int64").astype(object).reindex(values.index)
        )
        return text.map(lambda cell: "" if pd.isna(cell) else str(cell)).astype(str)
    return values.map(_cell_text).astype(str)


def _cell_text(cell: object) -> str:
    """One cell; a list of texts, as GeoJSON and Parquet may hold, is one text."""
    if isinstance(cell, (list, tuple, np.ndarray)):
        return "; ".join(map(str, cell))
    return "" if pd.isna(cell) else str(cell).strip()
