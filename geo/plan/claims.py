"""Published claims: their tables, and how exactly a number is meant."""

from typing import Annotated

from pydantic import Field

from geo.plan.kinds import Positive, Share, Stated
from geo.plan.layers import TableFile


class Claims(TableFile, Stated):
    """A table of published claims, held against what the plan computes and against each other.

    ``sources`` is the table of the documents that state them. "About" is met within the share
    ``about``, "nearly" by what falls short by no more than the share ``nearly``. A whole number
    that ends in zeros is taken to be stated to ``figures`` figures, or to more if more are there.
    A site on which floor space would be denser than ``plausible_net_ratio`` is a footprint (占地).
    Figures that are known for less than the share ``known_from`` of their land are not judged.
    """

    sources: TableFile | None = None
    about: Share = 0.05
    nearly: Share = 0.05
    figures: Annotated[int, Field(ge=1, le=15)] = 3
    plausible_net_ratio: Positive = 5.0
    known_from: Share = 0.99
