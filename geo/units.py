"""Units of land area, and rounding as Chinese reports do it: the only conversion numbers here.

1 mu 亩 = 2000/3 m² exactly, 1 ha = 15 mu (domain reference, section 1).
"""

import math
from decimal import ROUND_CEILING, ROUND_HALF_UP, Context, Decimal
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

M2_PER_MU: Final = 2000 / 3
M2_PER_HA: Final = 10_000.0
M2_PER_FT2: Final = 0.3048**2

AreaUnit = Literal["m2", "mu", "ha", "km2", "ft2"]

M2_PER_UNIT: Final[dict[AreaUnit, float]] = {
    "m2": 1.0,
    "mu": M2_PER_MU,
    "ha": M2_PER_HA,
    "km2": 1_000_000.0,
    "ft2": M2_PER_FT2,
}
"""Square metres in one unit; ft2 is the international foot (the US survey foot is 4 ppm longer)."""

SLACK_MU: Final = 1 / M2_PER_MU
"""Land is held against a goal, a tier or a minimum to the square metre: so exact are the sums."""

LAND_GRID_M2: Final = 2.0**-16
"""Land is kept in multiples of this, 0.15 cm², of which floats add up exactly, in any order, to
137 000 km²: the parts of a balance are then its whole to the last bit."""

DAYS_PER_YEAR: Final = 365
"""A year of pace: 2023-01-01 to 2025-12-31 is then three years and to 2027-12-31 five, exactly."""


DAYS_PER_MONTH: Final = 30.4375
"""A month of waiting: a twelfth of 365.25 days."""


def on_land_grid(area_m2: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Areas in m² at the nearest multiple of :data:`LAND_GRID_M2`."""
    return np.rint(area_m2 / LAND_GRID_M2) * LAND_GRID_M2


def rounded(value: float, places: int) -> Decimal:
    """Round half up (四舍五入), away from zero, on the shortest decimal form of ``value``.

    Python's ``round`` rounds half to even, which official tables do not do. Figures stay
    unrounded until they are shown, and are rounded once.
    """
    last = Decimal(1).scaleb(-places)
    return Decimal(repr(float(value))).quantize(last, ROUND_HALF_UP, context=_WIDE)


def rounded_steps(values: npt.NDArray[np.float64], places: int) -> npt.NDArray[np.int64]:
    """How many units of the last place there are in what values are :func:`rounded` to.

    Floats may err about a half: values near one are rounded by their decimal form.
    """
    scaled = np.abs(values) * 10.0**places
    steps = np.copysign(np.floor(scaled + 0.5), values).astype(np.int64)
    for at in np.flatnonzero(np.abs(scaled % 1 - 0.5) < NEAR_HALF * np.maximum(scaled, 1)).tolist():
        steps[at] = int(rounded(values[at], places).scaleb(places))
    return steps


NEAR_HALF: Final = 1e-12
"""Far more than a product of two floats errs, as a share of it."""


def rounded_up(value: float, places: int) -> Decimal:
    """Round up, for a figure that must be enough: to the nearest it might fall just short.

    What is behind the ninth place is none of it: land itself lies on a grid.
    """
    last = Decimal(1).scaleb(-places)
    return rounded(value, 9).quantize(last, ROUND_CEILING, context=_WIDE)


_WIDE: Final = Context(prec=400)
"""Room for every digit of the largest float: a broken file may hold it, and it is shown."""


def shown(value: float | None, places: int, *, grouped: bool = False, percent: bool = False) -> str:
    """A figure as it is printed: rounded half up, ``—`` when it is not known.

    A share becomes a percentage after rounding, as 0.9165 × 100 is 91.64999… to a computer.
    """
    if value is None or math.isnan(value):
        return "—"
    number = rounded(value, places + 2).scaleb(2) if percent else rounded(value, places)
    text = f"{number + 0:,f}" if grouped else f"{number + 0:f}"
    return f"{text}%" if percent else text
