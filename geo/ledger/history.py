"""What a ledger says: corrections applied, and as much of it as was known by a moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.findings import Finding, Place, finding
from geo.ledger.event import (
    FROM_THE_FIRST_DAY,
    Event,
    Head,
    StageColumns,
    last_day,
    moment,
)
from geo.ledger.outline import Outline
from geo.ledger.store import Ledger
from geo.ledger.verify import broken_links, refuse_odd
from geo.plan import Stage
from geo.words import hint


@dataclass(frozen=True)
class History:
    """What a ledger holds, and what of it was known by a moment.

    ``name`` is the ledger as findings call it, ``head`` the end of its chain. ``entries`` are
    those that were known; ``lineage`` has every split and merge that holds, in the order in which
    they happened, also those that were told only later: the layer shows them all.
    """

    name: str
    head: Head
    entries: list[Event]
    lineage: list[Event]
    outlines: list[Outline]
    findings: list[Finding]

    @cached_property
    def standing(self) -> list[Event]:
        """The entries that hold: neither superseded nor voided."""
        return standing(self.entries)

    @property
    def last_seq(self) -> int:
        """The last entry that was known; 0 when there was none."""
        return self.entries[-1].seq if self.entries else 0

    @cached_property
    def known_lineage(self) -> list[Event]:
        """The splits and merges that held as far as was known, in the order in which they happened.

        Those on which they rest are among them, though recorded later: what is said to have become
        of a parcel says that the parcel had come to be.
        """
        known = {content(item): item for item in lineage_of(self.standing)}
        makers = {parcel: item for item in self.lineage for parcel in item.old_and_new[1]}
        unasked = list(known.values())
        while unasked:
            for parcel in unasked.pop().old_and_new[0]:
                maker = makers.get(parcel)
                if maker is not None and content(maker) not in known:
                    known[content(maker)] = maker
                    unasked.append(maker)
        return _as_happened(known.values())

    def happened(self, as_of: date) -> list[Event]:
        """The splits and merges that had happened by the end of a day, as far as was known."""
        return [item for item in self.known_lineage if item.last <= as_of]

    def to_undo(self, as_of: date) -> list[Event]:
        """What the layer shows and had not happened, or was not known: the last one first."""
        done = {content(item) for item in self.happened(as_of)}
        return [item for item in reversed(self.lineage) if content(item) not in done]

    def to_redo(self, as_of: date) -> list[Event]:
        """What had happened as far as was known, and was taken back later: the first one first."""
        shown = {content(item) for item in self.lineage}
        return [item for item in self.happened(as_of) if content(item) not in shown]


def content(change: Event) -> tuple[str, str, frozenset[str]]:
    """What a split or merge makes of which parcels, whatever the day and the entry."""
    return change.kind, change.parcel_id, frozenset(change.part_ids)


def lineage_of(entries: Iterable[Event]) -> list[Event]:
    """The splits and merges among entries, in the order in which they happened."""
    return _as_happened(item for item in entries if item.kind in ("split", "merge"))


def _as_happened(changes: Iterable[Event]) -> list[Event]:
    return sorted(changes, key=lambda item: (item.date, item.seq))


def read_history(
    ledger: Ledger,
    *,
    known: datetime | None,
    verified: bool = False,
    without_stages: bool = False,
) -> History:
    """A ledger as it was known by a moment; None for all of it.

    When it is to be ``verified``, whatever is wrong with its chain is among the findings.
    ``without_stages`` leaves out what only tells of a stage: :meth:`Ledger.stages` has it faster.
    Raises :class:`geo.errors.LedgerError` for an entry that no ledger of ours would hold.
    """
    everything = ledger.remarks() if without_stages else ledger.events()
    refuse_odd(ledger.name, everything)
    head, outlines = ledger.head(), ledger.outlines()
    findings = list(ledger.findings)
    if verified:
        findings += broken_links(ledger.name, head, everything, outlines)
    until = "" if known is None else moment(known)
    layers = {item.seq for item in everything if item.kind == "layer"}
    return History(
        name=ledger.name,
        head=head,
        entries=[item for item in everything if not until or item.recorded_at <= until],
        lineage=lineage_of(standing(everything)),
        outlines=[item for item in outlines if item.seq in layers],
        findings=findings,
    )


def standing(entries: Iterable[Event]) -> list[Event]:
    """The entries that hold: what a later entry supersedes does not, nor what only voids."""
    entries = list(entries)
    gone = {item.supersedes for item in entries}
    return [item for item in entries if item.seq not in gone and item.kind != "void"]


def stages_of(entries: Iterable[Event]) -> StageColumns:
    """The stages among entries that hold, as :meth:`geo.ledger.store.Ledger.stages` has them."""
    told = [item for item in entries if item.kind in ("reach", "revert")]
    return StageColumns._make(
        [getattr(item, name) for item in told] for name in StageColumns._fields
    )


def stage_events(
    told: StageColumns, stages: Sequence[Stage], where: Place
) -> tuple[pd.DataFrame, list[Finding]]:
    """Stages as :data:`geo.readiness.EVENT_COLUMNS` has them; ``row`` is the ``seq`` of the entry.

    An entry of a stage that the plan does not have is a finding and is left out; what else there
    is to note :func:`geo.readiness.check_stages` finds. Raises :class:`geo.errors.LedgerError` for
    a value that no entry can have.
    """
    refuse_odd(where.get("file", ""), told)
    events = pd.DataFrame(
        {
            "row": np.array(told.seq, dtype="int64"),
            "parcel_id": _texts(told.parcel_id),
            "date": _days(told),
            "precision": _texts(told.precision),
            "rung": _rungs(told.stage, stages),
            "stage": _texts(told.stage),
            "action": _texts(told.kind),
            "evidence": _texts(told.evidence),
            "source": _texts(told.source),
            "reason": _texts(told.reason),
        }
    )
    known = {stage.id for stage in stages}
    strange = events[events["rung"] < 0]
    findings = [
        finding(
            "event.unknown-stage",
            **where,
            row=row,
            parcel=parcel,
            field="stage",
            seen=stage,
            **hint(stage, known),
        )
        for row, parcel, stage in strange[["row", "parcel_id", "stage"]].to_numpy()
    ]
    if findings:
        events = events[events["rung"] >= 0].reset_index(drop=True)
    return events, findings


def _texts(values: Sequence[str]) -> pd.Series:
    return pd.Series(values, dtype="str")


def _rungs(names: Sequence[str], stages: Sequence[Stage]) -> npt.NDArray[np.int64]:
    """The rung of each stage; -1 where the plan has none of that name."""
    rungs = {stage.id: rung for rung, stage in enumerate(stages)}
    codes, known = pd.factorize(np.array(names, dtype=object))
    of_code = np.array([rungs.get(name, -1) for name in known], dtype="int64")
    return of_code[codes] if len(codes) else np.empty(0, dtype="int64")


def _days(told: StageColumns) -> npt.NDArray[np.datetime64]:
    """The day from which each entry counts; see :attr:`geo.ledger.event.Event.counts_from`."""
    codes, texts = pd.factorize(np.array(told.date, dtype=object))
    days: npt.NDArray[np.datetime64] = np.array(texts, dtype="datetime64[D]")[codes]
    for at, precision in enumerate(told.precision):
        if precision != "day" and told.kind[at] not in FROM_THE_FIRST_DAY:
            days[at] = np.datetime64(last_day(date.fromisoformat(told.date[at]), precision))
    exact: npt.NDArray[np.datetime64] = days.astype("datetime64[us]")
    return exact
