"""What changed between two dates: every mu of the difference, parcel by parcel, with its cause."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.basis import counts_net
from geo.errors import PlanError
from geo.findings import finding
from geo.laws import Law, area_law, enforce
from geo.ledger.event import Event
from geo.ledger.history import content
from geo.notify import Notify, unheard
from geo.plan import Goal, Plan
from geo.study import Study, run
from geo.text import Words
from geo.units import M2_PER_MU

Strings = npt.NDArray[np.str_]

Cause = Literal[
    "added", "advanced", "evidenced", "reverted", "split", "merged", "corrected", "late",
    "joined", "parted", "overlap", "left",
]  # fmt: skip

CAUSES: Final[dict[Cause, Words]] = {
    "added": Words("新增记录", "first entries"),
    "advanced": Words("推进", "advanced"),
    "evidenced": Words("补齐佐证", "evidence came"),
    "reverted": Words("退回", "fell back"),
    "split": Words("分割", "split"),
    "merged": Words("合并", "merged"),
    "corrected": Words("更正", "corrected"),
    "late": Words("补录", "recorded late"),
    "joined": Words("连片达标", "its block became large enough"),
    "parted": Words("连片不再达标", "its block became too small"),
    "overlap": Words("重叠归属变化", "an overlap counts elsewhere"),
    "left": Words("不再计入", "no longer counted as land"),
}
"""Why a parcel adds another figure than before; one cause a line, the first that applies.

``corrected`` and ``late`` are differences in what was known of the *first* date: an entry was
superseded, or written down only afterwards. ``joined`` and ``parted`` are parcels that did not
move while a goal's least size of a block let them in or out; ``overlap`` is land that two parcels
draw and that now counts with the other. In a goal the cause is that of the stage which the goal
counts: what rose by its own word and lost its evidence fell back there."""

LINE_COLUMNS: Final = (
    "goal",
    "parcel_id",
    "zone",
    "cause",
    "stage_before",
    "stage_after",
    "before_mu",
    "after_mu",
    "change_mu",
    "others",
    "entries",
)
"""One parcel that adds another figure to a goal, or stands elsewhere (``goal`` is then ``""`` and
the mu are its land). ``others`` are the parcels that it was split from or merged of, ``entries``
the entries of the ledger between the dates."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference between two dates.

    ``totals`` has a row for each goal: mu counted before and after; ``lines``
    (:data:`LINE_COLUMNS`) sum up to it, goal by goal; ``moves`` has every parcel that stands
    elsewhere than before, whether a goal counts it or not; ``laws`` show how exactly it closes.
    """

    first: date
    second: date
    known: tuple[date | None, date | None]
    totals: pd.DataFrame
    lines: pd.DataFrame
    moves: pd.DataFrame
    laws: list[Law]


def difference(
    plan: Plan,
    first: date,
    second: date,
    *,
    known: tuple[date | None, date | None] = (None, None),
    notify: Notify = unheard,
) -> Changes:
    """Compare a plan on two dates, each as it was known at the end of a day.

    Without such days both are known as the plan has it: by its ``known``, else all of it.

    What was known differently of the first date comes before what happened after it, so that the
    sum of both is the difference of the two figures as they were reported.
    Raises :class:`geo.errors.PlanError` when the dates are in the wrong order, and what
    :func:`geo.study.run` raises.
    """
    for one, other in ((first, second), known):
        if one is not None and other is not None and other < one:
            raise PlanError(finding("changes.order", file=plan.path.name, seen=one, second=other))
    if known[0] is None and known[1] is not None:  # all of it is more than any day knew
        raise PlanError(finding("changes.order", file=plan.path.name, seen="—", second=known[1]))
    before = run(plan.seen_on(first, known=known[0]), notify=notify)
    after = run(plan.seen_on(second, known=known[1]), notify=notify)
    if known[0] == known[1]:
        steps = [_step(before, after)]
    else:
        middle = run(plan.seen_on(first, known=known[1]), notify=notify)
        steps = [_step(before, middle, learnt=True), _step(middle, after)]
    lines = pd.concat([step for step in steps if len(step)] or steps[:1], ignore_index=True)
    totals = _totals(before, after)
    laws = _closing(lines, totals)
    enforce(laws)
    moved = lines["goal"] == ""
    return Changes(
        first=first,
        second=second,
        known=known,
        totals=totals,
        lines=lines[~moved].reset_index(drop=True),
        moves=lines[moved].reset_index(drop=True),
        laws=laws,
    )


def _totals(before: Study, after: Study) -> pd.DataFrame:
    rows = [
        {"goal": goal.id, "before_mu": _now(before, goal.id), "after_mu": _now(after, goal.id)}
        for goal in after.plan.goals
    ]
    table = pd.DataFrame(rows, columns=["goal", "before_mu", "after_mu"])
    return table.assign(change_mu=table["after_mu"] - table["before_mu"])


def _now(study: Study, goal: str) -> float:
    progress = study.progress[study.progress["goal"] == goal]
    return float(progress["counted_mu"].iloc[-1])


def _closing(lines: pd.DataFrame, totals: pd.DataFrame) -> list[Law]:
    """The lines of a goal sum up to the difference of its two totals."""
    summed = lines.groupby("goal")["change_mu"].sum()
    return [
        area_law(
            f"changes-{goal}",
            Words(f"目标 {goal}：各行之和 = 合计之差", f"goal {goal}: sum of the lines = change"),
            float(summed.get(goal, 0.0)) * M2_PER_MU,
            change * M2_PER_MU,
        )
        for goal, change in totals[["goal", "change_mu"]].itertuples(index=False)
    ]


def _step(before: Study, after: Study, *, learnt: bool = False) -> pd.DataFrame:
    """The lines between two runs that differ in their date, or in what was ``learnt`` of one."""
    old, new = _facts(before), _facts(after)
    groups = _groups(before, after)
    new = pd.concat([new, _emptied(old, new, groups)])
    old, others = _aligned(old, new, groups, after.plan.goals)
    entries = _entries_between(before, after, list(new.index), others, learnt=learnt)
    amended = _amended(before, after, entries) if learnt else None
    shared = pd.DataFrame(
        {
            "parcel_id": new.index,
            "zone": new["zone"].to_numpy(),
            "stage_before": old["stage"].to_numpy(),
            "stage_after": new["stage"].to_numpy(),
            "others": others,
            "entries": [[item.seq for item in told] for told in entries],
        }
    )
    cause = _learnt(_standing(old, new, others), amended)
    land = shared.assign(before_mu=old["land_mu"].to_numpy(), after_mu=new["land_mu"].to_numpy())
    tables = [land.assign(goal="", cause=cause)[cause != ""]]
    for goal in after.plan.goals:
        rung = "rung" if goal.count_self_reported else "evidenced_rung"
        cause = _learnt(_standing(old, new, others, by=rung), amended)
        tables.append(_goal_lines(goal.id, shared, old, new, cause))
    lines = pd.concat(tables, ignore_index=True)
    lines["change_mu"] = lines["after_mu"] - lines["before_mu"]
    return lines[list(LINE_COLUMNS)]


def _learnt(cause: Strings, amended: npt.NDArray[np.bool_] | None) -> Strings:
    """The cause of what was only learnt: an entry was amended, or came late."""
    if amended is None:
        return cause
    return np.where(cause == "", "", np.where(amended, "corrected", "late"))


def _facts(study: Study) -> pd.DataFrame:
    """What is compared of each parcel: where it stands, its land, and what each goal counts."""
    parcels = study.parcels.assign(net_mu=study.parcels["net_m2"] / M2_PER_MU)
    facts = parcels.set_index("parcel_id")[
        ["zone", "rung", "evidenced_rung", "has_events", "stage", "land_mu", "net_mu"]
    ]
    of_goals = study.goal_parcels.set_index("parcel_id")
    columns = {
        f"{measure}:{goal}": rows[f"{measure}_mu"]
        for goal, rows in of_goals.groupby("goal")
        for measure in _OF_GOALS
    }
    return facts.assign(**columns)


_OF_GOALS: Final = ("ready", "counted")


def _groups(before: Study, after: Study) -> list[set[str]]:
    """Parcels that are one piece of land, by the splits and merges between two runs."""
    history, earlier = after.land.history, before.land.history
    if history is None:
        return []
    then = earlier.happened(before.plan.as_of) if earlier is not None else []
    now = history.happened(after.plan.as_of)
    both = {content(item) for item in then} & {content(item) for item in now}
    groups: list[set[str]] = []
    for change in [*then, *now]:
        if content(change) in both:
            continue
        ids = {change.parcel_id, *change.part_ids}
        touched = [group for group in groups if group & ids]
        groups = [group for group in groups if not group & ids] + [ids.union(*touched)]
    return groups


def _emptied(old: pd.DataFrame, new: pd.DataFrame, groups: list[set[str]]) -> pd.DataFrame:
    """Parcels that are no more and went into no other: their land is nothing now."""
    remade = set[str]().union(*groups)
    gone = old[~old.index.isin(new.index) & ~old.index.isin(remade)]
    mu = [name for name in old.columns if name.endswith("_mu") or ":" in name]
    return gone.assign(**dict.fromkeys(mu, 0.0))


def _aligned(
    old: pd.DataFrame, new: pd.DataFrame, groups: list[set[str]], goals: list[Goal]
) -> tuple[pd.DataFrame, list[list[str]]]:
    """The facts of before for the parcels of now, and which parcels these were made of.

    Of a piece of land that was split or merged each parcel has its share of what was counted
    before, by land, gross or net as the goal counts it; it stood where the lowest of the former
    parcels did.
    """
    net = {f"{measure}:{goal.id}" for goal in goals if counts_net(goal) for measure in _OF_GOALS}
    aligned = old.reindex(new.index)
    mu = [name for name in old.columns if name.endswith("_mu") or ":" in name]
    made_of: dict[str, list[str]] = {}
    for group in groups:
        former, present = old[old.index.isin(group)], new[new.index.isin(group)]
        if former.empty or list(former.index) == list(present.index):
            continue
        lowest = former.sort_values(["rung", "evidenced_rung"]).iloc[0]
        for name in aligned.columns:
            land = present["net_mu" if name in net else "land_mu"]
            whole = former[name].sum() * _shares(land) if name in mu else lowest[name]
            aligned.loc[present.index, name] = whole
        made_of |= {parcel: list(former.index) for parcel in present.index}
    blank = {"rung": -1, "evidenced_rung": -1, "stage": "", **dict.fromkeys(mu, 0.0)}
    aligned = aligned.fillna({**blank, "zone": "", "has_events": False})
    return aligned, [made_of.get(parcel, []) for parcel in new.index]


def _shares(land: pd.Series) -> pd.Series:
    """The share of each parcel of a piece of land; equal ones where there is none of it."""
    whole = land.sum()
    return land / whole if whole else land * 0.0 + 1 / len(land)


def _standing(
    old: pd.DataFrame, new: pd.DataFrame, others: list[list[str]], *, by: str | None = None
) -> Strings:
    """Why each parcel stands elsewhere than before, or is another one; ``""`` for neither.

    A goal looks at one rung alone, ``by`` name: the one told, or the one that evidence shows.
    """
    was, shown = (old[by or name].to_numpy(dtype=int) for name in ("rung", "evidenced_rung"))
    now, shows = (new[by or name].to_numpy(dtype=int) for name in ("rung", "evidenced_rung"))
    rose = new["rung"].to_numpy(dtype=int) > old["rung"].to_numpy(dtype=int)
    made = pd.Series([",".join(names) for names in others])
    several = made.duplicated(keep=False).to_numpy()
    began = new["has_events"].to_numpy(dtype=bool) & ~old["has_events"].to_numpy(dtype=bool)
    gone = new["land_mu"].to_numpy() == 0
    cases: dict[Cause, npt.NDArray[np.bool_]] = {
        "left": gone & (old["land_mu"].to_numpy() > 0),
        "reverted": (now < was) | ((now == was) & (shows < shown)),
        "added": (was < 0) | (began & (now >= was)),
        "advanced": (now > was) & rose,
        "evidenced": (now > was) | (shows > shown),
        "split": ((made != "") & several).to_numpy(),
        "merged": (made != "").to_numpy(),
    }
    return np.select(list(cases.values()), list(cases), default="")


def _entries_between(
    before: Study,
    after: Study,
    parcel_ids: list[str],
    others: list[list[str]],
    *,
    learnt: bool,
) -> list[list[Event]]:
    """The entries about each parcel, and about those it was made of, that tell two runs apart.

    They count from a day between the two dates, or were learnt between the two.
    """
    history, earlier = after.land.history, before.land.history
    last = earlier.last_seq if earlier is not None else 0
    found: dict[str, list[Event]] = {}
    for item in history.entries if history is not None else []:
        if not item.parcel_id:
            continue
        dated = before.plan.as_of < item.counts_from <= after.plan.as_of
        if (item.seq > last) if learnt else dated:
            for parcel in (item.parcel_id, *item.part_ids):
                found.setdefault(parcel, []).append(item)
    of_land = [{parcel, *former} for parcel, former in zip(parcel_ids, others, strict=True)]
    return [
        sorted({item for parcel in parcels for item in found.get(parcel, [])})
        for parcels in of_land
    ]


def _amended(before: Study, after: Study, entries: list[list[Event]]) -> npt.NDArray[np.bool_]:
    """Whether any of the entries amends one that moved a parcel and was known before."""
    earlier, history = before.land.history, after.land.history
    if earlier is None or history is None:
        return np.zeros(len(entries), dtype=bool)
    moved = {item.seq for item in earlier.entries if item.kind in _MOVES}
    return np.array(
        [any(item.supersedes in moved for item in told) for told in entries], dtype=bool
    )


_MOVES: Final = ("reach", "revert", "split", "merge")
"""The entries by which a parcel stands where it stands, and is what it is."""


def _goal_lines(
    goal: str, shared: pd.DataFrame, old: pd.DataFrame, new: pd.DataFrame, cause: Strings
) -> pd.DataFrame:
    """The parcels that add another figure to one goal than before."""
    before, after = (side[f"counted:{goal}"].to_numpy(dtype=float) for side in (old, new))
    was_ready, ready = (side[f"ready:{goal}"].to_numpy(dtype=float) for side in (old, new))
    as_ready = np.isclose(was_ready, ready, rtol=1e-9, atol=1e-9) & ~np.isclose(before, after)
    block = np.where(after > before, "joined", "parted")
    why = np.select([as_ready, cause != ""], [block, cause], default="overlap")
    lines = shared.assign(goal=goal, cause=why, before_mu=before, after_mu=after)
    return lines[before != after]
