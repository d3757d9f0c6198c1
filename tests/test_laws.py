"""Laws: what does not add up is not published."""

import sys
from dataclasses import replace

import pandas as pd
import pytest
from shapely import Polygon

import geo
from geo import cli, figures, ground, survey
from geo import study as story
from geo.floor import scenarios
from geo.laws import Law, area_law, count_law, enforce
from geo.text import Words
from tests.makers import M2_PER_MU, events, placed, rectangle, row, study, write_plan

WORDS = Words("零件 = 整体", "parts = whole")


@pytest.mark.parametrize(
    ("one", "other", "holds"),
    [
        (100.0, 100.9, True),  # within 1 m²
        (100.0, 101.1, False),
        (3e9, 3e9 + 2.9, True),  # within 1e-9
        (3e9, 3e9 + 3.1, False),
        (float("nan"), 1.0, False),
        (1.0, float("nan"), False),
    ],
)
def test_areas_agree_within_a_square_metre(one, other, holds):
    assert area_law("x", WORDS, one, other).holds is holds


def test_counts_agree_exactly():
    assert count_law("x", WORDS, 3, 3).holds
    assert not count_law("x", WORDS, 3, 4).holds


def test_every_broken_law_is_told_with_its_difference():
    laws = [
        Law("a", WORDS, 10.0, 12.5, 1.0),
        Law("b", WORDS, 10.0, 10.5, 1.0),
        Law("c", Words("行数", "rows"), 7, 4, 0),
    ]
    with pytest.raises(geo.LawError) as caught:
        enforce(laws)
    assert [item.code for item in caught.value.findings] == ["law.broken"] * 2
    assert [item.seen for item in caught.value.findings] == ["-2.5", "3"]
    assert "parts = whole" in str(caught.value)
    assert "零件 = 整体" in caught.value.findings[0].message_zh
    enforce(laws[1:2])


GOALS = """
[[goals]]
id = "all"
name = "all"
mu = 60
due = 2025-12-31
stage = "cleared"
min_block_mu = 20

[[constraints]]
id = "river"
name = "river"
kind = "limiting"
layer = { file = "river.parquet" }

[[constraints]]
id = "line"
name = "line"
kind = "limiting"
layer = { file = "line.parquet" }

[[scenarios]]
id = "three"
name = "three"
plot_ratio = 3.0
"""


def three_lots(folder):
    """15, 15 and 30 mu; the last two are cleared. A river takes 6 mu of C, a line 9 more."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, width in (("river", 40.0), ("line", 100.0)):
        strip = placed(rectangle(200, 0, width, 100), name=["c"])
        strip.to_parquet(folder / f"{name}.parquet")
    facts = {"parcel_id": ["A", "B", "C"], "zone": ["west", "west", "east"], "existing_floor": 1000}
    land = placed(*row([100, 100, 200]), **facts)
    done = events(("B", "2024-03-01", "cleared"), ("C", "2024-06-01", "cleared"))
    return write_plan(folder, land, history=done, tables=GOALS)


def altered(function, change):
    """The same step with one figure of its table changed."""

    def step(*args, **options):
        result = function(*args, **options)
        table, *more = result if isinstance(result, tuple) else (result,)
        table = change(table)
        return (table, *more) if more else table

    return step


def add(column, amount, at=0):
    def change(table):
        table = table.copy()
        table.loc[table.index[at], column] += amount
        return table

    return change


def swapped(held):
    """A balance in which one reason takes 3000 m² that are the other's."""
    lost = held.lost.copy()
    lost.loc[lost["reason"] == "river", "area_m2"] += 3000.0
    lost.loc[lost["reason"] == "line", "area_m2"] -= 3000.0
    return replace(held, lost=lost)


@pytest.mark.parametrize(
    ("module", "step", "change", "law", "difference"),
    [
        (ground, "block_table", add("land_m2", 2.0), "blocks = union", "2"),
        (ground, "block_table", add("parcels", 1), "parcels in blocks", "1"),
        (scenarios, "zone_floor", add("total_m2", 5.0), "floor space of the zones", "5"),
        (scenarios, "zone_floor", add("added_m2", -3.0, at=-1), "added = total", "-3"),
        (figures, "progress_of", add("counted_mu", 3 / M2_PER_MU, at=-1), "goal all", "3"),
        (figures, "stage_table", add("mu", -6 / M2_PER_MU, at=-1), "sum of stages", "6"),
        (figures, "_zones", add("land_m2", 7.0), "sum of zones", "-7"),
        (ground, "_with_readiness", add("land_m2", 2.0), "area of their union", "2"),
        (ground, "_with_readiness", add("net_m2", 2.0), "gross − every reason", "-2"),
        (survey, "balance", swapped, "lost up to “river”", "3000"),
        (story, "read_land", lambda land: replace(land, rows_in=land.rows_in + 1), "rows in", "1"),
        (
            ground,
            "_with_readiness",
            lambda table: table.assign(parcel_id=["A", "A", "C"]),
            "every id stands once",
            "1",
        ),
    ],
)
def test_one_wrong_figure_stops_the_run(
    module, step, change, law, difference, monkeypatch, tmp_path
):
    plan = geo.read_plan(three_lots(tmp_path))
    geo.run(plan)  # is sound as it is
    monkeypatch.setattr(module, step, altered(getattr(module, step), change))
    with pytest.raises(geo.LawError) as caught:
        geo.run(plan)
    assert law in str(caught.value)
    told = [item for item in caught.value.findings if law in item.message]
    assert float(told[0].seen) == pytest.approx(float(difference), abs=1e-3)


def test_a_figure_within_the_square_metre_passes(monkeypatch, tmp_path):
    wrong = altered(ground.block_table, add("land_m2", 0.9))
    monkeypatch.setattr(ground, "block_table", wrong)
    geo.run(geo.read_plan(three_lots(tmp_path)))


def test_nothing_is_published_when_a_law_is_broken(monkeypatch, tmp_path, capsys):
    plan, out = three_lots(tmp_path / "layers"), tmp_path / "maps" / "town"
    wrong = altered(ground.block_table, add("land_m2", 2.0))
    monkeypatch.setattr(ground, "block_table", wrong)
    monkeypatch.setattr(sys, "argv", ["landready", "build", str(plan), "--out", str(out)])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 2
    assert "law.broken" in capsys.readouterr().err
    assert not out.exists()
    assert not list(tmp_path.glob("maps/**/*.html"))


def test_the_laws_of_a_sound_run_are_told(tmp_path):
    laws = geo.run(geo.read_plan(three_lots(tmp_path))).laws
    assert all(law.holds for law in laws)
    assert {law.code for law in laws} == {
        *("rows", "ids", "ids-kept", "union", "zones", "stages", "zone-stages"),
        *("balance", "balance-parcels", "lost-public", "lost-village", "lost-retained"),
        *("lost-river", "lost-line", "blocks", "block-parcels", "goal-all"),
        *("timeline", "timeline-land"),
        *("floor-three", "added-three"),
    }


def test_a_row_that_is_set_aside_is_not_lost(tmp_path):
    """Four rows: two count, one has no id, one crosses itself."""
    bow_tie = Polygon([(900, 0), (1000, 100), (1000, 0), (900, 100)])
    lots = [*row([100, 100, 200]), bow_tie]
    land = placed(*lots, parcel_id=["A", "B", "", "D"])
    accept = '[accept]\n"parcel.id-blank" = "test"\n"geometry.invalid" = "test"'
    done = study(tmp_path, land, tables=accept)
    assert done.land.rows_in == 4
    assert done.parcels["parcel_id"].tolist() == ["A", "B"]
    assert dict(zip(done.aside["code"], done.aside["drawn_mu"], strict=True)) == {
        "parcel.id-blank": pytest.approx(30),
        "geometry.invalid": 0,
    }
    assert done.land_mu == pytest.approx(30)
    with pytest.raises(geo.ChecksError, match=r"geometry\.invalid"):
        study(tmp_path, land)


def test_a_square_metre_counts_once(tmp_path):
    """Two lots of 30 mu overlap by 15: together 45, and the later id gives way."""
    lots = row([200, 200])
    lots[1] = row([100, 200])[1]
    done = study(tmp_path, placed(*lots, parcel_id=["B", "A"]))
    assert [item.code for item in done.findings] == ["parcel.overlap"]
    assert done.land_mu == pytest.approx(45)
    by_id = done.parcels.set_index("parcel_id")
    assert by_id["land_mu"].to_dict() == {"A": pytest.approx(30), "B": pytest.approx(15)}
    assert by_id["overlap_m2"].to_dict() == {"A": 0, "B": pytest.approx(10_000)}


def test_the_laws_of_qingxi_hold():
    done = geo.run(geo.read_plan("layers/qingxi/plan.toml"))
    assert len(done.laws) >= 10
    assert [law.code for law in done.laws if not law.holds] == []
    assert done.land_mu == pytest.approx(4545, abs=1e-5)
    assert pd.Series([law.code for law in done.laws]).is_unique
