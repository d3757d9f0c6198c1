"""Tables of claims as people write them: every fault told, no row lost."""

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from geo.claims.answer import VERDICTS
from geo.claims.answering import answered
from geo.claims.figures import Drawn
from geo.claims.reading import claims_of, members_of
from geo.errors import LayerError
from geo.inputs import Notes
from geo.readers.table import Table
from geo.summary import records
from tests.claiming import (
    COLUMNS,
    ELSEWHERE,
    GOAL,
    SCENARIO,
    SOURCES,
    TABLES,
    amiss,
    answers,
    area,
    as_csv,
    claim_row,
    date_of,
    floor,
    numbered,
    only,
    ratio,
    read_plan_run,
    studied,
    town,
)

# --- sources -----------------------------------------------------------------------------------


def test_a_source_about_another_place_is_in_no_figure(tmp_path: Path) -> None:
    study = studied(
        tmp_path,
        floor("Park", 40_000),
        area("Park", 30, source="s2", of="parcel:A"),
        sources=ELSEWHERE,
    )
    table = study.claims
    assert set(table["rule"]) == {"plan", "refused"}  # no density of this town's floor on its land
    assert only(table, "refused")["claims"] == "C2"
    assert ("claims.other-place", "claims.csv", 3, "source") in amiss(study)


@pytest.mark.parametrize(
    ("place", "refused"),
    [
        *(("Rivertown,河口镇", False), ("Rivertown,", False), (",滨海市河口镇", False)),
        *(("Lower Rivertown district,", False), ("Rivertowns,河東镇", True), (",清远", True)),
        *((",东莞河口", False), (",河口", False), (",滨海市河口县", True), (",河口村", True)),
    ],
)
def test_a_place_may_be_named_among_others(place: str, refused: bool, tmp_path: Path) -> None:
    sources = f"id,title,title_zh,published,place,place_zh\ns1,Paper,报,2023,{place}\n"
    study = studied(tmp_path, area("Park", 30), sources=sources)
    found = {code for code, *_ in amiss(study)}
    assert found == ({"claims.other-place"} if refused else set())


def test_what_no_place_is_known_of_is_used_and_said(tmp_path: Path) -> None:
    sources = "id,title\ns1,Paper\n"
    study = studied(tmp_path / "source", area("Park", 30), sources=sources)
    assert amiss(study) == [("claims.no-place", "sources.csv", 2, "place")]
    study = studied(tmp_path / "plan", area("Park", 30), sources=ELSEWHERE, place="")
    assert amiss(study) == [("claims.no-place", "plan.toml", None, "place")]


def test_a_source_that_is_listed_twice_or_has_no_id(tmp_path: Path) -> None:
    sources = ELSEWHERE + "S1,Again,又,2023,Hilltown,山口镇\n,Nameless,,2023,Hilltown,山口镇\n"
    study = studied(tmp_path, area("P", 30), area("Q", 40, source=""), sources=sources)
    assert amiss(study) == [
        ("claims.id-twice", "sources.csv", 4, "id"),
        ("claims.id-blank", "sources.csv", 5, "id"),
        ("claims.source", "claims.csv", 3, "source"),
    ]
    assert "refused" not in set(study.claims["verdict"])  # the first of an id holds


def test_claims_without_any_table_of_sources(tmp_path: Path) -> None:
    options = {"tables": '[claims]\nfile = "claims.csv"\n'}
    study = studied(tmp_path, area("Park", 30), **options)
    assert amiss(study) == [("claims.source", "claims.csv", 2, "source")]


# --- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "field", "cells", "en", "zh"),
    [
        ("claims.unit", "unit", {**area("P", 30), "unit": "acres"}, "unknown unit 'acres'",
         "未知的单位"),
        ("claims.unreadable", "value", area("P", 0) | {"value": "三十左右"},
         "'三十左右' is no number or date", "不是一个数或日期"),
        ("claims.unreadable", "value", area("P", 0) | {"value": "20-30"}, "'20-30' is no number",
         "未采用"),
        ("claims.unreadable", "value", area("P", 0) | {"value": ""}, "'' is no number", "未采用"),
        ("claims.unreadable", "value", {"measure": "started", "value": "soon", "unit": "date"},
         "'soon' is no number or date", "未采用"),
        ("claims.unreadable", "as_of", area("P", 30, as_of="last year"), "'last year'", "未采用"),
        ("claims.unreadable", "years", area("P", 30, years="-3"), "'-3'", "未采用"),
        ("claims.unit-differs", "value", area("P", 0) | {"value": "30公顷"},
         "'30公顷' states another unit than its row (mu)", "自带的单位"),
        ("claims.value", "value", {"measure": "completion", "value": 10300, "unit": "percent"},
         "10300 is no percentage", "不会是百分数"),
        ("claims.value", "value", ratio("P", 350), "350 is no plot ratio: is it a percentage?",
         "不会是容积率"),
        ("claims.value", "value", area("P", -30), "-30 is negative", "是负数"),
        ("claims.value", "value", area("P", 0) | {"value": "1e308", "unit": "km2"},
         "1e308 cannot be so many of its unit", "不会是这个单位的数"),
        ("claims.value", "value", {"measure": "investment", "value": "1e300", "unit": "元"},
         "cannot be so many", "不会是"),
        ("claims.measure", "measure", floor("P", 30, "target_floorspace"),
         "unknown measure 'target_floorspace'; did you mean 'target_floor_space'?", "不是已知"),
        ("claims.measure", "measure", area("P", 30, "floor_area"),
         "unknown measure 'floor_area'; it is held against no land", "不是已知的指标"),
        ("claims.measure", "measure", area("P", 30, ""), "unknown measure '—'", "不是已知的指标"),
        ("claims.kind", "unit", area("P", 30) | {"unit": "CNY"},
         "is an area and CNY is no unit of one", "单位却是 CNY"),
        ("claims.share", "value", {"measure": "occupancy", "value": "0.98", "unit": "percent"},
         "0.98 % looks like a plain share: was 98 % meant?", "是否指 98 %"),
        ("claims.unit", "unit", {"measure": "investment", "value": "9", "unit": "亿美元"},
         "unknown unit '亿美元'", "未知的单位"),
        ("claims.qualifier", "qualifier", area("P", 30, qualifier="nearley"),
         "unknown qualifier 'nearley'; did you mean 'nearly'?", "未知的限定词"),
        ("claims.within", "within", area("P", 30, within="Praks"), "no row has the subject 'Praks'",
         "表中没有主体"),
        ("claims.of", "of", area("P", 30, of="parcel:Z"), "the plan has no 'parcel:Z'",
         "计划中没有"),
        ("claims.of", "of", area("P", 30, of="programme:p"), "the plan has no 'programme:p'",
         "计划中没有"),
        ("claims.scenario", "scenario", area("P", 30, scenario="x"),
         "the plan has no scenario 'x'", "没有情景"),
        ("claims.source", "source", area("P", 30, source="s9"), "source 's9' is not in the table",
         "不在来源表中"),
        ("claims.id-blank", "id", area("P", 30, id=""), "the row has no id; it is called #2",
         "没有编号"),
        ("number.approximate", "value", area("P", 0) | {"value": "约1657"},
         "'约1657' is approximate", "约数"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value[:8] else None,
)  # fmt: skip
def test_a_bad_cell_is_told_and_no_row_is_lost(
    code: str, field: str, cells: dict[str, Any], en: str, zh: str, tmp_path: Path
) -> None:
    study = studied(tmp_path, cells)
    assert amiss(study) == [(code, "claims.csv", 2, field)]
    item = next(item for item in study.findings if item.code == code)
    assert en in item.message
    assert zh in item.message_zh
    assert item.severity == "warning"
    assert "元'?" not in item.message  # 亿美元 is no 元 that is mistyped
    assert len(study.claims) == 1
    expected = {"claims.of", "claims.unit", "claims.unreadable", "claims.unit-differs"}
    if code in expected | {"claims.value"} and field in ("of", "unit", "value"):
        assert study.claims["verdict"].tolist() == ["not computable"]


def test_an_id_that_stands_twice_keeps_both_rows(tmp_path: Path) -> None:
    study = studied(tmp_path, area("P", 30, id="F1"), area("Q", 40, id="f1"))
    assert amiss(study) == [("claims.id-twice", "claims.csv", 3, "id")]
    assert sorted(study.claims["published"]) == [30, 40]


def test_numbers_as_people_write_them(tmp_path: Path) -> None:
    study = studied(
        tmp_path,
        area("A", 0) | {"value": "2,888亩"},
        area("B", 0) | {"value": "约1657"},
        {"measure": "completion", "value": "１０３％", "unit": "%", "subject": "C"},
        {**area("D", 0), "value": "1.5", "unit": "公顷"},
    )
    claims = study.land.sources.claims
    assert [claim.value for claim in claims] == pytest.approx([2888, 1657, 103, 1.5])
    assert [claim.unit for claim in claims] == ["mu", "mu", "percent", "ha"]
    assert [claim.bound for claim in claims] == ["exact", "about", "exact", "exact"]


@pytest.mark.parametrize(
    ("value", "unit", "told", "name", "step"),
    [
        *(("9", "亿元", 9e8, "CNY", 1e8), ("9", "亿", None, "亿", None)),
        *(("90000", "万元", 9e8, "CNY", 1e6), ("20.37", "亿元", 2.037e9, "CNY", 1e6)),
        *(("9亿元", "CNY", 9e8, "CNY", 1e8), ("9亿元", "亿元", 9e8, "CNY", 1e8)),
        *(("9亿", "元", 9e8, "CNY", 1e8), ("900000000", "RMB", 9e8, "CNY", 1e6)),
        *(("900000000元", "人民币", 9e8, "CNY", 1e6), ("9", "亿元/年", 9e8, "CNY/year", 1e8)),
        *(("100", "万元/月", 1.2e7, "CNY/year", 1.2e5), ("9", "million CNY", 9e6, "CNY", 1e6)),
        *(("4万", "m2", 4e4, "m2", 1e4), ("4万平方米", "m2", 4e4, "m2", 1e4)),
        *(("4", "万平方米", 4e4, "m2", 1e4), ("4万", "万平方米", 4e4, "m2", 1e4)),
        *(("40000平方米", "万平方米", 4e4, "m2", 100), ("4万平方米", "公顷", 4, "ha", 1)),
        *(("0.2", "万亩", 2000, "mu", 1000), ("1800人", "人", 1800, "people", 10)),
        *(("4万平方米", "亩", None, "mu", None), ("9亿美元", "元", None, "CNY", None)),
    ],
)  # fmt: skip
def test_units_of_every_day(
    value: str, unit: str, told: float | None, name: str, step: float | None, tmp_path: Path
) -> None:
    money = "CNY" in name or name == "亿"
    measure = "investment" if money else "jobs" if name == "people" else "target_floor_space"
    study = studied(tmp_path, {"measure": measure, "value": value, "unit": unit})
    (claim,) = study.land.sources.claims
    assert claim.unit == name
    if told is None:
        assert not claim.numeric
        assert len(amiss(study)) == 1
        return
    assert (claim.value, claim.step) == (pytest.approx(told), pytest.approx(step))
    assert amiss(study) == []


@pytest.mark.parametrize(
    ("value", "qualifier", "told"),
    [
        *(("30", "约", "about"), ("30", "近", "nearly"), ("30", "超过", "more_than")),
        *(("30", "More than", "more_than"), ("30", "approx", "about"), ("30", "至少", "at_least")),
        *(("近30", "", "nearly"), ("逾30", "", "more_than"), ("不少于30", "exact", "at_least")),
        *(("近4万", "", "nearly"), ("不足30亩", "", "less_than")),
    ],
)  # fmt: skip
def test_qualifiers_as_documents_write_them(
    value: str, qualifier: str, told: str, tmp_path: Path
) -> None:
    study = studied(tmp_path, area("P", 0, qualifier=qualifier) | {"value": value})
    (claim,) = study.land.sources.claims
    assert (claim.qualifier, claim.numeric) == (told, True)
    assert amiss(study) == []


def test_a_figure_with_wan_that_is_rough_is_said_to_be(tmp_path: Path) -> None:
    study = studied(tmp_path, floor("P", 0) | {"value": "4万多"})
    (claim,) = study.land.sources.claims
    assert (claim.value, claim.qualifier) == (40_000, "about")
    assert [code for code, *_ in amiss(study)] == ["number.approximate"]


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("庆丰 元瑞", ("庆丰", "元瑞")),
        ("庆丰、元瑞 二厂；安加", ("庆丰", "元瑞 二厂", "安加")),
        ("Lot 1; Lot 2", ("Lot 1", "Lot 2")),
        ("Lot 1", ("Lot 1",)),
        ("TCL 康华", ("TCL", "康华")),
        (" ", ()),
    ],
)
def test_names_of_a_list_stand_between_marks_or_else_between_blanks(
    cell: str, names: tuple[str, ...]
) -> None:
    assert members_of(cell) == names


def test_one_english_name_for_two_chinese_ones_is_told(tmp_path: Path) -> None:
    study = studied(
        tmp_path,
        area("Phase 1", 100, subject_zh="甲一期"),
        floor("Phase 1", 200_000, subject_zh="乙一期"),
        floor("phase 1", 50_000, "existing_floor_space"),
    )
    assert amiss(study) == [("claims.subject-two", "claims.csv", 3, "subject_zh")]


def test_a_measure_of_ones_own_is_no_fault(tmp_path: Path) -> None:
    own = {"measure": "patents", "value": "12", "unit": "count"}
    assert amiss(studied(tmp_path, own, date_of("P", "2023"))) == []


WORDS = st.sampled_from(
    ["", "Park", "公园", "光明科技园", "明光科技园 公园", "P:1", "%s", "\u202e"]
)
VALUES = st.sampled_from(
    [
        "",
        "0",
        "-1",
        "1e308",
        "1e-308",
        "nan",
        "inf",
        "2,888",
        "约3",
        "2-3",
        "103%",
        "12亩",
        "9" * 60,
    ]
) | st.integers(0, 10**9).map(str)
CELLS = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["", "F1", "F2"]),
        "subject": WORDS,
        "subject_zh": WORDS,
        "measure": st.sampled_from(
            [
                *("", "renewal_area", "goal_area_3yr", "target_floor_space", "target_plot_ratio"),
                *("existing_floor_space", "existing_plot_ratio", "completion", "investment"),
                *("started", "stage"),
            ]
        ),
        "value": VALUES | st.sampled_from(["2023-H1", "cleared"]),
        "unit": st.sampled_from(
            ["mu", "m2", "ha", "ratio", "percent", "CNY", "date", "stage", "x"]
        ),
        "qualifier": st.sampled_from(["", "about", "nearly", "more_than", "cumulative", "x"]),
        "as_of": st.sampled_from(["", "2023", "soon"]),
        "years": st.sampled_from(["", "0", "3", "x"]),
        "of": st.sampled_from(["", "town", "parcel:A", "parcel:Z", "goal:g", "+", ":", "goal:"]),
        "scenario": st.sampled_from(["", "s", "x"]),
        "within": WORDS,
        "members": WORDS,
        "source": st.sampled_from(["", "s1", "s2", "s9"]),
        "value_zh": WORDS,
    }
)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """The land of the small town, to hold any claims against."""
    path = town(tmp_path_factory.mktemp("town"), area("P", 30), more=SCENARIO + GOAL % "")
    study = read_plan_run(path)
    land = study.land
    history = (study.parcel_floor, land.events)
    return Drawn(study.plan, study.parcels, land.once, land.members, *history, frozenset(["all"]))


@given(rows=st.lists(CELLS, max_size=8))
@settings(max_examples=200)
def test_whatever_stands_in_the_cells_every_row_is_answered(
    rows: list[dict[str, str]], ground: Drawn
) -> None:
    table = Table(Path("claims.csv"), pd.DataFrame(rows, columns=list(COLUMNS)))
    sources = Table(Path("sources.csv"), pd.read_csv(io.StringIO(ELSEWHERE)).astype(str))
    notes = Notes()
    claims = claims_of(ground.plan, ground.plan.claims, table, sources, notes)
    told, faults = answered(claims, ground)
    assert len(claims) == len(rows)
    names = set(", ".join(told["claims"]).split(", ")) - {""}
    assert names == {claim.id for claim in claims}
    assert set(told["verdict"]) <= set(VERDICTS)
    refused = {claim.id for claim in claims if claim.refused}
    used = {claim.id for claim in claims if not claim.refused}
    for answer in told[told["rule"] != "refused"]["claims"]:
        assert not set(answer.split(", ")) & (refused - used)
    assert all(item.row is not None for item in [*notes.findings, *faults])
    json.dumps(records(told), allow_nan=False)


def test_thousands_of_claims_are_answered_at_once(ground: Drawn) -> None:
    rows = [
        claim_row(**area(f"Park {at}", at + 1), id=f"F{at}", subject_zh=f"第{at}园", members="光明")
        for at in range(1500)
    ]
    table = Table(Path("claims.csv"), pd.DataFrame(rows, columns=list(COLUMNS)))
    claims = claims_of(ground.plan, ground.plan.claims, table, None, Notes())
    begun = time.monotonic()
    told, _ = answered(claims, ground)
    assert time.monotonic() - begun < 10
    assert len(set(", ".join(told["claims"]).split(", "))) == 1500


def test_a_published_number_of_zero_is_no_crash(tmp_path: Path) -> None:
    study = studied(tmp_path, area("P", 0, of="town"), floor("P", 0), ratio("P", 0))
    assert set(study.claims["verdict"]) == {"not computable"}
    assert study.claims["difference"].isna().all()


def test_a_table_without_a_needed_column_is_refused(tmp_path: Path) -> None:
    path = town(tmp_path, area("P", 30))
    (tmp_path / "claims.csv").write_text("id,subject,value,unit,source\nC1,P,30,mu,s1\n", "utf-8")
    with pytest.raises(LayerError, match="measure"):
        read_plan_run(path)


def test_the_same_claims_in_gbk_and_in_a_workbook(tmp_path: Path) -> None:
    rows = [area("Park", 30, subject_zh="光明园区", of="parcel:A"), area("Other", 40)]
    plain = answers(tmp_path / "utf8", *rows)
    pd.testing.assert_frame_equal(plain, answers(tmp_path / "gbk", *rows, encoding="gb18030"))
    path = town(tmp_path / "book", *rows, tables=TABLES.replace("claims.csv", "claims.xlsx"))
    book = Workbook()
    for cells in csv.reader(io.StringIO(as_csv(numbered(rows)))):
        book.active.append([float(cell) if cell.isdigit() else cell or None for cell in cells])
    book.save(path.parent / "claims.xlsx")
    pd.testing.assert_frame_equal(plain, read_plan_run(path).claims)


def test_sources_that_a_workbook_made_numbers(tmp_path: Path) -> None:
    sources = SOURCES.replace("s1", "001")
    study = studied(tmp_path, area("P", 30, source="1"), sources=sources)
    assert amiss(study) == []
