"""What a forecast says in words: of each goal, of what makes it hard, and of how sure it is."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geo.plan import Plan
from geo.study import Study
from geo.text import Text, Words
from geo.units import SLACK_MU, shown

if TYPE_CHECKING:  # their engines are for those who ask for a forecast
    from geo.forecast.backtest import Backtest
    from geo.forecast.outcome import Forecast


def forecast_words(study: Study, found: "Forecast") -> list[Text]:
    """All that a forecast says in words, the goals first."""
    plan = study.plan
    zones = {
        zone: Text(zh=zh, en=en)
        for zone, zh, en in study.zones[["zone", "name_zh", "name_en"]].to_numpy()
    }
    told = [
        *(goal_words(plan, row, found) for _, row in found.goals.iterrows()),
        *slack_words(plan, found.holds),
        *block_words(plan, found.fits, zones),
        *pace_words(plan, found.paces),
    ]
    if found.backtest is not None:
        told.append(backtest_words(found.backtest))
    return [*told, method_words(found)]


def goal_words(plan: Plan, row: pd.Series, found: "Forecast") -> Text:
    """The chance of a goal and the range of its date."""
    name = next(goal.name for goal in plan.goals if goal.id == row["goal"])
    at = when(row.to_dict(), found.until)
    if row["due"] <= found.as_of:
        was = Words(f"未按期达到；{at.zh}", f"was not reached in time; {at.en}")
        if row["p_due"]:
            was = Words("已按期达到", "was reached in time")
        return Text(zh=f"{name.zh}：{was.zh}", en=f"{name.en}: {was.en}")
    if pd.isna(row["p_due"]):
        far = Words("期限在预测期之后", f"due {row['due']}, beyond the forecast")
        return Text(zh=f"{name.zh}：{far.zh}；{at.zh}", en=f"{name.en}: {far.en}; {at.en}")
    mu = [shown(row[f"mu_{end}"], 0, grouped=True) for end in ENDS]
    likely = chance(row["p_due"])
    return Text(
        zh=f"{name.zh}：按期概率 {likely}；{at.zh}；到期 {mu[1]} 亩（{mu[0]}–{mu[2]}）",
        en=f"{name.en}: {likely} chance by {row['due']}; {at.en}; "
        f"{mu[1]} mu by then ({mu[0]}–{mu[2]})",
    )


ENDS: Final = ("p10", "p50", "p90")
RARE: Final = 0.005
"""A chance below is told as such, not as none."""


def when(row: Mapping[Any, Any], until: date) -> Words:
    """The range of the day on which a goal is reached; NaT lies beyond all that was drawn."""
    horizon, days = f"{until:%Y-%m}", [row[f"date_{end}"] for end in ENDS]
    if pd.isna(days[0]):
        return Words(f"到 {horizon} 达到的可能也不足 10%", f"under 10% likely even by {horizon}")
    months = [None if pd.isna(day) else f"{pd.Timestamp(day):%Y-%m}" for day in days]
    if months[0] == months[2]:
        return Words(f"{months[0]} 达到", f"reached {months[0]}")
    low, middle, high = (month or f"{horizon} 之后" for month in months)
    low_en, middle_en, high_en = (month or f"after {horizon}" for month in months)
    return Words(f"中位 {middle} ({low} – {high})", f"median {middle_en} ({low_en} – {high_en})")


def chance(share: float) -> str:
    """A chance in whole percent; one that is not quite none or all is told so."""
    if pd.isna(share):
        return "—"
    if 0 < share < RARE:
        return "<1%"
    return ">99%" if 1 - RARE <= share < 1 else shown(share, 0, percent=True)


SURE: Final = 0.995
"""A chance that is printed as certain."""


def slack_words(plan: Plan, holds: pd.DataFrame) -> list[Text]:
    """How much land each goal can do without, and what hold-outs would make of it."""
    told = []
    for goal in plan.goals:
        rows = holds[holds["goal"] == goal.id]
        if goal.due <= plan.as_of or rows.empty or (rows["p"] >= SURE).all():
            continue
        slack_mu, parcels = rows["slack_mu"].iat[0], rows["parcels"].iat[0]
        slack, whole = (shown(mu, 0, grouped=True) for mu in (abs(slack_mu), slack_mu + goal.mu))
        if slack_mu < -SLACK_MU:
            zh = f"{goal.name.zh}：可计土地共 {whole} 亩，比目标少 {slack} 亩，无法达到"
            en = f"{goal.name.en}: out of reach, all its land is {whole} mu, {slack} too few"
            told.append(Text(zh=zh, en=en))
            continue
        shares = " / ".join(shown(share, 1, percent=True) for share in rows["share"])
        chances = " / ".join(shown(p, 2) for p in rows["p"])
        told.append(
            Text(
                zh=f"{goal.name.zh}：{whole} 亩中只有 {slack} 亩余量；{parcels} 个地块"
                f"各有 {shares} 的可能永不参与时，仍够的概率为 {chances}",
                en=f"{goal.name.en}: of {whole} mu only {slack} are to spare; if each of the "
                f"{parcels} parcels stays out for ever with a chance of {shares}, P(enough is "
                f"left) = {chances}",
            )
        )
    return told


def block_words(plan: Plan, fits: pd.DataFrame, zones: Mapping[str, Text]) -> list[Text]:
    """Where one block as large as a goal could lie, and how much of that land it would take.

    ``zones`` has the names of the zones.
    """
    told = []
    for goal in plan.goals:
        rows = fits[fits["goal"] == goal.id]
        inside = rows[rows["fits"]]
        mu = shown(goal.mu, 0, grouped=True)
        if goal.due <= plan.as_of or rows.empty:
            continue
        if inside.empty:
            most = shown(rows["block_mu"].max(), 0, grouped=True)
            zh, en = f"没有一处连片容得下（最大 {most} 亩）", f"fits nowhere (largest: {most} mu)"
        else:
            places = [
                (_together(inside_zones, zones), shown(share, 1, percent=True))
                for inside_zones, share in zip(inside["zones"], inside["share"], strict=True)
            ]
            zh = "只能在" + "、".join(f"{at.zh}（需其 {share}）" for at, share in places)
            en = "fits only in " + ", ".join(f"{at.en} (it takes {share})" for at, share in places)
        told.append(
            Text(
                zh=f"{goal.name.zh}：单独一片 {mu} 亩{zh}",
                en=f"{goal.name.en}: one block of {mu} mu {en}",
            )
        )
    return told


def _together(zones: Iterable[str], names: Mapping[str, Text]) -> Text:
    """The names of zones in one."""
    known = [names[zone] for zone in zones]
    return Text(zh="与".join(t.zh for t in known), en=" and ".join(t.en for t in known))


def pace_words(plan: Plan, paces: pd.DataFrame) -> list[Text]:
    """The pace that goals ask for, as a multiple of the past one."""
    told = []
    names = {goal.id: goal.name for goal in plan.goals}
    for row in paces[paces["times_past"].notna()].to_dict("records"):
        pace = shown(row["mu_per_year"], 0, grouped=True)
        times = shown(row["times_past"], 1)
        start = names.get(row["after"])
        zh = f"自“{start.zh}”到期起" if start else "自起算日起"
        en = f"from the due date of “{start.en}”" if start else "from the base date"
        goal = names[row["goal"]]
        told.append(
            Text(
                zh=f"{goal.zh}：{zh}每年需 {pace} 亩，为以往速度的 {times} 倍",
                en=f"{goal.en}: {pace} mu a year are needed {en}, {times} times the past pace",
            )
        )
    return told


def backtest_words(found: "Backtest") -> Text:
    """What the forecasts of the past were worth, or that nothing can be said of it."""
    if found.rows.empty:
        return Text(
            zh="历史太短，无法回测：概率未经检验",
            en="the history is too short for a backtest: the chances are not tested",
        )
    score, names = found.scores.iloc[-1], ("coverage", "coverage_low", "coverage_high")
    inside, low, high = (shown(score[name], 0, percent=True) for name in names)
    rivals = [
        _skill(score["skill_straight"], Words("直线推算", "the straight line's")),
        _skill(score["skill_pace"], Words("以往速度", "the past pace's")),
    ]
    zh, en = ("".join(part) for part in zip(*rivals, strict=True))
    few = Words("", "")
    if found.few:
        few = Words("；起点太少，仅供参考", "; too few origins to judge by")
    cases = int(score["cases"])
    return Text(
        zh=f"回测 {cases} 次：80% 区间覆盖 {inside}（{low}–{high}）{zh}{few.zh}",
        en=f"{cases} forecasts of the past: the 80 % band held {inside} ({low}–{high}){en}{few.en}",
    )


def _skill(value: float, rival: Words) -> Words:
    """How much smaller an error is than another, or larger; nothing where there is none."""
    if pd.isna(value):
        return Words("", "")
    share = shown(abs(value), 0, percent=True)
    zh, en = ("小", "below") if value >= 0 else ("大", "above")
    return Words(f"；误差比{rival.zh}{zh} {share}", f"; errors {share} {en} {rival.en}")


def method_words(found: "Forecast") -> Text:
    """What a forecast rests on: its date, draws, seed, and what contiguous means."""
    gap = (
        Words("共边相邻", "shared boundary").text()
        if found.mode == "strict"
        else Text(zh=f"间距不超过 {found.gap_m:g} 米", en=f"gaps of up to {found.gap_m:g} m")
    )
    floor = Words("", "")
    if found.unknown_floor:
        floor = Words(
            f"；{found.unknown_floor} 个拆除重建地块的建筑面积未知，未计入建筑面积",
            f"; the floor space to come is not known for {found.unknown_floor} rebuilt parcels "
            "and is left out",
        )
    return Text(
        zh=f"截至 {found.as_of}，{found.draws} 次模拟，种子 {found.seed}；连片：{gap.zh}；"
        f"连片合计指不小于 {found.block_mu:g} 亩的地块群{floor.zh}",
        en=f"as of {found.as_of}, {found.draws} draws, seed {found.seed}; contiguous: {gap.en}; "
        f"land in blocks means blocks of at least {found.block_mu:g} mu{floor.en}",
    )
