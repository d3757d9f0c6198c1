"""The plan file: every fault is named with its place and cure, all of them at once."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import geo
from geo.errors import PlanError
from geo.findings import Finding
from geo.plan import plan_schema, read_plan
from geo.webmap.payload import page_payload

ROOT = Path(__file__).resolve().parents[1]
QINGXI = ROOT / "layers" / "qingxi" / "plan.toml"
TEXT = QINGXI.read_text("utf-8")

Faults = Callable[..., list[Finding]]


@pytest.fixture
def faults(tmp_path: Path) -> Faults:
    """The faults of Qingxi's plan after replacements, or of a text of its own."""

    def read(*changes: tuple[str, str], text: str = TEXT) -> list[Finding]:
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "plan.toml").write_text(text, "utf-8")
        with pytest.raises(PlanError) as caught:
            read_plan(tmp_path / "plan.toml")
        assert isinstance(caught.value, ValueError)
        assert all(item.severity == "error" for item in caught.value.findings)
        return list(caught.value.findings)

    return read


def line(item: Finding) -> str:
    return str(item).partition(" → ")[0]


# -- one fault each ------------------------------------------------------------------------------

ONE_FAULT = {
    "unknown key": (
        [("gap_m = 30", "gap_m = 30\ntolerence_m = 1")],
        "plan.toml, contiguity.tolerence_m: unknown key 'tolerence_m'; did you mean 'tolerance_m'?",
    ),
    "unknown table": (
        [("[lights]", "[lihgts]")],
        "plan.toml, lihgts: unknown key 'lihgts'; did you mean 'lights'?",
    ),
    "unknown key in a list": (
        [("mu = 4500\n", "mu = 4500\nbasiss = 1\n")],
        "plan.toml, goals[1].basiss: unknown key 'basiss'; did you mean 'basis'?",
    ),
    "unknown key in a wording": (
        [
            (
                "[lights]",
                '[accept]\n"geometry.empty" = { zh = "空", en = "empty", fr = "vide" }\n[lights]',
            )
        ],
        "plan.toml, accept.geometry.empty.fr: unknown key 'fr'",
    ),
    "a key of old": (
        [("handover_share = 0.1", "net_share = 0.9")],
        "plan.toml, scenarios[2].net_share: unknown key 'net_share'; write handover_share, which "
        "is 1 less the net share",
    ),
    "a table of old": (
        [("[lights]", "[[published]]\nvalue = 1\n[lights]")],
        "plan.toml, published: unknown key 'published'; published figures are rows of the file in "
        "[claims]",
    ),
    "a bound without the library's words": (
        [("plot_ratio = 2.5\nby_zone", "plot_ratio = 250\nby_zone")],
        "plan.toml, scenarios[2].plot_ratio: 250 looks like a percentage: write 2.5 (it is 250)",
    ),
    "unknown key unlike any": (
        [("gap_m = 30", "gap_m = 30\nzzz = 1")],
        "plan.toml, contiguity.zzz: unknown key 'zzz'",
    ),
    "wrong type": (
        [("gap_m = 30", 'gap_m = "wide"')],
        "plan.toml, contiguity.gap_m: input should be a valid number (it is wide)",
    ),
    "wrong range": (
        [("handover_share = 0.1", "handover_share = 9")],
        "plan.toml, scenarios[2].handover_share: input should be less than or equal to 1 (it is 9)",
    ),
    "not a number": (
        [("gap_m = 30", "gap_m = inf")],
        "plan.toml, contiguity.gap_m: input should be a finite number (it is inf)",
    ),
    "absent": (
        [("crs = ", "# ")],
        "plan.toml, crs: field required (it is absent)",
    ),
    "a table for a list": (
        [("[[layers.barriers]]", "[layers.barriers]")],
        "plan.toml, layers.barriers: input should be a valid list (it is { file = …, layer = … })",
    ),
    "no date": (
        [("as_of = 2024-12-31", 'as_of = "soon"')],
        "plan.toml, as_of: input should be a valid date or datetime, input is too short "
        "(it is soon)",
    ),
    "one language only": (
        [
            (
                'name = { zh = "吉瓦森林", en = "Jiwa Forest" }',
                'name = { zh = "吉瓦森林" }',
            )
        ],
        "plan.toml, programmes[4].name.en: field required (it is absent)",
    ),
    "dangling stage": (
        [
            ('id = "five-years"', 'id = "five-years"'),
            (
                'mu = 4500\ndue = 2027-12-31\nstage = "cleared"',
                'mu = 4500\ndue = 2027-12-31\nstage = "claered"',
            ),
        ],
        "plan.toml, goals[1].stage: 'claered' is no stage of this plan; did you mean 'cleared'?",
    ),
    "dangling programme": (
        [
            (
                'programme = "rolling2023"\nsource = "F07"\n\n#',
                'programme = "rolling"\nsource = "F07"\n\n#',
            )
        ],
        "plan.toml, goals[2].programme: 'rolling' is no programme of this plan; "
        "did you mean 'rolling2023'?",
    ),
    "claims without a file": (
        [('file = "claims.csv"\n', "")],
        "plan.toml, claims.file: field required (it is absent)",
    ),
    "a tolerance in per cent": (
        [('file = "claims.csv"', 'file = "claims.csv"\nnearly = 5')],
        "plan.toml, claims.nearly: input should be less than or equal to 1 (it is 5)",
    ),
    "geographic area CRS": (
        [('"EPSG:4547"', '"EPSG:4490"')],
        "plan.toml, crs: area CRS EPSG:4490 cannot be used: it is not projected, so its units "
        "are not lengths",
    ),
    "Web Mercator": (
        [('"EPSG:4547"', '"EPSG:3857"')],
        "plan.toml, crs: area CRS EPSG:3857 cannot be used: a Mercator projection inflates areas",
    ),
    "unknown CRS": (
        [('"EPSG:4547"', '"EPSG:454700"')],
        "plan.toml, crs: unknown CRS 'EPSG:454700'",
    ),
    "an id twice": (
        [('id = "three-years"', 'id = "five-years"')],
        "plan.toml, goals: this id stands more than once (it is five-years)",
    ),
    "a scenario twice": (
        [('id = "mixed"', 'id = "planned"')],
        "plan.toml, scenarios: this id stands more than once (it is planned)",
    ),
    "due too early": (
        [("due = 2023-12-31", "due = 2023-01-01")],
        "plan.toml, goals[2].due: the goal must be due after base_date 2023-01-01 "
        "(it is 2023-01-01)",
    ),
    "before the base date": (
        [("as_of = 2024-12-31", "as_of = 2022-12-31")],
        "plan.toml, as_of: as_of must not be before base_date 2023-01-01 (it is 2022-12-31)",
    ),
    "unknown accept code": (
        [("[lights]", '[accept]\n"geometry.emtpy" = "?"\n[lights]')],
        "plan.toml, accept: 'geometry.emtpy' is no error code of this plan; "
        "did you mean 'geometry.empty'?",
    ),
    "a warning cannot be accepted": (
        [("[lights]", '[accept]\n"parcel.overlap" = "?"\n[lights]')],
        "plan.toml, accept: 'parcel.overlap' is no error code of this plan; did you mean",
    ),
}


@pytest.mark.parametrize("fault", ONE_FAULT)
def test_a_fault_is_told_with_place_and_cure(faults, fault):
    changes, told = ONE_FAULT[fault]
    (item,) = faults(*changes)
    assert line(item).startswith(told)
    assert item.mend
    assert re.search("[一-鿿]", item.message_zh + item.mend_zh)


def test_a_value_of_two_kinds_is_told_for_both(faults):
    items = faults(("plot_ratio = 3.5", 'plot_ratio = "plannd"'))
    assert {item.field for item in items} == {"scenarios[1].plot_ratio"}
    assert 'low, likely and high, or "planned"' in items[0].message


def test_a_syntax_error_is_told_with_its_line(faults, tmp_path):
    (item,) = faults(("gap_m = 30", "gap_m = = 30"))
    number = TEXT[: TEXT.index("gap_m = 30")].count("\n") + 1
    assert item.code == "plan.syntax"
    assert f"(at line {number}, column 9)" in item.message
    assert item.file == str(tmp_path / "plan.toml")


def test_a_plan_in_another_encoding_is_told_so(tmp_path):
    (tmp_path / "plan.toml").write_bytes(TEXT.encode("gb18030"))
    with pytest.raises(PlanError, match="utf-8"):
        read_plan(tmp_path / "plan.toml")


def test_a_missing_plan_is_told_with_the_way_to_a_new_one(tmp_path):
    with pytest.raises(PlanError, match="landready new") as caught:
        read_plan(tmp_path / "nowhere" / "plan.toml")
    assert [item.code for item in caught.value.findings] == ["plan.missing"]
    with pytest.raises(PlanError):
        read_plan(tmp_path)


# -- many at once --------------------------------------------------------------------------------


def test_all_wrong_values_are_told_at_once(faults):
    items = faults(
        ("as_of = ", "as_off = "),
        ("gap_m = 30", 'gap_m = "wide"'),
        ("handover_share = 0.1", "handover_share = -1"),
        ("mu = 4500\n", "mu = 0\n"),
        ('basis = "gross"', 'basis = "grosss"'),
    )
    assert {(item.code, item.field) for item in items} == {
        ("plan.value", "as_of"),
        ("plan.unknown-key", "as_off"),
        ("plan.value", "contiguity.gap_m"),
        ("plan.value", "scenarios[2].handover_share"),
        ("plan.value", "goals[1].mu"),
        *(("plan.value", f"goals[{number}].basis") for number in range(3)),
    }


def test_all_contradictions_are_told_at_once(faults):
    items = faults(
        ('"EPSG:4547"', '"EPSG:3857"'),
        ('stage = "cleared"', 'stage = "claered"'),
        ('id = "mixed"', 'id = "planned"'),
        ("base_date = 2023-01-01", "base_date = 2024-01-01"),
        ("[lights]", '[accept]\nnonsense = "?"\n[lights]'),
    )
    assert [(item.code, item.field) for item in items] == [
        ("plan.area-crs", "crs"),
        ("plan.value", "scenarios"),
        ("plan.reference", "goals[0].stage"),
        ("plan.reference", "goals[1].stage"),
        ("plan.reference", "goals[2].stage"),
        ("plan.value", "goals[2].due"),
        ("plan.reference", "accept"),
    ]


def test_an_empty_plan_is_told_what_it_needs(faults):
    fields = {item.field for item in faults(text="")}
    assert fields == {"name", "crs", "base_date", "as_of", "layers"}


# -- what holds ----------------------------------------------------------------------------------


def test_a_plan_may_begin_with_a_byte_order_mark(tmp_path):
    (tmp_path / "plan.toml").write_text(TEXT, "utf-8-sig")
    assert read_plan(tmp_path / "plan.toml").model_dump() == read_plan(QINGXI).model_dump()


def test_a_plan_may_be_read_for_another_date():
    assert read_plan(QINGXI).as_of == date(2024, 12, 31)
    assert read_plan(QINGXI, as_of=date(2023, 6, 30)).as_of == date(2023, 6, 30)
    assert read_plan(QINGXI, as_of=date(2022, 12, 31)).as_of == date(2022, 12, 31)


def test_a_bare_wording_stands_for_both_languages(tmp_path):
    text = 'name = "X"\ncrs = "EPSG:4547"\nbase_date = 2023-01-01\nas_of = 2023-01-01\n'
    (tmp_path / "plan.toml").write_text(text + 'layers.parcels.file = "a.gpkg"\n', "utf-8")
    plan = read_plan(tmp_path / "plan.toml")
    assert plan.name.zh == plan.name.en == "X"
    assert (plan.contiguity.gap_m, plan.contiguity.mode) == (30, "practical")
    assert [stage.id for stage in plan.stages][7:9] == ["cleared", "supplied"]
    assert plan.folder == tmp_path


def test_the_shipped_plan_fits_the_shipped_schema():
    shipped = json.loads((ROOT / "layers" / "plan.schema.json").read_text("utf-8"))
    assert shipped == plan_schema(), "run: landready schema > layers/plan.schema.json"
    jsonschema.Draft202012Validator.check_schema(shipped)
    values = json.loads(json.dumps(tomllib.loads(TEXT), default=str))
    jsonschema.validate(values, shipped, jsonschema.Draft202012Validator)
    first = TEXT.splitlines()[0]
    assert (QINGXI.parent / first.removeprefix("#:schema ")).resolve().is_file()


def test_the_schema_refuses_what_the_planner_refuses():
    values = json.loads(json.dumps(tomllib.loads(TEXT), default=str))
    for wrong in ({"crss": "EPSG:4547"}, {"area_method": "flat"}, {"layers": {}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(values | wrong, plan_schema())


# -- assumptions ---------------------------------------------------------------------------------


def stated(values: Any, key: str = "") -> Iterator[dict[str, str]]:
    """Every assumption of a TOML document, found without the planner's help."""
    if key in ("assumption", "assumptions"):
        yield from values if isinstance(values, list) else [values]
    elif isinstance(values, dict):
        for name, value in values.items():
            yield from stated(value, name)
    elif isinstance(values, list):
        for value in values:
            yield from stated(value)


def test_every_assumption_of_the_shipped_plan_is_on_the_page():
    assumptions = list(stated(tomllib.loads(TEXT)))
    assert len(assumptions) == TEXT.count("assumption = ") + 3 >= 10
    tables = {table["id"]: table for table in page_payload(geo.run(read_plan(QINGXI)))["tables"]}
    shown = [row[0] for row in tables["assumptions"]["rows"]]
    assert len(shown) == len(assumptions)
    assert all(item in shown for item in assumptions)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://u:secret@h:5432/d", "postgresql://u@h:5432/d"),
        ("postgresql://u:se/cret@h/d", "postgresql://u@h/d"),
        ("postgresql://u:secret@secret@h/d", "postgresql://u@h/d"),
        ("postgresql://u:secret?@h/d?schema=a", "postgresql://u@h/d?schema=a"),
        ("postgresql://u@h/d?password=secret&schema=a", "postgresql://u@h/d?schema=a"),
        ("postgresql://u@h/d?sslpassword=secret", "postgresql://u@h/d"),
        ("postgresql://h:5432/d?schema=a", "postgresql://h:5432/d?schema=a"),
    ],
)
def test_a_password_is_never_written_down(address, shown):
    plan = read_plan(QINGXI).with_ledger(address)
    assert plan.ledger_at == address
    assert plan.model_dump()["ledger"]["url"] == shown
    assert "secret" not in plan.model_dump_json() + repr(plan) + str(plan)


@pytest.mark.parametrize(
    "told",
    [
        'ledger = "postgres://office:secret@h/d"',
        'ledger.url = "mysql://office:secret@h/d"',
        'ledger.url = "//office:secret@h/d"',
        'ledger.url = ["postgres://office:secret@h/d"]',
        'ledger.file.url = "postgres://office:secret@h/d"',
    ],
)
def test_a_faulty_address_is_told_without_its_password(faults, told):
    (found,) = faults(text=told + "\n" + TEXT.replace('[ledger]\nfile = "readiness.db"\n', ""))
    assert found.code == "plan.value"
    assert found.field.startswith("ledger")
    assert "secret" not in repr(found)


def test_a_plan_takes_no_other_database_for_its_ledger():
    with pytest.raises(PlanError) as caught:
        read_plan(QINGXI).with_ledger("mysql://office:secret@h/d")
    (found,) = caught.value.findings
    assert (found.code, found.file, found.field) == ("plan.value", "plan.toml", "ledger.url")
    assert "secret" not in repr(found) + str(caught.value)
    assert caught.value.__suppress_context__


def test_an_address_may_begin_as_libpq_has_it():
    plan = read_plan(QINGXI).with_ledger("postgres://office:secret@h/d")
    assert plan.ledger_at == "postgres://office:secret@h/d"
    assert plan.model_dump()["ledger"]["url"] == "postgres://office@h/d"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("gap_m = 30", 'gap_m = "wide"', "应为数字（现为 wide）"),
        ("gap_m = 30", "gap_m = -1", "应不小于 0（现为 -1）"),
        ("crs = ", "# ", "必须填写（现为 空缺）"),
        ("as_of = 2024-12-31", "as_of = 1066-10-14", "应不小于 1900-01-01（现为 1066-10-14）"),
        ("[[layers.barriers]]", "[layers.barriers]", "应为列表（现为 { file = …, layer = … }）"),
        ('basis = "gross"', 'basis = "netto"', "只能写 'gross' or 'net'（现为 netto）"),
        ("value = 28\n", "value = -28\n", "应不小于 0（现为 -28）"),
        ('currency = "CNY"\n', "", "必须填写（现为 空缺）"),
    ],
)
def test_what_is_wrong_is_said_in_chinese(faults, before, after, told):
    assert before in TEXT
    assert faults((before, after))[0].message_zh == told


def test_a_time_zone_must_be_one(faults):
    change = ("base_date =", 'timezone = "Beijing"\nbase_date =')
    assert [item.field for item in faults(change)] == ["timezone"]


def test_the_shares_of_a_goal_are_the_goal(faults):
    name = 'id = "three-years"'
    (found,) = faults((name, f"{name}\nby_zone = {{ luoma = 1999 }}"))
    assert (found.code, found.field, found.seen) == ("plan.value", "goals[0].by_zone", "1999.0")
