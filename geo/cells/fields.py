"""Which column of a layer means what: by name, borne out by the cells, asked for if in doubt."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from geo.cells.aliases import FALLBACKS, MEANT_FOR, bare_name, columns_meaning, header_unit, tiers
from geo.cells.numerals import parse_date, parse_numbers
from geo.cells.quantities import PERCENT_FROM
from geo.findings import Finding, Place, finding
from geo.parcels import MAPPED
from geo.plan import Plan
from geo.readers.columns import no_column
from geo.readers.vector import VectorLayer
from geo.readiness import rung_names
from geo.text import Words
from geo.treatments import SPELLINGS, TREATMENTS
from geo.units import M2_PER_FT2, M2_PER_UNIT, AreaUnit
from geo.words import as_text, normal

UNIT_FITS: Final = 0.02
"""A declared area is in a unit when the median of declared ÷ measured is within 2 % of it."""

SAME_AREA: Final = 1e-3
"""Two declared areas of a parcel are one figure when they differ by less (as when rounded)."""


@dataclass(slots=True)
class Fields:
    """What was found: names and their columns, the units borne out, notes, what is to be asked.

    In ``mapped`` a name that leads to ``""`` is not read, although a column is called so.
    ``unfit`` leads to columns whose cells do not bear out their names: areas that agree with the
    geometry in no unit, stages of which the standard ladder knows some, but not most.
    """

    mapped: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    notes: list[Words] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unfit: dict[str, str] = field(default_factory=dict)


def infer_fields(source: VectorLayer, measured_m2: pd.Series, answers: Mapping[str, str]) -> Fields:
    """Map a layer's columns to the planner's names, as far as there is no doubt.

    Of several columns that could have one meaning and differ, none is taken: a finding asks which,
    and ``answers`` (name → column) is where it is told. Raises :class:`geo.errors.LayerError` for
    an answer that names no column, or what is no name of the planner's.
    """
    work = _Inference(source, measured_m2, answers)
    work.ids()
    for meaning in ("name", "land_use", "ownership"):
        work.choose(meaning, work.same_text)
    work.choose("zone", work.same_text, lambda column: bool((work.text(column) != "").all()))
    work.choose("treatment", work.same_text, work.tells_treatment)
    work.area()
    for meaning in ("plot_ratio", "plot_ratio_existing", "existing_floor"):
        work.choose(meaning, work.same_number)
    work.ratio_units()
    work.stages()
    return work.told()


class _Inference:
    """The columns of one layer while their meanings are found."""

    def __init__(
        self, source: VectorLayer, measured_m2: pd.Series, answers: Mapping[str, str]
    ) -> None:
        self._source, self._measured_m2, self._answers = source, measured_m2, answers
        frame = source.frame
        self._columns = [str(name) for name in frame.columns if name != frame.geometry.name]
        for meaning, column in answers.items():
            choices, missing = (
                (self._columns, column) if meaning in MAPPED else (list(MAPPED), meaning)
            )
            if missing not in choices and (column or meaning not in MAPPED):
                where: Place = {"file": source.file, "layer": source.layer}
                raise no_column(missing, meaning, choices, **where)
        self._texts: dict[str, pd.Series] = {}
        self._fields: dict[str, str] = {}
        self._found = Fields()

    def text(self, column: str) -> pd.Series:
        """The cells of a column as text."""
        if column not in self._texts:
            self._texts[column] = as_text(self._source.frame[column])
        return self._texts[column]

    def same_text(self, one: str, other: str) -> bool:
        """Whether two columns hold the same in every row."""
        return bool((self.text(one) == self.text(other)).all())

    def same_number(self, one: str, other: str) -> bool:
        """Whether two columns hold the same number, or the same words, in every row."""
        values, others = (parse_numbers(self._source.frame[name]).values for name in (one, other))
        return bool(((values == others) | (self.text(one) == self.text(other))).all())

    def choose(
        self,
        meaning: str,
        same: Callable[[str, str], bool],
        fits: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Take the column of a meaning; of several that differ none, and ask."""
        if meaning in self._answers:
            self._fields[meaning] = self._answers[meaning]
            return
        for tier in self._filled(meaning, fits):
            first, *others = tier
            if all(same(first, other) for other in others):
                self._fields[meaning] = first
            else:
                self.ask(meaning, tier)
            return

    def _filled(self, meaning: str, fits: Callable[[str], bool]) -> Iterator[list[str]]:
        """The ranks of the columns that fit; blank columns only where there are no others."""
        ranked = [
            [column for column in tier if fits(column)] for tier in tiers(meaning, self._columns)
        ]
        filled = [[column for column in tier if (self.text(column) != "").any()] for tier in ranked]
        chosen = filled if any(filled) else [tier[:1] for tier in ranked]
        return (tier for tier in chosen if tier)

    def ask(self, meaning: str, columns: list[str]) -> None:
        """Say that these columns could all be meant, with what they hold where they differ."""
        texts = [self.text(column) for column in columns]
        differs = np.zeros(len(texts[0]), bool)
        for text in texts[1:]:
            differs |= (text != texts[0]).to_numpy()
        rows = np.flatnonzero(differs)[:2]
        seen = "; ".join(
            f"{column} ({', '.join(text.iloc[rows])})"
            for column, text in zip(columns, texts, strict=True)
        )
        code = "field.ambiguous-id" if meaning == "parcel_id" else "field.ambiguous"
        where: Place = {"file": self._source.file, "layer": self._source.layer, "field": meaning}
        self._found.findings.append(finding(code, **where, seen=seen, first=columns[0]))

    def ids(self) -> None:
        """The id of the parcels: a code that does not repeat, else the only code, else a counter.

        A blank id is called after its row, and so are all where no column holds ids.
        """
        self.choose("parcel_id", self.same_text, self._likely_id())
        column = self._fields.get("parcel_id")
        if column:
            if (self.text(column) == "").any():
                self._found.settings["blank_ids"] = "number"
                self._found.notes.append(
                    Words(
                        f"{column} 空白的地块按行号称为 row-N",
                        f"blank {column} are called row-N after their row",
                    )
                )
        elif not self._found.findings:
            self._found.settings["blank_ids"] = "number"
            self._found.notes.append(
                Words(
                    "没有像编号的列：地块按行号称为 row-N",
                    "no column looks like a parcel id: parcels are called row-N after their row",
                )
            )

    def _likely_id(self) -> Callable[[str], bool]:
        """Which columns may hold ids: of several codes those that do not repeat, if any."""
        if "parcel_id" in self._columns:
            return lambda column: column == "parcel_id"
        found = columns_meaning("parcel_id", self._columns)
        generic = {normal(name) for name in FALLBACKS["parcel_id"]}
        codes = [column for column in found if bare_name(column) not in generic]
        counters = [column for column in found if bare_name(column) in generic]
        unique = [column for column in codes if self._is_unique(column)]
        if len(codes) < 2 or unique:
            return lambda column: not unique or column in unique
        if any(self._is_unique(counter) for counter in counters):
            return lambda column: column in counters and self._is_unique(column)
        return lambda _: True

    def _is_unique(self, column: str) -> bool:
        ids = self.text(column)
        named = ids[ids != ""]
        return len(named) > 0 and not named.duplicated().any()

    def tells_treatment(self, column: str) -> bool:
        """Whether most words of a column are treatments."""
        words = [cell for cell in self.text(column) if cell]
        return sum(word in TREATMENTS or word in SPELLINGS for word in words) * 2 > len(words)

    def area(self) -> None:
        """The column that agrees with the geometry in some unit; a unit is never assumed."""
        columns = columns_meaning("declared_area", self._columns)
        if answer := self._answers.get("declared_area"):
            columns = [answer]
        units = {column: self._area_unit(column) for column in columns}

        def same(one: str, other: str) -> bool:
            first, second = (self._area_m2(name, units[name]) for name in (one, other))
            with np.errstate(divide="ignore", invalid="ignore"):
                far = np.abs(first / second - 1) > SAME_AREA
            return not (far | (np.isnan(first) != np.isnan(second))).any()

        self.choose("declared_area", same, lambda column: units[column] is not None)
        if not any(units.values()):
            software = {normal(name) for name in FALLBACKS["declared_area"]}  # nobody declared it
            declared = [column for column in columns if normal(column) not in software]
            filled = [column for column in declared if (self.text(column) != "").any()]
            self._found.unfit |= {"declared_area": filled[0]} if filled else {}
        if unit := units.get(self._fields.get("declared_area", "")):
            self._found.settings["declared_area_unit"] = unit

    def _area_m2(self, column: str, unit: AreaUnit | None) -> np.ndarray[Any, Any]:
        numbers = parse_numbers(self._source.frame[column], area=True)
        factor = [M2_PER_UNIT[told or unit or "m2"] for told in numbers.unit]
        return numbers.values * np.array(factor, dtype=np.float64)

    def _area_unit(self, column: str) -> AreaUnit | None:
        """The unit in which declared areas agree with the measured ones, if there is one.

        Most of them do, or else their sum: then they stand in another order than the shapes.
        Cells that state their own unit are not asked, unless all of them do: then the header is,
        as it must not contradict the plan.
        """
        numbers = parse_numbers(self._source.frame[column], area=True)
        own = numbers.unit != ""
        known = ~np.isnan(numbers.values)
        plain = known & ~own
        values, at = (numbers.values, plain) if plain.any() else (self._area_m2(column, None), own)
        declared = pd.Series(values, index=self._measured_m2.index)[at]
        measured = self._measured_m2[at]
        ratio = declared / measured
        ratios = (
            float(ratio[np.isfinite(ratio)].median()),
            float(declared.sum() / measured.sum()) if measured.sum() else np.nan,
        )
        units: list[AreaUnit] = list(M2_PER_UNIT) if plain.any() else ["m2"]
        fitting = (u for r in ratios for u in units if abs(r * M2_PER_UNIT[u] - 1) < UNIT_FITS)
        found = next(fitting, None)
        return found if found is None or plain.any() else header_unit(column) or found

    def ratio_units(self) -> None:
        """Per cent and square feet, where the numbers themselves bear them out."""
        if ratio := self._fields.get("plot_ratio"):
            numbers = parse_numbers(self._source.frame[ratio])
            known = numbers.values[np.isfinite(numbers.values) & ~numbers.percent]
            if len(known) and np.median(known) >= PERCENT_FROM:
                self._found.settings["plot_ratio_unit"] = "percent"
        floor = self._fields.get("existing_floor")
        if floor and header_unit(floor) is None and self._floor_in_feet(floor):
            self._found.settings["floor_unit"] = "ft2"

    def _floor_in_feet(self, column: str) -> bool:
        """Whether floor is in square feet: by the existing plot ratio, else as the land is."""
        existing = self._fields.get("plot_ratio_existing")
        if not existing:
            return self._found.settings.get("declared_area_unit") == "ft2"
        floor, ratio = (
            parse_numbers(self._source.frame[name]).values for name in (column, existing)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            m2_of_one = ratio * self._measured_m2.to_numpy() / floor
        known = m2_of_one[np.isfinite(m2_of_one) & (m2_of_one > 0)]
        return bool(len(known) and abs(np.median(known) / M2_PER_FT2 - 1) < 0.1)

    def stages(self) -> None:
        """A stage column counts as one when the standard ladder knows most of its words."""
        known = rung_names(Plan.model_fields["stages"].get_default())

        def tells_stages(column: str) -> bool:
            words = [normal(cell) for cell in self.text(column) if cell]
            return sum(word in known for word in words) * 2 > len(words)

        self.choose("stage", self.same_text, tells_stages)
        for meaning in _OF_STAGE:
            if self._fields.get("stage") or meaning in self._answers:
                self.choose(meaning, self._same_day)
        if "stage" not in self._fields:
            self._unfit_stages(known)

    def _unfit_stages(self, known: Mapping[str, int]) -> None:
        """A column that is called a stage and of whose words the ladder knows any."""
        for column in columns_meaning("stage", self._columns):
            if any(normal(cell) in known for cell in self.text(column)):
                also = {name: columns_meaning(name, self._columns) for name in _OF_STAGE}
                self._found.unfit |= {"stage": column}
                self._found.unfit |= {name: found[0] for name, found in also.items() if found}
                return

    def _same_day(self, one: str, other: str) -> bool:
        """Whether two columns hold the same dates, however written, or the same words."""
        pairs = zip(self.text(one), self.text(other), strict=True)
        return all(
            first == second or (parse_date(first) or first) == (parse_date(second) or second)
            for first, second in set(pairs)
        )

    def told(self) -> Fields:
        """What was found, in the order of the planner's names, and why."""
        found, fields, columns = self._found, self._fields, self._columns
        for meaning, column in fields.items():
            if column:
                others = [other for other in columns_meaning(meaning, columns) if other != column]
                also = f" (not {', '.join(others)})" if others else ""
                also_zh = f"（不取 {', '.join(others)}）" if others else ""
                found.notes.append(
                    Words(
                        f"{meaning} 取自列 {column}{also_zh}",
                        f"{meaning} is read from {column}{also}",
                    )
                )
        for other, (meaning, words) in MEANT_FOR.items():
            for column in columns_meaning(other, columns):
                if column not in fields.values():
                    found.notes.append(
                        Words(
                            f"{column} 是{words.zh}：不作 {meaning}",
                            f"{column} is {words.en}: it is not taken for {meaning}",
                        )
                    )
        found.notes += [
            Words(f"{name} = {unit}，由数值推断", f"{name} is {unit}, which its numbers bear out")
            for name in ("declared_area_unit", "plot_ratio_unit", "floor_unit")
            if (unit := found.settings.get(name))
        ]
        refused = [name for name in _REFUSED if name in columns and name not in fields]
        found.notes += [
            Words(f"不读 {name}：{_REFUSED[name].zh}", f"{name} is not read: {_REFUSED[name].en}")
            for name in refused
        ]
        found.mapped = {name: column for name, column in fields.items() if name != column}
        found.mapped |= dict.fromkeys(refused, "")
        return found


_OF_STAGE: Final = ("stage_date", "evidence")
"""What is read only beside a stage."""

_REFUSED: Final = {
    "zone": Words("有空白的单元格", "some of its cells are blank"),
    "treatment": Words(
        f"多数不是 {', '.join(TREATMENTS)} 之一",
        f"most of its words are none of {', '.join(TREATMENTS)}",
    ),
    "declared_area": Words("用任何单位都与图形不符", "it agrees with the geometry in no unit"),
    "stage": Words("多数不在标准阶段表中", "the standard ladder does not know most of its words"),
}
"""Why a column that has the planner's own name is yet not read, so that the plan must say so."""
