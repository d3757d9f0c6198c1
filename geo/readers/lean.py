"""pyogrio without pandas and geopandas, which it would load at once and reading needs not."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["pyogrio"]


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Let imports of these fail, where they have not happened yet."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None: there is none
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


with _without("pandas", "geopandas"):
    import pyogrio
