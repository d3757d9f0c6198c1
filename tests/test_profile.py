"""The public's edition: coarse land, the same figures, and nothing that is not theirs."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

import geo
from geo.errors import PublishError
from geo.publish import publish
from geo.webmap.atlas import atlas_of
from geo.webmap.maps import land_map
from geo.webmap.profile import PUBLIC_SHEETS, SHOWN, marks, public_study, snapped
from tests.makers import array

ROOT = Path(__file__).resolve().parents[1]
QINGXI = ROOT / "layers/qingxi/plan.toml"


@pytest.fixture(scope="module")
def study() -> geo.Study:
    return geo.run(geo.read_plan(QINGXI))


@pytest.fixture(scope="module", params=["snap", "blocks"])
def public(request: pytest.FixtureRequest, study: geo.Study) -> geo.Study:
    return public_study(study, coarsen=request.param)


@pytest.fixture(scope="module")
def folder(study: geo.Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(study, tmp_path_factory.mktemp("out") / "public", profile="public")


def payload(study: geo.Study, **options: Any) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(land_map(study, **options).data)
    return data


def texts(folder: Path) -> Iterator[str]:
    """Every file as text, workbooks unpacked."""
    for path in folder.rglob("*"):
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                yield from (book.read(part).decode("utf-8", "replace") for part in book.namelist())
        elif path.is_file():
            yield path.read_text("utf-8")


def layers(study: geo.Study) -> dict[str, gpd.GeoDataFrame]:
    grounds = {f"parcels {at}": ground.parcels for at, ground in enumerate(study.grounds)}
    return {
        **{"parcels": study.parcels, "zones": study.zones, "blocks": study.blocks},
        **{"land": study.land.parcels, "barriers": study.land.barriers},
        **{"land zones": study.land.zones, **grounds},
    }


def points_of(table: gpd.GeoDataFrame) -> np.ndarray:
    return shapely.get_coordinates(table.geometry.to_numpy())


# -- where land lies -----------------------------------------------------------------------------


def test_every_point_lies_on_a_grid_of_ten_metres(public):
    for name, table in layers(public).items():
        points = points_of(table)
        assert len(points) > 0, name
        assert np.abs(points / 10 - np.round(points / 10)).max() < 1e-6, name
    assert public.lost.geometry.isna().all()


def test_no_original_corner_is_left_but_by_chance(study, public):
    """A grid has a node within 0.5 m of one place in 127 (0.5² π of 100 m²): that many may match.

    Were any corner let through as it was, all of them would match.
    """
    original = points_of(study.parcels)
    on_grid = np.round(original / 10) * 10
    chance = np.hypot(*(original - on_grid).T) <= 0.5
    tree = shapely.STRtree(shapely.points(points_of(public.parcels)))
    _, near = tree.query_nearest(shapely.points(original), return_distance=True, all_matches=False)
    assert (near <= 0.5).sum() <= chance.sum()
    assert chance.mean() < 0.02


def test_neighbours_that_shared_a_corner_still_do():
    left = shapely.box(3.1, 4.2, 103.3, 54.9)
    right = shapely.box(103.3, 4.2, 203.7, 54.9)
    one, other = snapped(array(left, right), 10.0)
    assert shapely.intersection(one, other).length == 50
    assert (one.area, other.area) == (5000, 5000)


def test_land_smaller_than_the_grid_is_a_cell():
    (small, kept) = snapped(array(shapely.box(1, 1, 3, 3), shapely.box(0, 0, 30, 30)), 10.0)
    assert small.bounds == (-10, -10, 10, 10)
    assert kept.area == 900
    (mark, none) = marks(np.array([shapely.box(40, 40, 60, 60), None]), 10.0)
    assert (mark.bounds, none) == ((40, 40, 60, 60), None)


@pytest.mark.parametrize("grid_m", [9.99, 0.0, float("nan")])
def test_a_finer_grid_is_refused(study, grid_m):
    with pytest.raises(PublishError) as caught:
        public_study(study, grid_m=grid_m)
    (item,) = caught.value.findings
    assert (item.code, item.seen) == ("page.profile", f"{grid_m:g}")


def test_dissolved_to_blocks_a_parcel_is_a_mark(study):
    public = public_study(study, coarsen="blocks")
    assert set(shapely.area(public.parcels.geometry.to_numpy())) == {400.0}
    areas = shapely.area(public.blocks.geometry.to_numpy())
    assert areas.sum() == pytest.approx(study.blocks.geometry.area.sum(), rel=0.05)


# -- figures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("coarsen", ["snap", "blocks"])
def test_every_figure_of_the_page_is_that_of_the_full_page(study, coarsen):
    full, public = payload(study), payload(study, profile="public", coarsen=coarsen)
    tables = {table["id"]: table for table in full["tables"]}
    assert {table["id"] for table in public["tables"]} == tables.keys() & PUBLIC_SHEETS
    for table in public["tables"]:
        rows = tables[table["id"]]["rows"]
        if table["id"] == "assumptions":  # what is assumed of costs is not for the public
            rows = [line for line in rows if line in table["rows"]]
        if table["id"] != "balance":  # all constraints are one there: see below
            assert table["rows"] == rows, table["id"]
    for key in ("title", "subtitle", "goals", "time", "stages", "model"):
        assert public.get(key) == full.get(key), key
    lines = [block["lines"] for block in full["blocks"]]
    assert [block["lines"] for block in public["blocks"]] == lines


def test_constraints_are_one_reason_and_gross_less_all_is_net(study, public):
    drawn = {item.id for item in study.plan.constraints}
    assert len(drawn) > 1
    for name, key in (("balance", ["zone", "treatment"]), ("balance_by_block", ["block"])):
        full, told = getattr(study, name), getattr(public, name)
        assert set(told["reason"]) & (drawn | {"constraints"}) == {"constraints"}
        others = [table[~table["reason"].isin({*drawn, "constraints"})] for table in (full, told)]
        sums = [table.groupby([*key, "reason"])["area_m2"].sum() for table in others]
        assert (sums[0] == sums[1]).all()
        assert sums[0].index.equals(sums[1].index)
        for place, rows in told.groupby(key):
            area = rows.set_index("reason")["area_m2"]
            assert area["gross"] - area.drop(["gross", "net"], errors="ignore").sum() == area.get(
                "net", 0.0
            ), place
    of_constraints = study.lost[study.lost["reason"].isin(drawn)]["area_m2"].sum()
    town = public.balance.query("zone == '' and treatment == ''").set_index("reason")
    assert town.at["constraints", "area_m2"] == of_constraints > 0


def test_a_card_tells_what_constraints_take_together(study, public):
    by_parcel = [given.lost.groupby("parcel_id")["area_m2"].sum() for given in (study, public)]
    assert by_parcel[0].equals(by_parcel[1])
    kept = public.parcels["land_m2"] - public.parcels["parcel_id"].map(by_parcel[1]).fillna(0.0)
    assert (kept == public.parcels["net_m2"]).all()
    once = public.lost[public.lost["reason"] == "constraints"]["parcel_id"]
    assert once.is_unique


def test_no_control_line_is_named_in_any_file(study, folder):
    whole = "\n".join(texts(folder))
    for item in study.plan.constraints:
        for words in (item.name.zh, item.name.en, f"lost-{item.id}", f'"reason": "{item.id}"'):
            assert words not in whole, words
    assert "约束" in whole
    codes = {law["code"] for law in json.loads((folder / "run.json").read_text("utf-8"))["laws"]}
    assert {code for code in codes if code.startswith("lost-")} == {"lost-all"}
    assert {law.code for law in study.laws} - codes == {
        law.code for law in study.laws if law.code.startswith("lost-")
    }


def test_names_and_single_plot_ratios_are_not_in_the_page(study, public):
    assert (study.parcels["name"] != "").any()
    columns = {
        item.name: list(item.values) for item in land_map(study, profile="public").atlas.facts
    }
    assert set(columns["parcels.name"]) == {""}
    assert set(columns["parcels.existing"]) == {None}
    assert max(columns["parcels.floor"]) > 1, "what-ifs are reckoned from it"
    told = payload(study, profile="public")
    assert told["withheld"] == ["card_existing", "card_floor"]
    assert "逐地块" in told["notices"][-1]["zh"]
    assert "withheld" not in payload(study)


@pytest.mark.parametrize("build", [land_map, lambda study, **how: publish(study, "never", **how)])
def test_the_full_edition_cannot_be_dissolved(study, build):
    with pytest.raises(PublishError) as caught:
        build(study, coarsen="blocks")
    (item,) = caught.value.findings
    assert (item.code, item.field, item.seen) == ("page.coarsen", "coarsen", "blocks")
    assert "--profile public" in item.mend
    assert not Path("never").exists()


def test_what_if_reckons_with_the_same_numbers(study, public):
    """Rows come in another order, as they lie elsewhere; their numbers are the same."""

    def numbers(given: geo.Study) -> dict[str, list[Any]]:
        columns = {item.name: list(_values(item)) for item in atlas_of(given).facts_columns()}
        keys = ("land", "lost", "handover", "floor", "kept", "now", "evidenced", "planned")
        rows = zip(columns["parcels.id"], *(columns[f"parcels.{key}"] for key in keys), strict=True)
        return {str(name): rest for name, *rest in rows}

    assert numbers(public) == numbers(study)


def _values(column: Any) -> list[Any]:
    return [None if value is None else value for value in column.values]


def test_the_same_links_hold_for_every_gap_in_whole_metres(study, public):
    for gap_m in (0, 1, 5, 10, 29, 30, 31, 50):
        before, after = (given.links["gap_m"] <= gap_m for given in (study, public))
        near = study.links["gap_m"] <= study.plan.contiguity.tolerance_m
        assert (before == after)[~near].all()
    contiguity = study.plan.contiguity
    strict = [
        (given.links["gap_m"] <= contiguity.tolerance_m)
        & (given.links["shared_m"] > contiguity.min_shared_m)
        for given in (study, public)
    ]
    assert (strict[0] == strict[1]).all()
    assert set(public.links["shared_m"]) <= {0.0, np.ceil(contiguity.min_shared_m) + 1}


# -- words ---------------------------------------------------------------------------------------


def test_words_of_the_ledger_are_gone(study, public):
    assert public.land.history is None
    events = public.land.events
    assert len(events) == len(study.land.events) > 0
    assert set(events["evidence"]) <= {"", SHOWN}
    assert ((events["evidence"] == SHOWN) == (study.land.events["evidence"] != "")).all()
    assert set(events["source"]) == set(events["reason"]) == {""}
    assert set(public.parcels["ownership"]) == {""}
    assert len(public.land.sources.constraints) == 0


def test_the_page_says_that_it_is_coarse(study):
    notice = payload(study, profile="public")["notices"][-2]
    assert "10 m" in notice["en"]
    assert "公开版" in notice["zh"]
    assert payload(study, profile="public")["lost"] == []


def test_the_folder_holds_what_may_be_published(study, folder):
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    tables = {name for name in names if name.startswith("tables/")}
    assert names - tables == {"index.html", "run.json", "tables.xlsx"}
    assert {Path(name).stem for name in tables} <= PUBLIC_SHEETS
    record = json.loads((folder / "run.json").read_text("utf-8"))
    assert record.keys() == {"profile", "landready", "written_at", "versions", "laws", "tables"}
    assert record["tables"].keys() == {Path(name).stem for name in tables}


def test_nothing_that_was_said_of_a_parcel_is_in_the_files(study, folder):
    told = study.land.events
    said = {*told["evidence"], *told["source"], *told["reason"]} - {""}
    whole = "\n".join(texts(folder))
    assert len(said) > 20
    stated = json.dumps(payload(study)["tables"], ensure_ascii=False)
    assert sorted(word for word in said if word in whole and word not in stated) == []
    assert study.plan.economics is not None
    costs = study.plan.economics.inputs.values()
    assumed = [item.assumption.zh for item in costs if item.assumption is not None]
    assert assumed
    assert [words for words in assumed if words in whole] == []


def test_an_earlier_output_of_either_kind_is_replaced(study, folder):
    publish(study, folder, profile="public", coarsen="blocks", basemap="osm")
    assert "tile.openstreetmap.org" in (folder / "index.html").read_text("utf-8")
    assert not (folder / "parcels.gpkg").exists()
