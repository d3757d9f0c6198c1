"""Whatever differs from the run before, a run after another finds what a run alone finds."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import pytest

import geo
from geo import ground
from tests.makers import placed, rectangle, row, write_plan
from tests.test_patches import assert_same

TABLES: Final = """
[net]
handover_share = 0.1
deduct_land_use = ["1207"]

[[constraints]]
id = "farmland"
name = "Farmland"
kind = "hard"
layer = { file = "farmland.parquet" }

[[programmes]]
id = "pilot"
name = "Pilot"
parcels = ["A", "B"]
file = "programmes.csv"

[[goals]]
id = "ready"
name = "Ready"
mu = 20
due = 2025-12-31
stage = "cleared"
min_block_mu = 5

[[goals]]
id = "first"
name = "First"
mu = 4
due = 2024-06-30
stage = "signed"
programme = "pilot"
basis = "net"

[[cap_tables]]
id = "rules"
name = "Rules"
version = "1"
source = "a rule"
caps = [{ plot_ratio = 3 }]

[[scenarios]]
id = "dense"
name = "Dense"
plot_ratio = 3.5
caps = "rules"

[[scenarios]]
id = "zoned"
name = "Zoned"
plot_ratio = 2
by_zone = { east = 1.5 }
by_block_mu = [{ from_mu = 12, plot_ratio = 2.5 }]
phases = [{ year = 2026, zones = ["west"] }, { year = 2027 }]

[economics]
currency = "CNY"
scenario = "dense"
land_cost = { value = 1, unit = "万元/亩", source = "a bid" }
construction = { value = 2500, unit = "CNY/m2", source = "a bid" }
compensation = { value = 1000, unit = "CNY/m2", source = "a bid" }
demolition = { value = 100, unit = "CNY/m2", source = "a bid" }
site_works = { value = 0, unit = "CNY/m2", source = "a bid" }
"""

EVENTS: Final = [
    ("A", "2024-02-01", "cleared", "reach", "paper"),
    ("B", "2024-03-01", "signed", "reach", ""),
    ("C", "2024-04", "cleared", "reach", "paper"),
    ("C", "2024-05-01", "survey", "revert", "paper"),
    ("E", "2025-05-01", "signed", "reach", "paper"),
]


def lots(**columns: object) -> gpd.GeoDataFrame:
    """Eight parcels: six in a row with lanes between them, one that overlaps two, one far away."""
    shapes = [*row([40.0] * 6, gap=20.0), rectangle(30, 50, 90, 120), rectangle(900, 0, 50, 90)]
    facts = {
        "parcel_id": [*"ABCDEFGH"],
        "stage": ["signed", "", "", "cleared", "", "cleared", "", ""],
        "stage_date": ["2023-05-01", "", "", "2024-01-31", "", "", "", ""],
        "treatment": ["rebuild"] * 6 + ["upgrade", "road"],
        "land_use": ["1001", "1001", "1207", *["1001"] * 5],
    }
    return placed(*shapes, **facts | columns)


def listed(rows: list[tuple[str, ...]]) -> pd.DataFrame:
    names = ["parcel_id", "date", "stage", "action", "evidence"]
    return pd.DataFrame(rows, columns=names)


def barred(west: float) -> gpd.GeoDataFrame:
    return placed(rectangle(west, -50, 4, 300), name_en=["river"])


def parted(at: float) -> gpd.GeoDataFrame:
    """Two zones beside each other."""
    shapes = rectangle(-100, -100, 100 + at, 400), rectangle(at, -100, 1200 - at, 400)
    return placed(*shapes, zone=["west", "east"])


def farmland(high: float) -> gpd.GeoDataFrame:
    return placed(rectangle(-10, 0, 1000, high), name=["farm"])


def members(*ids: str) -> pd.DataFrame:
    return pd.DataFrame({"programme_id": "pilot", "parcel_id": ids})


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    members("D").to_csv(folder / "programmes.csv", index=False)
    farmland(10).to_parquet(folder / "farmland.parquet")
    layers = {"barriers": barred(290), "zones": parted(170), "history": listed(EVENTS)}
    return write_plan(folder, lots(), tables=TABLES, **layers)


@pytest.fixture(scope="module")
def first(plan: Path) -> geo.Study:
    return geo.run(geo.read_plan(plan))


def assert_same_study(one: geo.Study, other: geo.Study) -> None:
    """Every table to the last bit, its types too; every finding with land and shape; every law."""
    for item in fields(geo.Study):
        mine, theirs = getattr(one, item.name), getattr(other, item.name)
        if isinstance(mine, pd.DataFrame):
            assert_same(mine, theirs, item.name)
            assert mine.dtypes.astype(str).tolist() == theirs.dtypes.astype(str).tolist(), item.name
            assert mine.index.equals(theirs.index), item.name
    assert one.findings == other.findings
    assert one.land.findings == other.land.findings
    assert one.laws == other.laws
    for name in ("events", "aside", "parcels"):
        assert_same(getattr(one.land, name), getattr(other.land, name), name)
    assert one.land.members == other.land.members
    assert one.land.inputs == other.land.inputs
    assert [item.dates for item in one.grounds] == [item.dates for item in other.grounds]
    for mine, theirs in zip(one.grounds, other.grounds, strict=True):
        assert_same(mine.histories, theirs.histories, "histories")
        assert_same(mine.parcels, theirs.parcels, "ground")


SAID: Final = {
    "a ratio": ("plot_ratio = 3.5", "plot_ratio = 2.25"),
    "the ratio of a zone": ("east = 1.5", "east = 1.75"),
    "a zone that is not there": ("east = 1.5", "south = 1.5"),
    "the size of a block": ("from_mu = 12", "from_mu = 30"),
    "a phase": ("year = 2026", "year = 2025"),
    "a cap": ("caps = [{ plot_ratio = 3 }]", "caps = [{ plot_ratio = 2.5 }]"),
    "no cap": ('caps = "rules"\n', ""),
    "the name of a scenario": ('id = "zoned"', 'id = "apart"'),
    "a cost": ("value = 2500", "value = 2600"),
    "a goal": ("mu = 20", "mu = 10"),
    "a stage that counts": ('stage = "cleared"', 'stage = "signed"'),
    "what a goal counts": ("min_block_mu = 5", 'basis = "net"'),
    "the least block": ("min_block_mu = 5", "min_block_mu = 0"),
    "a due date": ("due = 2024-06-30", "due = 2024-10-31"),
    "a programme": ('parcels = ["A", "B"]', 'parcels = ["A", "C", "D"]'),
    "the date": ("as_of = 2024-12-31", "as_of = 2024-04-15"),
    "the first date": ("base_date = 2023-01-01", "base_date = 2024-03-15"),
    "the light": ("[net]", "[lights]\nyellow_from = 0.5\n[net]"),
    "a gap": ("[net]", "[contiguity]\ngap_m = 5\ncompare_gaps_m = [1]\n[net]"),
    "a tier": ("[net]", "[contiguity]\ntiers_mu = [3, 9]\n[net]"),
    "the hand-over": ("handover_share = 0.1", "handover_share = 0.2"),
    "a use that is deducted": ('["1207"]', '["10"]'),
    "a kind": ('kind = "hard"', 'kind = "limiting"'),
    "no history": ('[layers.readiness]\nfile = "events.csv"\n', ""),
    "a word for a stage": ('name = "signed"', 'name = "signed"\naliases = ["B"]'),
    "the area": ('crs = "EPSG:4547"', 'crs = "EPSG:4547"\narea_method = "ellipsoidal"'),
}


@pytest.mark.parametrize("what", SAID)
def test_a_plan_that_says_otherwise(plan: Path, first: geo.Study, what: str) -> None:
    text, (old, new) = plan.read_text(encoding="utf-8"), SAID[what]
    assert old in text
    try:
        plan.write_text(text.replace(old, new, 1), encoding="utf-8")
        after = geo.run(geo.read_plan(plan), since=first)
        assert_same_study(geo.run(geo.read_plan(plan)), after)
    finally:
        plan.write_text(text, encoding="utf-8")
    assert_same_study(first, geo.run(geo.read_plan(plan), since=after))


DRAWN: Final[dict[str, tuple[str, Callable[[Path], None]]]] = {
    "one more event": (
        "events.csv",
        lambda file: listed([*EVENTS, ("E", "2024-06-01", "cleared", "reach", "paper")]).to_csv(
            file, index=False
        ),
    ),
    "an event less": ("events.csv", lambda file: listed(EVENTS[1:]).to_csv(file, index=False)),
    "a member": ("programmes.csv", lambda file: members("E").to_csv(file, index=False)),
    "a barrier": ("barriers.parquet", lambda file: barred(46).to_parquet(file)),
    "zones": ("zones.parquet", lambda file: parted(50).to_parquet(file)),
    "a constraint": ("farmland.parquet", lambda file: farmland(60).to_parquet(file)),
    "a treatment": (
        "parcels.parquet",
        lambda file: lots(treatment=["retain", *["rebuild"] * 7]).to_parquet(file),
    ),
    "a stage of the layer": (
        "parcels.parquet",
        lambda file: lots(stage=["cleared", *[""] * 7]).to_parquet(file),
    ),
}


@pytest.mark.parametrize("what", DRAWN)
def test_a_file_that_says_otherwise(plan: Path, first: geo.Study, what: str) -> None:
    name, write = DRAWN[what]
    file = plan.parent / name
    before = file.read_bytes()
    try:
        write(file)
        after = geo.run(geo.read_plan(plan), since=first)
        assert_same_study(geo.run(geo.read_plan(plan)), after)
    finally:
        file.write_bytes(before)
    assert_same_study(first, geo.run(geo.read_plan(plan), since=after))


def test_a_table_that_is_changed_by_its_reader_is_right_in_the_next_study(
    plan: Path, first: geo.Study
) -> None:
    alone = geo.run(geo.read_plan(plan))
    taken = geo.run(geo.read_plan(plan), since=first)
    for item in fields(geo.Study):
        table = getattr(taken, item.name)
        if isinstance(table, pd.DataFrame) and len(table):
            table.iloc[0, 0] = table.iloc[-1, 0]
            table["mine"] = 1
    assert_same_study(alone, geo.run(geo.read_plan(plan), since=taken))


def test_a_law_is_proved_anew_where_a_step_breaks_it(
    plan: Path, first: geo.Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, step = plan.read_text(encoding="utf-8"), ground._with_readiness

    def broken(*arguments: Any) -> gpd.GeoDataFrame:
        table = step(*arguments)
        return table.assign(net_m2=table["net_m2"] + 2.0)

    monkeypatch.setattr(ground, "_with_readiness", broken)
    plan.write_text(text.replace("2023-01-01", "2023-02-02", 1), encoding="utf-8")
    try:
        with pytest.raises(geo.LawError, match="gross − every reason"):
            geo.run(geo.read_plan(plan), since=first)
    finally:
        plan.write_text(text, encoding="utf-8")
