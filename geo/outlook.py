"""What lies ahead of a study: when its goals will be reached, and which land is taken next."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from openpyxl import Workbook

from geo.charts import add_curve, add_gantt
from geo.findings import Finding
from geo.forecast.ahead import forecast_of
from geo.forecast.outcome import Forecast
from geo.forecast.wording import forecast_words
from geo.notify import Notify, unheard
from geo.sequence.answer import recorded
from geo.sequence.outcome import Sequence
from geo.study import Study
from geo.tables.forecast import forecast_sheets
from geo.tables.sequence import bound_words, sequence_sheets
from geo.tables.sheet import Sheet
from geo.text import Text


@dataclass(frozen=True, slots=True)
class Outlook:
    """What lies ahead, as far as the plan asks for it, and what the forecast says in words."""

    forecast: Forecast | None = None
    sequence: Sequence | None = None
    sentences: list[Text] = field(default_factory=list)
    inputs: list[Path] = field(default_factory=list)

    @property
    def findings(self) -> list[Finding]:
        """What is to be said of either."""
        told = [] if self.forecast is None else self.forecast.findings
        return told if self.sequence is None else [*told, *self.sequence.findings]

    def sheets(self, study: Study) -> list[Sheet]:
        """The tables of both."""
        told = [] if self.forecast is None else forecast_sheets(study, self.forecast)
        return told if self.sequence is None else [*told, *sequence_sheets(self.sequence)]

    def charts(self) -> list[Callable[[Workbook], None]]:
        """What a workbook shows besides tables: the Gantt and the S-curve of the sequence."""
        if self.sequence is None:
            return []
        return [partial(draw, sequence=self.sequence) for draw in (add_gantt, add_curve)]


def outlook_of(study: Study, *, notify: Notify = unheard) -> Outlook:
    """What is published of the future: the forecast, and the plan of record.

    A forecast is told where the plan has ``[forecast]``, a plan of record where ``[sequence]``
    names one. Raises :class:`geo.errors.SequenceError` for what cannot be told.
    """
    plan = study.plan
    notify("forecast")
    told = forecast_of(study, tested=True) if "forecast" in plan.model_fields_set else None
    words = [] if told is None else forecast_words(study, told)
    if plan.sequence is None or plan.sequence.file is None:
        return Outlook(told, None, words)
    notify("sequence")
    inputs = [plan.folder / plan.sequence.file]
    if plan.sequence.costs != "economics":
        inputs.append(plan.folder / plan.sequence.costs.file)
    plan_of_record = recorded(study, plan.sequence.file)
    return Outlook(told, plan_of_record, [*words, bound_words(plan_of_record)], inputs)
