"""How late a ledger is told, and until when it is complete enough to learn a pace from."""

from typing import Final

import numpy as np

from geo.forecast.town import Floats

SETTLED_SHARE: Final = 0.9
"""So many of the events of a day have been recorded once it is settled."""

LONGEST_DELAY_DAYS: Final = 183.0
"""A ledger that is told still later would leave nothing of its last half year to learn from."""


def settled_day(happened: Floats, recorded: Floats, as_of: float) -> float:
    """The day until which nine events in ten have been recorded; whole days since 1970-01-01.

    ``happened`` and ``recorded`` (events,) are days. What is not recorded yet looks like parcels
    that wait, and the last weeks of all parcels together like a common speed that has fallen. In
    simulated towns whose events are recorded 45 days late on average, a pace learnt up to the day
    of the forecast made its 80 % band cover 53 %, one learnt up to the settled day 68 %
    (:mod:`benchmarks.forecast`). What happened before the first record was written down when the
    ledger began, and says nothing of how late it is.
    """
    known = recorded <= as_of
    own = known & (happened >= np.min(recorded, initial=np.inf))
    if not own.any():
        return as_of
    late = float(np.quantile(recorded[own] - happened[own], SETTLED_SHARE))
    return float(np.floor(as_of - np.clip(late, 0.0, LONGEST_DELAY_DAYS)))
