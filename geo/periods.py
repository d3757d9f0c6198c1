"""The periods of a town's reports: day, ISO week, month, quarter (日跟进 周调度 月协调 季总结)."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, get_args

from geo.ledger.event import last_day
from geo.text import Text, Words

Cadence = Literal["day", "week", "month", "quarter"]

CADENCES: Final[tuple[Cadence, ...]] = get_args(Cadence)
"""How often the town reports, the shortest period first."""

CADENCE_NAMES: Final[dict[Cadence, Words]] = {
    "day": Words("日跟进", "Daily follow-up"),
    "week": Words("周调度", "Weekly dispatch"),
    "month": Words("月协调", "Monthly coordination"),
    "quarter": Words("季总结", "Quarterly summary"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """A day, week (Monday to Sunday), month or quarter; ``id`` is as 2024-W52 or 2024-Q4."""

    cadence: Cadence
    first: date
    last: date
    id: str
    name: Text

    @property
    def eve(self) -> date:
        """The day before the period began, to which it is compared."""
        return self.first - timedelta(days=1)

    def cut(self, as_of: date) -> date:
        """The day on which a report of the period closes: its last, or ``as_of`` before that."""
        return min(self.last, as_of)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def period_of(cadence: Cadence, day: date) -> Period:
    """The period that holds a day.

    A week belongs to the year of its Thursday (ISO 8601): 2024-12-31 lies in 2025-W01.
    """
    if cadence == "day":
        name = Text(zh=_chinese(day), en=f"{day.day} {day:%B %Y}")
        return Period(cadence, day, day, day.isoformat(), name)
    if cadence == "week":
        return _week(day)
    if cadence == "month":
        first = day.replace(day=1)
        name = Text(zh=f"{day.year}年{day.month}月", en=f"{day:%B} {day.year}")
        return Period(cadence, first, last_day(first, "month"), f"{day:%Y-%m}", name)
    number = (day.month + 2) // 3
    first = date(day.year, number * 3 - 2, 1)
    name = Text(zh=f"{day.year}年第{number}季度", en=f"quarter {number} of {day.year}")
    return Period(cadence, first, last_day(first, "quarter"), f"{day.year}-Q{number}", name)


def _week(day: date) -> Period:
    year, number, weekday = day.isocalendar()
    monday = day - timedelta(days=weekday - 1)
    name = Text(zh=f"{year}年第{number}周", en=f"week {number} of {year}")
    return Period("week", monday, monday + timedelta(days=6), f"{year}-W{number:02}", name)


def _chinese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
