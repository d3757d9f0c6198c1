"""Names as people write them: cleaned, compared and guessed at."""

import difflib
import unicodedata
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd


def hint(word: str, choices: Iterable[str]) -> dict[str, Any]:
    """``did you mean …`` in both languages, empty when nothing is close."""
    near = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    if not near:
        return {"hint": "", "hint_zh": ""}
    return {"hint": f"; did you mean {near[0]!r}?", "hint_zh": f"；是否指 {near[0]!r}？"}


def normal(word: str) -> str:
    """A word as it is compared: full-width forms folded (NFKC), case and outer blanks dropped."""
    return unicodedata.normalize("NFKC", word).strip().casefold()


def as_text(values: pd.Series) -> pd.Series:
    """Cells as stripped text; a missing cell is ``""``.

    Whole numbers lose the ``.0`` that a reader gives an integer column with a blank in it.
    """
    if pd.api.types.is_float_dtype(values.dtype):
        whole = values.notna() & np.isfinite(values) & (values == values.round())
        text = values.astype(object)
        text = text.where(
            ~whole, values[whole].astype("int64").astype(object).reindex(values.index)
        )
        return text.map(lambda cell: "" if pd.isna(cell) else str(cell)).astype(str)
    return values.map(lambda cell: "" if pd.isna(cell) else str(cell).strip()).astype(str)
