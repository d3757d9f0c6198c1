"""The colours of stages and of land that is lost, the same on the page and in styled layers."""

from typing import Final

NO_STAGE: Final = "#b9bdc4"
"""The first rung is grey; the others run through viridis from light to dark."""


def stage_colours(stages: int) -> list[str]:
    """One colour for each rung of a ladder, lowest first, as ``#rrggbb``."""
    from branca.colormap import LinearColormap, linear  # noqa: PLC0415 (few ask for colours)

    viridis: LinearColormap = getattr(linear, "viridis")  # noqa: B009 (made on request)
    steps = max(stages - 2, 1)
    return [NO_STAGE, *(viridis.rgb_hex_str(1 - rung / steps) for rung in range(stages - 1))]


LOST_COLOURS: Final = {
    "hard": "#b3261e",
    "public": "#5f6b73",
    "village": "#9a6a32",
    "retained": "#7a4f9a",
    "limiting": "#1f6fb5",
    "handover": "#8c8c8c",
}
"""Land that is lost, by the kind of its reason."""
