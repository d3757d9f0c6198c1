"""Ids as a careless eye sees them, a whole column at a time."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geo.kernels.folding import fold
from geo.words import folded


def folds(names: Sequence[str] | pd.Series) -> pa.Array:
    """Every name as :func:`geo.words.folded` has it."""
    texts = pa.array(names, pa.large_string())
    if not len(texts):
        return texts
    _, ends, data = texts.buffers()
    first = texts.offset
    offsets = np.frombuffer(ends, np.int64)[first : first + len(texts) + 1]
    content = np.frombuffer(data or b"", np.uint8)
    for given in (content, offsets):  # some buffers may be written, and that would be another type
        given.flags.writeable = False
    folded_bytes, folded_ends, strange = fold(content, offsets)
    buffers = [None, pa.py_buffer(folded_ends), pa.py_buffer(folded_bytes)]
    alike = pa.Array.from_buffers(pa.large_string(), len(texts), buffers)
    if not strange.any():
        return alike
    mask = pa.array(strange)
    others = [folded(name) for name in texts.filter(mask).to_pylist()]
    return pc.replace_with_mask(alike, mask, pa.array(others, pa.large_string()))
