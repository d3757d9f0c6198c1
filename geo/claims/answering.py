"""Every claim answered: beside the plan's figures, by the rules, or with the reason why not."""

from collections.abc import Callable, Iterator
from typing import Final

import pandas as pd

from geo.claims.answer import Answer, answers_table
from geo.claims.book import Book, book_of
from geo.claims.claim import Claim
from geo.claims.densities import density, site
from geo.claims.figures import Drawn, target_faults
from geo.claims.held import held, refusal, unanswered
from geo.claims.names import dates, shared, spelling
from geo.claims.paces import completion, pace
from geo.claims.sums import goals_and_net_land, goals_and_parts, parts_and_whole, stated_twice
from geo.claims.values import value
from geo.findings import Finding

Rule = Callable[[Book, Drawn], Iterator[Answer]]

CONSISTENCY: Final[tuple[Rule, ...]] = (
    goals_and_parts,
    goals_and_net_land,
    parts_and_whole,
    stated_twice,
    density,
    site,
    completion,
    pace,
    value,
)
"""What holds the numbers of claims against claims, in the order in which it is told. No rule knows
a town: each goes by measures, units, subjects, what is within what, and the names listed."""

NAMES: Final[tuple[Rule, ...]] = (spelling, shared, dates)
"""Rules of names; they say nothing of what else a claim states, which is answered besides."""


def answered(claims: tuple[Claim, ...], drawn: Drawn) -> tuple[pd.DataFrame, list[Finding]]:
    """The answers as a table of :data:`geo.claims.answer.CLAIM_COLUMNS`, and what is amiss.

    Every claim is in at least one row. What is refused takes part in no figure.
    """
    meant = drawn.plan.claims
    if meant is None:
        return answers_table([]), []
    used = tuple(claim for claim in claims if not claim.refused)
    beside = [(claim, held(claim, drawn)) for claim in used]
    answers = [answer for _, answer in beside if answer is not None]
    book = book_of(used, meant)
    answers += [answer for rule in CONSISTENCY for answer in rule(book, drawn)]
    told = {claim.row for answer in answers for claim in answer.claims}
    answers += [answer for rule in NAMES for answer in rule(book, drawn)]
    answers += [unanswered(claim, drawn) for claim in used if claim.row not in told]
    answers += [refusal(claim) for claim in claims if claim.refused]
    faults = target_faults(claims, drawn, {"file": meant.file})
    return answers_table(answers), list(faults)
