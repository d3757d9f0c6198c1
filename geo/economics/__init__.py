"""The economics of rebuilding, the way developers do them: what land costs, brings and is worth.

``appraisal.py`` works out each parcel by the residual method, ``sums.py`` adds up blocks, zones and
the town and gives figures per m² and per mu, ``sensitivity.py`` says which input matters most, and
``checks.py`` what an economics lacks. ``inputs.py`` has the names of the inputs.
"""

from geo.economics.appraisal import appraisal
from geo.economics.checks import check_economics
from geo.economics.sensitivity import tornado
from geo.economics.sums import appraisal_sums, per_floor, per_mu

__all__ = [
    "appraisal",
    "appraisal_sums",
    "check_economics",
    "per_floor",
    "per_mu",
    "tornado",
]
