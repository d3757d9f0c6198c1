"""A run after another works out only what differs, and finds what a run alone finds."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely import Geometry, LineString

import geo
from geo import land as lands
from geo import sources
from geo.memo import Memo, mark_of
from geo.summary import summary
from tests.makers import events, placed, rectangle, row, write_plan
from tests.test_patches import assert_same

ROOT = Path(__file__).parents[1]

GOAL = """
[[goals]]
id = "ready"
name = "Ready"
mu = 20
due = 2025-12-31
stage = "cleared"

[[scenarios]]
id = "upgrade"
name = "Upgrade"
plot_ratio = 3.5
"""


def town(*shapes: Geometry, **columns: Any) -> gpd.GeoDataFrame:
    """Parcels A, B, C … of Qingxi."""
    ids = [chr(ord("A") + number) for number in range(len(shapes))]
    return placed(*shapes, parcel_id=ids, **columns)


def barred(*points: tuple[float, float]) -> gpd.GeoDataFrame:
    """A river along some points of Qingxi."""
    return placed(LineString(points), name_en=["river"])


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    land = town(*row([40.0] * 6, gap=20.0), rectangle(30, 50, 90, 120), stage=["signed"] * 7)
    return write_plan(tmp_path, land, tables=GOAL)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is read and surveyed, as it happens."""
    happened: list[str] = []

    def watched(module: Any, name: str) -> None:
        original: Callable[..., Any] = getattr(module, name)

        def told(*arguments: Any, **options: Any) -> Any:
            happened.append(name)
            return original(*arguments, **options)

        monkeypatch.setattr(module, name, told)

    watched(sources, "read_layer")
    watched(sources, "_read_barriers")
    watched(lands, "surveyed")
    return happened


def assert_same_study(one: geo.Study, other: geo.Study) -> None:
    assert summary(one) == summary(other)
    names = ("parcels", "blocks", "balance", "lost", "links", "progress", "floor", "aside", "zones")
    for name in names:
        assert_same(getattr(one, name), getattr(other, name), name)
    key = [(item.code, item.row, item.parcel, str(item)) for item in one.findings]
    assert key == [(item.code, item.row, item.parcel, str(item)) for item in other.findings]
    assert one.laws == other.laws


def test_the_same_plan_again_reads_and_surveys_nothing(plan: Path, asked: list[str]) -> None:
    first = geo.run(geo.read_plan(plan))
    assert sorted(asked) == ["_read_barriers", "read_layer", "surveyed"]
    again = geo.run(geo.read_plan(plan), since=first)
    assert len(asked) == 3
    assert_same_study(first, again)


def test_another_scenario_or_goal_surveys_nothing(plan: Path, asked: list[str]) -> None:
    first = geo.run(geo.read_plan(plan))
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text.replace("3.5", "2.0").replace("mu = 20", "mu = 10"), encoding="utf-8")
    again = geo.run(geo.read_plan(plan), since=first)
    assert len(asked) == 3
    assert_same_study(geo.run(geo.read_plan(plan)), again)
    assert not again.floor.equals(first.floor)
    assert again.progress["goal_mu"].iat[0] == 10


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('crs = "EPSG:4547"', 'crs = "EPSG:4547"\narea_method = "ellipsoidal"'),
        ("[[goals]]", "[contiguity]\ngap_m = 5\n[[goals]]"),
        ("[[goals]]", "[net]\nhandover_share = 0.2\n[[goals]]"),
    ],
)
def test_what_land_follows_from_is_surveyed_anew(
    plan: Path, asked: list[str], old: str, new: str
) -> None:
    first = geo.run(geo.read_plan(plan))
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text.replace(old, new, 1), encoding="utf-8")
    again = geo.run(geo.read_plan(plan), since=first)
    assert asked.count("surveyed") == 2
    assert_same_study(geo.run(geo.read_plan(plan)), again)


def test_a_changed_file_is_read_again(plan: Path, asked: list[str]) -> None:
    first = geo.run(geo.read_plan(plan))
    wider = town(*row([50.0] * 6, gap=10.0), rectangle(30, 50, 90, 120), stage=["signed"] * 7)
    wider.to_parquet(plan.parent / "parcels.parquet")
    again = geo.run(geo.read_plan(plan), since=first)
    assert asked.count("read_layer") == asked.count("surveyed") == 2
    assert again.land_mu > first.land_mu
    assert_same_study(geo.run(geo.read_plan(plan)), again)


def test_one_more_event_changes_what_counts_and_no_outline(
    tmp_path: Path, asked: list[str]
) -> None:
    land = town(*row([40.0] * 6, gap=20.0))
    told = [("A", "2024-02-01", "cleared"), ("B", "2024-03-01", "signed")]
    plan = write_plan(tmp_path, land, history=events(*told), tables=GOAL)
    first = geo.run(geo.read_plan(plan))
    more = events(
        ("A", "2024-02-01", "cleared"),
        ("B", "2024-03-01", "signed"),
        ("B", "2024-05-01", "cleared"),
    )
    more.to_csv(tmp_path / "events.csv", index=False)
    again = geo.run(geo.read_plan(plan), since=first)
    assert asked.count("surveyed") == 1
    assert int(again.parcels["counts"].sum()) == int(first.parcels["counts"].sum()) + 1 == 2
    assert_same_study(geo.run(geo.read_plan(plan)), again)


def test_one_more_barrier_parts_what_was_one_block(tmp_path: Path, asked: list[str]) -> None:
    land = town(*row([40.0] * 2, gap=20.0))
    far = barred((500, -50), (500, 150))
    plan = write_plan(tmp_path, land, barriers=far)
    first = geo.run(geo.read_plan(plan))
    barred((50, -50), (50, 150)).to_parquet(tmp_path / "barriers.parquet")
    again = geo.run(geo.read_plan(plan), since=first)
    assert (len(first.blocks), len(again.blocks)) == (1, 2)
    assert asked.count("_read_barriers") == 2


def test_the_example_under_another_date(tmp_path: Path) -> None:
    """With a ledger, splits and merges: the land of the day follows the date."""
    shutil.copytree(ROOT / "layers/qingxi", tmp_path / "qingxi")
    plan = geo.read_plan(tmp_path / "qingxi/plan.toml")
    first = geo.run(plan)
    earlier = plan.seen_on(plan.base_date.replace(year=plan.base_date.year + 1))
    assert_same_study(geo.run(earlier), geo.run(earlier, since=first))
    assert_same_study(first, geo.run(plan, since=geo.run(earlier, since=first)))


def test_a_memo_keeps_the_latest_of_each_thing() -> None:
    memo, made = Memo(), []

    def make(value: str) -> Callable[[], str]:
        return lambda: made.append(value) or value

    assert [memo.of("land", mark, make(mark)) for mark in "aab"] == ["a", "a", "b"]
    assert made == ["a", "b"]
    shelf = memo.shelf("blocks", "m")
    assert shelf.of(1, make("one")) == "one"
    assert memo.shelf("blocks", "m").of(1, make("again")) == "one"
    assert memo.shelf("blocks", "m").of(2, make("two")) == "two"
    assert memo.shelf("blocks", "m").of(1, make("anew")) == "anew"
    assert memo.shelf("blocks", "n").of(1, make("other")) == "other"


def test_a_mark_tells_files_by_their_bytes(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    before = mark_of("x", files=[file])
    file.write_text("1")
    one = mark_of("x", files=[file])
    file.write_text("2")
    assert len({before, one, mark_of("x", files=[file]), mark_of("y", files=[file])}) == 4


def test_a_layer_that_somebody_is_writing_is_not_answered_from_memory(plan: Path) -> None:
    """An edit that is not saved stands beside the file, whose bytes are the same."""
    text = plan.read_text(encoding="utf-8").replace("parcels.parquet", "parcels.gpkg")
    gpd.read_parquet(plan.parent / "parcels.parquet").to_file(plan.parent / "parcels.gpkg")
    plan.write_text(text, encoding="utf-8")
    first = geo.run(geo.read_plan(plan))
    (plan.parent / "parcels.gpkg-wal").write_bytes(b"\0" * 4096)
    with pytest.raises(geo.LayerError) as raised:
        geo.run(geo.read_plan(plan), since=first)
    assert raised.value.findings[0].code == "file.unsaved"


def test_another_name_of_the_plan_is_told_in_its_findings(plan: Path) -> None:
    first = geo.run(geo.read_plan(plan))
    other = plan.rename(plan.with_name("other.toml"))
    assert_same_study(geo.run(geo.read_plan(other)), geo.run(geo.read_plan(other), since=first))
