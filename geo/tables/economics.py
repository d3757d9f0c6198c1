"""Tables of the economics: what rebuilding costs and is worth, what moves it, and its inputs."""

from typing import Final

import pandas as pd

from geo.economics.inputs import INPUTS
from geo.plan.economics import Quantity
from geo.study import Study
from geo.tables.naming import scenario_names, zone_names
from geo.tables.sheet import ALL, Field, Sheet, both, same
from geo.text import Text
from geo.units import M2_PER_MU

MILLION: Final = 1e6

_LEVELS: Final = {
    "town": both("全部", "all"),
    "zone": both("片区", "zone"),
    "block": both("连片", "block"),
}
_PLACE: Final = (
    Field("level", "层级", "Level", "name"),
    Field("name", "名称", "Name", "name"),
)
_INPUT_NAMES: Final = {name: words.text() for name, words in INPUTS.items()}

_SUMS: Final = (
    ("clearance", "整备成本", "Clearance"),
    ("building", "建造成本", "Building"),
    ("finance", "财务成本", "Finance"),
    ("investment", "总投资", "Investment"),
    ("value", "开发价值", "Value"),
    ("residual", "剩余地价", "Residual land value"),
    ("surplus", "盈余", "Surplus"),
)
_YEARLY: Final = (("output", "年产值", "Output a year"), ("tax", "年税收", "Tax a year"))
_PER_FLOOR: Final = (
    ("investment_per_floor", "单位投资", "Investment"),
    ("value_per_floor", "单位价值", "Value"),
    ("residual_per_floor", "单位剩余地价", "Residual"),
)
_PER_MU: Final = (
    ("investment_per_mu", "亩均投资", "Investment"),
    ("residual_per_mu", "亩均剩余地价", "Residual"),
    ("output_per_mu", "亩均产值", "Output a year"),
    ("tax_per_mu", "亩均税收", "Tax a year"),
)


def economics_sheet(study: Study) -> Sheet:
    """The appraisal of the town, its zones and its blocks."""
    table = _in_millions(study.economics, [key for key, *_ in _SUMS])
    table["land_mu"] = table["land_m2"] / M2_PER_MU
    fields = (
        *_PLACE,
        Field("parcels", "地块数", "Parcels", "number", 0),
        Field("known_share", "已知占比", "Known", "percent", 1),
        Field("land_mu", "用地（亩）", "Land (mu)", "number"),
        Field("built_m2", "新建（平方米）", "Built (m²)", "number", 0),
        *_money(_SUMS, _currency(study), 1),
    )
    names = {"level": _LEVELS, "name": _places(study)}
    title = both("经济测算", "Economics")
    return Sheet("economics", title, fields, table, names, _note(study))


def economics_rates_sheet(study: Study) -> Sheet:
    """The appraisal by m² of floor space and by mu of land, and the jobs."""
    table = _in_millions(study.economics, [key for key, *_ in _PER_MU])
    money = _currency(study)
    fields = (
        *_PLACE,
        *(
            Field(key, f"{zh}（{money}/平方米）", f"{en} ({money}/m²)", "number", 0)
            for key, zh, en in _PER_FLOOR
        ),
        *(
            Field(f"{key}_million", f"{zh}（百万{money}/亩）", f"{en} (m {money}/mu)", "number")
            for key, zh, en in _PER_MU
        ),
        Field("jobs", "就业（人）", "Jobs", "number", 0),
        Field("jobs_per_mu", "亩均就业（人）", "Jobs per mu", "number", 1),
    )
    names = {"level": _LEVELS, "name": _places(study)}
    title = both("经济指标", "Economics by floor space and land")
    return Sheet("economics_rates", title, fields, table, names)


def economics_parcel_sheet(study: Study) -> Sheet:
    """The appraisal of each parcel that is rebuilt or gains floor space."""
    table = _in_millions(study.parcel_economics, [key for key, *_ in (*_SUMS, *_YEARLY)])
    money = _currency(study)
    fields = (
        Field("parcel_id", "地块", "Parcel"),
        Field("zone", "片区", "Zone", "name"),
        Field("block", "连片", "Block"),
        Field("known", "已知", "Known"),
        Field("land_m2", "用地（平方米）", "Land (m²)", "number"),
        Field("demolished_m2", "拆除（平方米）", "Demolished (m²)", "number", 0),
        Field("built_m2", "新建（平方米）", "Built (m²)", "number", 0),
        *_money((*_SUMS, *_YEARLY), money, 2),
        Field("jobs", "就业（人）", "Jobs", "number", 0),
    )
    names = {"zone": zone_names(study)}
    title = both("各地块经济测算", "Economics by parcel")
    return Sheet("economics_parcel", title, fields, table, names, on_page=False)


def tornado_sheet(study: Study) -> Sheet:
    """How far each input alone moves the residual land value of the town."""
    moving = study.tornado[study.tornado["swing"] != 0]
    table = _in_millions(moving, ["at_low", "at_value", "at_high", "swing"])
    money = _currency(study)
    results = (
        ("at_low", "取低值时剩余地价", "Residual at low"),
        ("at_value", "取值时剩余地价", "Residual as taken"),
        ("at_high", "取高值时剩余地价", "Residual at high"),
        ("swing", "变动幅度", "Swing"),
    )
    fields = (Field("input", "参数", "Input", "name"), *_ENDS, *_money(results, money, 1))
    note = both(
        "每次只变动一个参数，其余不变；变动最大的在最前，没有影响的不列",
        "One input moves at a time while all others stay; what moves it most comes first, what "
        "does not move it is left out",
    )
    if table["by_zone"].any():
        note = both(
            f"{note.zh}。分片区：另有数值的片区各按其低值和高值变动（见经济参数），表中为其余用地的值",
            f"{note.en}. By zone: zones with figures of their own move between their own ends, see "
            "the inputs; those here are of the other land",
        )
    own = {name: both(f"{zh}（分片区）", f"{en} (by zone)") for name, (zh, en) in INPUTS.items()}
    by_zone = table.loc[table["by_zone"].astype(bool), "input"]
    names = _INPUT_NAMES | {name: own[name] for name in by_zone}
    title = both("敏感性分析", "Sensitivity (tornado)")
    return Sheet("tornado", title, fields, table, {"input": names}, note)


def economics_inputs_sheet(study: Study) -> Sheet:
    """Every input of the economics with its range, its source or the assumption behind it."""
    stated = study.plan.economics.inputs if study.plan.economics else {}
    quantities = [
        (name, zone, item)
        for name, whole in stated.items()
        for zone, item in (("", whole), *whole.by_zone.items())
    ]
    rows = [(name, zone, *_told(item)) for name, zone, item in quantities]
    columns = ["input", "zone", "low", "value", "high", "unit", "source", "assumption"]
    stated_in = [item.source for _, _, item in quantities if item.source]
    texts = [item.assumption for _, _, item in quantities if item.assumption]
    names = {
        "input": _INPUT_NAMES,
        "zone": zone_names(study) | {"": both("全部", "all")},
        "source": {text: both(f"来源：{text}", f"Source: {text}") for text in stated_in},
        "assumption": {
            text.en: both(f"假设：{text.zh}", f"Assumption: {text.en}") for text in texts
        },
    }
    fields = (
        Field("input", "参数", "Input", "name"),
        Field("zone", "片区", "Zone", "name"),
        *_ENDS,
        Field("source", "来源", "Source", "note"),
        Field("assumption", "假设", "Assumption", "note"),
    )
    title = both("经济参数", "Inputs of the economics")
    return Sheet("economics_inputs", title, fields, pd.DataFrame(rows, columns=columns), names)


_ENDS: Final = (
    Field("low", "低值", "Low", "number"),
    Field("value", "取值", "Value", "number"),
    Field("high", "高值", "High", "number"),
    Field("unit", "单位", "Unit"),
)


def _told(item: Quantity) -> tuple[float | None, float, float | None, str, str, str]:
    """A quantity as the plan states it."""
    assumption = item.assumption.en if item.assumption else ""
    return (item.low, item.value, item.high, item.unit, item.source or "", assumption)


def _money(columns: tuple[tuple[str, str, str], ...], money: str, places: int) -> tuple[Field, ...]:
    """Columns of money in millions."""
    return tuple(
        Field(f"{key}_million", f"{zh}（百万{money}）", f"{en} (m {money})", "number", places)
        for key, zh, en in columns
    )


def _in_millions(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """The table with columns of money in millions beside those in single units."""
    return table.join((table[columns].astype(float) / MILLION).add_suffix("_million"))


def _currency(study: Study) -> str:
    return study.plan.economics.currency if study.plan.economics else ""


def _places(study: Study) -> dict[str, Text]:
    """The town, its zones and its blocks by name."""
    blocks = {block: same(block) for block in study.blocks["block"]}
    return blocks | zone_names(study) | {"": ALL}


def _note(study: Study) -> Text:
    names = scenario_names(study)
    name = names.get(study.plan.economics_scenario or "", same(""))
    known = study.economics["known_parcels"].any()
    return both(
        f"情景：{name.zh}。剩余地价：按剩余法今日可支付的地价，未扣土地取得成本；盈余为扣除后的余额"
        + ("" if known else "。现状建筑面积全部未知：只列与其无关的数值"),
        f"Scenario: {name.en}. Residual: what can be paid for the land today (residual method), "
        "before the land cost; the surplus is what is left after it"
        + ("" if known else ". No existing floor is known: only what does not need it is shown"),
    )
