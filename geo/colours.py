"""The colours of the stages, the same on the page and in every layer that is styled."""

from typing import Final

from branca.colormap import LinearColormap, linear

NO_STAGE: Final = "#b9bdc4"
"""The first rung is grey; the others run through viridis from light to dark."""


def stage_colours(stages: int) -> list[str]:
    """One colour for each rung of a ladder, lowest first, as ``#rrggbb``."""
    viridis: LinearColormap = getattr(linear, "viridis")  # noqa: B009 (made on request)
    steps = max(stages - 2, 1)
    return [NO_STAGE, *(viridis.rgb_hex_str(1 - rung / steps) for rung in range(stages - 1))]
