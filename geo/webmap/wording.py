"""What a page says in words: title, notices, facts, stages and goals, in both languages."""

from importlib.metadata import version
from typing import Any

from pyproj import CRS

from geo.colours import stage_colours
from geo.study import Study
from geo.tables.naming import goal_names
from geo.units import M2_PER_MU, shown

Words = dict[str, str]


def both(zh: str, en: str) -> Words:
    """A wording in both languages."""
    return {"zh": zh, "en": en}


def title(study: Study) -> Words:
    """The plan's name; illustrative land is called so in every title."""
    name = study.plan.name
    if not study.zones["illustrative"].any():
        return name.model_dump()
    return both(f"{name.zh}（示意范围）", f"{name.en} (illustrative)")


def subtitle(study: Study) -> Words:
    """The date of the data, and all their land."""
    mu, day = shown(study.land_mu, 2, grouped=True), study.plan.as_of
    return both(f"截至 {day} · {mu} 亩", f"as of {day} · {mu} mu")


def notices(study: Study) -> list[dict[str, str]]:
    """What must be read with the figures: the plan's own notice, rows set aside, no title."""
    plan = study.plan
    notices = []
    if plan.notice is not None:
        notices.append({**plan.notice.model_dump(), "kind": "warning"})
    aside = study.aside
    if len(aside):
        mu = shown(float(aside["drawn_mu"].sum()), 2)
        words = both(
            f"{len(aside)} 行（{mu} 亩）未计入，见“搁置的记录”",
            f"{len(aside)} rows ({mu} mu) are not counted: see “Rows set aside”",
        )
        notices.append({**words, "kind": "warning"})
    words = both(
        "示意图：不得作为权属、规划或征收的依据",
        "Sketch map: not for title, planning or acquisition",
    )
    return [*notices, {**words, "kind": "info"}]


def facts(study: Study) -> list[dict[str, Any]]:
    """Where the figures come from: date, CRS, area method, source and so on."""
    plan = study.plan
    method = (
        both("平面面积", "planar")
        if plan.area_method == "planar"
        else both("椭球面积（GRS80）", "ellipsoidal, GRS80")
    )
    crs = CRS(plan.crs)
    facts = [
        (both("数据日期", "Data date"), same(plan.as_of.isoformat())),
        (both("起算日", "Base date"), same(plan.base_date.isoformat())),
        (both("坐标系", "CRS"), same(f"{plan.crs} {crs.name}")),
        (both("面积算法", "Area method"), method),
        (both("两种算法", "By both methods"), _both_methods(study)),
        (both("连片", "Contiguity"), _contiguity(study)),
        (
            both("更多表格", "More tables"),
            both("与本页一同生成的 tables.xlsx", "tables.xlsx, made together with this page"),
        ),
        (both("软件", "Software"), same(f"landready {version('landready')}")),
    ]
    history = study.land.history
    if history is not None:
        seq, mark = history.head.seq, history.head.hash[:12]
        words = both(f"第 {seq} 条，{mark}", f"entry {seq}, {mark}")
        facts.insert(1, (both("台账", "Ledger"), words))
    if plan.known is not None:
        facts.insert(1, (both("按当日所知", "As known on"), same(plan.known.isoformat())))
    if plan.source is not None:
        facts.append((both("来源", "Source"), plan.source.model_dump()))
    if plan.review_number is not None:
        facts.append((both("审图号", "Map review number"), same(plan.review_number)))
    return [{**label, "value": value} for label, value in facts]


def _both_methods(study: Study) -> Words:
    """The parcels' total by either method, and how far the two are apart."""
    planar, ellipsoidal = (
        float(study.parcels[name].sum()) for name in ("planar_m2", "ellipsoidal_m2")
    )
    plane, globe = (shown(m2 / M2_PER_MU, 2) for m2 in (planar, ellipsoidal))
    apart = shown((planar / ellipsoidal - 1) * 1e6, 1)
    return both(
        f"平面 {plane} 亩，椭球 {globe} 亩，相差 {apart} ppm",
        f"planar {plane} mu, ellipsoidal {globe} mu, {apart} ppm apart",
    )


def same(text: str) -> Words:
    """What reads the same in both languages."""
    return both(text, text)


def _contiguity(study: Study) -> Words:
    contiguity = study.plan.contiguity
    if contiguity.mode == "strict":
        return both("严格：共用边界", "strict: shared boundary")
    gap = f"{contiguity.gap_m:g}"
    return both(f"间隔 ≤ {gap} 米", f"gap ≤ {gap} m")


def stages(study: Study) -> list[dict[str, Any]]:
    """The ladder, lowest rung first, each with its name and colour."""
    stages = study.plan.stages
    return [
        {"rung": rung, **stage.name.model_dump(), "color": colour}
        for rung, (stage, colour) in enumerate(zip(stages, stage_colours(len(stages)), strict=True))
    ]


def goals(study: Study) -> list[dict[str, Any]]:
    """The goals: what they are called, how much is wanted, and when."""
    names = goal_names(study)
    return [
        {
            "id": goal.id,
            "name": names[goal.id].model_dump(),
            "due": goal.due.isoformat(),
            "goal": shown(goal.mu, 0, grouped=True),
        }
        for goal in study.plan.goals
    ]
