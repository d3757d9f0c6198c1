"""How a report closes: its totals are those of the map, worked out a second way."""

from collections.abc import Iterator, Mapping

from geo.laws import Law, area_law, count_law
from geo.plan import Goal
from geo.reports.goals import counted
from geo.reports.span import Span
from geo.stalled import never_begun, stalled
from geo.study import Study
from geo.tables.sheet import Sheet
from geo.text import Words
from geo.units import M2_PER_MU


def report_laws(span: Span, sheets: Mapping[str, Sheet]) -> list[Law]:
    """Every law of a report, whether it holds or not; ``sheets`` by their ids."""
    return [
        *_goals(span),
        *_openings(span, sheets["goals"]),
        *_parts(span, sheets),
        *_zones(span.now, sheets),
        *_programmes(span.now, sheets),
        *_ladder(span, sheets["ladder"]),
        *_overdue(span.now, sheets),
    ]


def _mu_law(code: str, words: Words, one_mu: float, other_mu: float) -> Law:
    return area_law(code, words, one_mu * M2_PER_MU, other_mu * M2_PER_MU)


def _goals(span: Span) -> Iterator[Law]:
    """The land of the parcels is that of the goal: at the end, before, and as it was reported."""
    studies = {"now": span.now, "before": span.before, "reported": span.reported}
    for goal in span.now.plan.goals:
        for when, study in studies.items():
            if study is None:
                continue
            words = Words(
                f"目标 {goal.id}：各地块合计 = 地图的累计完成（{study.plan.as_of}）",
                f"goal {goal.id}: its parcels = what the map counts ({study.plan.as_of})",
            )
            mu = _of_parcels(study, goal)
            yield _mu_law(f"report-{goal.id}-{when}", words, mu, counted(study, goal))


def _of_parcels(study: Study, goal: Goal) -> float:
    parts = study.goal_parcels[study.goal_parcels["goal"] == goal.id]
    return float(parts["counted_mu"].sum())


def _openings(span: Span, goals: Sheet) -> Iterator[Law]:
    """What was reported and the adjustment are the opening, from which the period goes on."""
    if span.reported is None:
        return
    rows = goals.frame.set_index("goal")
    for goal in span.now.plan.goals:
        adjusted, new, total = rows.loc[goal.id, ["adjusted_mu", "new_mu", "counted_mu"]]
        words = Words(
            f"目标 {goal.id}：上期累计 + 期初调整 = 累计完成 − 本期新增",
            f"goal {goal.id}: as reported + adjusted = counted − this period",
        )
        opening = _of_parcels(span.reported, goal) + float(adjusted)
        yield _mu_law(f"report-{goal.id}-opening", words, opening, float(total - new))


def _parts(span: Span, sheets: Mapping[str, Sheet]) -> Iterator[Law]:
    """Zones and owners add up to the goal, in all and in the period."""
    goal = span.headline
    if goal is None:
        return
    now, before = counted(span.now, goal), counted(span.before, goal)
    wholes = {"counted_mu": now, "new_mu": now - before, "land_mu": span.now.land_mu}
    if span.reported is not None:
        wholes["adjusted_mu"] = before - counted(span.reported, goal)
    for name, zh in (("zones", "片区"), ("owners", "责任人")):
        rows = sheets[name].frame
        sums = rows[rows["group"] != ""]
        for key, whole in wholes.items():
            words = Words(f"各{zh}合计 = 全部：{key}", f"sum of {name} = the whole: {key}")
            yield _mu_law(f"report-{name}-{key}", words, float(sums[key].sum()), whole)


def _zones(study: Study, sheets: Mapping[str, Sheet]) -> Iterator[Law]:
    """What counts in a zone, and what is in blocks too small, is what the map shows of it."""
    if "zones" not in sheets:
        return
    rows = sheets["zones"].frame.set_index("group")
    for zone, m2 in study.zones[["zone", "counted_m2"]].itertuples(index=False):
        words = Words(
            f"片区 {zone}：计入 + 连片过小 = 地图的已计入",
            f"zone {zone}: counted + in blocks too small = what the map counts",
        )
        mu = float(rows.at[zone, "counted_mu"] + rows.at[zone, "small_mu"])
        yield area_law(f"report-zone-{zone}", words, mu * M2_PER_MU, float(m2))


def _programmes(study: Study, sheets: Mapping[str, Sheet]) -> Iterator[Law]:
    """The united programmes are those of the map."""
    if "programmes" not in sheets:
        return
    ours = sheets["programmes"].frame.iloc[-1]
    map_rows = study.programmes.set_index("programme")
    words = Words(
        "项目组合并：计入 + 连片过小 = 地图的已计入",
        "programmes united: counted + in blocks too small = what the map counts",
    )
    mu = float(ours["counted_mu"] + ours["small_mu"])
    yield _mu_law("report-programmes", words, mu, float(map_rows.at["", "counted_mu"]))


def _ladder(span: Span, ladder: Sheet) -> Iterator[Law]:
    """On every rung, evidence and self-report together are the land that the map shows."""
    stages = span.now.stages[span.now.stages["zone"] == ""].set_index("stage")
    for stage, mu in ladder.frame[["stage", "mu_or_beyond"]].itertuples(index=False):
        words = Words(
            f"阶段 {stage}：有佐证 + 自报 = 地图的达到或超过",
            f"stage {stage}: by evidence + self-reported = what the map shows",
        )
        yield _mu_law(f"report-stage-{stage}", words, mu, float(stages.at[stage, "mu_or_beyond"]))


def _overdue(study: Study, sheets: Mapping[str, Sheet]) -> Iterator[Law]:
    """Owners have the overdue parcels among them, and no parcel to be rebuilt is forgotten."""
    overdue, owners = sheets["overdue"].frame, sheets["overdue_owners"].frame
    yield count_law(
        "report-overdue",
        Words("各责任人的超期地块 = 超期地块", "overdue parcels of the owners = all of them"),
        int(owners["parcels"].sum()),
        len(overdue),
    )
    last = len(study.plan.stages) - 1
    to_rebuild = study.parcels[study.parcels["treatment"] == "rebuild"]
    done = int((to_rebuild["has_events"] & (to_rebuild["rung"] == last)).sum())
    yield count_law(
        "report-waiting",
        Words(
            "拆除重建地块 = 在途 + 从未启动 + 完成",
            "parcels to be rebuilt = under way + never begun + done",
        ),
        len(to_rebuild),
        len(stalled(study, all=True)) + len(never_begun(study)) + done,
    )
