"""Names as people write them: cleaned, compared and guessed at."""

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
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


def as_text(values: "pd.Series") -> "pd.Series":
    """Cells as stripped text; a missing cell is ``""``.

    Whole numbers lose the ``.0`` that a reader gives an integer column with a blank in it.
    """
    import pandas as pd  # noqa: PLC0415 (the process that reads files needs no tables)

    cells = _texts(values)
    texts = pc.fill_null(pc.utf8_trim_whitespace(cells), "")
    if texts.equals(cells):
        texts = cells  # of a million parcels, the copy is let go
    return pd.Series(texts.to_pandas().array, index=values.index, name=values.name)


def _texts(values: "pd.Series") -> pa.Array:
    """Cells as Arrow text: whole columns of text or whole numbers at once, others each alike."""
    try:
        cells = pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):  # of several kinds
        return _one_by_one(values)
    if isinstance(cells, pa.ChunkedArray):
        cells = cells.combine_chunks()
    kind = cells.type
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if text or pa.types.is_integer(kind) or pa.types.is_null(kind):
        return pc.cast(cells, pa.large_string())
    if values.dtype.kind == "f":
        told = pc.dictionary_encode(cells)
        words = [_cell_text(_whole(cell)) for cell in told.dictionary.to_pylist()]
        return pa.array(words, pa.large_string()).take(told.indices)
    return _one_by_one(values)


def _one_by_one(values: Iterable[object]) -> pa.Array:
    return pa.array([_cell_text(cell) for cell in values], pa.large_string())


def _whole(cell: float) -> float:
    """A float that is a whole number, as that number."""
    return int(cell) if abs(cell) < EXACT and cell == round(cell) else cell


def _cell_text(cell: object) -> str:
    """One cell; a list of texts, as GeoJSON and Parquet may hold, is one text."""
    if isinstance(cell, (list, tuple, np.ndarray)):
        return "; ".join(map(str, cell))
    if isinstance(cell, str):
        return cell.strip()
    text = "" if cell is None else str(cell).strip()
    return "" if text in ("nan", "NaT", "<NA>", "NaN") else text


def among(texts: "pd.Series", known: "Collection[str] | pd.Series") -> npt.NDArray[np.bool_]:
    """Which of some texts are among others; many times faster than pandas on Arrow's strings."""
    asked = pa.array(texts, pa.large_string())
    named = pa.array(known if hasattr(known, "array") else list(known), pa.large_string())
    if len(asked) < len(named):  # the fewer are hashed, as that takes the time
        named = pc.filter(named, pc.is_in(named, value_set=asked))
    found = pc.is_in(asked, value_set=named)
    mask: npt.NDArray[np.bool_] = found.to_numpy(zero_copy_only=False)
    return mask
