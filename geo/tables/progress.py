"""Tables of progress: goals, pace, dates and programmes."""

import pandas as pd

from geo.basis import counts_net
from geo.ground import headline_goal
from geo.study import Study
from geo.tables.naming import goal_names
from geo.tables.notes import net_goals, noted
from geo.tables.sheet import Field, Sheet, both
from geo.units import shown

_GOAL_FIELDS = (
    Field("goal", "目标", "Goal", "name"),
    Field("light", "红黄绿灯", "Light", "light"),
    Field("due", "截止", "Due"),
    Field("counted_mu", "累计完成（亩）", "Counted (mu)", "number"),
    Field("gap_mu", "差值（亩）", "Gap (mu)", "number"),
    Field("share", "完成率", "Done", "percent", 1),
    Field("elapsed_share", "序时进度", "Time gone", "percent", 1),
)
_PACE_FIELDS = (
    _GOAL_FIELDS[0],
    Field("goal_mu", "目标（亩）", "Goal (mu)", "number", 0),
    Field("required_pace", "需要（亩/年）", "Needed (mu/yr)", "number", 0),
    Field("pace", "起算日以来（亩/年）", "Since base date (mu/yr)", "number", 0),
    Field("at_base_mu", "起算日已有（亩）", "At base date already (mu)", "number"),
    Field("self_reported_mu", "自报未计（亩）", "Self-reported, not counted (mu)", "number"),
    Field("small_blocks_mu", "连片过小未计（亩）", "In blocks too small (mu)", "number"),
)


def goals_sheet(study: Study) -> Sheet:
    """Every goal on the plan's date: its light, what counts, and what is lacking."""
    title = both("目标进度", "Progress toward the goals")
    names, note = {"goal": goal_names(study)}, net_goals(study.plan.goals)
    return Sheet("goals", title, _GOAL_FIELDS, _now(study), names, note)


def _now(study: Study) -> pd.DataFrame:
    return study.progress[study.progress["date"] == study.plan.as_of]


def pace_sheet(study: Study) -> Sheet:
    """The pace that each goal needs, the one since the base date, and land that does not count."""
    note = None
    if study.plan.past_pace is not None:
        pace = shown(study.plan.past_pace.mu_per_year, 0, grouped=True)
        note = both(f"过去的速度：{pace} 亩/年", f"Pace of the past: {pace} mu a year")
    title = both("速度，以及未计入的土地", "Pace, and land that does not count")
    note = noted(note, net_goals(study.plan.goals))
    return Sheet("pace", title, _PACE_FIELDS, _now(study), {"goal": goal_names(study)}, note)


def timeline_sheet(study: Study) -> Sheet:
    """Every goal on every date."""
    fields = (
        _GOAL_FIELDS[0],
        Field("date", "日期", "Date"),
        _GOAL_FIELDS[1],
        *_GOAL_FIELDS[3:],
    )
    title = both("进度时间线", "Progress by date")
    names, note = {"goal": goal_names(study)}, net_goals(study.plan.goals)
    return Sheet("timeline", title, fields, study.progress, names, note)


def programmes_sheet(study: Study) -> Sheet:
    """The programmes, and all of them united."""
    names = {item.id: item.name for item in study.plan.programmes}
    names[""] = both("合并（重叠只计一次）", "United (overlaps once)")
    fields = (
        Field("programme", "项目组", "Programme", "name"),
        Field("parcels", "地块数", "Parcels", "number", 0),
        Field("land_mu", "面积（亩）", "Land (mu)", "number"),
        Field("counted_mu", "已计入（亩）", "Counted (mu)", "number"),
        Field("shared_mu", "与其他组重叠（亩）", "Shared with others (mu)", "number"),
    )
    note = noted(
        both("项目组有重叠，不可相加", "Programmes overlap and must not be added"),
        both("“已计入”为净用地", "“Counted” is net land")
        if counts_net(headline_goal(study.plan))
        else None,
    )
    title = both("项目组", "Programmes")
    table = study.programmes if study.plan.programmes else study.programmes.iloc[:0]
    return Sheet("programmes", title, fields, table, {"programme": names}, note)
