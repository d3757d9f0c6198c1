"""Faults of reports on a period."""

from typing import Final

from geo.faults.kind import Fault
from geo.text import Words

REPORTS: Final[dict[str, Fault]] = {
    "report.future": Fault(
        "error",
        Words(
            "{seen} 在数据日期 {as_of} 之后才开始",
            "{seen} begins after {as_of}, the date of the data",
        ),
        Words(
            "选更早的期间，或用 --as-of 给出更晚的日期", "choose an earlier one, or a later --as-of"
        ),
    ),
    "report.format": Fault(
        "error",
        Words("报告不能写成这种文件", "reports are not written to a file of this kind"),
        Words("用 {seen} 之一", "end its name in one of {seen}"),
    ),
}
