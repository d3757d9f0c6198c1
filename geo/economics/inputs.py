"""The inputs of an appraisal: their names, and each parcel's figure of them."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.plan.economics import Economics, End
from geo.text import Words

Floats = npt.NDArray[np.float64]

INPUTS: Final[dict[str, Words]] = {
    "land_cost": Words("土地取得成本", "land cost"),
    "compensation": Words("拆迁补偿", "compensation"),
    "demolition": Words("拆除费用", "demolition"),
    "site_works": Words("场地平整与配套", "site works"),
    "clearance_years": Words("整备期", "clearance period"),
    "construction": Words("建安成本", "construction"),
    "professional_fees": Words("专业费", "professional fees"),
    "contingency": Words("不可预见费", "contingency"),
    "construction_years": Words("建设期", "construction period"),
    "finance_rate": Words("年利率", "finance rate"),
    "saleable_share": Words("可租售比例", "saleable share"),
    "sale_share": Words("销售比例", "share that is sold"),
    "sale_price": Words("销售价格", "sale price"),
    "rent": Words("租金", "rent"),
    "occupancy": Words("出租率", "occupancy"),
    "capitalisation_rate": Words("还原率", "capitalisation rate"),
    "marketing": Words("销售费用", "marketing"),
    "sales_tax": Words("销售税费", "tax on value"),
    "profit": Words("开发利润", "developer's profit"),
    "output_per_land": Words("亩均产值", "output per land"),
    "tax_per_land": Words("亩均税收", "tax per land"),
    "jobs_per_land": Words("单位用地就业", "jobs per land"),
}
"""Every input of :class:`geo.plan.Economics` by the name that a plan calls it."""


def figures(
    economics: Economics, zones: pd.Series, *, at: End, of: str | None
) -> dict[str, Floats]:
    """The figure of every input for each parcel, by its zone; NaN where it is not given.

    Input ``of`` stands at its end ``at``, all others at their value. In m², years, whole shares
    and single units of currency.
    """
    code, names = pd.factorize(zones)
    table = {}
    for name in INPUTS:
        item = economics.inputs.get(name)
        if item is None:
            table[name] = np.full(len(zones), np.nan)
            continue
        end: End = at if name == of else "value"
        by_zone = [item.by_zone.get(zone, item).at(end) for zone in names]
        table[name] = np.array(by_zone, dtype=np.float64)[code]
    return table
