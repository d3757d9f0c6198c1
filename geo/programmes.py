"""Programmes: named sets of parcels that overlap, so their mu are united and never added."""

from collections.abc import Iterable, Sequence
from typing import Final

import pandas as pd

from geo.basis import counted_land
from geo.findings import Finding, Place, finding
from geo.once import Once
from geo.plan import Goal, Programme
from geo.readers.columns import no_column
from geo.readers.table import Table
from geo.units import M2_PER_MU
from geo.words import among, hint

ID_COLUMNS: Final = ("programme_id", "parcel_id")
"""Columns of a membership table: one row for each parcel of each programme."""


def membership(programme: Programme, table: Table | None) -> set[str]:
    """The parcels that the plan and the programme's table give it.

    Raises :class:`LayerError` when the table lacks its columns.
    """
    members = set(programme.parcels)
    if table is None:
        return members
    columns = list(table.frame.columns)
    for column in ID_COLUMNS:
        if column not in columns:
            raise no_column(column, column, columns, file=table.file)
    rows = table.frame[table.frame["programme_id"].str.strip() == programme.id]
    return members | set(rows["parcel_id"].str.strip())


def check_members(members: dict[str, set[str]], known: set[str], where: Place) -> list[Finding]:
    """List members that are no counted parcel, and programmes without any member."""
    empty = [name for name, parcels in members.items() if not parcels]
    return [finding("programme.empty", **where, seen=name) for name in empty] + [
        finding("programme.unknown-parcel", **where, parcel=parcel, seen=programme)
        for programme, parcels in members.items()
        for parcel in sorted(parcels - known)
    ]


def check_shared(members: dict[str, set[str]], known: set[str], where: Place) -> list[Finding]:
    """List the counted parcels that are in several programmes."""
    of_parcel: dict[str, list[str]] = {}
    for programme, parcels in members.items():
        for parcel in parcels & known:
            of_parcel.setdefault(parcel, []).append(programme)
    return [
        finding("programme.shared", **where, parcel=parcel, seen=", ".join(of_parcel[parcel]))
        for parcel in sorted(of_parcel)
        if len(of_parcel[parcel]) > 1
    ]


def check_listed(programmes: Sequence[Programme], tables: Iterable[Table]) -> list[Finding]:
    """List rows of a programme that the plan does not have: their parcels are in none."""
    ids = [programme.id for programme in programmes]
    findings = []
    for table in tables:
        named = table.frame["programme_id"].str.strip()
        for name, rows in named[~named.isin(ids)].groupby(named):
            place: Place = {"file": table.file, "row": rows.index[0], "field": "programme_id"}
            words: Place = {"seen": name, "times": len(rows), **hint(str(name), ids)}
            findings.append(finding("programme.unlisted", **place, **words))
    return findings


def programme_table(
    programmes: Sequence[Programme],
    members: dict[str, set[str]],
    parcels: pd.DataFrame,
    once: Once,
    goal: Goal | None,
) -> pd.DataFrame:
    """Parcels and mu of each programme, and of all together in the last row (id ``""``).

    Land is that of the united parcels. ``shared_mu`` is the land that it has in common with any
    other programme, ``counted_mu`` what ``goal`` counts of its parcels that count, on its basis.
    """
    ids = [programme.id for programme in programmes]
    inside = pd.DataFrame(
        {name: among(parcels["parcel_id"], members[name]) for name in ids}, index=parcels.index
    )
    shared = inside.sum(axis=1) > 1
    inside[""] = inside.any(axis=1)

    def mu(chosen: pd.Series, counted_for: Goal | None = None) -> float:
        land = counted_land(counted_for, parcels, once, chosen.to_numpy())
        return float(land.sum()) / M2_PER_MU

    rows = [
        {
            "programme": name,
            "parcels": int(inside[name].sum()),
            "land_mu": mu(inside[name]),
            "counted_mu": mu(inside[name] & parcels["counts"], goal),
            "shared_mu": mu(inside[name] & shared),
        }
        for name in inside.columns
    ]
    return pd.DataFrame(rows)
